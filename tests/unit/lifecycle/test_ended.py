"""Failed and Finished: the job has ended, and a change of the spec still takes effect."""

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
    REFUSED,
    a_desired,
    a_jobmanager,
    a_redeployment,
    a_start,
    a_starting_record,
    a_suspension,
    an_ended_record,
    an_observed,
    an_upgrade,
    kinds,
    nothing_left,
    observed_job,
    reasons,
)

from flinkop.lifecycle.action import DeleteJobManager, DeleteTaskManagers
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import JobState, Observed, TaskManagers
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.restore import RestoreChoice
from flinkop.lifecycle.step import HaFate, TearingDown

FAILED, FINISHED = an_ended_record(), an_ended_record(JobState.FINISHED)
REFUSED_START = an_ended_record(
    reason="RestoreFailed", message=REFUSED.message, failure=REFUSED.message, restore=REFUSED, jobmanager=JobManagerStatus.MISSING
)
NOT_FOUND = an_ended_record(
    reason="JobNotFound", message="not known", failure="not known", job=JobRecord("x", "job", JobState.RECONCILING), savepoint_path=None
)
WITHOUT_STATE = an_ended_record(savepoint_path=None, had_no_state=True)
WITHOUT_HA = {"deployed_high_availability": False, "high_availability": False}


@pytest.mark.parametrize("record", [FAILED, FINISHED, an_ended_record(JobState.CANCELED, reason="JobCanceled")])
def test_an_ended_job_rests(record: Record) -> None:
    state = record.job.state or JobState.FAILED
    decision = decide(record, observed_job(state), a_desired(), FRESH)

    assert replace(decision.record, message=record.message) == record
    assert (decision.actions, decision.events) == ((), ())
    assert decision.requeue_after == a_desired().settings.shutdown_ttl, "to remove the JobManager"


@pytest.mark.parametrize(
    ("age", "actions"),
    [pytest.param(timedelta(hours=23), [], id="kept for a day"), pytest.param(timedelta(hours=25), [DeleteJobManager], id="then removed")],
)
def test_the_jobmanager_of_an_ended_job_is_kept_for_people_to_look_at(age: timedelta, actions: list[type]) -> None:
    assert kinds(decide(FAILED, observed_job(JobState.FAILED), a_desired(), replace(FRESH, now=NOW + age))) == actions


@pytest.mark.parametrize(
    ("record", "now"),
    [
        pytest.param(FAILED, NOW + timedelta(days=2), id="its time is over"),
        pytest.param(replace(FAILED, job=JobRecord("x", "job", JobState.FAILED)), NOW, id="when it ended is not known"),
    ],
)
def test_nothing_is_waited_for_where_no_time_is_left_or_known(record: Record, now: Any) -> None:
    assert decide(record, observed_job(JobState.FAILED), a_desired(), replace(FRESH, now=now)).requeue_after is None


def test_without_a_jobmanager_there_is_nothing_to_come_back_for() -> None:
    decision = decide(FAILED, nothing_left(), a_desired(), FRESH)

    assert (decision.requeue_after, decision.record.phase, decision.record.jobmanager) == (None, Phase.FAILED, JobManagerStatus.MISSING)


def test_taskmanagers_whose_jobmanager_somebody_deleted_do_not_run_on() -> None:
    left = nothing_left(taskmanagers=TaskManagers("workers", 4), taskmanager_pods=4)
    for record in (FAILED, FINISHED):
        assert decide(record, left, a_desired(standalone=True, taskmanagers=4), FRESH).actions == (DeleteTaskManagers("workers"),)


# another spec is wanted


@pytest.mark.parametrize(
    ("record", "fate"),
    [
        pytest.param(FAILED, HaFate.REMOVE, id="failed"),
        pytest.param(FINISHED, HaFate.REMOVE, id="finished"),
        pytest.param(NOT_FOUND, HaFate.KEEP, id="not found"),
    ],
)
@pytest.mark.parametrize("desired", [an_upgrade(), a_suspension()], ids=["upgrade", "suspension"])
def test_a_change_of_the_spec_still_takes_effect(record: Record, fate: HaFate, desired: Desired) -> None:
    decision = decide(record, an_observed(job=None), desired, FRESH)

    assert (decision.record.phase, decision.record.step, kinds(decision)) == (Phase.UPGRADING, TearingDown(NOW, fate), [DeleteJobManager])


