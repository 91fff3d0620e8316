"""Running: the job runs the recorded spec on its session cluster."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.deadline import behind, readiness_words
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import follow_job
from flinkop.lifecycle.move import go
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record, Start
from flinkop.lifecycle.running import holds_back, in_time, keep_retry_visible, wait_for_savepoint
from flinkop.lifecycle.sessionjob.seen import SessionObserved
from flinkop.lifecycle.sessionjob.stop import begin_stop
from flinkop.lifecycle.sessionjob.submit import obstacle
from flinkop.lifecycle.takesnapshots import savepoint_is_pending

_NOT_FOUND = Event("Missing", "Job Not Found", EventType.WARNING, Component.JOB)


def on_running(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Upgrading when another spec is wanted, to Deploying when cluster or job are lost, to Failed or Finished with the job."""
    if not _is_there(observed) or not desired.wants_restart:
        return _follow(replace(record, step=None), observed, desired, fresh)
    if savepoint_is_pending(record, desired):
        return wait_for_savepoint(_follow(replace(record, step=None), observed, desired, fresh), desired, fresh)
    if holds_back(record, desired, fresh):
        return keep_retry_visible(_follow(record, observed, desired, fresh), record, fresh)
    return begin_stop(record, observed, desired, fresh)


def _is_there(observed: SessionObserved) -> bool:
    return observed.answers and observed.job is not None


def _follow(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    if not observed.answers:
        reason, message, _ = obstacle(observed)
        return _come_back(record, reason, message, desired, fresh)
    if observed.job is None:
        message = f"The JobManager does not know job {record.job.job_id}: it may just have restarted."
        return _come_back(record, "JobNotFound", message, desired, fresh, _NOT_FOUND)
    return in_time(follow_job(record, observed, desired, observed.job), observed.job, desired, fresh)


def _come_back(record: Record, reason: str, message: str, desired: Desired, fresh: Fresh, *events: Event) -> Decision:
    """Deploying waits for the job to be seen RUNNING again, with a deadline that begins now."""
    start = record.start or Start(fresh.now, desired.generation, fresh.job_result_store_id)
    again = replace(start, since=fresh.now)
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
