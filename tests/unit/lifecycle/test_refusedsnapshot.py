"""A FlinkStateSnapshot that is refused, for instance by an older definition of the kind, holds nothing up, and is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import FRESH, MILLISECONDS, NOW, SPEC, a_desired, a_record, an_observed, an_upgrade, reasons
from tests.unit.lifecycle.test_sessionjob import seen

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import CreateSnapshot
from flinkop.lifecycle.condition import conditions
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.observed import Observed, RefusedSnapshot, SnapshotResource, SnapshotResources
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.sessionjob.decide import decide_session_job
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger

NAME = "job-savepoint-upgrade-1"
WORDS = f"FlinkStateSnapshot {NAME}: kind: Unsupported value"
REFUSED = RefusedSnapshot(WORDS, timedelta(seconds=7))
NONE, ALL = (
    SnapshotResources("job", ()),
    SnapshotResources("job", (SnapshotResource(NAME, "uid", True, TriggerType.UPGRADE, None, 1, None),)),
)
LEFT = Snapshots(history=(Taken(1, "s3://state/1", TriggerType.UPGRADE, "CANONICAL", resource=NAME),))
ASKED = Snapshots(trigger=Trigger("id", MILLISECONDS, TriggerType.PERIODIC, "CANONICAL", NAME))


def is_tried(decision: Decision) -> bool:
    return any(isinstance(action, CreateSnapshot) for action in decision.actions)


def decided(savepoints: Snapshots = LEFT, problem: str | None = None, desired: Any = None, **observed: Any) -> Decision:
    record = a_record(reconciled=SPEC, stable=SPEC, savepoints=savepoints, snapshot_problem=problem)
    return decide(record, an_observed(**{"snapshots": NONE, **observed}), desired or a_desired(), FRESH)


@pytest.mark.parametrize("savepoints", [LEFT, ASKED], ids=["of an upgrade", "periodic"])
def test_a_refusal_is_told_once_and_tried_again_after_its_pause_while_the_job_is_well(savepoints: Snapshots) -> None:
    first = decided(savepoints, refused_snapshot=REFUSED)
    assert (is_tried(first), first.record.snapshot_problem, first.record.reason) == (False, WORDS, "JobRunning")
    assert [event.message for event in first.events if event.reason == "SnapshotRefused"] == [WORDS]
    assert first.requeue_after is not None
    assert first.requeue_after <= REFUSED.pause
    found = {one.type: (one.status, one.reason, one.message) for one in conditions(first.record)}
    assert found["SnapshotsReady"] == (False, "SnapshotRefused", WORDS)
    assert (found["Ready"][0], found["Stalled"][0]) == (True, False)

    again = decided(savepoints, WORDS, refused_snapshot=REFUSED)
    assert (again.record, reasons(again)) == (first.record, []), "at rest nothing is written"


def test_when_it_is_tried_again_what_is_known_stands_until_its_outcome() -> None:
    tried = decided(problem=WORDS)
    assert (is_tried(tried), tried.record.snapshot_problem, reasons(tried)) == (True, WORDS, [])


def test_once_it_is_there_nothing_is_told_any_more() -> None:
    after = decided(problem=WORDS, snapshots=ALL).record
    assert after.snapshot_problem is None
    assert "SnapshotsReady" not in {one.type for one in conditions(after)}


def test_a_job_that_is_suspended_looks_again_too() -> None:
    record = a_record(phase=Phase.SUSPENDED, reconciled=SPEC, savepoints=LEFT)
    decision = decide(record, Observed(snapshots=NONE, refused_snapshot=REFUSED), a_desired(suspended=True), FRESH)
    assert (decision.record.phase, decision.requeue_after) == (Phase.SUSPENDED, REFUSED.pause)


def test_a_session_job_is_treated_the_same() -> None:
    record = a_record(reconciled=SPEC, stable=SPEC, savepoints=LEFT)
    decision = decide_session_job(record, seen(snapshots=NONE, refused_snapshot=REFUSED), a_desired(), FRESH)
    assert (is_tried(decision), decision.record.snapshot_problem) == (False, WORDS)


def test_an_upgrade_does_not_wait_for_a_savepoint_that_is_refused() -> None:
    upgrade = an_upgrade()
    assert decided(ASKED, desired=upgrade).record.reason == "SavepointPending"
    assert decided(ASKED, WORDS, upgrade, refused_snapshot=REFUSED).record.phase is Phase.UPGRADING
    assert decided(ASKED, WORDS, upgrade).record.phase is Phase.UPGRADING, "also when it is about to be tried again"
    assert decided(ASKED, WORDS, upgrade, snapshots=ALL).record.reason == "SavepointPending", "it is there, another one is refused"


def test_a_savepoint_whose_time_is_over_says_that_it_was_refused() -> None:
    record: Record = a_record(reconciled=SPEC, savepoints=ASKED, snapshot_problem=WORDS)
    late = replace(FRESH, now=NOW + timedelta(days=1))
    decision = decide(record, an_observed(snapshots=NONE, refused_snapshot=REFUSED), a_desired(), late)
    (message,) = [event.message for event in decision.events if event.reason == "SavepointError"]
    assert message.endswith(f": {WORDS}")
    assert (decision.record.savepoints.trigger, decision.record.snapshot_problem) == (None, None)
