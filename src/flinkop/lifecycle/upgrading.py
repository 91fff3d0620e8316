"""Upgrading: the old job is being brought to a restorable stop, for a new spec or a suspension."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import Action, CancelJob
from flinkop.lifecycle.begin import cancel_words, savepoint_action, savepoint_words
from flinkop.lifecycle.deadline import clock, for_cancelling, for_savepoint
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import state_left
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import Answered, JobState, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.readiness import notice_readiness
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.restore import WAYS_OUT, RestoreChoice, retained_checkpoints
from flinkop.lifecycle.savepoint import AskAgain, Ended, KeptRunning, Pending, Stopped, Vanished, read_outcome
from flinkop.lifecycle.snapshot import Taken
from flinkop.lifecycle.snapshotresource import as_resource
from flinkop.lifecycle.step import (
    Cancelling,
    HaFate,
    Rescaling,
    StoppingJobs,
    Submitting,
    TakingSavepoint,
    TearingDown,
    WaitingForJobs,
    WaitingToRetry,
    WaitingToStop,
)
from flinkop.lifecycle.stop import CANCELLABLE, fate_after_end, may_give_up_savepoint, metadata_are_usable
from flinkop.lifecycle.suspended import start_or_suspend
from flinkop.lifecycle.teardown import delete_cluster, going_words, tear_down

_KEEPS = "the old job keeps running"
_FIRST_RETRY, _LAST_RETRY, _DOUBLINGS = timedelta(minutes=1), timedelta(minutes=16), 4


def on_upgrading(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying or Suspended with a restore point, or back to Running when the job could not be stopped safely."""
    match record.step:
        case TakingSavepoint() | Cancelling() as step:
            return _stopping(record, step, observed, desired, fresh)
        case TearingDown() as step:
            return _tearing_down(record, step, observed, desired, fresh)
        case WaitingToRetry() | WaitingToStop() | StoppingJobs() | WaitingForJobs() | Rescaling() | Submitting() | None:
            return _follow_again(record, "No step of an upgrade is recorded: looking at the job again.")
    assert_never(record.step)


def _follow_again(record: Record, message: str) -> Decision:
    return go(record, Phase.DEPLOYING, "StopRevised", message, step=None, requeue_after=IMMEDIATELY)


# the cluster is being removed


