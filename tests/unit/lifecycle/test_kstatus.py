"""What generic tools take a resource for is what it is, in every phase, after every decision."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from tests.unit.lifecycle import test_random, test_session_random, test_snapshotrandom
from tests.unit.lifecycle.builder import NOW
from tests.unit.lifecycle.kstatus import Status, kstatus
from tests.unit.lifecycle.resource import Resource
from tests.unit.lifecycle.snapshotbuilder import a_snapshot
from tests.unit.lifecycle.test_status import SCALE, records

from flinkop.api.crd import build_crds
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.statesnapshot.record import ENDED
from flinkop.lifecycle.statusreader import read_record
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


@dataclass
class Watched:
    """Looks at every write of a status in a random life. `fulfilled` tells whether what the spec asks for is there."""

    fulfilled: Callable[[], bool]
    seen: set[Status] = field(default_factory=set)
    times: dict[str, tuple[str, str]] = field(default_factory=dict)

    def look(self, status: Mapping[str, Any], generation: int, *, deleting: bool) -> None:
        deleted = {"deletionTimestamp": "now"} if deleting else {}
        found = kstatus(a_resource(status, generation, **deleted))
        self.seen.add(found)
        self._check_conditions(status)
        if found is Status.CURRENT:
            assert self.fulfilled(), status
        if found is Status.FAILED:
            assert status["message"], status

    def _check_conditions(self, status: Mapping[str, Any]) -> None:
        conditions = {one["type"]: one for one in status.get("conditions") or ()}
        assert conditions.keys() >= {"Ready", "Reconciling", "Stalled", "Running"}
        for kind, one in conditions.items():
            assert one["reason"].isidentifier()
            assert one["observedGeneration"] == status["observedGeneration"]
            value, since = self.times.get(kind, ("", ""))
            assert value != one["status"] or since == one["lastTransitionTime"], "a time moved by itself"
            self.times[kind] = one["status"], one["lastTransitionTime"]


def play_a_cluster(seed: int) -> Watched:
    life = test_random.Life(seed)
    watched = Watched(lambda: is_fulfilled(life.resource))
    touch = life.operator._touch_and_know

    def look() -> None:
        touch()
        watched.look(life.resource.status, life.resource.generation, deleting=life.resource.deleting)

    life.operator._touch_and_know = look  # type: ignore[method-assign]
    life.play()
    return watched


def play_a_session_job(seed: int) -> Watched:
    life = test_session_random.Life(seed)
    watched = Watched(lambda: is_fulfilled(life.resource))
    write = life.operator._record

    def look(seen: Resource, decision: Decision) -> None:
        write(seen, decision)
        watched.look(life.resource.status, life.resource.generation, deleting=life.resource.deleting)

    life.operator._record = look  # type: ignore[method-assign]
    life.play()
    return watched


def play_a_snapshot(seed: int) -> Watched:
    dice = random.Random(seed)
    life = test_snapshotrandom.Life(dice, a_snapshot(backoff_limit=dice.choice([0, 3])))
    watched = Watched(lambda: life.record().path in life.files)
    while life.record().state not in ENDED:
        life.turn()
        life.reconcile()
        if life.status:
            watched.look(life.status, 1, deleting=False)
    return watched


def is_fulfilled(resource: Resource) -> bool:
    status, wanted = resource.status, resource.spec["job"]["state"]
    phase = read_record(status).phase
    if phase is Phase.RUNNING:
        return (status["jobStatus"]["state"], wanted) == ("RUNNING", "running")
    return (phase, wanted) in {(Phase.SUSPENDED, "suspended"), (Phase.FINISHED, "running")}


LIVES: dict[str, Callable[[int], Watched]] = {
    "a cluster": play_a_cluster,
    "a job on a session cluster": play_a_session_job,
    "a snapshot": play_a_snapshot,
}


@pytest.mark.parametrize("batch", range(4))
@pytest.mark.parametrize("play", LIVES.values(), ids=LIVES)
def test_in_random_lives_nothing_is_taken_for_ready_that_is_not(play: Callable[[int], Watched], batch: int) -> None:
    seen: set[Status] = set()
    for seed in range(batch, 40, 4):
        seen |= play(seed).seen
    assert {Status.CURRENT, Status.IN_PROGRESS} <= seen
