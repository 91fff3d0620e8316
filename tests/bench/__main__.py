"""The benchmark: what the operator costs and how fast it is, on a local cluster. Prints one JSON object, progress on standard error."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tests.bench import machine
from tests.bench.apiserver import connect
from tests.bench.extent import FULL, QUICK, Extent
from tests.bench.figure import judge
from tests.bench.fleetprocess import FleetProcess
from tests.bench.operatorundertest import OperatorUnderTest
from tests.bench.result import Result
from tests.bench.scenarios import SCENARIOS
from tests.bench.stage import Stage
from tests.cluster.localcluster import LocalCluster
from tests.cluster.process import Failed, step

_CLUSTER = "bench"


def main() -> None:
    """Reads the arguments and measures; a failure is one message on standard error and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small numbers, for work on the benchmark and the operator: no aim is for them"
    )
    parser.add_argument("--only", action="append", choices=tuple(SCENARIOS), help="measure this one; may be repeated")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the cluster is taken down
    chosen = [name for name in SCENARIOS if not arguments.only or name in arguments.only]
    try:
        report = _measure(chosen, QUICK if arguments.quick else FULL)
    except Failed as failure:
        sys.exit(str(failure))
    print(json.dumps({"quick": arguments.quick, **report}, indent=1))


def _measure(chosen: Sequence[str], extent: Extent) -> dict[str, Any]:
    """FLINKOP_KEEP=1 leaves the cluster up, and uses one that is up."""
    keep = bool(os.environ.get("FLINKOP_KEEP"))
    cluster = LocalCluster(_CLUSTER)
    if not keep:
        cluster.down()
        cluster = LocalCluster(_CLUSTER)
    try:
        cluster.up(nodes=1)
        return asyncio.run(_run(cluster, chosen, extent))
    finally:
        if not keep:
            cluster.down()


async def _run(cluster: LocalCluster, chosen: Sequence[str], extent: Extent) -> dict[str, Any]:
    operator, fleet = OperatorUnderTest(cluster), FleetProcess(cluster)
    with step("installing the operator"):
        operator.install()
    results: dict[str, Result] = {}
    try:
        async with connect(cluster.kubeconfig) as api:
            stage = Stage(cluster, api, operator, fleet, extent)
            for name in chosen:
                with step(name):
                    results[name] = await SCENARIOS[name](stage)
                print(json.dumps(dict(results[name].figures)), file=sys.stderr)
        return _report(operator, results)
    finally:
        fleet.stop()


def _report(operator: OperatorUnderTest, results: dict[str, Result]) -> dict[str, Any]:
    measured = {name: value for result in results.values() for name, value in result.figures.items()}
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine.describe(),
        "operator": {"replicas": 1, "resources": operator.resources()},
        "figures": judge(measured),
        "details": {name: dict(result.details) for name, result in results.items()},
    }


if __name__ == "__main__":
    main()
