"""Running: the job runs the recorded spec."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from flinkop.flinkconf import operatoroptions
from flinkop.lifecycle.begin import begin_stop, keep_waiting
from flinkop.lifecycle.deadline import behind, for_readiness, for_snapshot, readiness_words
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import follow_job
from flinkop.lifecycle.move import go
from flinkop.lifecycle.observed import Answered, JobState, NotAsked, Observed, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, Record, Start
from flinkop.lifecycle.recovery import lost_jobmanager
from flinkop.lifecycle.session import session_is_ready
from flinkop.lifecycle.shortage import shortage_words
from flinkop.lifecycle.snapshotkind import SAVEPOINT
from flinkop.lifecycle.step import WaitingToRetry
from flinkop.lifecycle.takesnapshots import savepoint_is_pending


def on_running(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Upgrading when another spec is wanted, to Deploying when the JobManager is lost, to Failed or Finished with the job."""
    if not desired.wants_restart:
        return _follow(replace(record, step=None), observed, desired, fresh)
    if savepoint_is_pending(record, observed, desired):
        return wait_for_savepoint(_follow(replace(record, step=None), observed, desired, fresh), desired, fresh)
    if holds_back(record, desired, fresh):
        return keep_retry_visible(_follow(record, observed, desired, fresh), record, fresh)
    begun = begin_stop(record, observed, desired, fresh)
    if isinstance(begun, Decision):
        return begun
    return keep_waiting(_follow(record, observed, desired, fresh), record, begun, desired, fresh)


def wait_for_savepoint(followed: Decision, desired: Desired, fresh: Fresh) -> Decision:
    """The old job goes on, and people read that the new spec waits for a savepoint. At the end `take_snapshots` drops the trigger."""
    trigger = followed.record.savepoints.trigger
    if followed.record.phase is not Phase.RUNNING or trigger is None:
        return followed
    deadline = for_snapshot(SAVEPOINT, trigger, desired.settings)
    option = operatoroptions.IGNORE_PENDING_SAVEPOINT.key
    words = deadline.words(min(fresh.now, deadline.since), f"the upgrade goes on without it; {option} set to true does not wait", "")
    message = f"The new spec waits for the savepoint that is being taken. {words}"
    return replace(followed, record=replace(followed.record, reason="SavepointPending", message=message, health=Health.PROGRESSING))


def holds_back(record: Record, desired: Desired, fresh: Fresh) -> bool:
    """A failed upgrade is tried again after a while; a newer spec at once."""
    step = record.step
    return isinstance(step, WaitingToRetry) and step.generation == desired.generation and fresh.now < step.not_before


def _follow(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if observed.jobmanager is None:
        return lost_jobmanager(record, desired, fresh)
    if not observed.jobmanager.available:
        return _jobmanager_lost(record, observed, desired, fresh)
    match observed.rest:
        case NotAsked():
            return _unreachable(record, "it was not asked", desired, fresh)
        case Unreachable(cause):
            return _unreachable(record, cause, desired, fresh)
        case Answered() if desired.session:
            return session_is_ready(record, observed, desired)
        case Answered() if observed.job is not None:
            return in_time(follow_job(record, observed, desired, observed.job), observed, desired, fresh)
        case Answered():
            return job_missing(record, desired, fresh)


def in_time(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """A job that does not run is Flink's to bring back; after a while that is somebody's business."""
    after, job = decision.record, observed.job
    if job is None or after.phase is not Phase.RUNNING or after.health is not Health.PROGRESSING:
        return decision
    deadline = for_readiness(datetime.fromtimestamp(job.update_time / 1000, UTC), desired.settings)
    late = "Flink goes on trying. Its log tells more (`kubectl logs`); a changed spec is tried at once."
    words = deadline.words(fresh.now, "it is Stalled, and Flink goes on trying", late)
    if not deadline.is_over(fresh.now):
        return replace(decision, record=replace(after, message=behind(after.message, words)))
    fact = behind(after.message, shortage_words(observed))
    return replace(decision, record=replace(after, message=behind(fact, words), health=Health.STALLED))


def keep_retry_visible(decision: Decision, record: Record, fresh: Fresh) -> Decision:
    """While a failed upgrade waits for its next try, that is what people want to read, and the next look is then."""
    step = record.step
    if not isinstance(step, WaitingToRetry) or decision.record.phase is not Phase.RUNNING or decision.requeue_after is None:
        return decision
    after = replace(decision.record, reason=record.reason, message=record.message, health=record.health)
    return replace(decision, record=after, requeue_after=min(decision.requeue_after, step.not_before - fresh.now))


def _jobmanager_lost(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    trouble = observed.trouble
    message = trouble.message if trouble else "The JobManager is not ready any more: waiting for it to come back."
    return come_back(replace(record, jobmanager=JobManagerStatus.DEPLOYING), "JobManagerNotReady", message, desired, fresh)


def _unreachable(record: Record, cause: str, desired: Desired, fresh: Fresh) -> Decision:
    return come_back(record, "JobManagerNotAnswering", f"The JobManager does not answer: {cause}.", desired, fresh)


def job_missing(record: Record, desired: Desired, fresh: Fresh) -> Decision:
    """The JobManager answers, and the job that ran is not there."""
    message = f"The JobManager does not know job {record.job.job_id}: it may just have restarted."
    return come_back(record, "JobNotFound", message, desired, fresh, Event("Missing", "Job Not Found", EventType.WARNING, Component.JOB))


def come_back(record: Record, reason: str, message: str, desired: Desired, fresh: Fresh, *events: Event) -> Decision:
    """Deploying waits for the job to be seen RUNNING again, with a deadline that begins now."""
    start = record.start or Start(fresh.now, desired.generation, fresh.job_result_store_id)
    again = replace(start, lost_at=fresh.now)
    return go(
        record,
        Phase.DEPLOYING,
        reason,
        behind(message, readiness_words(replace(record, start=again), desired, fresh.now)),
        requeue_after=desired.settings.progress_interval,
        events=events,
        start=again,
        step=None,
        job=replace(record.job, state=JobState.RECONCILING),
    )
