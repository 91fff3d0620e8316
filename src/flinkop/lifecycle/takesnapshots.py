"""Savepoints and checkpoints of a running job: on demand by a nonce, and periodically. One at a time, and the job goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.deadline import for_snapshot
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.dispose import dispose_of_old
from flinkop.lifecycle.observed import Observed, SnapshotCompleted, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.phase import ENDED, Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger
from flinkop.lifecycle.snapshotkind import KINDS, Kind

_STOPPED = ENDED | {Phase.SUSPENDED}


def take_snapshots(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """What of the snapshots comes next, beside what was decided for the job. Only a job that runs, and does nothing else, is asked."""
    record = decision.record
    if record.phase in _STOPPED:
        return _stopped(decision, observed)
    if record.phase is not Phase.RUNNING or desired.session:
        return decision
    for kind in KINDS:
        if (trigger := kind.recorded(record).trigger) is not None:
            return _follow(kind, decision, trigger, observed, desired, fresh)
    if record.step is not None or not observed.job_is_running:
        return decision
    return _begin(decision, observed, desired, fresh)


def savepoint_is_pending(record: Record, desired: Desired) -> bool:
    """Whether an upgrade waits for a savepoint that is being taken."""
    return record.savepoints.trigger is not None and not desired.settings.ignore_pending_savepoint


# what becomes of one that was asked for


def _follow(kind: Kind, decision: Decision, trigger: Trigger, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Also while the job does not run: a new spec may wait for the outcome, and it may be what makes the job run again."""
    settings, outcome = desired.settings, kind.outcome(observed)
    deadline = for_snapshot(kind, trigger, settings)
    too_late = deadline.is_over(fresh.now)
    match outcome:
        case SnapshotCompleted(location):
            return _completed(kind, decision, trigger, location)
        case SnapshotFailed(cause):
            return _failed(kind, decision, trigger, cause)
        case SnapshotInProgress() | SnapshotUnknown() | None if too_late:
            return _failed(kind, decision, trigger, f"it did not complete within {deadline.options}")
        case SnapshotUnknown() if observed.job_is_running:
            # never heard of, or forgotten by a restart: the same id twice is one snapshot
            return _act(kind, decision, trigger, desired)
        case SnapshotInProgress() | SnapshotUnknown() | None:
            return _sooner(decision, settings.progress_interval)
    assert_never(outcome)


def _stopped(decision: Decision, observed: Observed) -> Decision:
    """Nobody answers for a job that has stopped; what is heard at its end still counts."""
    for kind in KINDS:
        trigger, outcome = kind.recorded(decision.record).trigger, kind.outcome(observed)
        if trigger is None:
            continue
        if isinstance(outcome, SnapshotCompleted):
            decision = _completed(kind, decision, trigger, outcome.location)
        else:
            cause = outcome.cause if isinstance(outcome, SnapshotFailed) else "the job has stopped"
            decision = _failed(kind, decision, trigger, cause)
    return decision


def _completed(kind: Kind, decision: Decision, trigger: Trigger, location: str) -> Decision:
    record = decision.record
    before, nonce = kind.recorded(record), _nonce(kind, record.reconciled) if trigger.type is TriggerType.MANUAL else None
    taken = Taken(trigger.since, location if kind.keeps_history else "", trigger.type, trigger.format, nonce)
    history = (*before.history, taken) if kind.keeps_history else ()
    message = f"{_words(kind, trigger.type)} was taken: {location}" if location else f"{_words(kind, trigger.type)} was taken."
    event = Event(kind.taken, message, component=Component.JOB)
    return _record(kind, decision, replace(before, trigger=None, last=taken, history=history), event)


def _failed(kind: Kind, decision: Decision, trigger: Trigger, cause: str) -> Decision:
    """A nonce counts as handled, and a periodic one is tried again at its next time."""
    message = f"{_words(kind, trigger.type)} failed: {cause}"
    event = Event(kind.error, message, EventType.WARNING, Component.OPERATOR)
    return _record(kind, decision, replace(kind.recorded(decision.record), trigger=None), event)


# what is asked for


def _begin(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    for kind in KINDS:
        offered = kind.is_offered(desired.settings)
        if _asked_for(kind, decision.record, desired):
            decision = _accept_nonce(kind, decision, desired)
            if offered:
                return _ask(kind, decision, TriggerType.MANUAL, desired, fresh)
        due = _next_periodic(kind, decision.record, desired) if offered else None
        if due is not None and fresh.now >= due:
            return _ask(kind, decision, TriggerType.PERIODIC, desired, fresh)
        decision = _sooner(decision, due - fresh.now) if due is not None else decision
    return dispose_of_old(decision, observed, desired, fresh)


def _ask(kind: Kind, decision: Decision, by: TriggerType, desired: Desired, fresh: Fresh) -> Decision:
    trigger = Trigger(fresh.trigger_id, fresh.milliseconds, by, kind.format(desired.settings))
    before = kind.recorded(decision.record)
    if by is TriggerType.PERIODIC:
        before = replace(before, last_periodic=fresh.milliseconds)
    obstacle = kind.obstacle(desired.settings)
    if obstacle is not None:
        return _failed(kind, _record(kind, decision, before), trigger, obstacle)
    return _act(kind, _record(kind, decision, replace(before, trigger=trigger)), trigger, desired)


def _act(kind: Kind, decision: Decision, trigger: Trigger, desired: Desired) -> Decision:
    action = kind.action(decision.record.job.job_id or "", trigger.trigger_id)
    return _sooner(replace(decision, actions=(*decision.actions, action)), desired.settings.progress_interval)


def _asked_for(kind: Kind, record: Record, desired: Desired) -> bool:
    wanted = _nonce(kind, desired.spec)
    return wanted is not None and record.reconciled is not None and wanted != _nonce(kind, record.reconciled)


def _accept_nonce(kind: Kind, decision: Decision, desired: Desired) -> Decision:
    """From here on the recorded trigger stands for the nonce."""
    record, nonce = decision.record, _nonce(kind, desired.spec)
    assert record.reconciled is not None
    accepted = {**record.reconciled, "job": {**record.reconciled["job"], kind.nonce: nonce}}
    stable = accepted if record.stable == record.reconciled else record.stable
    return replace(decision, record=replace(record, reconciled=accepted, stable=stable))


def _next_periodic(kind: Kind, record: Record, desired: Desired) -> datetime | None:
    schedule = kind.schedule(desired.settings)
    if schedule is None or record.start is None:
        return None
    last = kind.recorded(record).last_periodic
    return schedule.next_after(record.start.since if last is None else datetime.fromtimestamp(last / 1000, record.start.since.tzinfo))


def _record(kind: Kind, decision: Decision, snapshots: Snapshots, *events: Event) -> Decision:
    return replace(decision, record=kind.record(decision.record, snapshots), events=(*decision.events, *events))


def _sooner(decision: Decision, after: timedelta) -> Decision:
    before = decision.requeue_after
    return replace(decision, requeue_after=after if before is None else min(before, after))


def _nonce(kind: Kind, spec: Mapping[str, Any] | None) -> int | None:
    nonce: int | None = ((spec or {}).get("job") or {}).get(kind.nonce)
    return nonce


def _words(kind: Kind, by: TriggerType) -> str:
    return f"The {'periodic' if by is TriggerType.PERIODIC else 'requested'} {kind.word}"
