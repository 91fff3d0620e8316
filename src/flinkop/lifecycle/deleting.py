"""Deleting: everything that belongs to the resource goes, and the deletion always ends."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.action import DeleteHaMetadata, RemoveFinalizer
from flinkop.lifecycle.begin import savepoint_action
from flinkop.lifecycle.deadline import SAVEPOINT, for_cleanup, for_savepoint
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import TERMINAL, JobState, Observed
from flinkop.lifecycle.phase import ENDED, Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.savepoint import AskAgain, Ended, KeptRunning, Pending, Stopped, Vanished, read_outcome
from flinkop.lifecycle.session import wait_for_jobs
from flinkop.lifecycle.step import HaFate, TakingSavepoint, TearingDown, WaitingForJobs
from flinkop.lifecycle.teardown import delete_cluster, going_words, tear_down

_ATTEMPTS = 3
_GONE = "the JobManager is gone; `kubectl delete --cascade=foreground`, and the deletion of a namespace, remove it at once"
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
            return waiting or _remove(record, observed, desired, fresh, "Deleting the cluster.")
        case TakingSavepoint() as step:
            return _taking_savepoint(record, step, observed, desired, fresh)
        case TearingDown() as step:
            return _tearing_down(record, step, observed, desired, fresh)
        case _:
            return _remove(record, observed, desired, fresh, "Deleting the cluster.")


def _begin(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    entered = replace(record, phase=Phase.DELETING)
    waiting = wait_for_jobs(entered, observed, desired, fresh)
    if waiting is not None:
        return waiting
    if not desired.settings.savepoint_on_deletion or not _may_have_state(record, observed):
        unsaved = _why_unsaved(record, observed) if desired.settings.savepoint_on_deletion else None
        return _at_once(entered, observed, desired, fresh, unsaved)
    if isinstance(record.step, TakingSavepoint):
        return _taking_savepoint(entered, record.step, observed, desired, fresh)
    return _ask(entered, TakingSavepoint(fresh.now, fresh.trigger_id), observed, desired, (_CLEANUP,))


def _why_unsaved(record: Record, observed: Observed) -> str | None:
    """Why there is no savepoint of a job that has state."""
    if _has_lost_its_jobmanager(record, observed):
        return _GONE
    return "the job does not run" if _lies_elsewhere(record, observed) else None


def _at_once(record: Record, observed: Observed, desired: Desired, fresh: Fresh, unsaved: str | None) -> Decision:
    if unsaved is not None:
        end = _give_up(record, observed, desired, fresh, unsaved)
    else:
        end = _remove(record, observed, desired, fresh, "Deleting the cluster.")
    return replace(end, events=(_CLEANUP, *end.events))


def _may_have_state(record: Record, observed: Observed) -> bool:
    """A job that cannot be asked now may run again in a moment."""
    if record.phase in ENDED or observed.jobmanager is None or observed.job_has_ended or isinstance(record.step, TearingDown):
        return False
    return record.was_ready or observed.jobmanager_is_ready


def _has_lost_its_jobmanager(record: Record, observed: Observed) -> bool:
    """Kubernetes' garbage collector may have been faster: with the job, its state is gone from here."""
    stopped = record.phase in ENDED | {Phase.SUSPENDED} or record.savepoint_path is not None
    return observed.jobmanager is None and record.was_ready and not stopped


def _lies_elsewhere(record: Record, observed: Observed) -> bool:
    """Between two starts, or while it is suspended, a job has its state in the metadata, or at a path that soon nothing else names."""
    if record.phase in ENDED and record.job.state in TERMINAL:
        return False
    in_metadata = observed.ha is not None and observed.ha.checkpoints > 0
    return in_metadata or record.savepoint_path is not None


def _ask(record: Record, step: TakingSavepoint, observed: Observed, desired: Desired, events: tuple[Event, ...] = ()) -> Decision:
    why = "kubernetes.operator.job.savepoint-on-deletion is true: stopping the job with a savepoint."
    message = f"{why} {_savepoint_words(step, desired)}"
    actions = (savepoint_action(record, step, desired),) if observed.job_is_running else ()
    return stay(record, "TakingSavepoint", message, *actions, step=step, events=events, requeue_after=desired.settings.progress_interval)


