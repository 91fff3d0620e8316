"""`decide_snapshot`: the one function that a pass of a FlinkStateSnapshot asks."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.deadline import behind, for_job_of_snapshot, for_snapshot_since
from flinkop.lifecycle.decision import Fresh
from flinkop.lifecycle.observed import SnapshotCompleted, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.snapshotkind import SAVEPOINT
from flinkop.lifecycle.statesnapshot.attempt import abandoned, completed, failed, whole_seconds
from flinkop.lifecycle.statesnapshot.decision import SnapshotAction, SnapshotDecision, TakeCheckpoint, TakeSavepoint, say, trouble
from flinkop.lifecycle.statesnapshot.deleting import on_deleting
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import ENDED, SnapshotRecord
from flinkop.lifecycle.statesnapshot.seen import JobPresence, JobSight, SnapshotSeen


def decide_snapshot(record: SnapshotRecord, seen: SnapshotSeen, desired: SnapshotDesired, fresh: Fresh) -> SnapshotDecision:
    """What to record and do next. Pure: the same values give the same decision."""
    known = replace(record, generation=desired.generation)
    if desired.deleting:
        return on_deleting(known, seen, desired, fresh)
    if record.state in ENDED:
        return SnapshotDecision(known)
    if record.state is SnapshotState.IN_PROGRESS:
        return _on_progress(known, seen, desired, fresh)
    return _on_pending(known, seen, desired, fresh)


# not begun


def _on_pending(record: SnapshotRecord, seen: SnapshotSeen, desired: SnapshotDesired, fresh: Fresh) -> SnapshotDecision:
    """Leaves to IN_PROGRESS with the id of a trigger, to COMPLETED what exists already, to ABANDONED without a job."""
    if desired.problems:
        return _invalid(record, desired)
    if desired.exists:
        return completed(record, desired, desired.path or "", fresh)
    if record.not_before is not None and fresh.now < record.not_before:
        return SnapshotDecision(record, requeue_after=record.not_before - fresh.now)
    match seen.job.presence:
        case JobPresence.RUNNING:
            return _begin(record, seen.job, desired, fresh)
        case JobPresence.OVER:
            return abandoned(record, desired, seen.job.message)
        case JobPresence.MISSING | JobPresence.NOT_YET:
            return _wait_for_job(record, seen.job, desired, fresh)
    assert_never(seen.job.presence)


def _invalid(record: SnapshotRecord, desired: SnapshotDesired) -> SnapshotDecision:
    message = "; ".join(desired.problems)
    events = () if record.message == message else (trouble("ValidationError", message),)
    return say(record, "ValidationError", message, health=Health.STALLED, events=events, state=SnapshotState.TRIGGER_PENDING, error=message)


def _wait_for_job(record: SnapshotRecord, job: JobSight, desired: SnapshotDesired, fresh: Fresh) -> SnapshotDecision:
    since = record.waits_since or whole_seconds(fresh.now)
    deadline = for_job_of_snapshot(desired.kind, since, desired.settings, exists=job.presence is JobPresence.NOT_YET)
    if deadline.is_over(fresh.now):
        return abandoned(record, desired, behind(job.message, f"That lasted longer than {deadline.options}."))
    message = behind(job.message, deadline.words(fresh.now, f"the {desired.kind.word} is abandoned", ""))
    pause = min(desired.settings.progress_interval, deadline.ends - fresh.now)
    return say(
        record,
        "WaitingForJob",
        message,
        requeue_after=pause,
        state=SnapshotState.TRIGGER_PENDING,
        error=record.error if record.failures else None,
        waits_since=since,
        not_before=None,
    )


def _begin(record: SnapshotRecord, job: JobSight, desired: SnapshotDesired, fresh: Fresh) -> SnapshotDecision:
    """The id is recorded before Flink hears it, so that an answer that is lost is found again."""
    if not desired.kind.is_offered(desired.settings):
        return failed(record, desired, "Flink takes checkpoints on demand from 1.17 on", fresh, for_good=True)
    if desired.obstacle is not None:
        return failed(record, desired, desired.obstacle, fresh)
    begun = replace(
        record,
        state=SnapshotState.IN_PROGRESS,
        trigger_id=fresh.trigger_id,
        job_id=job.job_id,
        triggered_at=whole_seconds(fresh.now),
        error=record.error if record.failures else None,
        waits_since=None,
        not_before=None,
    )
    return _ask(begun, desired, fresh)


# in progress


def _on_progress(record: SnapshotRecord, seen: SnapshotSeen, desired: SnapshotDesired, fresh: Fresh) -> SnapshotDecision:
    """What Flink says counts first; without a word of it, whether the job that was asked is still there."""
    if isinstance(seen.outcome, SnapshotCompleted):
        return completed(record, desired, seen.outcome.location, fresh)
    gone = why_over(record, seen.job)
    if gone is not None:
        unknown = "" if isinstance(seen.outcome, SnapshotFailed) else desired.perhaps_at
        return abandoned(record, desired, behind(gone, unknown))
    if isinstance(seen.outcome, SnapshotFailed):
        return failed(record, desired, seen.outcome.cause, fresh)
    deadline = for_snapshot_since(desired.kind, record.triggered_at or fresh.now, desired.settings)
    if deadline.is_over(fresh.now):
        late = f"it did not complete within {deadline.options}"
        return failed(record, desired, behind(late, desired.perhaps_at), fresh)
    if isinstance(seen.outcome, SnapshotUnknown) and seen.job.presence is JobPresence.RUNNING:
        return _ask(replace(record, job_id=record.job_id or seen.job.job_id), desired, fresh)
    heard = isinstance(seen.outcome, SnapshotInProgress) or seen.job.presence is JobPresence.RUNNING
    return _in_progress(record, desired, fresh, "" if heard else seen.job.message)


def _ask(record: SnapshotRecord, desired: SnapshotDesired, fresh: Fresh) -> SnapshotDecision:
    """Never heard of, or forgotten by a restart: the same id twice is one snapshot."""
    decision = _in_progress(record, desired, fresh, "")
    return replace(decision, actions=(_action(record, desired),))


def _action(record: SnapshotRecord, desired: SnapshotDesired) -> SnapshotAction:
    job_id, trigger_id = record.job_id or "", record.trigger_id or ""
    if desired.kind is SAVEPOINT:
        return TakeSavepoint(job_id, trigger_id, desired.directory, desired.format)
    return TakeCheckpoint(job_id, trigger_id)


def _in_progress(record: SnapshotRecord, desired: SnapshotDesired, fresh: Fresh, obstacle: str) -> SnapshotDecision:
    deadline = for_snapshot_since(desired.kind, record.triggered_at or fresh.now, desired.settings)
    words = deadline.words(fresh.now, "this try counts as failed", "")
    message = behind(obstacle, words) if obstacle else f"The {desired.kind.word} is being taken. {words}"
    return say(record, "SnapshotInProgress", message, requeue_after=desired.settings.progress_interval)


def why_over(record: SnapshotRecord, job: JobSight) -> str | None:
    """Why the job that was asked can finish nothing any more; None as long as it may. Another one in its place is not asked."""
    if job.presence in {JobPresence.OVER, JobPresence.MISSING}:
        return job.message
    if record.job_id is not None and job.job_id is not None and job.job_id != record.job_id:
        return f"job {record.job_id} has ended, and {job.job_id} runs in its place."
    return None
