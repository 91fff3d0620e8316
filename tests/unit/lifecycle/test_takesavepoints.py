"""Savepoints of a running job: asked for once, whatever happens, and cleaned up with care."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    JOB_ID,
    MILLISECONDS,
    NOW,
    SAVEPOINT,
    SPEC,
    a_desired,
    a_record,
    a_start,
    an_observed,
    an_upgrade,
    kinds,
    observed_job,
    reasons,
)

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import DisposeSavepoint, StopWithSavepoint, TriggerSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import (
    JobState,
    Observed,
    SavepointCompleted,
    SavepointFailed,
    SavepointInProgress,
    SavepointUnknown,
    Unreachable,
)
from flinkop.lifecycle.question import Question, questions
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Savepoints, Taken, Trigger
from flinkop.lifecycle.specdiff import diff_spec
from flinkop.lifecycle.step import WaitingToRetry

HOUR = timedelta(hours=1)
PATH = "s3://savepoints/new"
PENDING = Trigger("t" * 32, MILLISECONDS - 5000, TriggerType.MANUAL, "CANONICAL")


def with_nonce(nonce: int | None) -> dict[str, Any]:
    return {**SPEC, "job": {**SPEC["job"], "savepointTriggerNonce": nonce}}


def wish(nonce: int | None = 1, before: int | None = None, **changes: Any) -> Desired:
    """A wish with that nonce, where the one before was accepted."""
    return a_desired(**{"spec": with_nonce(nonce), "change": diff_spec(with_nonce(before), with_nonce(nonce)), **changes})


def record(nonce: int | None = None, **changes: Any) -> Record:
    """A running job, whose last accepted nonce is that."""
    spec = with_nonce(nonce)
    return a_record(**{"reconciled": spec, "stable": spec, "start": a_start(since=NOW - timedelta(hours=30)), **changes})


def pending(**changes: Any) -> Record:
    """A savepoint that was asked for by the nonce 1 is being taken."""
    return record(1, savepoints=Savepoints(trigger=replace(PENDING, **changes)))


def taken(hours_ago: float, kind: TriggerType = TriggerType.PERIODIC) -> Taken:
    return Taken(MILLISECONDS - round(hours_ago * 3_600_000), f"s3://savepoints/{hours_ago}", kind, "CANONICAL")


# on demand


@pytest.mark.parametrize(
    ("before", "desired", "asks"),
    [
        pytest.param(record(), wish(1), True, id="a first nonce"),
        pytest.param(record(1), wish(2, 1), True, id="another one"),
        pytest.param(record(1), wish(1, 1), False, id="the same one"),
        pytest.param(record(1), wish(None, 1), False, id="none any more"),
        pytest.param(record(), wish(None), False, id="none"),
        pytest.param(record(), wish(1, deleting=True), False, id="the resource is being deleted"),
    ],
)
def test_a_new_nonce_asks_for_one_savepoint(before: Record, desired: Desired, asks: bool) -> None:
    decision = decide(before, an_observed(), desired, FRESH)

    assert (TriggerSavepoint(JOB_ID, FRESH.trigger_id) in decision.actions) is asks
    if asks:
        assert decision.record.savepoints.trigger == Trigger(FRESH.trigger_id, MILLISECONDS, TriggerType.MANUAL, "CANONICAL")
        accepted = replace(desired, change=diff_spec(desired.spec, desired.spec))
        again = decide(decision.record, an_observed(savepoint=SavepointInProgress()), accepted, FRESH)
        assert (again.record, again.actions) == (decision.record, ()), "the nonce is accepted together with its trigger"


@pytest.mark.parametrize(
    "observed",
    [observed_job(JobState.RESTARTING), an_observed(rest=Unreachable("no answer"), job=None), observed_job(JobState.FAILED)],
    ids=["restarts", "silent", "failed"],
)
def test_a_nonce_waits_until_the_job_runs(observed: Observed) -> None:
    waiting = decide(record(), observed, wish(1), FRESH)
    assert TriggerSavepoint not in kinds(waiting)
    assert waiting.record.reconciled == with_nonce(None)


def test_a_nonce_waits_until_a_failed_upgrade_is_over() -> None:
    retry = WaitingToRetry(NOW, 2, 1, NOW + HOUR)
    upgrade = an_upgrade(spec={**with_nonce(1), "restartNonce": 1})

    assert kinds(decide(record(step=retry), an_observed(), upgrade, FRESH)) == []


def test_a_nonce_without_a_directory_for_savepoints_is_told_and_done_with() -> None:
    decision = decide(record(), an_observed(), wish(1, savepoint_directory=None), FRESH)

    assert (TriggerSavepoint in kinds(decision), "SavepointError" in reasons(decision)) == (False, True)
    assert decision.record.reconciled == with_nonce(1)


# what becomes of it


def test_a_completed_savepoint_is_recorded_with_its_nonce_and_told() -> None:
    before = record(1, savepoints=Savepoints(PENDING, taken(1), (taken(1),)))
    decision = decide(before, an_observed(savepoint=SavepointCompleted(PATH)), wish(1, 1), FRESH)
    expected = Taken(PENDING.since, PATH, TriggerType.MANUAL, "CANONICAL", 1)

    assert decision.record.savepoints == Savepoints(trigger=None, last=expected, history=(taken(1), expected))
    assert [event.message for event in decision.events if event.reason == "Savepoint"] == [f"The requested savepoint was taken: {PATH}"]


@pytest.mark.parametrize(
    ("seen", "minutes", "goes_on", "asks"),
    [
        pytest.param(SavepointInProgress(), 1, True, False, id="in progress"),
        pytest.param(SavepointUnknown(), 1, True, True, id="the request was lost, or the JobManager restarted: the same id again"),
        pytest.param(None, 1, True, False, id="no answer"),
        pytest.param(SavepointInProgress(), 12, False, False, id="in progress for too long"),
        pytest.param(SavepointUnknown(), 12, False, False, id="lost for too long"),
        pytest.param(SavepointFailed("no disk"), 1, False, False, id="failed"),
    ],
)
def test_the_wait_for_a_savepoint_ends(seen: Any, minutes: int, goes_on: bool, asks: bool) -> None:
    before = pending(since=MILLISECONDS - minutes * 60_000)
    decision = decide(before, an_observed(savepoint=seen), wish(1, 1), FRESH)

    assert (decision.record.savepoints.trigger is not None) is goes_on
    assert decision.actions == ((TriggerSavepoint(JOB_ID, PENDING.trigger_id),) if asks else ())
    assert ("SavepointError" in reasons(decision)) is not goes_on
    assert decision.requeue_after == (a_desired().settings.progress_interval if goes_on else a_desired().settings.rest_interval)


def test_a_pending_savepoint_is_asked_about_while_the_job_runs() -> None:
    assert questions(pending(), wish(1, 1), True) == Question.JOB | Question.SAVEPOINT
    assert questions(record(1), wish(1, 1), True) == Question.JOB


def test_an_upgrade_waits_for_a_pending_savepoint_unless_it_is_told_not_to() -> None:
    waiting = decide(pending(), an_observed(savepoint=SavepointInProgress()), an_upgrade(), FRESH)
    assert (waiting.record.reason, waiting.actions) == ("SavepointPending", ())

    done = decide(waiting.record, an_observed(savepoint=SavepointCompleted(PATH)), an_upgrade(), FRESH)
    assert StopWithSavepoint in kinds(decide(done.record, an_observed(), an_upgrade(), FRESH))

    at_once = decide(pending(), an_observed(savepoint=SavepointInProgress()), an_upgrade(ignore_pending_savepoint=True), FRESH)
    assert StopWithSavepoint in kinds(at_once)


# periodically


@pytest.mark.parametrize(
    ("last_hours_ago", "started_hours_ago", "asks"),
    [
        pytest.param(None, 0.9, False, id="not yet"),
        pytest.param(None, 1.0, True, id="the first"),
        pytest.param(0.9, 30, False, id="not yet again"),
        pytest.param(1.0, 30, True, id="the next"),
    ],
)
def test_a_periodic_savepoint_is_taken_when_it_is_due(last_hours_ago: float | None, started_hours_ago: float, asks: bool) -> None:
    last = None if last_hours_ago is None else MILLISECONDS - round(last_hours_ago * 3_600_000)
    before = record(start=a_start(since=NOW - timedelta(hours=started_hours_ago)), savepoints=Savepoints(last_periodic=last))
    decision = decide(before, an_observed(), wish(None, periodic_savepoint_interval=HOUR), FRESH)

    assert (TriggerSavepoint in kinds(decision)) is asks
    if asks:
        assert decision.record.savepoints.trigger is not None
        assert decision.record.savepoints.trigger.type is TriggerType.PERIODIC
        assert decision.record.savepoints.last_periodic == MILLISECONDS


def test_the_next_look_is_at_the_latest_when_a_periodic_savepoint_is_due() -> None:
    before = record(start=a_start(since=NOW - HOUR + timedelta(seconds=4)))

    assert decide(before, an_observed(), wish(None, periodic_savepoint_interval=HOUR), FRESH).requeue_after == timedelta(seconds=4)


# what is kept


@pytest.mark.parametrize(
    ("history", "changes", "disposed"),
    [
        pytest.param((taken(3), taken(2), taken(1)), {"savepoint_history_count": 2}, taken(3), id="too many: the oldest"),
        pytest.param((taken(3), taken(2)), {"savepoint_history_count": 2}, None, id="as many as may be"),
        pytest.param((taken(25), taken(1)), {}, taken(25), id="too old"),
        pytest.param((taken(25),), {}, None, id="the newest stays"),
        pytest.param((taken(25), taken(24.5), taken(1)), {"savepoint_cleanup": False}, None, id="switched off"),
        pytest.param((taken(25, TriggerType.MANUAL), taken(1)), {}, None, id="one that somebody asked for"),
        pytest.param((taken(25, TriggerType.UNKNOWN), taken(1)), {}, None, id="one of unknown origin"),
    ],
)
def test_only_own_savepoints_beyond_the_limits_are_deleted(history: tuple[Taken, ...], changes: Any, disposed: Taken | None) -> None:
    decision = decide(record(savepoints=Savepoints(history=history)), an_observed(), wish(None, **changes), FRESH)

    assert decision.actions == ((DisposeSavepoint(disposed.location),) if disposed else ())
    assert decision.record.savepoints.history == tuple(one for one in history if one != disposed)


def test_a_savepoint_that_this_start_was_restored_from_is_kept() -> None:
    restored = replace(taken(25), location=SAVEPOINT)
    before = record(savepoints=Savepoints(history=(restored, taken(1))))
    assert before.restore is not None
    kept = replace(before, restore=replace(before.restore, point=replace(before.restore.point, path=SAVEPOINT)))  # type: ignore[type-var]

    assert decide(kept, an_observed(), wish(None), FRESH).actions == ()
