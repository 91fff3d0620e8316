"""The end of a FlinkStateSnapshot: what it has made goes with it where that was asked for, and is named where it stays."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.action import RemoveFinalizer
from flinkop.lifecycle.deadline import Deadline, behind, for_cleanup, for_snapshot_since
from flinkop.lifecycle.decision import Event, Fresh
from flinkop.lifecycle.move import IMMEDIATELY
from flinkop.lifecycle.observed import SnapshotCompleted, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.snapshotkind import SAVEPOINT
from flinkop.lifecycle.statesnapshot.attempt import completed, whole_seconds
from flinkop.lifecycle.statesnapshot.decision import Dispose, SnapshotAction, SnapshotDecision, news, say, trouble
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.seen import (
    DisposalCompleted,
    DisposalFailed,
    DisposalInProgress,
    JobPresence,
    JobSight,
    SnapshotSeen,
)


def on_deleting(record: SnapshotRecord, seen: SnapshotSeen, desired: SnapshotDesired, fresh: Fresh) -> SnapshotDecision:
    """Ends with the finalizer gone, at the latest when the deadline is over. It begins with the first look: the operator may come late."""
    if not desired.has_finalizer:
        return SnapshotDecision(record)
    if record.state is SnapshotState.IN_PROGRESS:
        return _unfinished(record, seen, desired, fresh)
    if record.state is SnapshotState.COMPLETED and disposes(record, desired):
        since = record.waits_since or whole_seconds(fresh.now)
        return _dispose(replace(record, waits_since=since), seen, desired, for_cleanup(since, desired.settings), fresh)
    return _let_go(record)


def disposes(record: SnapshotRecord, desired: SnapshotDesired) -> bool:
    """Whether there are files that have to go with the resource. Checkpoints are Flink's own to delete."""
    return desired.kind is SAVEPOINT and desired.disposes and bool(record.path)


def _unfinished(record: SnapshotRecord, seen: SnapshotSeen, desired: SnapshotDesired, fresh: Fresh) -> SnapshotDecision:
    """What is being taken would be files that nobody knows of. Nothing new is asked for."""
    deadline = for_snapshot_since(desired.kind, record.triggered_at or fresh.now, desired.settings)
    match seen.outcome:
        case SnapshotCompleted(location):
            return replace(completed(record, desired, location, fresh), requeue_after=IMMEDIATELY)
        case SnapshotFailed() | SnapshotUnknown():
            return _let_go(record)
        case SnapshotInProgress() | None if deadline.is_over(fresh.now) or (seen.outcome is None and _has_no_jobmanager(seen.job)):
            return _let_go(record, *_perhaps_left(desired))
        case SnapshotInProgress() | None:
            words = deadline.words(fresh.now, "the deletion ends without it", "")
            message = f"The {desired.kind.word} is being taken, and the deletion waits for it. {words}"
            return say(record, "DeletionWaits", message, requeue_after=desired.settings.progress_interval)
    assert_never(seen.outcome)


def _perhaps_left(desired: SnapshotDesired) -> tuple[Event, ...]:
    if desired.kind is not SAVEPOINT:
        return ()
    return (trouble("CleanupFailed", f"What became of the savepoint is not known. {desired.perhaps_at}"),)


def _dispose(record: SnapshotRecord, seen: SnapshotSeen, desired: SnapshotDesired, deadline: Deadline, fresh: Fresh) -> SnapshotDecision:
    path = record.path or ""
    if seen.needed_by is not None:
        return _let_go(record, news("SavepointKept", f"The savepoint at {path} was not deleted: {seen.needed_by} may be started from it."))
    if isinstance(seen.disposal, DisposalCompleted):
        return _let_go(record, news("SavepointDisposed", f"The savepoint at {path} was deleted."))
    if not desired.names_job:
        return _let_go(record, _orphan(path, "spec.jobReference names no job whose JobManager could do it"))
    if deadline.is_over(fresh.now):
        why = seen.disposal.cause if isinstance(seen.disposal, DisposalFailed) else _reason_of(seen.job)
        return _let_go(record, _orphan(path, f"{why.rstrip('.')}, and {deadline.options} is over"))
    match seen.disposal:
        case DisposalInProgress():
            return _waits(record, desired, f"Flink is deleting the savepoint at {path}.", deadline, fresh)
        case DisposalFailed(cause):
            return _waits(record, desired, f"The savepoint at {path} could not be deleted: {cause}", deadline, fresh, Dispose(path))
        case None if seen.job.serves:
            return _waits(record, desired, f"Flink is deleting the savepoint at {path}.", deadline, fresh, Dispose(path))
        case None if seen.job.presence is JobPresence.MISSING:
            return _let_go(record, _orphan(path, seen.job.message))
        case None:
            return _waits(record, desired, f"No JobManager can delete the savepoint at {path}: {seen.job.message}", deadline, fresh)
    assert_never(seen.disposal)


def _waits(
    record: SnapshotRecord, desired: SnapshotDesired, message: str, deadline: Deadline, fresh: Fresh, *actions: SnapshotAction
) -> SnapshotDecision:
    words = deadline.words(fresh.now, "the deletion ends, and the files stay", "")
    return say(record, "DisposingSavepoint", behind(message, words), *actions, requeue_after=desired.settings.progress_interval)


def _has_no_jobmanager(job: JobSight) -> bool:
    return not job.serves and job.presence in {JobPresence.MISSING, JobPresence.OVER}


def _reason_of(job: JobSight) -> str:
    return job.message or "its JobManager did not do it"


def _orphan(path: str, why: str) -> Event:
    return trouble("CleanupFailed", f"The savepoint at {path} was not deleted, and its files stay: {why.rstrip('.')}. Delete them by hand.")


def _let_go(record: SnapshotRecord, *events: Event) -> SnapshotDecision:
    return SnapshotDecision(record, (RemoveFinalizer(),), events)
