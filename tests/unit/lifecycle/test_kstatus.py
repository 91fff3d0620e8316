"""What generic tools take a resource for is what it is, in every phase, after every decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from tests.unit.lifecycle.builder import NOW
from tests.unit.lifecycle.kstatus import Status, kstatus
from tests.unit.lifecycle.test_random import Life
from tests.unit.lifecycle.test_status import SCALE, records

from flinkop.api.crd import build_crds
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.statuswriter import write_job_status, write_status

LATER = NOW + timedelta(hours=1)
Write = Callable[[Record, Mapping[str, Any]], dict[str, Any]]

WRITERS: dict[str, Write] = {
    "a cluster": lambda record, before: write_status(record, before, SCALE, NOW if not before else LATER),
    "a job on a session cluster": lambda record, before: write_job_status(record, before, NOW if not before else LATER),
}
every_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)

EXPECTED = {Health.SETTLED: Status.CURRENT, Health.PROGRESSING: Status.IN_PROGRESS, Health.STALLED: Status.FAILED}


def a_resource(status: Mapping[str, Any], generation: int, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"generation": generation, **metadata}, "status": status}


def expected(record: Record) -> Status:
    """A refused spec needs somebody's help; work that goes on beside it is not over, though."""
    return Status.FAILED if record.invalid and record.health is Health.SETTLED else EXPECTED[record.health]


@every_writer
@settings(max_examples=40)
@given(record=records())
def test_a_resource_is_taken_for_what_it_is(write: Write, record: Record) -> None:
    status = write(record, {})

    assert kstatus(a_resource(status, record.generation)) is expected(record)
    assert kstatus(a_resource(status, record.generation + 1)) is Status.IN_PROGRESS, "nobody has looked at that spec"
    assert kstatus(a_resource(status, record.generation, deletionTimestamp="now")) is Status.TERMINATING


@every_writer
@settings(max_examples=40)
@given(record=records())
def test_nothing_of_it_changes_while_nothing_changes(write: Write, record: Record) -> None:
    status = write(record, {})

    assert write(record, status) == status


@pytest.mark.parametrize("crd", build_crds(), ids=lambda crd: crd["spec"]["names"]["kind"])
def test_a_resource_that_nobody_has_looked_at_is_in_progress(crd: Mapping[str, Any]) -> None:
    (version,) = crd["spec"]["versions"]
    default = version["schema"]["openAPIV3Schema"]["properties"]["status"]["default"]

    assert kstatus(a_resource(default, 1)) is Status.IN_PROGRESS
    assert kstatus({"metadata": {"generation": 1}}) is Status.CURRENT, "which is why there is a default"


class Watched:
    """A random life of which every write of the status is looked at."""

    def __init__(self, seed: int) -> None:
        self.life = Life(seed)
        self.seen: list[Status] = []
        self._times: dict[str, tuple[str, str]] = {}
        touch = self.life.operator._touch_and_know

        def look() -> None:
            touch()
            self._look()

        self.life.operator._touch_and_know = look  # type: ignore[method-assign]

    def _look(self) -> None:
        resource, status = self.life.resource, self.life.resource.status
        deleted = {"deletionTimestamp": "now"} if resource.deleting else {}
        found = kstatus(a_resource(status, resource.generation, **deleted))
        self.seen.append(found)
        self._check_conditions(status)
        if found is Status.CURRENT:
            self._check_fulfilled(status)
        if found is Status.FAILED:
            assert status["message"], status

    def _check_conditions(self, status: Mapping[str, Any]) -> None:
        conditions = {one["type"]: one for one in status.get("conditions") or ()}
        assert conditions.keys() >= {"Ready", "Reconciling", "Stalled", "Running"}
        for kind, one in conditions.items():
            assert one["reason"].isidentifier()
            assert one["observedGeneration"] == status["observedGeneration"]
            value, since = self._times.get(kind, ("", ""))
            assert value != one["status"] or since == one["lastTransitionTime"], "a time moved by itself"
            self._times[kind] = one["status"], one["lastTransitionTime"]

    def _check_fulfilled(self, status: Mapping[str, Any]) -> None:
        record, wanted = self.life.record(), self.life.resource.spec["job"]["state"]
        match record.phase:
            case Phase.RUNNING:
                assert (status["jobStatus"]["state"], wanted) == ("RUNNING", "running")
            case phase:
                assert (phase, wanted) in {(Phase.SUSPENDED, "suspended"), (Phase.FINISHED, "running")}


@pytest.mark.parametrize("batch", range(4))
def test_in_random_lives_nothing_is_taken_for_ready_that_is_not(batch: int) -> None:
    seen: set[Status] = set()
    for seed in range(batch, 40, 4):
        watched = Watched(seed)
        watched.life.play()
        seen |= set(watched.seen)
    assert {Status.CURRENT, Status.IN_PROGRESS} <= seen
