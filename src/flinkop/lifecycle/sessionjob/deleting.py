"""Deleting: the job goes from its cluster, with a savepoint where that is wanted, and the deletion always ends."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.action import RemoveFinalizer
from flinkop.lifecycle.begin import savepoint_action
from flinkop.lifecycle.deadline import SAVEPOINT, behind, for_cancelling, for_cleanup, for_savepoint, for_submission
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import stay
from flinkop.lifecycle.observed import TERMINAL, JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.savepoint import AskAgain, Ended, KeptRunning, Pending, Stopped, Vanished, read_outcome
from flinkop.lifecycle.sessionjob.deploying import SUBMISSION_REJECTED
from flinkop.lifecycle.sessionjob.remaining import ask_to_cancel
from flinkop.lifecycle.sessionjob.seen import ClusterState, SessionObserved
from flinkop.lifecycle.sessionjob.submit import obstacle
from flinkop.lifecycle.step import Cancelling, TakingSavepoint

_ATTEMPTS = 3
_STOPPED = TERMINAL | {JobState.SUSPENDED}
_ALIVE = frozenset({Phase.DEPLOYING, Phase.RUNNING, Phase.UPGRADING})
_FORGOTTEN = (
    "The JobManager does not know the job, and has high-availability metadata of it, from which another one may bring it back: then it is "
    "cancelled."
)
_CLEANUP = Event("Cleanup", "Cleaning up FlinkSessionJob", component=Component.OPERATOR)


def on_deleting(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Stops the job, then lets go. What cannot be asked is waited for only while it may come back."""
    if not desired.has_finalizer:
        return Decision(record)
    entered = record if record.phase is Phase.DELETING else _enter(record, desired, fresh)
    if _has_nothing_to_stop(entered, observed):
        if _may_still_come(record, observed, desired, fresh):
            return _wait_for_submission(entered, desired, fresh)
        return Decision(entered, (RemoveFinalizer(),), events=_unsaved(entered, observed))
    if not observed.answers:
        return _wait_for_cluster(entered, observed, desired, fresh)
    decision = _stop(entered, observed, desired, fresh)
    return decision if record.phase is Phase.DELETING else replace(decision, events=(_CLEANUP, *decision.events))


def _enter(record: Record, desired: Desired, fresh: Fresh) -> Record:
    step = record.step
    if not isinstance(step, TakingSavepoint):
        wanted = desired.settings.savepoint_on_deletion and not desired.stateless and _has_unsaved_state(record)
        step = TakingSavepoint(fresh.now, fresh.trigger_id) if wanted else Cancelling(fresh.now)
    return replace(record, phase=Phase.DELETING, step=step)


def _has_unsaved_state(record: Record) -> bool:
    return record.phase in _ALIVE and record.savepoint_path is None


