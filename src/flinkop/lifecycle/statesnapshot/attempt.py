"""How one try to take a snapshot ends: completed, failed and perhaps tried again, or abandoned with its job."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.deadline import behind, clock
from flinkop.lifecycle.decision import Fresh
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.statesnapshot.decision import SnapshotDecision, news, say, trouble
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord

_FIRST_RETRY, _LAST_RETRY = timedelta(seconds=10), timedelta(minutes=10)
_DOUBLINGS = 6


def whole_seconds(moment: datetime) -> datetime:
    """The moment as `status` keeps it."""
    return moment.replace(microsecond=0)


def completed(record: SnapshotRecord, desired: SnapshotDesired, location: str, fresh: Fresh) -> SnapshotDecision:
    """It is there. Of a checkpoint Flink may have forgotten the place."""
    word = desired.kind.word
    if location:
        message = f"The {word} is at {location}."
        events = (news(desired.kind.taken, f"The {word} was taken: {location}"),)
    else:
        message = f"The {word} is complete, but Flink does not know its place any more (web.checkpoints.history)."
        events = (trouble(desired.kind.error, message),)
    return say(
        record,
        "SnapshotCompleted",
        message,
        health=Health.SETTLED,
        events=events,
        state=SnapshotState.COMPLETED,
        path=location or None,
        completed_at=whole_seconds(fresh.now),
        error=None,
        waits_since=None,
        not_before=None,
    )


def failed(record: SnapshotRecord, desired: SnapshotDesired, cause: str, fresh: Fresh, *, for_good: bool = False) -> SnapshotDecision:
    """Tried again after a pause that doubles each time, as long as `spec.backoffLimit` allows it; -1 is without limit."""
    word, failures = desired.kind.word, record.failures + 1
    tried = replace(
        record, failures=failures, error=cause, trigger_id=None, job_id=None, triggered_at=None, waits_since=None, not_before=None
    )
    events = (trouble(desired.kind.error, f"The {word} failed: {cause}"),)
    if for_good or 0 <= desired.backoff_limit < failures:
        end = f"It was tried {failures} time(s), and is not tried again (spec.backoffLimit)."
        message = behind(f"The {word} failed: {cause}", "It is not tried again." if for_good else end)
        return say(tried, "SnapshotFailed", message, health=Health.STALLED, events=events, state=SnapshotState.FAILED)
    pause = min(_FIRST_RETRY * 2 ** min(failures - 1, _DOUBLINGS), _LAST_RETRY)
    again_at = whole_seconds(fresh.now + pause)
    message = f"The {word} failed; next try at {clock(again_at, fresh.now)}. Cause: {cause}"
    waits = replace(tried, state=SnapshotState.TRIGGER_PENDING, not_before=again_at)
    return say(waits, "SnapshotRetry", message, events=events, requeue_after=again_at - fresh.now)


def abandoned(record: SnapshotRecord, desired: SnapshotDesired, why: str) -> SnapshotDecision:
    """There is no job any more that it could be taken of."""
    message = f"The {desired.kind.word} is not taken any more: {why}"
    event = trouble("SnapshotAbandoned", message)
    return say(
        record,
        "SnapshotAbandoned",
        message,
        health=Health.STALLED,
        events=(event,),
        state=SnapshotState.ABANDONED,
        error=why,
        waits_since=None,
        not_before=None,
    )
