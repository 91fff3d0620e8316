"""Running: the job runs the recorded spec."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.begin import begin_stop
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import follow_job
from flinkop.lifecycle.move import go, stay
from flinkop.lifecycle.observed import Answered, JobState, NotAsked, Observed, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobManagerStatus, Record, Start
from flinkop.lifecycle.recovery import lost_jobmanager
from flinkop.lifecycle.step import WaitingToRetry


def on_running(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Upgrading when another spec is wanted, to Deploying when the JobManager is lost, to Failed or Finished with the job."""
    if desired.wants_restart and not _holds_back(record, desired, fresh):
        return begin_stop(record, observed, desired, fresh)
    if observed.jobmanager is None:
        return lost_jobmanager(record, desired, fresh)
    if not observed.jobmanager.available:
        return _jobmanager_lost(record, observed, desired, fresh)
    return _follow(record if desired.wants_restart else replace(record, step=None), observed, desired, fresh)


def _holds_back(record: Record, desired: Desired, fresh: Fresh) -> bool:
    """A failed upgrade is tried again after a while; a newer spec at once."""
    step = record.step
    return isinstance(step, WaitingToRetry) and step.generation == desired.generation and fresh.now < step.not_before


def _follow(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    match observed.rest:
        case NotAsked():
            return stay(record, record.reason, record.message, health=record.health, requeue_after=desired.settings.progress_interval)
        case Unreachable(cause):
            return _unreachable(record, cause, desired)
        case Answered() if observed.job is not None:
            return _keep_retry_visible(follow_job(record, observed, desired, observed.job), record, fresh)
        case Answered():
            return _job_missing(record, desired, fresh)


def _keep_retry_visible(decision: Decision, record: Record, fresh: Fresh) -> Decision:
    """While a failed upgrade waits for its next try, that is what people want to read, and the next look is then."""
    step = record.step
    if not isinstance(step, WaitingToRetry) or decision.record.phase is not Phase.RUNNING or decision.requeue_after is None:
        return decision
    after = replace(decision.record, reason=record.reason, message=record.message, health=record.health)
    return replace(decision, record=after, requeue_after=min(decision.requeue_after, step.not_before - fresh.now))


def _jobmanager_lost(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    trouble = observed.trouble
    start = record.start or Start(fresh.now, desired.generation, fresh.job_result_store_id)
    return go(
        record,
        Phase.DEPLOYING,
        "JobManagerNotReady",
        trouble.message if trouble else "The JobManager is not ready any more: waiting for it to come back.",
        requeue_after=desired.settings.progress_interval,
        start=replace(start, since=fresh.now),
        step=None,
        jobmanager=JobManagerStatus.DEPLOYING,
        job=replace(record.job, state=JobState.RECONCILING),
    )


def _unreachable(record: Record, cause: str, desired: Desired) -> Decision:
    lost = replace(record, job=replace(record.job, state=JobState.RECONCILING))
    message = f"The JobManager does not answer: {cause}."
    return stay(lost, "JobManagerNotAnswering", message, requeue_after=desired.settings.rest_interval)


def _job_missing(record: Record, desired: Desired, fresh: Fresh) -> Decision:
    start = record.start or Start(fresh.now, desired.generation, fresh.job_result_store_id)
    return go(
        record,
        Phase.DEPLOYING,
        "JobNotFound",
        f"The JobManager does not know job {record.job.job_id}: it may just have restarted.",
        requeue_after=desired.settings.progress_interval,
        events=(Event("Missing", "Job Not Found", EventType.WARNING, Component.JOB),),
        start=replace(start, since=fresh.now),
        step=None,
        job=replace(record.job, state=JobState.RECONCILING),
    )