def _may_still_come(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> bool:
    """A submission whose answer was lost, or whose program still runs, may start the job after its resource is gone."""
    if record.start is None or record.was_ready or record.job.state is not JobState.RECONCILING or observed.job is not None:
        return False
    if observed.has_no_cluster or record.reason == SUBMISSION_REJECTED or record.phase not in (Phase.DEPLOYING, Phase.DELETING):
        return False
    return not for_submission(record.start.awaited_since, desired.settings).is_over(fresh.now)


def _wait_for_submission(record: Record, desired: Desired, fresh: Fresh) -> Decision:
    assert record.start is not None
    words = for_submission(record.start.awaited_since, desired.settings).words(fresh.now, "the resource goes", "")
    message = f"The job was submitted and did not show up yet: when it does, it is cancelled. {words}"
    return stay(record, "CancellingJob", message, requeue_after=desired.settings.progress_interval)


def _unsaved(record: Record, observed: SessionObserved) -> tuple[Event, ...]:
    """That the savepoint which was wanted is not there, and why."""
    if not isinstance(record.step, TakingSavepoint):
        return ()
    why = observed.cluster.message if observed.has_no_cluster else "the JobManager does not know the job"
    message = f"No savepoint could be taken before deletion: {why.rstrip('.')}."
    return (Event("CleanupFailed", message, EventType.WARNING, Component.OPERATOR),)


def _has_nothing_to_stop(record: Record, observed: SessionObserved) -> bool:
    """It never was submitted, its cluster is gone, or the cluster says that it has ended."""
    if record.start is None or record.job.job_id is None or observed.has_no_cluster:
        return True
    if not observed.answers or observed.strays:
        return False
    if observed.job is not None:
        return observed.job.state in TERMINAL and not isinstance(record.step, TakingSavepoint)
    if observed.cluster.state is ClusterState.DELETING and not isinstance(record.step, TakingSavepoint):
        return True  # its metadata go with the cluster, which waits for the resource: nothing brings the job back
    return not (observed.ha is not None and observed.ha.exists)


def _wait_for_cluster(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """A cluster that is being deleted and does not answer takes the job with it; a job that had stopped is not waited for any longer."""
    assert record.step is not None
    deadline = for_cleanup(record.step.since, desired.settings)
    is_leaving, has_stopped = observed.cluster.state is ClusterState.DELETING, _has_stopped(record)
    late = deadline.is_over(fresh.now)
    if late and (is_leaving or has_stopped):
        return Decision(record, (RemoveFinalizer(),))
    _, why, _ = obstacle(observed)
    stopped = "the resource goes, for its job had stopped" if has_stopped else "it is Stalled, and still waited for"
    then = "it is left to the cluster" if is_leaving else stopped
    words = deadline.words(fresh.now, then, "To leave the job to the cluster, remove the finalizer, or delete the cluster.")
    message = behind(f"The job can be stopped when its cluster answers. {why}", words)
    health = Health.STALLED if late else Health.PROGRESSING
    return stay(record, "WaitingForCluster", message, health=health, requeue_after=desired.settings.progress_interval)


def _has_stopped(record: Record) -> bool:
    """Its end was seen, and nothing that was given up may have come after it."""
    return record.job.state in _STOPPED and not record.abandoned


def _stop(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    if isinstance(record.step, TakingSavepoint):
        return _taking_savepoint(record, record.step, observed, desired, fresh)
    return _cancel(record, observed, desired, fresh, "Cancelling the job." if observed.job is not None else _FORGOTTEN)


def _cancel(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh, message: str, *events: Event) -> Decision:
    step = record.step if isinstance(record.step, Cancelling) else Cancelling(fresh.now)
    deadline = for_cancelling(step.since, desired.settings)
    late = deadline.is_over(fresh.now)
    way_out = "It is still asked. To leave the job to the cluster, remove the finalizer, or delete the cluster."
    message = f"{message} {deadline.words(fresh.now, 'it is Stalled, and still asked', way_out)}"
    return stay(
        record,
        "CancellingJob",
        message,
        *ask_to_cancel(observed),
        step=step,
        health=Health.STALLED if late else Health.PROGRESSING,
        requeue_after=desired.settings.progress_interval,
        events=events,
    )


def _taking_savepoint(record: Record, step: TakingSavepoint, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    late = for_savepoint(step.since, desired.settings).is_over(fresh.now)
    match read_outcome(observed):
        case Stopped(path):
            return _saved(record, observed, desired, fresh, path)
        case Ended(cause) | Vanished(cause, True):
            return _give_up(record, observed, desired, fresh, cause)
        case KeptRunning(cause) if step.attempt >= _ATTEMPTS:
            return _give_up(record, observed, desired, fresh, cause)
        case KeptRunning():
            again = TakingSavepoint(fresh.now, fresh.trigger_id, step.attempt + 1)
            return _ask(record, again, desired)
        case Pending() | AskAgain() | Vanished() if late:
            return _give_up(record, observed, desired, fresh, f"it did not complete within {SAVEPOINT}")
        case AskAgain():
            return _ask(record, step, desired)
        case Pending(why) | Vanished(why):
            message = f"{why} {_savepoint_words(step, desired)}"
            return stay(record, "TakingSavepoint", message, requeue_after=desired.settings.progress_interval)


def _saved(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh, path: str) -> Decision:
    """Flink may have made the savepoint and failed to stop the job, which it then starts again."""
    done = Event("Savepoint", f"The job was stopped with a savepoint before deletion: {path}", component=Component.JOB)
    if observed.job is None or observed.job.state in TERMINAL:
        return Decision(record, (RemoveFinalizer(),), events=(done,))
    return _cancel(
        replace(record, step=Cancelling(fresh.now)), observed, desired, fresh, f"Cancelling the job, whose savepoint is at {path}.", done
    )


def _ask(record: Record, step: TakingSavepoint, desired: Desired) -> Decision:
    why = "kubernetes.operator.job.savepoint-on-deletion is true: stopping the job with a savepoint."
    message = f"{why} {_savepoint_words(step, desired)}"
    action = savepoint_action(record, step, desired)
    return stay(record, "TakingSavepoint", message, action, step=step, requeue_after=desired.settings.progress_interval)


def _savepoint_words(step: TakingSavepoint, desired: Desired) -> str:
    return for_savepoint(step.since, desired.settings).words(step.since, "the job is cancelled without it", "")


def _give_up(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh, cause: str) -> Decision:
    """A deletion that was asked for ends. Retained checkpoints stay where they are."""
    message = f"No savepoint could be taken before deletion: {cause}."
    event = Event("CleanupFailed", message, EventType.WARNING, Component.OPERATOR)
    return _cancel(replace(record, step=Cancelling(fresh.now)), observed, desired, fresh, message, event)