def test_a_corrected_spec_starts_from_the_last_checkpoint_of_the_job_that_failed() -> None:
    removing = decide(FAILED, nothing_left(ha=NO_METADATA), an_upgrade(), FRESH).record
    after = decide(removing, nothing_left(ha=NO_METADATA), an_upgrade(), FRESH).record

    assert after.restore is not None
    assert after.restore.point is not None
    assert after.restore.point.path == FAILED.savepoint_path


def test_a_job_that_failed_before_its_first_checkpoint_starts_from_what_it_started_from() -> None:
    removing = decide(WITHOUT_STATE, nothing_left(ha=NO_METADATA), an_upgrade(), FRESH).record

    assert decide(removing, nothing_left(ha=NO_METADATA), an_upgrade(), FRESH).record.phase is Phase.DEPLOYING


def test_a_spec_that_waited_while_the_job_vanished_takes_effect() -> None:
    """It came before the end was recorded, so its generation is the recorded one."""
    late = a_starting_record(was_ready=True, reason="JobStarting", start=a_start(since=NOW - timedelta(hours=1)))
    vanished = decide(late, an_observed(job=None, ha=NO_METADATA), an_upgrade(), FRESH).record
    assert (vanished.phase, vanished.reason, vanished.generation) == (Phase.FAILED, "JobNotFound", 2)

    assert decide(vanished, an_observed(job=None, ha=NO_METADATA), an_upgrade(), FRESH).record.phase is Phase.UPGRADING


# no safe restore point


def test_a_start_that_was_refused_is_not_tried_again_with_the_same_spec() -> None:
    """It would go round for ever, with a write at every step."""
    decision = decide(REFUSED_START, nothing_left(ha=NO_METADATA), an_upgrade(generation=1), FRESH)

    assert (decision.record, decision.actions, decision.events, decision.requeue_after) == (REFUSED_START, (), (), None)


@pytest.mark.parametrize(
    ("desired", "phase"),
    [
        pytest.param(a_desired(generation=2), Phase.FAILED, id="a change that changes nothing"),
        pytest.param(a_desired(generation=2, upgrade_mode="stateless"), Phase.DEPLOYING, id="stateless"),
        pytest.param(a_redeployment(), Phase.DEPLOYING, id="redeploy"),
        pytest.param(a_suspension(), Phase.SUSPENDED, id="suspended"),
    ],
)
def test_every_way_out_of_a_refused_start_works(desired: Desired, phase: Phase) -> None:
    record = replace(REFUSED_START, savepoint_path=None, job=JobRecord("x", "job", JobState.FAILED))
    removing = decide(record, nothing_left(ha=NO_METADATA), desired, FRESH).record
    assert removing.phase is Phase.UPGRADING

    assert decide(removing, nothing_left(ha=NO_METADATA), desired, FRESH).record.phase is phase


# the job is there again


@pytest.mark.parametrize(
    ("record", "desired", "phase"),
    [
        pytest.param(FAILED, a_desired(), Phase.RUNNING, id="failed: high availability brought it back with its state"),
        pytest.param(FAILED, a_desired(**WITHOUT_HA), Phase.FAILED, id="failed with state: without it began anew, and the state is newer"),
        pytest.param(WITHOUT_STATE, a_desired(**WITHOUT_HA), Phase.RUNNING, id="failed without state"),
        pytest.param(NOT_FOUND, a_desired(**WITHOUT_HA), Phase.RUNNING, id="was only not found"),
        pytest.param(FINISHED, a_desired(**WITHOUT_HA), Phase.FINISHED, id="finished is finished"),
        pytest.param(FINISHED, a_desired(), Phase.FINISHED, id="finished is finished, whatever is said"),
    ],
)
def test_a_job_that_runs_again_is_taken_back_unless_that_loses_state(record: Record, desired: Desired, phase: Phase) -> None:
    assert decide(record, an_observed(), desired, FRESH).record.phase is phase


@pytest.mark.parametrize(
    "observed",
    [
        pytest.param(an_observed(), id="runs"),
        pytest.param(observed_job(JobState.INITIALIZING), id="is about to run"),
        pytest.param(an_observed(jobmanager=a_jobmanager(available=False), job=None), id="its JobManager restarts"),
    ],
)
@pytest.mark.parametrize("record", [FAILED, FINISHED], ids=["failed", "finished"])
def test_an_ended_job_that_a_restarted_jobmanager_would_run_again_is_removed(record: Record, observed: Observed) -> None:
    decision = decide(record, observed, a_desired(**WITHOUT_HA), FRESH)

    assert (decision.record.phase, kinds(decision), reasons(decision)) == (record.phase, [DeleteJobManager], ["JobRunsAgain"])


