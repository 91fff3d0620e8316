"""What the state of the job means for the resource: one table from job state to phase."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flinkop.lifecycle.decision import Component, Decision, Event, EventType
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.imagepull import without_turns
from flinkop.lifecycle.move import go, stay
from flinkop.lifecycle.observed import TERMINAL, Checkpoints, Job, JobState, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record

STARTING = ("JobStarting", "The JobManager is ready; waiting for the job to run.")
_BEFORE_RUNNING = frozenset({JobState.INITIALIZING, JobState.CREATED})
_HAS_RUN = frozenset({JobState.RUNNING, JobState.RESTARTING, JobState.FAILING, JobState.CANCELLING})
_UNDER_WAY = {
    JobState.INITIALIZING: "The job is initializing.",
    JobState.CREATED: "The job waits for its tasks to run.",
    JobState.FAILING: "The job is failing.",
    JobState.RESTARTING: "The job is restarting.",
    JobState.CANCELLING: "The job is being cancelled.",
    JobState.SUSPENDED: "The job is suspended by its JobManager.",
    JobState.RECONCILING: "The job is being recovered by its JobManager.",
}

ENDED_WORDS = {
    JobState.FINISHED: ("JobFinished", "The job finished."),
    JobState.CANCELED: (
        "JobCanceled",
        "The job was cancelled by somebody else. Raise spec.restartNonce to start it again from its last checkpoint.",
    ),
}


def follow_job(record: Record, observed: Observed, desired: Desired, job: Job) -> Decision:
    """The decision that the state of the observed job asks for."""
    is_new = record.phase is Phase.DEPLOYING and record.job.state is JobState.RECONCILING
    if is_new and job.state in _BEFORE_RUNNING and observed.trouble is None:
        return _starting(record, desired)
    seen, told = _remember(record, observed, job), (*_began_anew(record, desired, job), *_changed(record, job))
    if job.state in TERMINAL and observed.checkpoints is None:
        return _ask_again(replace(seen, job=record.job), job.state, desired)
    match job.state:
        case JobState.RUNNING:
            return _running(seen, desired, told)
        case JobState.FAILED:
            return _failed(seen, state_left(record, job.state, observed, desired), observed, told)
        case JobState.FINISHED | JobState.CANCELED:
            return _ended(seen, state_left(record, job.state, observed, desired), told)
        case state:
            return _under_way(seen, observed, desired, state, told)


def _starting(record: Record, desired: Desired) -> Decision:
    """On its way to RUNNING a job passes two states within a second: to write each down would triple the writes of a start."""
    ready = replace(record, jobmanager=JobManagerStatus.DEPLOYED_NOT_READY, was_ready=True)
    return stay(ready, *STARTING, requeue_after=desired.settings.progress_interval)


def _remember(record: Record, observed: Observed, job: Job) -> Record:
    seen = JobRecord(job.job_id, job.name, job.state, job.start_time, job.update_time)
    info = observed.cluster_info or record.cluster_info
    return replace(record, job=seen, jobmanager=JobManagerStatus.READY, was_ready=True, cluster_info=info)


def _changed(record: Record, job: Job) -> tuple[Event, ...]:
    before = record.job.state
    if before is job.state:
        return ()
    return (Event("JobStatusChanged", f"Job status changed from {before or 'none'} to {job.state}", component=Component.JOB),)


def _began_anew(record: Record, desired: Desired, job: Job) -> tuple[Event, ...]:
    """Kubernetes makes a lost JobManager again by itself, and without high availability that one knows of no checkpoint."""
    before = record.job.start_time
    is_another = job.job_id != record.job.job_id or before is None or job.start_time <= before
    if is_another or desired.deployed_high_availability or desired.gives_up_state:
        return ()
    path = record.restore.point.path if record.restore is not None and record.restore.point is not None else None
    message = (
        f"The JobManager was lost, and the job began anew from {path or 'empty state'}: without high availability a new JobManager knows "
        "of no checkpoint. Set high-availability.type: kubernetes and high-availability.storageDir to have the newest one restored."
    )
    return (Event("JobBeganAnew", message, EventType.WARNING, Component.JOB),)


def _running(record: Record, desired: Desired, events: tuple[Event, ...]) -> Decision:
    return go(
        record,
        Phase.RUNNING,
        "JobRunning",
        "The job is running.",
        health=Health.SETTLED,
        requeue_after=desired.settings.rest_interval,
        events=events,
        stable=record.reconciled,
        savepoint_path=None,
        had_no_state=False,
        failure=None,
    )


def _failed(record: Record, left: dict[str, Any], observed: Observed, events: tuple[Event, ...]) -> Decision:
    cause = observed.failure or "Flink gives no cause."
    return go(
        record,
        Phase.FAILED,
        "JobFailed",
        cause,
        health=Health.STALLED,
        events=(*events, Event("Error", cause, EventType.WARNING, Component.JOB)),
        failure=cause,
        **left,
    )


def _ended(record: Record, left: dict[str, Any], events: tuple[Event, ...]) -> Decision:
    reason, message = ENDED_WORDS[record.job.state or JobState.FINISHED]
    stable = record.reconciled if record.job.state is JobState.FINISHED else record.stable  # it may have run between two looks
    return go(record, Phase.FINISHED, reason, message, health=Health.SETTLED, events=events, failure=None, stable=stable, **left)


def state_left(record: Record, state: JobState, observed: Observed, desired: Desired) -> dict[str, Any]:
    """What a job that ended in `state` has left, as fields of the record, which is the one of before its end.

    One that finished by itself has deleted its checkpoints; one that was stopped with a savepoint left that.
    """
    checkpoints = observed.checkpoints
    assert checkpoints is not None
    if state is JobState.FINISHED:
        return {"savepoint_path": checkpoints.stop_path, "had_no_state": False}
    none_ever = checkpoints.none_ever and _knows_all(record, checkpoints, desired)
    return {"savepoint_path": checkpoints.newest_path, "had_no_state": none_ever}


def _knows_all(record: Record, checkpoints: Checkpoints, desired: Desired) -> bool:
    """Whether checkpoints that the JobManager does not know were never made.

    A process that recovers a job, and one that only clears away what another has ended, know of none before the job runs.
    """
    if record.job.state in _HAS_RUN:
        return checkpoints.known
    was_lost = record.start is not None and record.start.lost_at is not None
    return not (was_lost and desired.deployed_high_availability)


def _ask_again(record: Record, state: JobState, desired: Desired) -> Decision:
    """The end is recorded together with the state that the job left, never without."""
    message = f"The job is {state}; asking its JobManager for the last checkpoint."
    return stay(record, "ReadingLastCheckpoint", message, requeue_after=desired.settings.progress_interval)


def _under_way(record: Record, observed: Observed, desired: Desired, state: JobState, events: tuple[Event, ...]) -> Decision:
    message = observed.failure or _UNDER_WAY[state]
    reason, health = f"Job{state.capitalize()}", Health.PROGRESSING
    if observed.trouble is not None:
        # a pod that does not start, here of a TaskManager, is why the job does not run
        trouble = without_turns(observed.trouble, record.reason)
        reason, message, health = trouble.reason, trouble.message, Health.STALLED
    interval = desired.settings.progress_interval
    return stay(record, reason, message, health=health, requeue_after=interval, events=events, failure=observed.failure)
