"""What a pass of a FlinkStateSnapshot counts: alerts on failed savepoints go by it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY
from tests.unit.controllers.test_statusrecorder import Statuses
from tests.unit.lifecycle.builder import NOW
from tests.virtualtime import LoopClock

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.flinkstatesnapshot import FlinkStateSnapshotController, Memory
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.snapshotkind import SAVEPOINT, Kind
from flinkop.lifecycle.statesnapshot.attempt import completed, failed
from flinkop.lifecycle.statesnapshot.decision import SnapshotDecision
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.status import write_snapshot_status

BEFORE = SnapshotRecord(state=SnapshotState.IN_PROGRESS, trigger_id="t", job_id="j", triggered_at=NOW)
SNAPSHOT = {
    "apiVersion": "flink.apache.org/v1beta1",
    "kind": "FlinkStateSnapshot",
    "metadata": {"name": "s", "namespace": "n", "uid": "u", "resourceVersion": "7"},
}


@dataclass(frozen=True)
class Wanted:
    """What is asked for, as far as it matters here."""

    kind: Kind = SAVEPOINT
    backoff_limit: int = -1


@dataclass(frozen=True)
class Moment:
    now = NOW


def counted(decision: SnapshotDecision) -> dict[str, float]:
    """How much each count of savepoints rises when the decision is recorded, and then found again."""

    def counts() -> dict[str, float]:
        of = {"kind": "FlinkStateSnapshot", "snapshot": "savepoint"}
        return {
            result: REGISTRY.get_sample_value("flinkop_snapshots_total", {**of, "result": result}) or 0.0
            for result in ("completed", "failed")
        }

    async def main() -> None:
        kube, clock, none = cast(KubeClient, Statuses()), LoopClock(), cast(Any, None)
        controller = FlinkStateSnapshotController(none, none, none, none, EventRecorder(kube, clock, "pod"), kube, clock)
        wanted = cast(SnapshotDesired, Wanted())
        resource: Any = {**SNAPSHOT, "status": write_snapshot_status(BEFORE, {}, NOW)}
        recorded = await controller._record(resource, BEFORE, decision, wanted, Memory())
        await controller._record({**SNAPSHOT, **recorded}, decision.record, SnapshotDecision(decision.record), wanted, Memory())

    before = counts()
    asyncio.run(main())
    return {result: value - before[result] for result, value in counts().items()}


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (completed(BEFORE, cast(SnapshotDesired, Wanted()), "s3://s/1", cast(Any, Moment())), {"completed": 1, "failed": 0}),
        (failed(BEFORE, cast(SnapshotDesired, Wanted()), "no space", cast(Any, Moment())), {"completed": 0, "failed": 1}),
    ],
    ids=["completed", "failed"],
)
def test_a_savepoint_is_counted_once_by_what_became_of_it(decision: SnapshotDecision, expected: dict[str, float]) -> None:
    assert counted(decision) == expected
