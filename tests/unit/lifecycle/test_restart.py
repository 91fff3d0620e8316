"""A job that failed is started again where the option says so, each time in a row after a longer pause."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FRESH,
    NO_METADATA,
    NOW,
    REFUSED,
    a_desired,
    a_record,
    a_start,
    a_suspension,
    an_ended_record,
    an_upgrade,
    kinds,
    nothing_left,
    observed_job,
    reasons,
)

from flinkop.lifecycle.action import DeleteJobManager, StartCluster
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobRecord, Record
from flinkop.lifecycle.restart import pause
from flinkop.lifecycle.step import HaFate, TearingDown

WISH = a_desired(restart_failed=True)


def failed(attempt: int = 0, lived: timedelta = timedelta(seconds=20), **changes: Any) -> Record:
    """A job that has failed just now."""
    return an_ended_record(**{"start": a_start(since=NOW - lived, attempt=attempt), **changes})


def test_a_failed_job_is_started_again_at_once() -> None:
    decision = decide(failed(), observed_job(JobState.FAILED), WISH, FRESH)

    assert (decision.record.phase, kinds(decision), reasons(decision)) == (Phase.UPGRADING, [DeleteJobManager], ["RestartFailedJob"])
    assert decision.record.step == TearingDown(NOW, HaFate.REMOVE)
    assert decision.record.start is not None
    assert decision.record.start.attempt == 1


def test_it_goes_on_from_what_it_left() -> None:
    stopped = decide(failed(), observed_job(JobState.FAILED), WISH, FRESH).record
    decision = decide(stopped, nothing_left(ha=NO_METADATA), WISH, FRESH)

    assert isinstance(decision.actions[0], StartCluster)
    assert decision.actions[0].restore.path == CHECKPOINT
    assert decision.record.start is not None
    assert decision.record.start.attempt == 1, "the next pause depends on it"


@pytest.mark.parametrize(
    ("attempt", "lived", "seconds"),
    [(0, 20, 0), (1, 20, 10), (2, 20, 20), (5, 20, 160), (6, 20, 300), (400, 20, 300), (5, 599, 160), (5, 600, 0)],
)
def test_each_start_in_a_row_comes_after_a_longer_pause(attempt: int, lived: int, seconds: int) -> None:
    assert pause(failed(attempt, timedelta(seconds=lived)), NOW) == timedelta(seconds=seconds)


def test_until_then_people_read_when_it_is_tried_again() -> None:
    decision = decide(failed(attempt=1), observed_job(JobState.FAILED), WISH, FRESH)
    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.FAILED, "JobFailed", ())
    assert decision.record.message == "it broke. It is started again at 12:00:10 UTC (kubernetes.operator.job.restart.failed)."
    assert decision.requeue_after == timedelta(seconds=10)
    again = decide(decision.record, observed_job(JobState.FAILED), WISH, FRESH)
    assert again.record == decision.record, "nothing more is written"


@pytest.mark.parametrize(
    ("record", "desired"),
    [
        pytest.param(failed(), a_desired(), id="the option is off"),
        pytest.param(failed(restore=REFUSED), WISH, id="no start was safe after it had failed"),
        pytest.param(failed(restore=REFUSED, job=JobRecord("x", "job", JobState.RECONCILING)), WISH, id="no start was safe"),
        pytest.param(an_ended_record(JobState.FINISHED), WISH, id="it finished"),
        pytest.param(an_ended_record(JobState.CANCELED), WISH, id="somebody cancelled it"),
    ],
)
def test_it_is_not_started_again_when(record: Record, desired: Any) -> None:
    decision = decide(record, observed_job(record.job.state or JobState.FAILED), desired, FRESH)
    assert decision.record.phase in {Phase.FAILED, Phase.FINISHED}


@pytest.mark.parametrize("wish", [an_upgrade(restart_failed=True), a_suspension(restart_failed=True)], ids=["an upgrade", "a suspension"])
def test_a_changed_spec_does_not_wait_for_the_pause(wish: Any) -> None:
    decision = decide(failed(attempt=5), observed_job(JobState.FAILED), wish, FRESH)
    assert decision.record.phase is Phase.UPGRADING
    assert "RestartFailedJob" not in reasons(decision)


def test_a_start_that_somebody_asked_for_is_the_first_again() -> None:
    stopped = replace(a_record(phase=Phase.UPGRADING, start=a_start(attempt=4)), step=TearingDown(NOW, HaFate.KEEP))
    decision = decide(stopped, nothing_left(), an_upgrade(), FRESH)
    assert decision.record.start is not None
    assert decision.record.start.attempt == 0