def _taking_savepoint(record: Record, step: TakingSavepoint, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if not desired.settings.savepoint_on_deletion:
        return _remove(record, observed, desired, fresh, "Deleting the cluster.")
    if observed.jobmanager is None:
        return _give_up(record, observed, desired, fresh, _GONE)
    late = for_savepoint(step.since, desired.settings).is_over(fresh.now)
    match read_outcome(observed):
        case Stopped(path):
            done = Event("Savepoint", f"The job was stopped with a savepoint before deletion: {path}", component=Component.JOB)
            return _remove(record, observed, desired, fresh, f"The job's state is at {path}.", (done,))
        case Ended() if observed.job is not None and observed.job.state is JobState.FINISHED:
            return _remove(record, observed, desired, fresh, "The job finished: deleting the cluster.")
        case Ended(cause) | Vanished(cause, True):
            return _give_up(record, observed, desired, fresh, cause)
        case KeptRunning(cause) if step.attempt >= _ATTEMPTS:
            return _give_up(record, observed, desired, fresh, cause)
        case KeptRunning():
            return _ask(record, TakingSavepoint(fresh.now, fresh.trigger_id, step.attempt + 1), observed, desired)
        case Pending() | AskAgain() | Vanished() if late:
            return _give_up(record, observed, desired, fresh, f"it did not complete within {SAVEPOINT}")
        case AskAgain():
            return _ask(record, step, observed, desired)
        case Pending(why) | Vanished(why):
            message = f"{why} {_savepoint_words(step, desired)}"
            return stay(record, "TakingSavepoint", message, requeue_after=desired.settings.progress_interval)


def _savepoint_words(step: TakingSavepoint, desired: Desired) -> str:
    return for_savepoint(step.since, desired.settings).words(step.since, "the cluster is deleted without it", "")


def _give_up(record: Record, observed: Observed, desired: Desired, fresh: Fresh, cause: str) -> Decision:
    """A deletion that was asked for ends. Retained checkpoints stay where they are, and the newest is named."""
    message = f"No savepoint could be taken before deletion: {cause}. {_where(record, observed)}"
    return _remove(record, observed, desired, fresh, message, (Event("CleanupFailed", message, EventType.WARNING, Component.OPERATOR),))


def _where(record: Record, observed: Observed) -> str:
    newest, metadata = observed.checkpoints.newest_path if observed.checkpoints else None, observed.ha
    if newest is None and metadata is not None and metadata.checkpoints:
        # which path they name only Flink can read
        return f"Its last state is the newest checkpoint of job {metadata.job_id} below execution.checkpointing.dir."
    found = newest or record.savepoint_path
    return f"Its last known state is at {found}." if found else "Where its last state is, is not known."


def _remove(record: Record, observed: Observed, desired: Desired, fresh: Fresh, message: str, events: tuple[Event, ...] = ()) -> Decision:
    step = TearingDown(fresh.now, HaFate.REMOVE)
    actions = delete_cluster(observed)
    message = f"{message} {going_words(step, desired)}"
    return stay(record, "StoppingCluster", message, *actions, step=step, events=events, requeue_after=None if actions else IMMEDIATELY)


def _tearing_down(record: Record, step: TearingDown, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    late = for_cleanup(step.since, desired.settings).is_over(fresh.now)
    if late and _only_waits(observed) and (observed.pods_overdue or observed.replica_sets or not observed.taskmanagers_are_gone):
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


def _only_waits(observed: Observed) -> bool:
    """All that can be done for the end of the cluster has been done. A Deployment that is deleted in the foreground waits for its pods."""
    jobmanager_goes = observed.jobmanager is None or (observed.jobmanager.terminating and observed.pods_overdue)
    return jobmanager_goes and (observed.taskmanagers is None or observed.taskmanagers.terminating)
