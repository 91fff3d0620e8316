"""Savepoints and checkpoints of a running job: asked for once, whatever happens, and one at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    JOB_ID,
    MILLISECONDS,
    NOW,
    SPEC,
    a_desired,
    a_record,
    a_start,
    a_suspended_record,
    an_ended_record,
    an_observed,
    an_upgrade,
    ha,
    kinds,
    nothing_left,
    observed_job,
    reasons,
    suspended,
)

from flinkop.api.jobstatus import TriggerType
from flinkop.flinkconf.schedule import Every, Schedule, parse_schedule
from flinkop.lifecycle.action import Action, DisposeSavepoint, StartCluster, StopWithSavepoint, TriggerCheckpoint, TriggerSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import (
    Checkpoints,
    JobState,
    Observed,
    SnapshotCompleted,
    SnapshotFailed,
    SnapshotInProgress,
    SnapshotUnknown,
    Unreachable,
)
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.question import Question, questions
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import NO_SNAPSHOTS, Snapshots, Taken, Trigger
from flinkop.lifecycle.snapshotkind import CHECKPOINT, KINDS, SAVEPOINT, Kind
from flinkop.lifecycle.specdiff import diff_spec
from flinkop.lifecycle.step import WaitingToRetry, WaitingToStop

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
HOURLY = Every(HOUR)
PATH = "s3://state/new"
FORMATS = {SAVEPOINT.word: "CANONICAL", CHECKPOINT.word: "FULL"}
SCHEDULES = {SAVEPOINT.word: "savepoint_schedule", CHECKPOINT.word: "checkpoint_schedule"}
OUTCOMES = {SAVEPOINT.word: "savepoint", CHECKPOINT.word: "requested_checkpoint"}
ASKED = {SAVEPOINT.word: Question.SAVEPOINT, CHECKPOINT.word: Question.REQUESTED_CHECKPOINT}
both_kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)


def with_nonce(kind: Kind, nonce: int | None) -> dict[str, Any]:
    return {**SPEC, "job": {**SPEC["job"], kind.nonce: nonce}}


def wish(kind: Kind, nonce: int | None = 1, before: int | None = None, **changes: Any) -> Desired:
    """A wish with that nonce, where the one before was accepted."""
    spec = with_nonce(kind, nonce)
    return a_desired(**{"spec": spec, "change": diff_spec(with_nonce(kind, before), spec), **changes})


def record(kind: Kind, nonce: int | None = None, snapshots: Snapshots = NO_SNAPSHOTS, **changes: Any) -> Record:
    """A running job, whose last accepted nonce is that."""
    spec = with_nonce(kind, nonce)
    started = a_start(since=NOW - timedelta(hours=30))
    return kind.record(a_record(**{"reconciled": spec, "stable": spec, "start": started, **changes}), snapshots)


def a_trigger(kind: Kind, **changes: Any) -> Trigger:
    """It was asked for five seconds ago."""
    return replace(Trigger("t" * 32, MILLISECONDS - 5000, TriggerType.MANUAL, FORMATS[kind.word]), **changes)


def pending(kind: Kind, **changes: Any) -> Record:
    """One that was asked for by the nonce 1 is being taken."""
    return record(kind, 1, Snapshots(trigger=a_trigger(kind, **changes)))


def heard(kind: Kind, outcome: object, **changes: Any) -> Observed:
    """What the JobManager says of it."""
    return an_observed(**{OUTCOMES[kind.word]: outcome, **changes})


def action_of(kind: Kind, trigger_id: str) -> Action:
    return kind.action(JOB_ID, trigger_id)


def asks(decision: Decision) -> bool:
    return not {TriggerSavepoint, TriggerCheckpoint}.isdisjoint(kinds(decision))


# on demand


@both_kinds
@pytest.mark.parametrize(
    ("before", "wanted", "changes", "expected"),
    [
        pytest.param(None, 1, {}, True, id="a first nonce"),
        pytest.param(1, 2, {}, True, id="another one"),
        pytest.param(1, 1, {}, False, id="the same one"),
        pytest.param(1, None, {}, False, id="none any more"),
        pytest.param(None, None, {}, False, id="none"),
        pytest.param(None, 1, {"deleting": True}, False, id="the resource is being deleted"),
    ],
)
def test_a_new_nonce_asks_for_one(kind: Kind, before: int | None, wanted: int | None, changes: Any, expected: bool) -> None:
    desired = wish(kind, wanted, before, **changes)
    decision = decide(record(kind, before), an_observed(), desired, FRESH)

    assert (action_of(kind, FRESH.trigger_id) in decision.actions) is expected
    if expected:
        trigger = Trigger(FRESH.trigger_id, MILLISECONDS, TriggerType.MANUAL, FORMATS[kind.word])
        assert kind.recorded(decision.record) == Snapshots(trigger)
        accepted = replace(desired, change=diff_spec(desired.spec, desired.spec))
        again = decide(decision.record, heard(kind, SnapshotInProgress()), accepted, FRESH)
        assert (again.record, again.actions) == (decision.record, ()), "the nonce is accepted together with its trigger"


@both_kinds
@pytest.mark.parametrize(
    "observed",
    [observed_job(JobState.RESTARTING), an_observed(rest=Unreachable("no answer"), job=None), observed_job(JobState.FAILED)],
    ids=["restarts", "silent", "failed"],
)
def test_a_nonce_waits_until_the_job_runs(kind: Kind, observed: Observed) -> None:
    waiting = decide(record(kind), observed, wish(kind), FRESH)
    assert not asks(waiting)
    assert waiting.record.reconciled == with_nonce(kind, None)


@both_kinds
def test_a_nonce_waits_until_a_failed_upgrade_is_over(kind: Kind) -> None:
    retry = WaitingToRetry(NOW, 2, 1, NOW + HOUR)
    upgrade = an_upgrade(spec={**with_nonce(kind, 1), "restartNonce": 1})

    assert kinds(decide(record(kind, step=retry), an_observed(), upgrade, FRESH)) == []


def test_a_nonce_without_a_directory_for_savepoints_is_told_and_done_with() -> None:
    decision = decide(record(SAVEPOINT), an_observed(), wish(SAVEPOINT, savepoint_directory=None), FRESH)

    assert (asks(decision), "SavepointError" in reasons(decision)) == (False, True)
    assert decision.record.reconciled == with_nonce(SAVEPOINT, 1)


def test_a_checkpoint_needs_no_directory_for_savepoints() -> None:
    assert asks(decide(record(CHECKPOINT), an_observed(), wish(CHECKPOINT, savepoint_directory=None), FRESH))


def test_the_type_of_a_checkpoint_is_the_one_that_was_set() -> None:
    decision = decide(record(CHECKPOINT), an_observed(), wish(CHECKPOINT, checkpoint_type="INCREMENTAL"), FRESH)

    assert decision.record.checkpoints.trigger is not None
    assert decision.record.checkpoints.trigger.format == "INCREMENTAL"


def test_flink_1_16_is_asked_for_no_checkpoint_and_the_nonce_counts_as_seen() -> None:
    desired = wish(CHECKPOINT, checkpoints_on_demand=False, checkpoint_schedule=HOURLY)
    decision = decide(record(CHECKPOINT), an_observed(), desired, FRESH)

    assert (decision.actions, decision.record.checkpoints, reasons(decision)) == ((), NO_SNAPSHOTS, [])
    assert decision.record.reconciled == with_nonce(CHECKPOINT, 1)


def test_a_savepoint_comes_before_a_checkpoint_and_then_the_checkpoint_is_not_forgotten() -> None:
    spec = {**SPEC, "job": {**SPEC["job"], SAVEPOINT.nonce: 1, CHECKPOINT.nonce: 1}}
    desired = a_desired(spec=spec, change=diff_spec(SPEC, spec))

    first = decide(record(SAVEPOINT), an_observed(), desired, FRESH)
    assert first.actions == (TriggerSavepoint(JOB_ID, FRESH.trigger_id),)
    meanwhile = decide(first.record, heard(SAVEPOINT, SnapshotInProgress()), desired, FRESH)
    assert meanwhile.actions == ()
    done = decide(meanwhile.record, heard(SAVEPOINT, SnapshotCompleted(PATH)), desired, FRESH)
    assert decide(done.record, an_observed(), desired, FRESH).actions == (TriggerCheckpoint(JOB_ID, FRESH.trigger_id),)


def test_a_savepoint_that_is_due_waits_for_a_checkpoint_in_progress() -> None:
    before = pending(CHECKPOINT)
    desired = wish(CHECKPOINT, 1, 1, savepoint_schedule=HOURLY)

    assert decide(before, heard(CHECKPOINT, SnapshotInProgress()), desired, FRESH).actions == ()
    done = decide(before, heard(CHECKPOINT, SnapshotCompleted("")), desired, FRESH)
    assert TriggerSavepoint in kinds(decide(done.record, an_observed(), desired, FRESH))


# what becomes of it


def test_a_completed_savepoint_is_recorded_with_its_nonce_and_told() -> None:
    earlier = Taken(5, "s3://state/old", TriggerType.PERIODIC, "CANONICAL")
    before = record(SAVEPOINT, 1, Snapshots(a_trigger(SAVEPOINT), earlier, (earlier,)))
    decision = decide(before, heard(SAVEPOINT, SnapshotCompleted(PATH)), wish(SAVEPOINT, 1, 1), FRESH)
    expected = Taken(MILLISECONDS - 5000, PATH, TriggerType.MANUAL, "CANONICAL", 1)

    assert decision.record.savepoints == Snapshots(trigger=None, last=expected, history=(earlier, expected))
    assert [event.message for event in decision.events if event.reason == "Savepoint"] == [f"The requested savepoint was taken: {PATH}"]


@pytest.mark.parametrize(("path", "said"), [(PATH, f"was taken: {PATH}"), ("", "was taken.")], ids=["its place is known", "forgotten"])
def test_a_completed_checkpoint_is_recorded_without_a_place_and_told(path: str, said: str) -> None:
    decision = decide(pending(CHECKPOINT), heard(CHECKPOINT, SnapshotCompleted(path)), wish(CHECKPOINT, 1, 1), FRESH)

    assert decision.record.checkpoints == Snapshots(last=Taken(MILLISECONDS - 5000, "", TriggerType.MANUAL, "FULL", 1))
    assert [event.message for event in decision.events if event.reason == "Checkpoint"] == [f"The requested checkpoint {said}"]


@both_kinds
@pytest.mark.parametrize(
    ("seen", "minutes", "goes_on", "again"),
    [
        pytest.param(SnapshotInProgress(), 1, True, False, id="in progress"),
        pytest.param(SnapshotUnknown(), 1, True, True, id="the request was lost, or the JobManager restarted: the same id again"),
        pytest.param(None, 1, True, False, id="no answer"),
        pytest.param(SnapshotInProgress(), 12, False, False, id="in progress for too long"),
        pytest.param(SnapshotUnknown(), 12, False, False, id="lost for too long"),
        pytest.param(None, 12, False, False, id="no answer for too long"),
        pytest.param(SnapshotFailed("no disk"), 1, False, False, id="failed"),
    ],
)
def test_the_wait_for_it_ends(kind: Kind, seen: Any, minutes: int, goes_on: bool, again: bool) -> None:
    before = pending(kind, since=MILLISECONDS - minutes * 60_000)
    decision = decide(before, heard(kind, seen), wish(kind, 1, 1), FRESH)

    assert (kind.recorded(decision.record).trigger is not None) is goes_on
    assert decision.actions == ((action_of(kind, a_trigger(kind).trigger_id),) if again else ())
    assert (kind.error in reasons(decision)) is not goes_on
    assert decision.requeue_after == (a_desired().settings.progress_interval if goes_on else a_desired().settings.rest_interval)


def test_how_long_a_checkpoint_is_waited_for_is_its_own_option() -> None:
    before, seen = pending(CHECKPOINT, since=MILLISECONDS - 12 * 60_000), heard(CHECKPOINT, SnapshotInProgress())
    patient = wish(CHECKPOINT, 1, 1, checkpoint_grace=3 * MINUTE)

    assert decide(before, seen, patient, FRESH).record.checkpoints.trigger is not None


@both_kinds
def test_the_wait_ends_also_while_the_job_does_not_run(kind: Kind) -> None:
    """A new spec that mends the job may wait for it."""
    restarting = replace(observed_job(JobState.RESTARTING), **{OUTCOMES[kind.word]: SnapshotUnknown()})
    early = decide(pending(kind), restarting, wish(kind, 1, 1), FRESH)
    assert (early.actions, kind.recorded(early.record).trigger) == ((), a_trigger(kind)), "a job that does not run is not asked"

    late = decide(pending(kind, since=MILLISECONDS - 12 * 60_000), restarting, wish(kind, 1, 1), FRESH)
    assert (kind.recorded(late.record).trigger, kind.error in reasons(late)) == (None, True)


@both_kinds
@pytest.mark.parametrize(
    ("outcome", "reason", "message"),
    [
        pytest.param(SnapshotCompleted(PATH), "taken", f"was taken: {PATH}", id="it completed just before"),
        pytest.param(SnapshotFailed("no disk"), "error", "failed: no disk", id="it failed"),
        pytest.param(SnapshotUnknown(), "error", "failed: the job has stopped", id="nobody knows"),
    ],
)
def test_with_the_end_of_the_job_the_wait_for_it_ends(kind: Kind, outcome: object, reason: str, message: str) -> None:
    ended = replace(observed_job(JobState.FINISHED), **{OUTCOMES[kind.word]: outcome})
    decision = decide(pending(kind), ended, wish(kind, 1, 1), FRESH)

    assert decision.record.phase is Phase.FINISHED
    assert kind.recorded(decision.record).trigger is None
    told = [event.message for event in decision.events if event.reason == getattr(kind, reason)]
    assert told == [f"The requested {kind.word} {message}"]


@both_kinds
def test_one_that_is_lost_with_its_jobmanager_is_told(kind: Kind) -> None:
    lost = decide(pending(kind), nothing_left(ha=ha(3, job_graphs=0)), wish(kind, 1, 1), FRESH)
    started = decide(lost.record, nothing_left(ha=ha(3, job_graphs=0)), wish(kind, 1, 1), FRESH)
    assert StartCluster in kinds(started)
    assert kind.recorded(started.record).trigger is None
    assert kind.error in reasons(started)


@both_kinds
def test_a_suspended_job_waits_for_none(kind: Kind) -> None:
    before = kind.record(a_suspended_record(), Snapshots(trigger=a_trigger(kind)))
    decision = decide(before, an_observed(jobmanager=None, jobmanager_pods=0), a_desired(spec=suspended(SPEC), suspended=True), FRESH)

    assert kind.recorded(decision.record).trigger is None


def test_one_that_ended_rests_without_a_word() -> None:
    decision = decide(an_ended_record(JobState.FINISHED), observed_job(JobState.FINISHED), a_desired(), FRESH)
    assert reasons(decision) == []


@both_kinds
def test_it_is_asked_about_while_it_is_taken(kind: Kind) -> None:
    assert questions(pending(kind), wish(kind, 1, 1), True) == Question.JOB | ASKED[kind.word]
    assert questions(record(kind, 1), wish(kind, 1, 1), True) == Question.JOB


@both_kinds
def test_it_is_asked_about_also_while_an_upgrade_wants_to_know_the_age_of_the_last_checkpoint(kind: Kind) -> None:
    """Otherwise the upgrade would wait for the savepoint until its deadline."""
    asked = questions(pending(kind), an_upgrade(max_checkpoint_age=HOUR), True)
    assert asked & ~Question.HA_METADATA == Question.JOB | Question.CHECKPOINTS | ASKED[kind.word]


def test_an_upgrade_waits_for_a_pending_savepoint_unless_it_is_told_not_to() -> None:
    waiting = decide(pending(SAVEPOINT), heard(SAVEPOINT, SnapshotInProgress()), an_upgrade(), FRESH)
    assert (waiting.record.reason, waiting.actions) == ("SavepointPending", ())

    done = decide(waiting.record, heard(SAVEPOINT, SnapshotCompleted(PATH)), an_upgrade(), FRESH)
    assert StopWithSavepoint in kinds(decide(done.record, an_observed(), an_upgrade(), FRESH))

    at_once = decide(pending(SAVEPOINT), heard(SAVEPOINT, SnapshotInProgress()), an_upgrade(ignore_pending_savepoint=True), FRESH)
    assert StopWithSavepoint in kinds(at_once)


def test_an_upgrade_does_not_wait_for_a_pending_checkpoint() -> None:
    decision = decide(pending(CHECKPOINT), heard(CHECKPOINT, SnapshotInProgress()), an_upgrade(), FRESH)
    assert kinds(decision) == [StopWithSavepoint]


@pytest.mark.parametrize(
    ("step", "state"),
    [(WaitingToRetry(NOW, 2, 1, NOW + HOUR), JobState.RUNNING), (WaitingToStop(NOW), JobState.RESTARTING)],
    ids=["to retry", "to stop"],
)
def test_a_checkpoint_is_followed_while_an_upgrade_waits(step: Any, state: JobState) -> None:
    before = replace(pending(CHECKPOINT), step=step)
    seen = observed_job(state, requested_checkpoint=SnapshotCompleted(PATH))
    decision = decide(before, seen, an_upgrade(last_state_fallback=False), FRESH)

    assert (decision.record.phase, decision.record.checkpoints.trigger) == (Phase.RUNNING, None)
    assert decision.record.checkpoints.last is not None


# periodically


@both_kinds
@pytest.mark.parametrize(
    ("last_hours_ago", "started_hours_ago", "expected"),
    [
        pytest.param(None, 0.9, False, id="not yet"),
        pytest.param(None, 1.0, True, id="the first"),
        pytest.param(0.9, 30, False, id="not yet again"),
        pytest.param(1.0, 30, True, id="the next"),
    ],
)
def test_a_periodic_one_is_taken_when_it_is_due(kind: Kind, last_hours_ago: float | None, started_hours_ago: float, expected: bool) -> None:
    last = None if last_hours_ago is None else MILLISECONDS - round(last_hours_ago * 3_600_000)
    before = record(kind, None, Snapshots(last_periodic=last), start=a_start(since=NOW - timedelta(hours=started_hours_ago)))
    decision = decide(before, an_observed(), wish(kind, None, **{SCHEDULES[kind.word]: HOURLY}), FRESH)

    assert asks(decision) is expected
    if expected:
        trigger = Trigger(FRESH.trigger_id, MILLISECONDS, TriggerType.PERIODIC, FORMATS[kind.word])
        assert kind.recorded(decision.record) == Snapshots(trigger, last_periodic=MILLISECONDS)


def cron(text: str) -> Schedule | None:
    return parse_schedule(text)


@both_kinds
@pytest.mark.parametrize(
    ("expression", "last", "expected", "next_look"),
    [
        pytest.param("0 0 11 * * ?", datetime(2025, 3, 1, 10, 59, tzinfo=UTC), True, SECOND, id="its time has come"),
        pytest.param("0 0 11 * * ?", datetime(2025, 3, 1, 11, 0, tzinfo=UTC), False, 10 * SECOND, id="it was taken at its time"),
        pytest.param("4 0 12 * * ?", datetime(2025, 3, 1, 11, 0, tzinfo=UTC), False, 4 * SECOND, id="it is due in four seconds"),
        pytest.param("0 0 11 * * ? 2024", datetime(2025, 3, 1, 10, 0, tzinfo=UTC), False, 10 * SECOND, id="it is never due again"),
    ],
)
def test_a_cron_expression_says_when(kind: Kind, expression: str, last: datetime, expected: bool, next_look: timedelta) -> None:
    before = record(kind, None, Snapshots(last_periodic=int(last.timestamp() * 1000)))
    decision = decide(before, an_observed(), wish(kind, None, **{SCHEDULES[kind.word]: cron(expression)}), FRESH)

    assert (asks(decision), decision.requeue_after) == (expected, next_look)


@both_kinds
def test_the_next_look_is_at_the_latest_when_a_periodic_one_is_due(kind: Kind) -> None:
    before = record(kind, start=a_start(since=NOW - HOUR + timedelta(seconds=4)))
    desired = wish(kind, None, **{SCHEDULES[kind.word]: HOURLY})

    assert decide(before, an_observed(), desired, FRESH).requeue_after == timedelta(seconds=4)


@both_kinds
def test_a_periodic_one_that_fails_is_tried_again_at_its_next_time(kind: Kind) -> None:
    trigger = a_trigger(kind, type=TriggerType.PERIODIC)
    before = record(kind, None, Snapshots(trigger=trigger, last_periodic=trigger.since))
    desired = wish(kind, None, **{SCHEDULES[kind.word]: HOURLY})
    failed = decide(before, heard(kind, SnapshotFailed("no disk")), desired, FRESH)

    assert [event.message for event in failed.events if event.reason == kind.error] == [f"The periodic {kind.word} failed: no disk"]
    assert not asks(decide(failed.record, an_observed(), desired, FRESH))
    assert asks(decide(failed.record, an_observed(), desired, replace(FRESH, now=NOW + HOUR)))


def test_what_somebody_asks_for_is_taken_also_where_a_periodic_savepoint_is_always_due() -> None:
    desired = wish(CHECKPOINT, 1, savepoint_schedule=Every(SECOND))
    assert decide(record(CHECKPOINT), an_observed(), desired, FRESH).actions == (TriggerCheckpoint(JOB_ID, FRESH.trigger_id),)


def test_of_two_that_are_due_the_one_that_has_waited_longest_comes_first() -> None:
    desired = a_desired(savepoint_schedule=Every(SECOND), checkpoint_schedule=Every(MINUTE))
    just_taken = replace(record(SAVEPOINT), savepoints=Snapshots(last_periodic=MILLISECONDS - 1000))
    assert TriggerCheckpoint in kinds(decide(just_taken, an_observed(), desired, FRESH))


def test_old_savepoints_are_deleted_also_where_a_periodic_one_is_always_due() -> None:
    history = tuple(Taken(MILLISECONDS - age, f"s3://s/{age}", TriggerType.PERIODIC, "CANONICAL") for age in (3000, 2000, 1000))
    before = record(SAVEPOINT, None, Snapshots(history=history, last=history[-1], last_periodic=MILLISECONDS - 1000))
    desired = a_desired(savepoint_schedule=Every(SECOND), savepoint_history_count=2)
    decision = decide(before, an_observed(checkpoints=Checkpoints(count=1, path="s3://c/chk-1")), desired, FRESH)
    assert kinds(decision) == [DisposeSavepoint, TriggerSavepoint]
    assert decision.record.savepoints.history == history[1:]


@pytest.mark.parametrize(("kind", "cleanup"), [(TriggerType.MANUAL, True), (TriggerType.PERIODIC, False)], ids=["by hand", "no cleanup"])
def test_a_history_that_nobody_shortens_ends_at_a_hundred(kind: TriggerType, cleanup: bool) -> None:
    history = tuple(Taken(MILLISECONDS + number, f"s3://s/{number}", kind, "CANONICAL") for number in range(102))
    before = record(SAVEPOINT, None, Snapshots(history=history))
    decision = decide(before, an_observed(), a_desired(savepoint_cleanup=cleanup), FRESH)
    assert (decision.record.savepoints.history, decision.actions) == (history[2:], ())
