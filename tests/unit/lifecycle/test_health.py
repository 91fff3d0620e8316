"""The health of a running job: too many restarts, or no checkpoint, and it is started again. While it is well nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    MILLISECONDS,
    NO_METADATA,
    NOW,
    a_desired,
    a_job,
    a_record,
    a_start,
    an_observed,
    an_upgrade,
    kinds,
    observed_job,
    reasons,
)

from flinkop.lifecycle.action import CancelJob, DeleteJobManager
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Checkpoints, JobState, Observed, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.question import Question, questions
from flinkop.lifecycle.record import Health, Record, RestartWindow
from flinkop.lifecycle.step import Cancelling, HaFate, TearingDown

WISH = a_desired(health_check=True)
MINUTE = timedelta(minutes=1)


def pass_after(record: Record, after: timedelta, restarts: int | None, wish: Desired = WISH, **changes: Any) -> Decision:
    """The decision of a pass at that time, when Flink counts so many restarts."""
    return decide(record, an_observed(restarts=restarts, **changes), wish, replace(FRESH, now=NOW + after))


def counting(restarts: int = 0, since: timedelta | None = None) -> Record:
    """A job whose restarts are counted."""
    return a_record(restart_window=RestartWindow(restarts, NOW + since if since is not None else None))


def test_counting_begins_with_what_flink_says_and_then_writes_nothing_more() -> None:
    first = pass_after(a_record(), MINUTE, restarts=100)
    assert first.record == counting(100), "a job that was there before has restarted before"
    assert pass_after(first.record, 5 * MINUTE, restarts=100).record == first.record


@pytest.mark.parametrize(
    ("before", "restarts", "after"),
    [
        pytest.param(counting(3), 5, counting(3, timedelta(0)), id="the first restart opens the window"),
        pytest.param(counting(3, -MINUTE), 9, counting(3, -MINUTE), id="more of them are counted from there"),
        pytest.param(counting(3, -2 * MINUTE), 9, counting(9), id="when it is over, counting begins anew"),
        pytest.param(counting(3, -MINUTE), 0, counting(0), id="another JobManager counts from nothing"),
        pytest.param(counting(3, -MINUTE), None, counting(3, -MINUTE), id="Flink does not tell"),
    ],
)
def test_restarts_are_counted_within_a_window(before: Record, restarts: int | None, after: Record) -> None:
    decision = pass_after(before, timedelta(0), restarts)
    assert decision.record == after
    assert decision.record.health is Health.SETTLED


def test_a_job_that_restarts_too_often_is_started_again_from_its_last_state() -> None:
    decision = pass_after(counting(3, -MINUTE), timedelta(0), restarts=67)

    assert (decision.record.phase, kinds(decision), reasons(decision)) == (Phase.UPGRADING, [DeleteJobManager], ["RestartUnhealthyJob"])
    assert decision.record.step == TearingDown(NOW, HaFate.KEEP)
    assert "it restarted 64 times since 11:59:00 UTC" in decision.events[0].message
    assert decision.record.start is not None
    assert (decision.record.start.attempt, decision.record.restart_window) == (1, None)


def test_one_restart_less_is_well() -> None:
    assert pass_after(counting(3, -MINUTE), timedelta(0), restarts=66).record.phase is Phase.RUNNING


def test_a_job_that_is_restarting_at_this_moment_counts_as_well() -> None:
    decision = decide(counting(3, -MINUTE), observed_job(JobState.RESTARTING, restarts=99), WISH, FRESH)
    assert decision.record.phase is Phase.UPGRADING


@pytest.mark.parametrize(
    ("completed", "started", "phase"),
    [
        pytest.param(9 * MINUTE, 60 * MINUTE, Phase.RUNNING, id="a checkpoint within the window"),
        pytest.param(10 * MINUTE, 60 * MINUTE, Phase.UPGRADING, id="none for as long as the window"),
        pytest.param(None, 9 * MINUTE, Phase.RUNNING, id="none yet, of a young job"),
        pytest.param(None, 10 * MINUTE, Phase.UPGRADING, id="none yet, of an old job"),
    ],
)
def test_a_job_that_completes_no_checkpoint_is_started_again(completed: timedelta | None, started: timedelta, phase: Phase) -> None:
    def at(age: timedelta) -> int:
        return MILLISECONDS - int(age.total_seconds() * 1000)

    checkpoints = Checkpoints(completed_at=at(completed) if completed else None)
    wish = a_desired(health_check=True, checkpoint_progress_window=10 * MINUTE)
    decision = pass_after(counting(0), timedelta(0), 0, wish, checkpoints=checkpoints, job=a_job(start_time=at(started)))
    assert decision.record.phase is phase


def test_a_job_that_takes_no_checkpoints_by_itself_need_not_complete_any() -> None:
    wish = a_desired(health_check=True, checkpoint_progress_window=10 * MINUTE)
    decision = pass_after(counting(0), timedelta(0), 0, wish, checkpoints=Checkpoints(periodic=False), job=a_job(start_time=1))
    assert (decision.record.phase, decision.record.reason) == (Phase.RUNNING, "JobRunning")


@pytest.mark.parametrize(("mode", "words"), [("stateless", "from empty state"), ("last-state", "from its last state")])
def test_people_read_from_what_it_is_started_again(mode: str, words: str) -> None:
    decision = pass_after(counting(3, -MINUTE), timedelta(0), 67, replace(WISH, upgrade_mode=mode))
    assert words in decision.events[0].message


def test_a_job_without_high_availability_is_cancelled_for_its_last_checkpoint() -> None:
    wish = replace(a_desired(health_check=True, high_availability=False), deployed_high_availability=False)
    decision = pass_after(counting(0, -MINUTE), timedelta(0), 64, wish, ha=NO_METADATA)
    assert (decision.record.step, kinds(decision)) == (Cancelling(NOW), [CancelJob])


def test_a_job_that_was_started_again_a_moment_ago_gets_its_pause() -> None:
    record = replace(counting(0, -timedelta(seconds=5)), start=a_start(since=NOW - timedelta(seconds=5), attempt=1))
    decision = pass_after(record, timedelta(0), 64)
    assert (decision.record.phase, decision.record.reason, decision.record.health) == (Phase.RUNNING, "JobUnhealthy", Health.STALLED)
    assert decision.requeue_after == timedelta(seconds=5)
    assert pass_after(record, timedelta(seconds=5), 64).record.phase is Phase.UPGRADING


@pytest.mark.parametrize(
    ("record", "observed", "wish"),
    [
        pytest.param(counting(0, -MINUTE), an_observed(restarts=64), a_desired(), id="the option is off"),
        pytest.param(counting(0, -MINUTE), an_observed(restarts=64), a_desired(health_check=True, recovery=False), id="recovery is off"),
        pytest.param(counting(0, -MINUTE), an_observed(restarts=64), replace(WISH, session=True), id="there is no job"),
        pytest.param(counting(0, -MINUTE), an_observed(restarts=64, rest=Unreachable("hangs"), job=None), WISH, id="nobody answers"),
    ],
)
def test_health_is_not_judged_when(record: Record, observed: Observed, wish: Desired) -> None:
    assert "RestartUnhealthyJob" not in reasons(decide(record, observed, wish, FRESH))


def test_a_changed_spec_comes_first() -> None:
    decision = pass_after(counting(0, -MINUTE), timedelta(0), 64, an_upgrade(health_check=True))
    assert "RestartUnhealthyJob" not in reasons(decision)


def test_health_is_asked_for_only_where_it_is_wanted() -> None:
    asked = Question.RESTARTS | Question.CHECKPOINTS
    assert asked in questions(a_record(), WISH, jobmanager_exists=True)
    assert not questions(a_record(), a_desired(), jobmanager_exists=True) & asked


def test_a_job_whose_checkpoints_flink_would_delete_is_not_cancelled() -> None:
    wish = replace(WISH, checkpoints_retained=False)
    decision = pass_after(counting(0, -MINUTE / 2), timedelta(0), 64, wish, ha=NO_METADATA)
    assert (decision.record.phase, decision.record.reason, kinds(decision)) == (Phase.RUNNING, "JobUnhealthy", [])
    assert "externalized-checkpoint-retention" in decision.record.message