@pytest.mark.parametrize(
    ("record", "observed"),
    [
        pytest.param(FAILED, observed_job(JobState.FAILED), id="it is there as it ended"),
        pytest.param(FAILED, nothing_left(), id="there is no JobManager"),
        pytest.param(FAILED, an_observed(jobmanager=a_jobmanager(terminating=True)), id="its JobManager is going already"),
        pytest.param(WITHOUT_STATE, observed_job(JobState.INITIALIZING), id="it had no state: it may try again"),
    ],
)
def test_otherwise_the_jobmanager_of_an_ended_job_is_left_alone(record: Record, observed: Observed) -> None:
    decision = decide(record, observed, a_desired(**WITHOUT_HA), FRESH)

    assert (decision.actions, decision.events) == ((), ())


def test_with_high_availability_a_restarted_jobmanager_knows_that_the_job_has_ended() -> None:
    assert decide(FINISHED, an_observed(jobmanager=a_jobmanager(available=False), job=None), a_desired(), FRESH).actions == ()


def test_a_job_that_may_still_appear_is_looked_for() -> None:
    decision = decide(NOT_FOUND, an_observed(job=None), a_desired(), FRESH)

    assert (decision.record, decision.requeue_after) == (NOT_FOUND, a_desired().settings.rest_interval)


# what people read


@pytest.mark.parametrize(
    ("record", "reason", "message", "health"),
    [
        pytest.param(FAILED, "JobFailed", "it broke", Health.STALLED, id="failed"),
        pytest.param(NOT_FOUND, "JobNotFound", "not known", Health.STALLED, id="not found"),
        pytest.param(REFUSED_START, "RestoreFailed", REFUSED.message, Health.STALLED, id="refused"),
        pytest.param(
            an_ended_record(restore=RestoreChoice(None, "SavepointUnknown", "unknown")),
            "SavepointUnknown",
            "unknown",
            Health.STALLED,
            id="?",
        ),
        pytest.param(FINISHED, "JobFinished", "The job finished.", Health.SETTLED, id="finished"),
    ],
)
def test_why_it_ended_is_said_whatever_was_said_last(record: Record, reason: str, message: str, health: Health) -> None:
    muddled = replace(record, reason="Forbidden", message="deployments is forbidden", health=Health.STALLED)
    after = decide(muddled, nothing_left(), a_desired(), FRESH).record

    assert (after.reason, after.message, after.health) == (reason, message, health)


def test_where_the_cause_was_not_kept_what_was_said_stays() -> None:
    assert decide(replace(FAILED, failure=None), nothing_left(), a_desired(), FRESH).record.message == "it broke"


def test_what_to_do_about_a_cancelled_job_is_said() -> None:
    cancelled: Any = an_ended_record(JobState.CANCELED, job=JobRecord("x", "job", JobState.CANCELED, 1, MILLISECONDS))

    assert "restartNonce" in decide(cancelled, nothing_left(), a_desired(), FRESH).record.message


def test_every_new_spec_is_tried_where_the_job_never_appeared() -> None:
    """The ways out that the message names change nothing that an upgrade would be made for."""
    lost = an_ended_record(phase=Phase.FAILED, job=JobRecord("a" * 32, state=JobState.RECONCILING), generation=1)

    assert decide(lost, an_observed(job=None), a_desired(generation=2, upgrade_mode="stateless"), FRESH).record.phase is Phase.UPGRADING
    assert decide(lost, an_observed(job=None), a_desired(generation=1, upgrade_mode="stateless"), FRESH).record.phase is Phase.FAILED


def test_a_job_that_runs_after_all_is_stopped_in_order_for_a_new_spec() -> None:
    lost = an_ended_record(phase=Phase.FAILED, job=JobRecord("a" * 32, state=JobState.RECONCILING), was_ready=True)
    without = {"high_availability": False, "deployed_high_availability": False}
    decision = decide(lost, an_observed(ha=None), an_upgrade(**without), FRESH)

    assert (decision.record.phase, kinds(decision)) == (Phase.RUNNING, [])
    assert decide(decision.record, an_observed(ha=None), an_upgrade(**without), FRESH).record.reason == "TakingSavepoint"
