"""What the log tells of a decision: one line with its reason, and none at rest."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tests.detailedlog import captured_details
from tests.unit.controllers.resource import a_resource
from tests.unit.lifecycle.builder import NOW, a_record, a_stopping_record
from tests.virtualtime import LoopClock

from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.statusrecorder import StatusRecorder
from flinkop.errors import UnreadableStatus
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import FLINK_DEPLOYMENTS
from flinkop.lifecycle.action import AddFinalizer
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.record import Record, Start
from flinkop.lifecycle.restore import RestoreChoice, RestorePoint, RestoreSource
from flinkop.lifecycle.statuswriter import Scale, write_status


@dataclass
class Memory:
    stale_version: str | None = None


class Statuses:
    """An API server that takes every status and Event."""

    async def create(self, *_: object) -> None:
        return

    async def replace_status(self, _resource: object, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "metadata": {**body["metadata"], "resourceVersion": "8"}}


def status_of(record: Record, before: dict[str, Any] | None = None) -> dict[str, Any]:
    return write_status(record, before or {}, Scale("", 0), NOW)


async def record_once(record: Record, decision: Decision) -> None:
    """A pass that finds `record` and decides so."""
    resource = {**a_resource(), "status": status_of(record)}
    kube = cast(KubeClient, Statuses())
    recorder = StatusRecorder(kube, EventRecorder(kube, LoopClock(), "pod"), FLINK_DEPLOYMENTS)
    await recorder.record(resource, recorder.read(resource), decision, status_of(decision.record, status_of(record)), Memory())


def lines_of(record: Record, decision: Decision) -> list[Any]:
    """What a pass logs that finds `record` and decides so."""

    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        asyncio.run(record_once(record, decision))
    return lines


def test_a_decision_is_one_line_with_its_reason_and_what_is_done() -> None:
    (line,) = lines_of(a_record(), Decision(a_stopping_record(), (AddFinalizer(),)))
    assert line == {
        "event": "decision",
        "log_level": "info",
        "phase": "Upgrading",
        "was": "Running",
        "reason": "TakingSavepoint",
        "message": "The savepoint is in progress.",
        "step": "TakingSavepoint",
        "actions": ["AddFinalizer"],
    }


@pytest.mark.parametrize("record", [a_record(), a_stopping_record()], ids=["at rest", "waiting"])
def test_a_pass_that_finds_everything_as_it_was_says_nothing(record: Record) -> None:
    assert lines_of(record, Decision(record)) == []


def test_news_that_are_no_decision_are_no_line() -> None:
    assert lines_of(a_record(), Decision(a_record(cluster_info={"flink-version": "1.20.1"}))) == []


def test_for_those_who_ask_for_details_the_last_line_of_a_pass_that_decides_nothing_tells_why_all_is_as_it_is() -> None:
    async def main() -> dict[str, Any]:
        await record_once(a_record(), Decision(a_record()))
        return structlog.contextvars.get_contextvars()

    with captured_details():
        bound = asyncio.run(main())

    assert bound == {"phase": "Running", "reason": a_record().reason}


RESTORED = RestoreChoice(RestorePoint(RestoreSource.SAVEPOINT, "s3://x"), "Recorded", "")


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.CREATED], ids=["the job's state is as it was", "and it is another one"])
def test_what_is_recorded_is_counted_once_whatever_the_log_says_of_it(state: JobState) -> None:
    def starts() -> float:
        return REGISTRY.get_sample_value("flinkop_starts_total", {"kind": "FlinkDeployment", "restore": "savepoint"}) or 0.0

    before, count = a_record(), starts()
    after = replace(before, start=Start(NOW, 1, "fresh"), restore=RESTORED, job=replace(before.job, state=state))
    lines_of(before, Decision(after))

    assert starts() - count == 1


def test_a_status_that_cannot_be_read_is_no_news_at_each_try() -> None:
    def told() -> float:
        labels = {"kind": "FlinkDeployment", "type": "Warning", "reason": "StatusUnreadable"}
        return REGISTRY.get_sample_value("flinkop_events_total", labels) or 0.0

    async def main() -> None:
        kube = cast(KubeClient, Statuses())
        recorder = StatusRecorder(kube, EventRecorder(kube, LoopClock(), "pod"), FLINK_DEPLOYMENTS)
        for _ in range(3):
            with pytest.raises(UnreadableStatus):
                recorder.read({**a_resource(), "status": {"phase": "Of tomorrow"}})

    before = told()
    with capture_logs():
        asyncio.run(main())

    assert told() - before == 1
