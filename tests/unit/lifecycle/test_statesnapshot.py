"""What becomes of one FlinkStateSnapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.lifecycle.builder import FRESH, NOW
from tests.unit.lifecycle.snapshotbuilder import (
    JOB,
    MISSING,
    OVER,
    PATH,
    REPLACED,
    SETTINGS,
    STARTS,
    TRIGGER,
    a_seen,
    a_snapshot,
    completed_at,
    in_progress,
)

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.action import RemoveFinalizer
from flinkop.lifecycle.decision import Component, EventType
from flinkop.lifecycle.observed import SnapshotCompleted, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.snapshotkind import CHECKPOINT
from flinkop.lifecycle.statesnapshot.decide import decide_snapshot
from flinkop.lifecycle.statesnapshot.decision import Dispose, SnapshotDecision, TakeCheckpoint, TakeSavepoint
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import ENDED, SnapshotRecord
from flinkop.lifecycle.statesnapshot.seen import (
    DisposalCompleted,
    DisposalFailed,
    DisposalInProgress,
    JobPresence,
    JobSight,
    SnapshotSeen,
)
from flinkop.lifecycle.statesnapshot.status import read_snapshot_record, snapshot_conditions, write_snapshot_status

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER = replace(FRESH, now=NOW + HOUR)
State = SnapshotState


WANTED = a_snapshot()


@dataclass(frozen=True)
class Row:
    """One look, and the state that it leads to."""

    name: str
    record: SnapshotRecord
    seen: SnapshotSeen
    state: SnapshotState | None
    reason: str
    desired: SnapshotDesired = WANTED
    hours: int = 0

    def decide(self) -> SnapshotDecision:
        return decide_snapshot(self.record, self.seen, self.desired, LATER if self.hours else FRESH)


NEW = SnapshotRecord()
WAITING = SnapshotRecord(State.TRIGGER_PENDING, waits_since=NOW.replace(microsecond=0))
RETRIED = SnapshotRecord(State.TRIGGER_PENDING, "SnapshotRetry", "It failed.", failures=1, error="no", not_before=NOW + MINUTE)
UNFIT = a_snapshot(problems=("spec: asks for neither",))
THERE = a_snapshot(exists=True, path=PATH, names_job=False)
NOWHERE = a_snapshot(settings=replace(SETTINGS, savepoint_directory=None))
OLD_FLINK = a_snapshot(kind=CHECKPOINT, settings=replace(SETTINGS, checkpoints_on_demand=False))
ONCE = a_snapshot(backoff_limit=0)
DOWN = a_seen(STARTS)
LATE_WORD = a_seen(OVER, outcome=SnapshotCompleted(PATH))

ROWS = [
    Row("a job that runs is asked", NEW, a_seen(), State.IN_PROGRESS, "SnapshotInProgress"),
    Row("a job that starts is waited for", NEW, DOWN, State.TRIGGER_PENDING, "WaitingForJob"),
    Row("a resource that may still be created is waited for", NEW, a_seen(MISSING), State.TRIGGER_PENDING, "WaitingForJob"),
    Row("nobody creates it", WAITING, a_seen(MISSING), State.ABANDONED, "SnapshotAbandoned", hours=1),
    Row("it never runs", WAITING, DOWN, State.ABANDONED, "SnapshotAbandoned", hours=1),
    Row("the job has ended", NEW, a_seen(OVER), State.ABANDONED, "SnapshotAbandoned"),
    Row("what exists is complete", NEW, a_seen(MISSING), State.COMPLETED, "SnapshotCompleted", THERE),
    Row("a spec that makes no sense", NEW, a_seen(), State.TRIGGER_PENDING, "ValidationError", UNFIT),
    Row("there is no place for it", NEW, a_seen(), State.TRIGGER_PENDING, "SnapshotRetry", NOWHERE),
    Row("it has a place of its own", NEW, a_seen(), State.IN_PROGRESS, "SnapshotInProgress", replace(NOWHERE, path="s3://own")),
    Row("there is no place, and no retry", NEW, a_seen(), State.FAILED, "SnapshotFailed", replace(NOWHERE, backoff_limit=0)),
    Row("Flink is too old for it", NEW, a_seen(), State.FAILED, "SnapshotFailed", OLD_FLINK),
    Row("its next try has time", RETRIED, a_seen(), State.TRIGGER_PENDING, "SnapshotRetry"),
    Row("its next try has come", RETRIED, a_seen(), State.IN_PROGRESS, "SnapshotInProgress", hours=1),
    Row("Flink has never heard of it", in_progress(), a_seen(outcome=SnapshotUnknown()), State.IN_PROGRESS, "SnapshotInProgress"),
    Row("it is in progress", in_progress(), a_seen(outcome=SnapshotInProgress()), State.IN_PROGRESS, "SnapshotInProgress"),
    Row("Flink says nothing", in_progress(), a_seen(), State.IN_PROGRESS, "SnapshotInProgress"),
    Row("its JobManager restarts", in_progress(), DOWN, State.IN_PROGRESS, "SnapshotInProgress"),
    Row("it takes too long", in_progress(), a_seen(outcome=SnapshotInProgress()), State.TRIGGER_PENDING, "SnapshotRetry", hours=1),
    Row("nobody answers for too long", in_progress(), DOWN, State.TRIGGER_PENDING, "SnapshotRetry", hours=1),
    Row("it is complete", in_progress(), a_seen(outcome=SnapshotCompleted(PATH)), State.COMPLETED, "SnapshotCompleted"),
    Row(
        "it is complete and its job over",
        in_progress(),
        a_seen(OVER, outcome=SnapshotCompleted(PATH)),
        State.COMPLETED,
        "SnapshotCompleted",
    ),
    Row("it fails", in_progress(), a_seen(outcome=SnapshotFailed("no")), State.TRIGGER_PENDING, "SnapshotRetry"),
    Row("it fails with its job", in_progress(), a_seen(OVER, outcome=SnapshotFailed("no")), State.ABANDONED, "SnapshotAbandoned"),
    Row("it fails once too often", in_progress(), a_seen(outcome=SnapshotFailed("no")), State.FAILED, "SnapshotFailed", ONCE),
    Row("its job goes away", in_progress(), a_seen(MISSING), State.ABANDONED, "SnapshotAbandoned"),
    Row("another job runs in its place", in_progress(), a_seen(REPLACED), State.ABANDONED, "SnapshotAbandoned"),
    Row("complete is complete", completed_at(), a_seen(MISSING), State.COMPLETED, "Accepted", hours=1),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_look_leads_to_a_state(row: Row) -> None:
    after = row.decide().record
    assert (after.state, after.reason) == (row.state, row.reason)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_not_over_is_looked_at_again_and_what_is_over_is_left(row: Row) -> None:
    decision = row.decide()
    waits_for_a_change = decision.record.state in ENDED or bool(row.desired.problems)
    assert (decision.requeue_after is None) is waits_for_a_change
    assert waits_for_a_change or (decision.requeue_after or timedelta(0)) > timedelta(0)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_same_look_again_changes_nothing_but_the_pause(row: Row) -> None:
    now = LATER if row.hours else FRESH
    after = row.decide().record
    if after.state in ENDED or after.reason in {"WaitingForJob", "ValidationError", "SnapshotRetry", "SnapshotInProgress"}:
        again = decide_snapshot(after, row.seen, row.desired, replace(now, trigger_id="d" * 32))
        if not isinstance(row.seen.outcome, SnapshotFailed | SnapshotCompleted):
            assert again.record == after
            assert again.events == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_record_is_what_the_status_says(row: Row) -> None:
    record = row.decide().record
    status = write_snapshot_status(record, {}, NOW)
    assert read_snapshot_record(status) == record
    assert write_snapshot_status(read_snapshot_record(status), status, NOW + HOUR) == status


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_one_of_ready_reconciling_and_stalled_is_true(row: Row) -> None:
    record = replace(row.decide().record)
    if record.reason != "Accepted":
        assert [condition.status for condition in snapshot_conditions(record)[:3]].count(True) == 1


def test_flink_hears_the_id_that_is_recorded() -> None:
    decision = decide_snapshot(NEW, a_seen(), a_snapshot(path="s3://own", format="NATIVE"), FRESH)
    assert (decision.record.trigger_id, decision.record.job_id) == (FRESH.trigger_id, JOB)
    assert decision.actions == (TakeSavepoint(JOB, FRESH.trigger_id, "s3://own", "NATIVE"),)


def test_a_checkpoint_is_asked_for_as_one() -> None:
    decision = decide_snapshot(NEW, a_seen(), a_snapshot(kind=CHECKPOINT), FRESH)
    assert decision.actions == (TakeCheckpoint(JOB, FRESH.trigger_id),)


def test_what_flink_has_not_heard_is_asked_again_under_the_same_id() -> None:
    decision = decide_snapshot(in_progress(), a_seen(outcome=SnapshotUnknown()), a_snapshot(), replace(FRESH, trigger_id="d" * 32))
    assert decision.actions == (TakeSavepoint(JOB, TRIGGER, "s3://bucket", "CANONICAL"),)
    assert decision.record.trigger_id == TRIGGER


def test_a_job_that_does_not_run_is_not_asked() -> None:
    assert decide_snapshot(in_progress(), a_seen(STARTS, outcome=SnapshotUnknown()), a_snapshot(), FRESH).actions == ()


def test_another_incarnation_is_not_asked() -> None:
    decision = decide_snapshot(in_progress(), a_seen(REPLACED, outcome=SnapshotUnknown()), a_snapshot(), FRESH)
    assert decision.record.state is State.ABANDONED
    assert decision.actions == ()


def test_what_another_operator_has_asked_for_is_followed() -> None:
    decision = decide_snapshot(in_progress(job_id=None), a_seen(outcome=SnapshotUnknown()), a_snapshot(), FRESH)
    assert decision.record.job_id == JOB


def test_an_abandoned_snapshot_is_told() -> None:
    (event,) = decide_snapshot(NEW, a_seen(OVER), a_snapshot(), FRESH).events
    assert (event.reason, event.type, event.component) == ("SnapshotAbandoned", EventType.WARNING, Component.SNAPSHOT)
    assert "is Suspended" in event.message


def test_a_checkpoint_whose_place_is_forgotten_is_complete_and_told() -> None:
    decision = decide_snapshot(in_progress(), a_seen(outcome=SnapshotCompleted("")), a_snapshot(kind=CHECKPOINT), FRESH)
    assert (decision.record.state, decision.record.path) == (State.COMPLETED, None)
    assert [event.reason for event in decision.events] == ["CheckpointError"]


def test_the_pause_doubles_with_each_failure_up_to_ten_minutes() -> None:
    pauses: list[int] = []
    record = in_progress()
    for _ in range(9):
        record = decide_snapshot(record, a_seen(outcome=SnapshotFailed("no")), a_snapshot(), FRESH).record
        assert record.not_before is not None
        pauses.append(round((record.not_before - NOW).total_seconds()))
        record = replace(in_progress(), failures=record.failures)
    assert pauses == [10, 20, 40, 80, 160, 320, 600, 600, 600]


@given(limit=st.integers(0, 6))
def test_it_is_tried_once_and_as_often_again_as_the_limit_says(limit: int) -> None:
    record, tries, fresh = NEW, 0, FRESH
    while record.state not in ENDED:
        decision = decide_snapshot(record, a_seen(outcome=SnapshotFailed("no")), a_snapshot(backoff_limit=limit), fresh)
        tries += bool(decision.actions)
        record, fresh = decision.record, replace(fresh, now=fresh.now + (decision.requeue_after or HOUR))
    assert (record.state, tries, record.failures) == (State.FAILED, limit + 1, limit + 1)


def test_an_invalid_spec_is_told_once() -> None:
    first = decide_snapshot(NEW, a_seen(), UNFIT, FRESH)
    assert [event.reason for event in first.events] == ["ValidationError"]
    assert decide_snapshot(first.record, a_seen(), UNFIT, FRESH).events == ()
    assert first.record.health is Health.STALLED


def test_a_spec_that_was_mended_begins() -> None:
    first = decide_snapshot(NEW, a_seen(), UNFIT, FRESH).record
    after = decide_snapshot(first, a_seen(), a_snapshot(generation=2), FRESH).record
    assert (after.state, after.error, after.generation) == (State.IN_PROGRESS, None, 2)


# Deletion

DELETED = a_snapshot(deleting=True)
SILENT = JobSight(JobPresence.NOT_YET, "FlinkDeployment job is Deploying.")


@dataclass(frozen=True)
class End:
    """A look at a deletion: `tells` are the reasons of Events; with None for `waits` it goes at once."""

    name: str
    record: SnapshotRecord
    seen: SnapshotSeen
    tells: tuple[str, ...] = ()
    waits: str | None = None
    desired: SnapshotDesired = DELETED
    hours: int = 0

    def decide(self) -> SnapshotDecision:
        first = decide_snapshot(self.record, self.seen, self.desired, FRESH)
        return decide_snapshot(first.record, self.seen, self.desired, LATER) if self.hours else first


KEEPS = replace(DELETED, disposes=False)
OF_CHECKPOINT = replace(DELETED, kind=CHECKPOINT)
ORPHAN = ("CleanupFailed",)
ENDS = [
    End("what has not begun", NEW, a_seen()),
    End("what waits for its next try", RETRIED, a_seen()),
    End("what was abandoned", SnapshotRecord(State.ABANDONED), a_seen(MISSING)),
    End("what failed", SnapshotRecord(State.FAILED), a_seen()),
    End("what keeps its files", completed_at(), a_seen(), desired=KEEPS),
    End("a checkpoint", completed_at(), a_seen(), desired=OF_CHECKPOINT),
    End("a place that is not known", completed_at(None), a_seen()),
    End("what is in progress", in_progress(), a_seen(outcome=SnapshotInProgress()), waits="DeletionWaits"),
    End("what is in progress for ever", in_progress(), a_seen(outcome=SnapshotInProgress()), ORPHAN, hours=1),
    End("what Flink never heard of", in_progress(), a_seen(outcome=SnapshotUnknown())),
    End("what fails meanwhile", in_progress(), a_seen(outcome=SnapshotFailed("no"))),
    End("what is in progress on a silent JobManager", in_progress(), a_seen(SILENT), waits="DeletionWaits"),
    End("what is in progress of a job that is gone", in_progress(), a_seen(MISSING), ORPHAN),
    End("what is complete", completed_at(), a_seen(), waits="DisposingSavepoint"),
    End("what is being deleted", completed_at(), a_seen(disposal=DisposalInProgress()), waits="DisposingSavepoint"),
    End("what was deleted", completed_at(), a_seen(disposal=DisposalCompleted()), ("SavepointDisposed",)),
    End("what cannot be deleted", completed_at(), a_seen(disposal=DisposalFailed("no")), waits="DisposingSavepoint"),
    End("what can never be deleted", completed_at(), a_seen(disposal=DisposalFailed("no")), ORPHAN, hours=1),
    End("nobody is there to delete it", completed_at(), a_seen(OVER), waits="DisposingSavepoint"),
    End("nobody comes to delete it", completed_at(), a_seen(OVER), ORPHAN, hours=1),
    End("the job is gone for good", completed_at(), a_seen(MISSING), ORPHAN),
    End("no job was ever named", completed_at(), a_seen(MISSING), ORPHAN, desired=replace(DELETED, names_job=False)),
    End("a job may be started from it", completed_at(), a_seen(needed_by="FlinkDeployment job"), ("SavepointKept",)),
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
def test_a_deletion_ends_or_says_what_it_waits_for(end: End) -> None:
    decision = end.decide()
    assert tuple(event.reason for event in decision.events) == end.tells
    assert (RemoveFinalizer() in decision.actions) is (end.waits is None)
    if end.waits is not None:
        assert decision.record.reason == end.waits
        assert decision.requeue_after is not None


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
@pytest.mark.parametrize("days", [1, 400])
def test_no_deletion_outlives_its_deadline(end: End, days: int) -> None:
    first, late = decide_snapshot(end.record, end.seen, end.desired, FRESH), replace(FRESH, now=NOW + timedelta(days=days))
    assert RemoveFinalizer() in decide_snapshot(first.record, end.seen, end.desired, late).actions


def test_a_deletion_that_the_operator_hears_of_late_disposes_of_the_files_all_the_same() -> None:
    """It was being upgraded meanwhile, or had lost its lease: the time begins with the first look."""
    late = replace(FRESH, now=NOW + timedelta(hours=1))
    first = decide_snapshot(completed_at(), a_seen(), DELETED, late)
    assert first.actions == (Dispose(PATH),)
    after = read_snapshot_record(write_snapshot_status(first.record, {}, late.now))
    done = decide_snapshot(after, a_seen(disposal=DisposalCompleted()), DELETED, replace(FRESH, now=late.now + timedelta(seconds=2)))
    assert [event.reason for event in done.events] == ["SavepointDisposed"]


def test_an_orphan_is_named_with_its_path() -> None:
    (event,) = decide_snapshot(completed_at(), a_seen(MISSING), DELETED, FRESH).events
    assert PATH in event.message
    assert "by hand" in event.message


def test_what_is_complete_while_it_is_deleted_is_recorded_and_then_disposed_of() -> None:
    first = decide_snapshot(in_progress(), a_seen(outcome=SnapshotCompleted(PATH)), DELETED, FRESH)
    assert (first.record.state, first.record.path, first.requeue_after) == (State.COMPLETED, PATH, timedelta(0))
    assert decide_snapshot(first.record, a_seen(), DELETED, FRESH).actions == (Dispose(PATH),)


def test_a_deletion_asks_for_nothing_new() -> None:
    for record in (NEW, RETRIED, in_progress()):
        actions = decide_snapshot(record, a_seen(outcome=SnapshotUnknown()), DELETED, FRESH).actions
        assert actions == (RemoveFinalizer(),)


def test_what_waits_for_somebody_elses_finalizer_is_left_alone() -> None:
    decision = decide_snapshot(completed_at(), a_seen(), replace(DELETED, has_finalizer=False), FRESH)
    assert (decision.actions, decision.requeue_after) == ((), None)
