"""Savepoints of a running job: on demand by a nonce, and periodically. The job goes on; nothing else waits, but an upgrade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import DisposeSavepoint, TriggerSavepoint
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Observed, SavepointCompleted, SavepointFailed, SavepointInProgress, SavepointUnknown
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Savepoints, Taken, Trigger

NONCE = "savepointTriggerNonce"
_OWN = frozenset({TriggerType.PERIODIC, TriggerType.UPGRADE})
_NO_DIRECTORY = "execution.checkpointing.savepoint-dir (state.savepoints.dir) is not set"


def take_savepoints(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """What of the savepoints comes next, beside what was decided for the job. Only a job that runs, and does nothing else, is asked."""
    record = decision.record
    if record.phase is not Phase.RUNNING or record.step is not None or desired.session or not observed.job_is_running:
        return decision
    if record.savepoints.trigger is not None:
        return _follow(decision, record.savepoints.trigger, observed, desired, fresh)
    if _asked_for(record, desired):
        return _ask(_accept_nonce(decision, desired), TriggerType.MANUAL, desired, fresh)
    due = _next_periodic(record, desired)
    if due is not None and fresh.now >= due:
        return _ask(decision, TriggerType.PERIODIC, desired, fresh)
    return _clean_up(_sooner(decision, due - fresh.now) if due is not None else decision, desired, fresh)


def savepoint_is_pending(record: Record, desired: Desired) -> bool:
    """Whether an upgrade waits for a savepoint that is being taken."""
    return record.savepoints.trigger is not None and not desired.settings.ignore_pending_savepoint


def _follow(decision: Decision, trigger: Trigger, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    ends = trigger.since + _milliseconds(desired.settings.checkpoint_timeout + desired.settings.savepoint_grace)
    match observed.savepoint:
        case SavepointCompleted(location):
            return _completed(decision, trigger, location)
        case SavepointFailed(cause):
            return _failed(decision, trigger, cause)
        case SavepointInProgress() | SavepointUnknown() | None if fresh.milliseconds >= ends:
            return _failed(decision, trigger, "it did not complete within execution.checkpointing.timeout")
        case SavepointUnknown():  # never heard of, or forgotten by a restart: the same id twice is one savepoint
            action = TriggerSavepoint(decision.record.job.job_id or "", trigger.trigger_id)
            return _sooner(replace(decision, actions=(*decision.actions, action)), desired.settings.progress_interval)
        case SavepointInProgress() | None:
            return _sooner(decision, desired.settings.progress_interval)
    assert_never(observed.savepoint)


def _completed(decision: Decision, trigger: Trigger, location: str) -> Decision:
    record = decision.record
    nonce = _nonce(record.reconciled) if trigger.type is TriggerType.MANUAL else None
    taken = Taken(trigger.since, location, trigger.type, trigger.format, nonce)
    after = replace(record.savepoints, trigger=None, last=taken, history=(*record.savepoints.history, taken))
    return _record(decision, after, Event("Savepoint", f"{_words(trigger.type)} savepoint was taken: {location}", component=Component.JOB))


def _failed(decision: Decision, trigger: Trigger, cause: str) -> Decision:
    """A nonce counts as handled, and a periodic one is tried again at its next time."""
    message = f"{_words(trigger.type)} savepoint failed: {cause}"
    event = Event("SavepointError", message, EventType.WARNING, Component.OPERATOR)
    return _record(decision, replace(decision.record.savepoints, trigger=None), event)


def _ask(decision: Decision, kind: TriggerType, desired: Desired, fresh: Fresh) -> Decision:
    settings = desired.settings
    trigger = Trigger(fresh.trigger_id, fresh.milliseconds, kind, settings.savepoint_format)
    if kind is TriggerType.PERIODIC:
        decision = _record(decision, replace(decision.record.savepoints, last_periodic=fresh.milliseconds))
    if settings.savepoint_directory is None:
        return _failed(decision, trigger, _NO_DIRECTORY)
    asked = _record(decision, replace(decision.record.savepoints, trigger=trigger))
    action = TriggerSavepoint(decision.record.job.job_id or "", trigger.trigger_id)
    return _sooner(replace(asked, actions=(*asked.actions, action)), settings.progress_interval)


def _asked_for(record: Record, desired: Desired) -> bool:
    wanted = _nonce(desired.spec)
    return wanted is not None and record.reconciled is not None and wanted != _nonce(record.reconciled)


def _accept_nonce(decision: Decision, desired: Desired) -> Decision:
    """From here on the recorded trigger stands for the nonce."""
    record, nonce = decision.record, _nonce(desired.spec)
    assert record.reconciled is not None
    accepted = _with_nonce(record.reconciled, nonce)
    stable = accepted if record.stable == record.reconciled else record.stable
    return replace(decision, record=replace(record, reconciled=accepted, stable=stable))


def _next_periodic(record: Record, desired: Desired) -> datetime | None:
    interval = desired.settings.periodic_savepoint_interval
    if interval is None or record.start is None:
        return None
    last = record.savepoints.last_periodic
    since = record.start.since if last is None else datetime.fromtimestamp(last / 1000, record.start.since.tzinfo)
    return since + interval


def _clean_up(decision: Decision, desired: Desired, fresh: Fresh) -> Decision:
    """One at a time. What somebody asked for by hand stays, and so does everything that a start may still need."""
    superfluous = _superfluous(decision.record, desired, fresh)
    if superfluous is None:
        return decision
    savepoints = decision.record.savepoints
    left = _record(decision, replace(savepoints, history=tuple(one for one in savepoints.history if one != superfluous)))
    return replace(left, actions=(*left.actions, DisposeSavepoint(superfluous.location)))


def _superfluous(record: Record, desired: Desired, fresh: Fresh) -> Taken | None:
    settings, savepoints = desired.settings, record.savepoints
    if not settings.savepoint_cleanup:
        return None
    own = [taken for taken in savepoints.history if taken.type in _OWN]
    oldest_kept = fresh.milliseconds - _milliseconds(settings.savepoint_history_age)
    too_many = max(0, len(own) - settings.savepoint_history_count)
    needed = _needed(record, desired)
    candidates = (taken for number, taken in enumerate(own) if number < too_many or taken.time < oldest_kept)
    return next((taken for taken in candidates if taken.location not in needed), None)


def _needed(record: Record, desired: Desired) -> frozenset[str | None]:
    """The newest, and those that this start, or the next, is restored from: Flink may still read files of them."""
    newest = record.savepoints.history[-1].location if record.savepoints.history else None
    restored = record.restore.point.path if record.restore is not None and record.restore.point is not None else None
    return frozenset({newest, restored, record.savepoint_path, desired.initial_savepoint_path})


def _record(decision: Decision, savepoints: Savepoints, *events: Event) -> Decision:
    return replace(decision, record=replace(decision.record, savepoints=savepoints), events=(*decision.events, *events))


def _sooner(decision: Decision, after: timedelta) -> Decision:
    before = decision.requeue_after
    return replace(decision, requeue_after=after if before is None else min(before, after))


def _nonce(spec: Mapping[str, Any] | None) -> int | None:
    nonce: int | None = ((spec or {}).get("job") or {}).get(NONCE)
    return nonce


def _with_nonce(spec: Mapping[str, Any], nonce: int | None) -> Mapping[str, Any]:
    return {**spec, "job": {**spec["job"], NONCE: nonce}}


def _words(kind: TriggerType) -> str:
    return "The periodic" if kind is TriggerType.PERIODIC else "The requested"


def _milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
