"""Every kind in every phase is what generic tools take it for: its four conditions, by the published algorithm of kstatus.

The status is made as the pass of the kind makes it. tests/unit/lifecycle/test_kstatus.py looks at every write in random lives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from tests.unit.lifecycle.builder import NOW, a_record
from tests.unit.lifecycle.kstatus import Status, kstatus
from tests.unit.lifecycle.snapshotbuilder import completed_at, in_progress
from tests.unit.lifecycle.test_statesnapshot import ENDS, HOUR, ROWS, WAITING

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.api.kind import FLINK_STATE_SNAPSHOT, KINDS
from flinkop.controllers.applicationkind import ALONE, FLINK_CLUSTER_KIND, ON_CLUSTER
from flinkop.controllers.clusterkind import FLINK_DEPLOYMENT_KIND
from flinkop.controllers.complaint import retell
from flinkop.controllers.jobkind import FLINK_SESSION_JOB_KIND
from flinkop.controllers.servedkind import ServedKind
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.status import write_snapshot_status
from flinkop.lifecycle.statuswriter import Scale, write_job_status, write_status

GENERATION = 3
FOUR = ["Ready", "Reconciling", "Stalled", "Running"]
Object = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """A resource of a kind in a phase, how its status is written over another one, and what generic tools have to say of it."""

    kind: str
    phase: str
    note: str
    write: Callable[[Object], dict[str, Any]]
    expected: Status

    def __str__(self) -> str:
        return f"{self.kind} {self.phase} {self.note}"


SERVED: dict[str, ServedKind] = {
    "FlinkDeployment": FLINK_DEPLOYMENT_KIND,
    "FlinkSessionJob": FLINK_SESSION_JOB_KIND,
    "FlinkCluster": FLINK_CLUSTER_KIND,
    "FlinkApplication": ALONE,
    "FlinkApplication on a cluster": ON_CLUSTER,
}
HAS_A_CLUSTER = {"FlinkDeployment", "FlinkCluster", "FlinkApplication"}
OF_HEALTH = {Health.SETTLED: Status.CURRENT, Health.PROGRESSING: Status.IN_PROGRESS, Health.STALLED: Status.FAILED}


def written(name: str, record: Record) -> Callable[[Object], dict[str, Any]]:
    kind = SERVED[name]

    def write(before: Object) -> dict[str, Any]:
        told = retell(Decision(record), kind.words).record
        now = NOW + HOUR if before else NOW
        status = write_status(told, before, Scale("", 1), now) if name in HAS_A_CLUSTER else write_job_status(told, before, now)
        return kind.complete({"spec": {}}, status, told, None)

    return write


def of_jobs() -> list[Place]:
    found = []
    for name, phase, health, invalid in product(SERVED, Phase, Health, (None, "spec: is wrong")):
        record = a_record(phase=phase, health=health, invalid=invalid, generation=GENERATION, reason="Some", message="Words.")
        refused = invalid is not None and health is Health.SETTLED
        note = f"{health}{', with a refused newer spec' if invalid else ''}"
        found.append(Place(name, phase.value, note, written(name, record), Status.FAILED if refused else OF_HEALTH[health]))
    return found


OF_STATE = {
    SnapshotState.TRIGGER_PENDING: Status.IN_PROGRESS,
    SnapshotState.IN_PROGRESS: Status.IN_PROGRESS,
    SnapshotState.COMPLETED: Status.CURRENT,
    SnapshotState.FAILED: Status.FAILED,
    SnapshotState.ABANDONED: Status.FAILED,
}
OF_REASON = {"ValidationError": Status.FAILED, "DisposingSavepoint": Status.IN_PROGRESS}


def of_snapshots() -> list[Place]:
    """What each look of the tables leads to."""
    found = []
    for row in (*ROWS, *ENDS):
        record = replace(row.decide().record, generation=GENERATION)
        state = record.state or SnapshotState.TRIGGER_PENDING
        if record.state in {SnapshotState.FAILED, SnapshotState.ABANDONED} and record.health is not Health.STALLED:
            continue  # a row that is only about what a deletion leaves
        expected = OF_REASON.get(record.reason, OF_STATE[state])
        found.append(Place(FLINK_STATE_SNAPSHOT.name, state.value, row.name, written_snapshot(record), expected))
    return found


def written_snapshot(record: SnapshotRecord) -> Callable[[Object], dict[str, Any]]:
    return lambda before: write_snapshot_status(record, before, NOW + HOUR if before else NOW)


PLACES = [*of_jobs(), *of_snapshots()]
every_place = pytest.mark.parametrize("place", PLACES, ids=str)


def test_every_phase_of_every_kind_is_looked_at() -> None:
    seen = {(place.kind.split()[0], place.phase) for place in PLACES}
    phases = {kind.name: Phase if kind is not FLINK_STATE_SNAPSHOT else SnapshotState for kind in KINDS}
    assert seen == {(name, phase.value) for name, found in phases.items() for phase in found}


@every_place
def test_generic_tools_take_it_for_what_it_is(place: Place) -> None:
    metadata, status = {"generation": GENERATION}, place.write({})

    assert kstatus({"metadata": metadata, "status": status}) is place.expected
    assert kstatus({"metadata": {"generation": GENERATION + 1}, "status": status}) is Status.IN_PROGRESS, "nobody has looked at that spec"
    assert kstatus({"metadata": {**metadata, "deletionTimestamp": "now"}, "status": status}) is Status.TERMINATING


@every_place
def test_the_four_conditions_are_there_and_say_why_and_of_what(place: Place) -> None:
    conditions = place.write({})["conditions"]

    assert [one["type"] for one in conditions] == FOUR
    for one in conditions:
        assert one["status"] in {"True", "False"}
        assert one["reason"].isidentifier()
        assert isinstance(one["message"], str)
        assert (one["observedGeneration"], one["lastTransitionTime"][-1]) == (GENERATION, "Z")
    true = [one["type"] for one in conditions if one["status"] == "True"]
    assert ("Ready" in true) is (place.expected is Status.CURRENT)


@every_place
def test_nothing_of_it_changes_while_nothing_changes(place: Place) -> None:
    status = place.write({})

    assert place.write(status) == status


# The condition Running of a snapshot


@pytest.mark.parametrize(
    ("record", "status", "reason"),
    [
        (SnapshotRecord(), "False", "TriggerPending"),
        (WAITING, "False", "TriggerPending"),
        (in_progress(), "True", "InProgress"),
        (completed_at(), "False", "Completed"),
        (SnapshotRecord(SnapshotState.FAILED), "False", "Failed"),
        (SnapshotRecord(SnapshotState.ABANDONED), "False", "Abandoned"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_snapshot_is_running_while_it_is_being_taken(record: SnapshotRecord, status: str, reason: str) -> None:
    running = written_snapshot(record)({})["conditions"][-1]
    assert (running["type"], running["status"], running["reason"]) == ("Running", status, reason)


# Its decisions


def test_the_decisions_about_a_snapshot_are_remembered_in_its_status() -> None:
    status: dict[str, Any] = {}
    for hour, record in enumerate((WAITING, WAITING, in_progress(reason="SnapshotInProgress"), completed_at(reason="SnapshotCompleted"))):
        status = write_snapshot_status(record, status, NOW + hour * HOUR)
    assert [(one["fromPhase"], one["toPhase"], one["reason"]) for one in status["decisions"]] == [
        ("TRIGGER_PENDING", "TRIGGER_PENDING", "Accepted"),
        ("TRIGGER_PENDING", "IN_PROGRESS", "SnapshotInProgress"),
        ("IN_PROGRESS", "COMPLETED", "SnapshotCompleted"),
    ]
    assert status["decisions"][-1]["at"] == f"{NOW + 3 * HOUR:%Y-%m-%dT%H:%M:%SZ}"


def test_a_status_from_before_decisions_were_remembered_is_not_written_for_that() -> None:
    status = write_snapshot_status(completed_at(), {}, NOW)
    del status["decisions"]
    assert write_snapshot_status(completed_at(), status, NOW) == status
