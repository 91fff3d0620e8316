"""What a pass of a FlinkStateSnapshot counts, for alerts on failed savepoints go by it, and what it logs."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any, cast

import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tests.detailedlog import captured_details
from tests.unit.controllers.test_statusrecorder import Statuses
from tests.unit.lifecycle.builder import FRESH, NOW
from tests.unit.lifecycle.snapshotbuilder import PATH, a_snapshot, in_progress
from tests.virtualtime import LoopClock

from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.flinkstatesnapshot import FlinkStateSnapshotController, Memory
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.statesnapshot.attempt import abandoned, completed, failed
from flinkop.lifecycle.statesnapshot.decision import SnapshotDecision
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.status import write_snapshot_status
from flinkop.monitoring.snapshothistory import SnapshotHistory

PENDING, BEGUN, ONCE = SnapshotRecord(), in_progress(), a_snapshot(backoff_limit=0)
SNAPSHOT = {
    "apiVersion": "flink.apache.org/v1beta1",
    "kind": "FlinkStateSnapshot",
    "metadata": {"name": "s", "namespace": "n", "uid": "u", "resourceVersion": "7"},
}


def a_controller() -> FlinkStateSnapshotController:
    kube, clock, none = cast(KubeClient, Statuses()), LoopClock(), cast(Any, None)
    return FlinkStateSnapshotController(none, none, none, none, EventRecorder(kube, clock, "pod"), kube, clock)


def counted(before: SnapshotRecord, decision: SnapshotDecision) -> dict[str, float]:
    """Which counts of savepoints rise when the decision is recorded, and then found again."""

    def counts() -> dict[str, float]:
        of = {"kind": "FlinkStateSnapshot", "snapshot": "savepoint"}
        results = ("completed", "failed", "abandoned", "retried")
        return {result: REGISTRY.get_sample_value("flinkop_snapshots_total", {**of, "result": result}) or 0.0 for result in results}

    async def main() -> None:
        controller = a_controller()
        resource: Any = {**SNAPSHOT, "status": write_snapshot_status(before, {}, NOW)}
        recorded = await controller._record(resource, before, decision, a_snapshot(), Memory())
        await controller._record({**SNAPSHOT, **recorded}, decision.record, SnapshotDecision(decision.record), a_snapshot(), Memory())

    were = counts()
    asyncio.run(main())
    return {result: value - were[result] for result, value in counts().items() if value != were[result]}


@pytest.mark.parametrize(
    ("before", "decision", "expected"),
    [
        pytest.param(BEGUN, completed(BEGUN, a_snapshot(), PATH, FRESH), {"completed": 1}, id="completed"),
        pytest.param(BEGUN, completed(BEGUN, a_snapshot(), "", FRESH), {"completed": 1}, id="completed at a place that Flink forgot"),
        pytest.param(PENDING, completed(PENDING, a_snapshot(exists=True, path=PATH), PATH, FRESH), {}, id="existed already"),
        pytest.param(BEGUN, failed(BEGUN, ONCE, "no space", FRESH), {"failed": 1}, id="failed for good"),
        pytest.param(PENDING, failed(PENDING, ONCE, "no directory", FRESH), {"failed": 1}, id="failed before it began"),
        pytest.param(BEGUN, failed(BEGUN, a_snapshot(), "no space", FRESH), {"retried": 1}, id="failed and is tried again"),
        pytest.param(BEGUN, abandoned(BEGUN, a_snapshot(), "the job is gone"), {"abandoned": 1}, id="abandoned"),
    ],
)
def test_a_savepoint_is_counted_once_by_what_became_of_it(
    before: SnapshotRecord, decision: SnapshotDecision, expected: dict[str, float]
) -> None:
    assert counted(before, decision) == expected


def test_every_count_begins_at_zero_because_one_that_appears_raises_no_alert() -> None:
    SnapshotHistory("begins")
    for snapshot, result in product(("savepoint", "checkpoint"), ("completed", "failed", "abandoned", "retried")):
        assert REGISTRY.get_sample_value("flinkop_snapshots_total", {"kind": "begins", "snapshot": snapshot, "result": result}) == 0


def phases(status: dict[str, Any], decision: SnapshotDecision | None) -> list[str]:
    """The phases that lines of a pass have which finds that status: one of before the decision, and the decision's."""

    async def main() -> None:
        controller = a_controller()
        resource = {**SNAPSHOT, "status": status}
        record = controller._read(resource)
        structlog.get_logger().info("something before it")
        if decision is not None:
            await controller._record(resource, record, decision, a_snapshot(), Memory())

    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        asyncio.run(main())
    return [line["phase"] for line in lines]


def test_every_line_of_a_pass_has_the_state_as_its_phase() -> None:
    ended = failed(BEGUN, ONCE, "no space", FRESH)

    assert phases(write_snapshot_status(BEGUN, {}, NOW), ended) == ["IN_PROGRESS", "FAILED"]
    assert phases({}, None) == ["TRIGGER_PENDING"]


def test_for_those_who_ask_for_details_the_last_line_of_a_pass_that_changes_nothing_tells_why_all_is_as_it_is() -> None:
    async def main() -> dict[str, Any]:
        resource = {**SNAPSHOT, "status": write_snapshot_status(BEGUN, {}, NOW)}
        await a_controller()._record(resource, BEGUN, SnapshotDecision(BEGUN), a_snapshot(), Memory())
        return structlog.contextvars.get_contextvars()

    with captured_details():
        bound = asyncio.run(main())

    assert bound == {"phase": "IN_PROGRESS", "reason": BEGUN.reason}
