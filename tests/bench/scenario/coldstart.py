"""A cold start: the operator begins while a resource waits for it."""

from __future__ import annotations

import asyncio
from statistics import median

from tests.bench.manifest import DEPLOYMENTS, QUOTA_NAMESPACE
from tests.bench.result import Result
from tests.bench.sightings import clock, watching
from tests.bench.stage import Stage

_PATIENCE_SECONDS = 120


async def measure(stage: Stage) -> Result:
    """Counted from the start of the process; from the request for a pod it is longer by what Kubernetes takes to start one."""
    await stage.clear_all()
    await stage.prepare(QUOTA_NAMESPACE)
    runs = [await _one(stage, f"waiting-{number}") for number in range(stage.extent.cold_starts)]
    await asyncio.to_thread(stage.operator.kubectl, "rollout", "status", "deployment/flinkop", "--timeout=60s")
    await stage.clear(QUOTA_NAMESPACE)
    from_process, from_request = ([run[index] for run in runs] for index in (0, 1))
    details = {"seconds": [round(one, 2) for one in from_process], "seconds_from_the_request_for_a_pod": round(median(from_request), 2)}
    return Result({"cold_start_seconds": median(from_process)}, details)


async def _one(stage: Stage, name: str) -> tuple[float, float]:
    """Seconds from the start of the process, and from the request that made its pod."""
    await asyncio.to_thread(stage.operator.stop)
    await stage.create(QUOTA_NAMESPACE, [name])
    async with watching(stage.api, DEPLOYMENTS.format(namespace=QUOTA_NAMESPACE)) as deployments:
        requested = clock()
        await asyncio.to_thread(stage.operator.start)
        await deployments.until_seen([name], _PATIENCE_SECONDS, "Deployment of the waiting resource")
    return deployments.seen[name] - stage.operator.process.started_at, deployments.seen[name] - requested
