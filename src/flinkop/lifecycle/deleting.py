"""Deleting: everything that belongs to the resource goes, and the deletion always ends."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.action import DeleteHaMetadata, RemoveFinalizer
from flinkop.lifecycle.begin import savepoint_action
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import TERMINAL, JobState, Observed
from flinkop.lifecycle.phase import ENDED, Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.savepoint import AskAgain, Ended, KeptRunning, Pending, Stopped, Vanished, read_outcome
from flinkop.lifecycle.session import wait_for_jobs
from flinkop.lifecycle.step import HaFate, TakingSavepoint, TearingDown, WaitingForJobs
from flinkop.lifecycle.teardown import delete_cluster, tear_down

_ATTEMPTS = 3
_CLEANUP = Event("Cleanup", "Cleaning up FlinkDeployment", component=Component.OPERATOR)


def on_deleting(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Takes the savepoint that the option asks for, removes the cluster, then lets go."""
    if not desired.has_finalizer:
        return Decision(record)
    if record.phase is not Phase.DELETING:
        return _begin(record, observed, desired, fresh)
    match record.step:
        case WaitingForJobs():
            waiting = wait_for_jobs(record, observed, desired, fresh)
            return waiting or _remove(record, observed, fresh, "Deleting the cluster.")
        case TakingSavepoint() as step:
            return _taking_savepoint(record, step, observed, desired, fresh)
        case TearingDown() as step:
            return _tearing_down(record, step, observed, desired, fresh)
        case _:
            return _remove(record, observed, fresh, "Deleting the cluster.")


def _begin(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    entered = replace(record, phase=Phase.DELETING)
    waiting = wait_for_jobs(entered, observed, desired, fresh)
    if waiting is not None:
        return waiting
    if not _wants_savepoint(record, observed, desired):
        return _remove(entered, observed, fresh, "Deleting the cluster.", (_CLEANUP,))
    if not _may_be_asked(record, observed):
        return _told(_give_up(entered, observed, fresh, "there is no JobManager that could be asked"))
    if isinstance(record.step, TakingSavepoint):
        return _taking_savepoint(entered, record.step, observed, desired, fresh)
    return _ask(entered, TakingSavepoint(fresh.now, fresh.trigger_id), observed, desired, (_CLEANUP,))


def _wants_savepoint(record: Record, observed: Observed, desired: Desired) -> bool:
    """What a job leaves that has ended is told by its end; one that was stopped with a savepoint has it."""
    if not desired.settings.savepoint_on_deletion or desired.session or record.start is None or record.had_no_state:
        return False
    return record.phase not in ENDED and not observed.job_has_ended and record.job.state not in TERMINAL


def _may_be_asked(record: Record, observed: Observed) -> bool:
    """A job that cannot be asked now may run again in a moment."""
    if observed.jobmanager is None or isinstance(record.step, TearingDown):
        return False
    return record.was_ready or observed.jobmanager_is_ready


def _told(decision: Decision) -> Decision:
    return replace(decision, events=(_CLEANUP, *decision.events))


def _ask(record: Record, step: TakingSavepoint, observed: Observed, desired: Desired, events: tuple[Event, ...] = ()) -> Decision:
    message = "kubernetes.operator.job.savepoint-on-deletion is true: stopping the job with a savepoint."
    actions = (savepoint_action(record, step, desired),) if observed.job_is_running else ()
    return stay(record, "TakingSavepoint", message, *actions, step=step, events=events, requeue_after=desired.settings.progress_interval)


def _taking_savepoint(record: Record, step: TakingSavepoint, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if observed.jobmanager is None or not desired.settings.savepoint_on_deletion:
        return _remove(record, observed, fresh, "Deleting the cluster.")
    deadline = step.since + desired.settings.checkpoint_timeout + desired.settings.cancel_timeout
    late = fresh.now >= deadline
    match read_outcome(observed):
        case Stopped(path):
            done = Event("Savepoint", f"The job was stopped with a savepoint before deletion: {path}", component=Component.JOB)
            return _remove(record, observed, fresh, f"The job's state is at {path}.", (done,))
        case Ended() if observed.job is not None and observed.job.state is JobState.FINISHED:
            return _remove(record, observed, fresh, "The job finished: deleting the cluster.")
        case Ended(cause) | Vanished(cause, True):
            return _give_up(record, observed, fresh, cause)
        case KeptRunning(cause) if step.attempt >= _ATTEMPTS:
            return _give_up(record, observed, fresh, cause)
        case KeptRunning():
            return _ask(record, TakingSavepoint(fresh.now, fresh.trigger_id, step.attempt + 1), observed, desired)
        case Pending() | AskAgain() | Vanished() if late:
            return _give_up(record, observed, fresh, "it did not complete within execution.checkpointing.timeout")
        case AskAgain():
            return _ask(record, step, observed, desired)
        case Pending(why) | Vanished(why):
            message = f"{why} The cluster is deleted without it at {deadline:%H:%M:%S} UTC."
            return stay(record, "TakingSavepoint", message, requeue_after=desired.settings.progress_interval)


def _give_up(record: Record, observed: Observed, fresh: Fresh, cause: str) -> Decision:
    """A deletion that was asked for ends. Retained checkpoints stay where they are, and the newest is named."""
    message = f"No savepoint could be taken before deletion: {cause}. {_newest_state(record, observed)}"
    return _remove(record, observed, fresh, message, (Event("CleanupFailed", message, EventType.WARNING, Component.OPERATOR),))


def _newest_state(record: Record, observed: Observed) -> str:
    if observed.checkpoints is not None and observed.checkpoints.newest_path is not None:
        return f"The last known checkpoint is {observed.checkpoints.newest_path}."
    if observed.ha is not None and observed.ha.checkpoints:
        return f"Its last {observed.ha.checkpoints} checkpoint(s) are named in the high-availability metadata, which are deleted too."
    restored = record.restore.point.path if record.restore is not None and record.restore.point is not None else None
    path = record.savepoint_path or restored
    return f"The newest state that is known by its path is {path}." if path else "The last known checkpoint is not known."


def _remove(record: Record, observed: Observed, fresh: Fresh, message: str, events: tuple[Event, ...] = ()) -> Decision:
    step = TearingDown(fresh.now, HaFate.REMOVE)
    actions = delete_cluster(observed)
    return stay(record, "StoppingCluster", message, *actions, step=step, events=events, requeue_after=None if actions else IMMEDIATELY)


def _tearing_down(record: Record, step: TearingDown, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    late = fresh.now >= step.since + desired.settings.cleanup_timeout
    if late and observed.jobmanager is None and (observed.pods_overdue or observed.replica_sets or not observed.taskmanagers_are_gone):
        return go(
            record,
            record.phase,
            "Deleted",
            "The cluster's pods did not report their end in time.",
            DeleteHaMetadata(),
            RemoveFinalizer(),
        )
    waiting = tear_down(record, step, observed, desired, fresh)
    return waiting or Decision(record, (RemoveFinalizer(),))
