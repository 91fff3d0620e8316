"""Running: the job runs the recorded spec."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FRESH,
    FROM_SAVEPOINT,
    JOB_ID,
    LONG_AGO,
    NO_METADATA,
    NOW,
    SAVEPOINT,
    a_desired,
    a_job,
    a_jobmanager,
    a_record,
    a_start,
    a_suspension,
    an_observed,
    an_upgrade,
    kinds,
    nothing_left,
    observed_job,
    reasons,
)

from flinkop.lifecycle.action import CancelJob, DeleteJobManager, StopWithSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Checkpoints, JobState, NotAsked, Observed, Trouble, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.step import Cancelling, HaFate, TakingSavepoint, TearingDown, WaitingToRetry, WaitingToStop

RECOVERED: dict[str, Any] = {"start": a_start(lost_at=NOW), "job": JobRecord(JOB_ID, "job", JobState.RECONCILING)}
GONE_QUIET = an_observed(rest=Unreachable("no answer in time"), job=None)


@pytest.mark.parametrize(
    ("observed", "phase", "reason"),
    [
        pytest.param(an_observed(), Phase.RUNNING, "JobRunning", id="runs"),
        pytest.param(observed_job(JobState.RESTARTING), Phase.RUNNING, "JobRestarting", id="restarts"),
        pytest.param(observed_job(JobState.FAILING), Phase.RUNNING, "JobFailing", id="is failing"),
        pytest.param(observed_job(JobState.CREATED), Phase.RUNNING, "JobCreated", id="waits for tasks"),
        pytest.param(observed_job(JobState.FAILED, failure="it broke"), Phase.FAILED, "JobFailed", id="failed"),
        pytest.param(observed_job(JobState.FINISHED), Phase.FINISHED, "JobFinished", id="finished"),
        pytest.param(observed_job(JobState.CANCELED), Phase.FINISHED, "JobCanceled", id="was cancelled"),
        pytest.param(observed_job(JobState.FAILED, checkpoints=None), Phase.RUNNING, "ReadingLastCheckpoint", id="failed, state unknown"),
        pytest.param(observed_job(JobState.FINISHED, checkpoints=None), Phase.RUNNING, "ReadingLastCheckpoint", id="finished, unknown"),
        pytest.param(an_observed(job=None), Phase.DEPLOYING, "JobNotFound", id="is not known"),
        pytest.param(GONE_QUIET, Phase.DEPLOYING, "JobManagerNotAnswering", id="its JobManager is silent"),
        pytest.param(an_observed(rest=NotAsked(), job=None), Phase.DEPLOYING, "JobManagerNotAnswering", id="its JobManager was not asked"),
        pytest.param(an_observed(jobmanager=a_jobmanager(available=False)), Phase.DEPLOYING, "JobManagerNotReady", id="restarts its own"),
        pytest.param(nothing_left(), Phase.DEPLOYING, "JobManagerMissing", id="has lost it"),
    ],
)
def test_the_job_and_its_jobmanager_decide_where_it_goes(observed: Observed, phase: Phase, reason: str) -> None:
    after = decide(a_record(), observed, a_desired(), FRESH).record

    assert (after.phase, after.reason) == (phase, reason)


def test_a_jobmanager_that_is_lost_has_a_deadline_from_now_on_to_come_back() -> None:
    after = decide(a_record(), GONE_QUIET, a_desired(), FRESH).record

    assert after.start is not None
    assert (after.start.awaited_since, after.start.generation) == (NOW, 1)
    assert after.start.since == LONG_AGO, "it has lived since then, and periodic savepoints count from there"
    assert after.job.state is JobState.RECONCILING


@pytest.mark.parametrize(
    ("observed", "status", "seconds"),
    [
        pytest.param(an_observed(jobmanager=a_jobmanager(available=False)), JobManagerStatus.DEPLOYING, 1, id="not ready"),
        pytest.param(GONE_QUIET, JobManagerStatus.READY, 1, id="silent"),
        pytest.param(nothing_left(), JobManagerStatus.MISSING, 0, id="gone: started again at once"),
    ],
)
def test_a_lost_job_is_looked_for_and_the_step_of_an_upgrade_that_waited_is_over(
    observed: Observed, status: JobManagerStatus, seconds: int
) -> None:
    decision = decide(a_record(step=WaitingToStop(NOW)), observed, a_desired(), FRESH)

    assert (decision.record.jobmanager, decision.requeue_after) == (status, timedelta(seconds=seconds))
    assert decision.record.job.state is JobState.RECONCILING
    assert not isinstance(decision.record.step, WaitingToStop)


def test_a_job_that_the_jobmanager_does_not_know_is_reported() -> None:
    assert reasons(decide(a_record(), an_observed(job=None), a_desired(), FRESH)) == ["Missing"]


def test_the_words_of_a_pod_that_does_not_come_back_are_told() -> None:
    down = an_observed(jobmanager=a_jobmanager(available=False), trouble=Trouble("CrashLoopBackOff", "exit code 1"))

    assert decide(a_record(), down, a_desired(), FRESH).record.message.startswith("exit code 1. Waiting until ")


@pytest.mark.parametrize(
    ("state", "checkpoints", "path", "had_no_state"),
    [
        pytest.param(JobState.FAILED, Checkpoints(count=7, path=CHECKPOINT), CHECKPOINT, False, id="failed with a checkpoint"),
        pytest.param(JobState.FAILED, Checkpoints(restored_path=SAVEPOINT), SAVEPOINT, False, id="failed with what it had restored"),
        pytest.param(JobState.FAILED, Checkpoints(), None, True, id="failed before the first checkpoint"),
        pytest.param(JobState.FAILED, Checkpoints(count=3), None, False, id="failed with checkpoints that have no path"),
        pytest.param(
            JobState.FAILED, Checkpoints(count=3, restored_path=SAVEPOINT), None, False, id="came further than what it had restored"
        ),
        pytest.param(JobState.CANCELED, Checkpoints(count=7, path=CHECKPOINT), CHECKPOINT, False, id="was cancelled"),
        pytest.param(JobState.FINISHED, Checkpoints(count=7, path=CHECKPOINT), None, False, id="finished, and its checkpoints are gone"),
        pytest.param(JobState.FINISHED, Checkpoints(count=7, path=SAVEPOINT, stop_path=SAVEPOINT), SAVEPOINT, False, id="was stopped"),
    ],
)
def test_the_state_that_a_job_left_is_recorded_with_its_end(
    state: JobState, checkpoints: Checkpoints, path: str | None, had_no_state: bool
) -> None:
    after = decide(a_record(had_no_state=True), observed_job(state, checkpoints=checkpoints), a_desired(), FRESH).record

    assert (after.savepoint_path, after.had_no_state, after.job.state) == (path, had_no_state, state)


@pytest.mark.parametrize(
    ("changes", "checkpoints"),
    [
        pytest.param({}, Checkpoints(known=False), id="it ended under another process"),
        pytest.param({"phase": Phase.DEPLOYING, **RECOVERED}, Checkpoints(), id="it was recovered and did not run again"),
    ],
)
def test_no_statistics_of_a_job_that_ran_are_not_no_state(changes: dict[str, Any], checkpoints: Checkpoints) -> None:
    wish = a_desired(deployed_high_availability=True)
    after = decide(a_record(**changes), observed_job(JobState.FAILED, checkpoints=checkpoints), wish, FRESH).record

    assert (after.phase, after.savepoint_path, after.had_no_state) == (Phase.FAILED, None, False)


def test_a_checkpoint_that_is_newer_than_a_stop_that_failed_is_the_state_that_counts() -> None:
    found = Checkpoints(count=9, path=CHECKPOINT, stop_path=SAVEPOINT)

    assert decide(a_record(), observed_job(JobState.FAILED, checkpoints=found), a_desired(), FRESH).record.savepoint_path == CHECKPOINT


def test_a_change_of_the_jobs_state_is_reported_once() -> None:
    first = decide(a_record(), observed_job(JobState.RESTARTING), a_desired(), FRESH)
    second = decide(first.record, observed_job(JobState.RESTARTING), a_desired(), FRESH)

    assert (reasons(first), reasons(second), second.record) == (["JobStatusChanged"], [], first.record)


EARLIER, LATER = 1_000, 2_000
RUNS = a_record().job


@pytest.mark.parametrize(
    ("started", "wish", "told"),
    [
        pytest.param(LATER, a_desired(deployed_high_availability=False), ["JobBeganAnew"], id="without high availability"),
        pytest.param(LATER, a_desired(deployed_high_availability=True), [], id="with it, the last checkpoint was restored"),
        pytest.param(LATER, a_desired(upgrade_mode="stateless", deployed_high_availability=False), [], id="whose state nobody wants"),
        pytest.param(EARLIER, a_desired(deployed_high_availability=False), [], id="it is the same run"),
    ],
)
def test_a_job_that_a_new_jobmanager_began_anew_is_told(started: int, wish: Desired, told: list[str]) -> None:
    record = a_record(job=replace(RUNS, start_time=EARLIER), restore=FROM_SAVEPOINT)
    seen = observed_job(JobState.RUNNING, job=a_job(JobState.RUNNING, start_time=started))

    first = decide(record, seen, wish, FRESH)
    assert (reasons(first), reasons(decide(first.record, seen, wish, FRESH))) == (told, [])
    if told:
        assert SAVEPOINT in first.events[0].message


# another spec is wanted


@pytest.mark.parametrize(
    ("desired", "action", "step"),
    [
        pytest.param(an_upgrade(), StopWithSavepoint, TakingSavepoint(NOW, FRESH.trigger_id), id="with a savepoint"),
        pytest.param(a_suspension(), StopWithSavepoint, TakingSavepoint(NOW, FRESH.trigger_id), id="to suspend it"),
        pytest.param(an_upgrade(upgrade_mode="last-state"), DeleteJobManager, TearingDown(NOW, HaFate.KEEP), id="from the last state"),
        pytest.param(an_upgrade(upgrade_mode="stateless"), DeleteJobManager, TearingDown(NOW, HaFate.KEEP), id="without state"),
        pytest.param(an_upgrade(upgrade_mode="last-state", cancel_for_last_state=True), CancelJob, Cancelling(NOW), id="by cancelling"),
    ],
)
def test_a_new_spec_begins_with_a_stop_that_is_recorded_before_it_is_asked_for(desired: Desired, action: type, step: Any) -> None:
    decision = decide(a_record(), an_observed(), desired, FRESH)

    assert (decision.record.phase, decision.record.step, kinds(decision)) == (Phase.UPGRADING, step, [action])
    assert reasons(decision) == ["SpecChanged", "Suspended"]


def test_the_request_for_a_savepoint_carries_the_recorded_id() -> None:
    decision = decide(a_record(), an_observed(), an_upgrade(drain=True), FRESH)

    assert decision.actions == (StopWithSavepoint(JOB_ID, FRESH.trigger_id, drain=False),), "only a deletion drains"


def test_a_new_spec_starts_a_lost_cluster() -> None:
    decision = decide(a_record(), nothing_left(), an_upgrade(), FRESH)

    assert (decision.record.phase, decision.record.step) == (Phase.UPGRADING, TearingDown(NOW, HaFate.KEEP))
    assert decision.requeue_after == timedelta(0), "nothing is deleted, so nothing will be heard of it"


# the upgrade has to wait


def waits_for(observed: Observed, record: Record | None = None, **changes: Any) -> Any:
    return decide(record or a_record(), replace(observed, ha=NO_METADATA), an_upgrade(**changes), FRESH)


def test_a_job_that_cannot_be_stopped_safely_is_left_as_it_is_and_followed() -> None:
    decision = waits_for(observed_job(JobState.RESTARTING))

    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.RUNNING, "UpgradeWaiting", ())
    assert decision.record.message.startswith("The new spec has to wait: spec.job.upgradeMode is savepoint, and the job is RESTARTING. ")
    assert decision.record.job.state is JobState.RESTARTING


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.FINISHED, JobState.CANCELED])
def test_a_job_that_ends_while_an_upgrade_waits_is_not_waited_for_any_more(state: JobState) -> None:
    """Or a new spec could never correct a job that has failed before it."""
    ended = waits_for(observed_job(state)).record
    assert ended.phase in {Phase.FAILED, Phase.FINISHED}

    assert decide(ended, observed_job(state, ha=NO_METADATA), an_upgrade(), FRESH).record.phase is Phase.UPGRADING


def test_the_wait_has_a_deadline_and_then_names_the_ways_out() -> None:
    early = a_record(step=WaitingToStop(NOW))
    late = a_record(step=WaitingToStop(NOW - a_desired().settings.readiness_timeout))

    assert waits_for(observed_job(JobState.RESTARTING), early).record.health is Health.PROGRESSING
    assert waits_for(observed_job(JobState.RESTARTING), early).record.step == early.step
    after = waits_for(observed_job(JobState.RESTARTING), late).record
    assert after.health is Health.STALLED
    assert "spec.job.upgradeMode to stateless" in after.message


def test_waiting_for_the_same_thing_changes_nothing() -> None:
    first = waits_for(observed_job(JobState.RESTARTING))

    assert waits_for(observed_job(JobState.RESTARTING), first.record).record == first.record


# an upgrade that failed is tried again


RETRY = WaitingToRetry(NOW - timedelta(seconds=30), generation=2, attempt=1, not_before=NOW + timedelta(seconds=30))
KEPT = a_record(reason="SavepointFailed", message="The savepoint failed.", health=Health.PROGRESSING, step=RETRY)


def test_until_the_next_try_people_read_why_the_last_one_failed() -> None:
    decision = decide(KEPT, an_observed(), an_upgrade(), FRESH)

    assert decision.record == replace(KEPT, generation=2, job=decision.record.job, ends_at=RETRY.not_before)
    assert decision.requeue_after == a_desired().settings.rest_interval
    soon = replace(FRESH, now=NOW + timedelta(seconds=28))
    assert decide(KEPT, an_observed(), an_upgrade(), soon).requeue_after == timedelta(seconds=2)


@pytest.mark.parametrize(
    ("now", "generation"),
    [pytest.param(RETRY.not_before, 2, id="its time has come"), pytest.param(NOW, 3, id="a newer spec comes at once")],
)
def test_the_next_try_is_counted_and_has_an_id_of_its_own(now: Any, generation: int) -> None:
    after = decide(KEPT, an_observed(), an_upgrade(generation=generation), replace(FRESH, now=now)).record

    assert after.step == TakingSavepoint(now, FRESH.trigger_id, attempt=2)


@pytest.mark.parametrize(
    ("now", "generation", "told"),
    [
        pytest.param(RETRY.not_before, 2, ["Suspended"], id="again for the same spec"),
        pytest.param(NOW, 3, ["SpecChanged", "Suspended"], id="for a newer spec"),
    ],
)
def test_a_changed_spec_is_news_once_however_often_it_is_tried(now: Any, generation: int, told: list[str]) -> None:
    assert reasons(decide(KEPT, an_observed(), an_upgrade(generation=generation), replace(FRESH, now=now))) == told


def test_a_spec_that_is_taken_back_ends_the_tries() -> None:
    after = decide(KEPT, an_observed(), a_desired(generation=3), FRESH).record

    assert (after.step, after.reason, after.health) == (None, "JobRunning", Health.SETTLED)


def test_the_end_of_a_job_is_seen_between_two_tries() -> None:
    assert decide(KEPT, observed_job(JobState.FAILED), an_upgrade(), FRESH).record.phase is Phase.FAILED


def test_cluster_information_is_kept_once_it_is_known() -> None:
    known = decide(a_record(), an_observed(cluster_info={"flink-version": "1.20.5"}), a_desired(), FRESH).record

    assert decide(known, an_observed(job=a_job()), a_desired(), FRESH).record.cluster_info == {"flink-version": "1.20.5"}