def _tearing_down(record: Record, step: TearingDown, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    seen = notice_readiness(record, observed)
    if observed.jobmanager_is_ready and not record.was_ready and not desired.gives_up_state:
        return _follow_again(seen, "The JobManager got ready before it was removed: its job is stopped in order.")
    return tear_down(seen, step, observed, desired, fresh) or start_or_suspend(seen, observed, desired, fresh)


def _remove(record: Record, observed: Observed, desired: Desired, fresh: Fresh, fate: HaFate, reason: str, message: str) -> Decision:
    actions, step = delete_cluster(observed), TearingDown(fresh.now, fate)
    message = f"{message} {going_words(step, desired)}"
    return stay(record, reason, message, *actions, step=step, requeue_after=None if actions else IMMEDIATELY)


# the job is being stopped


def _stopping(record: Record, step: TakingSavepoint | Cancelling, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if observed.jobmanager is None:
        message = "The JobManager was lost while the job was stopped: its last checkpoint is used if there is one."
        return _remove(record, observed, desired, fresh, HaFate.KEEP, "JobManagerMissing", message)
    if desired.gives_up_state:
        return _remove(
            record, observed, desired, fresh, HaFate.KEEP, "StoppingCluster", "No state is to be kept any more: stopping the cluster."
        )
    match step:
        case TakingSavepoint():
            return _taking_savepoint(record, step, observed, desired, fresh)
        case Cancelling():
            return _cancelling(record, step, observed, desired, fresh)
    assert_never(step)


def _taking_savepoint(record: Record, step: TakingSavepoint, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    late = for_savepoint(step.since, desired.settings).is_over(fresh.now)
    match read_outcome(observed):
        case Pending(why, in_progress):
            return _wait(record, observed, desired, fresh, why, late=late, in_progress=in_progress)
        case AskAgain():
            action = savepoint_action(record, step, desired)
            return _wait(record, observed, desired, fresh, "Asking the JobManager to stop the job with a savepoint.", action, late=late)
        case Vanished(cause, for_good):
            if for_good or late:
                return outcome_unknown(record, cause, likely_places(record, desired))
            return _wait(record, observed, desired, fresh, f"Unclear: {cause}.")
        case Stopped(path):
            return _stopped(with_savepoint(record, step, path, observed, desired), observed, desired, fresh, path)
        case Ended():
            return _ended(record, observed, desired, fresh)
        case KeptRunning(cause):
            return kept_running(record, step, cause, desired, fresh)


def _wait(
    record: Record,
    observed: Observed,
    desired: Desired,
    fresh: Fresh,
    why: str,
    *actions: Action,
    late: bool = False,
    in_progress: bool = False,
) -> Decision:
    if late and may_give_up_savepoint(observed, desired, in_progress):
        message = "The savepoint did not complete in time: stopping the cluster and keeping its high-availability metadata."
        return _remove(record, observed, desired, fresh, HaFate.KEEP, "SavepointGivenUp", message)
    assert isinstance(record.step, TakingSavepoint)
    message = f"{why} {savepoint_words(record.step, observed, desired, fresh.now, in_progress)}"
    health = Health.STALLED if late else Health.PROGRESSING
    return stay(record, "TakingSavepoint", message, *actions, health=health, requeue_after=desired.settings.progress_interval)


def with_savepoint(record: Record, step: TakingSavepoint, path: str, observed: Observed, desired: Desired) -> Record:
    """The record with the savepoint of a stop in its history, or about to be a resource."""
    taken = Taken(int(step.since.timestamp() * 1000), path, TriggerType.UPGRADE, desired.settings.savepoint_format)
    listed = as_resource(taken, observed, desired)
    last = record.savepoints.last if listed.resource else taken
    savepoints = replace(record.savepoints, last=last, history=(*record.savepoints.history, listed))
    return replace(record, savepoints=savepoints)


def _stopped(record: Record, observed: Observed, desired: Desired, fresh: Fresh, path: str) -> Decision:
    finished = replace(record, job=replace(record.job, state=JobState.FINISHED), savepoint_path=path, had_no_state=False)
    return _remove(finished, observed, desired, fresh, HaFate.REMOVE, "StoppingCluster", f"The job stopped; its state is at {path}.")


def _ended(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """What the job left is recorded together with its end."""
    job = observed.job
    assert job is not None
    after = replace(record, job=replace(record.job, state=job.state), **state_left(record, job.state, observed, desired))
    message = f"The job is {job.state}; it left {after.savepoint_path or 'no checkpoint'}."
    return _remove(after, observed, desired, fresh, fate_after_end(after), "StoppingCluster", message)


def kept_running(record: Record, step: TakingSavepoint, cause: str, desired: Desired, fresh: Fresh) -> Decision:
    """The savepoint failed and the old job goes on; it is tried again after a pause. A second time in a row is no accident any more."""
    pause = min(_FIRST_RETRY * 2 ** min(step.attempt - 1, _DOUBLINGS), _LAST_RETRY)
    again_at, once_more = fresh.now + pause, step.attempt > 1
    failed = f"The savepoint failed {step.attempt} times in a row" if once_more else "The savepoint failed"
    then = f"next try at {clock(again_at, fresh.now)}, or at once when the spec is changed"
    keeps = "the job keeps running, and its session cluster, which is to be deployed anew, waits for it" if desired.leaves else _KEEPS
    message = f"{failed}, {keeps}; {then}. Cause: {cause}"
    told = f"The savepoint failed, {_KEEPS}. Cause: {cause}"  # the same again, so that it is counted
    return go(
        record,
        Phase.RUNNING,
        "SavepointFailed",
        message,
        health=Health.STALLED if once_more else Health.PROGRESSING,
        requeue_after=desired.settings.progress_interval,
        events=(Event("SavepointError", told, EventType.WARNING, Component.OPERATOR),),
        step=WaitingToRetry(fresh.now, desired.generation, step.attempt, again_at),
    )


def likely_places(record: Record, desired: Desired) -> str:
    """Where people find what a job has left that was lost while it was stopped: a savepoint, or the last checkpoint before."""
    return f"{savepoint_place(record, desired)}{retained_checkpoints(record.job.job_id, desired.settings.checkpoint_directory)}"


def savepoint_place(record: Record, desired: Desired) -> str:
    """Where people find the savepoint whose path was lost with the JobManager. Flink names it after the job: FsCheckpointStorageAccess."""
    if desired.settings.savepoint_directory is None or record.job.job_id is None:
        return ""
    name = f"savepoint-{record.job.job_id[:6]}-"
    return f"If its savepoint was completed, it is in {desired.settings.savepoint_directory}, and its name begins with {name}. "


def outcome_unknown(record: Record, cause: str, hint: str = "") -> Decision:
    """Rests until the spec changes. No restore point is known, and that is recorded as the choice of one is."""
    message = f"The job ended while it was stopped, and what it left is not known: {cause}. {hint}{WAYS_OUT}"
    return go(
        record,
        Phase.FAILED,
        "SavepointUnknown",
        message,
        health=Health.STALLED,
        events=(Event("UpgradeFailed", message, EventType.WARNING),),
        job=replace(record.job, state=JobState.RECONCILING),
        step=None,
        restore=RestoreChoice(None, "SavepointUnknown", message),
        failure=message,
    )


def _cancelling(record: Record, step: Cancelling, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if observed.job_has_ended and observed.checkpoints is not None:
        return _ended(record, observed, desired, fresh)
    late = for_cancelling(step.since, desired.settings).is_over(fresh.now)
    if late and metadata_are_usable(observed, desired):
        message = "The job was not cancelled in time: stopping the cluster and keeping its high-availability metadata."
        return _remove(record, observed, desired, fresh, HaFate.KEEP, "CancelGivenUp", message)
    if isinstance(observed.rest, Answered) and observed.job is None and (late or (observed.ha is not None and not observed.ha.exists)):
        return outcome_unknown(record, "the JobManager does not know the job any more", likely_places(record, desired))
    job = observed.job
    actions = (CancelJob(job.job_id),) if job is not None and job.state in CANCELLABLE else ()
    return stay(
        record,
        "CancellingJob",
        f"The job is being cancelled. {cancel_words(step, observed, desired, fresh.now)}",
        *actions,
        health=Health.STALLED if late else Health.PROGRESSING,
        requeue_after=desired.settings.progress_interval,
    )
