"""Savepoints and checkpoints of a running job: on demand by a nonce, and periodically. One at a time, and the job goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, assert_never

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import Action, StartCluster, SubmitJob
from flinkop.lifecycle.deadline import for_snapshot
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.dispose import dispose_of_old, forget_old
from flinkop.lifecycle.observed import Observed, Snapshot, SnapshotCompleted, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.phase import ENDED, Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger
from flinkop.lifecycle.snapshotkind import KINDS, Kind
from flinkop.lifecycle.snapshotresource import (
    creation_of,
    has_resource,
    limit_resources,
    list_savepoints,
    makes_resources,
    name_of,
    outcome_of,
)

_STOPPED = ENDED | {Phase.SUSPENDED}


def take_snapshots(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """What of the snapshots comes next, beside what was decided for the job. Only a job that runs, and does nothing else, is asked."""
    decision = list_savepoints(decision, observed, desired)
    record = decision.record
    if record.phase in _STOPPED or any(isinstance(action, StartCluster | SubmitJob) for action in decision.actions):
        return _stopped(decision, observed)
    if record.phase is not Phase.RUNNING or desired.session:
        return decision
    for kind in KINDS:
        if (trigger := kind.recorded(record).trigger) is not None:
            return _follow(kind, decision, trigger, observed, desired, fresh)
    if record.step is not None or not observed.job_is_running:
        return decision
    return _begin(decision, observed, desired, fresh)


def savepoint_is_pending(record: Record, observed: Observed, desired: Desired) -> bool:
    """Whether an upgrade waits for a savepoint that is being taken: not where the resource that would stand for it is refused."""
    trigger = record.savepoints.trigger
    return trigger is not None and not desired.settings.ignore_pending_savepoint and _refusal(trigger, record, observed) is None


# what becomes of one that was asked for


def _follow(kind: Kind, decision: Decision, trigger: Trigger, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Also while the job does not run: a new spec may wait for the outcome, and it may be what makes the job run again."""
    settings, outcome = desired.settings, _outcome(kind, trigger, observed)
    deadline = for_snapshot(kind, trigger, settings)
    too_late = deadline.is_over(fresh.now)
    match outcome:
        case SnapshotCompleted(location):
            return _completed(kind, decision, trigger, location)
        case SnapshotFailed(cause):
            return _failed(kind, decision, trigger, cause, observed)
        case SnapshotInProgress() | SnapshotUnknown() | None if too_late:
            refusal = _refusal(trigger, decision.record, observed)
            cause = f"it did not complete within {deadline.options}"
            return _failed(kind, decision, trigger, cause if refusal is None else f"{cause}: {refusal}", observed)
        case SnapshotUnknown() if observed.job_is_running:
            # never heard of, or forgotten by a restart: the same id twice is one snapshot
            return _act(kind, decision, trigger, desired)
        case SnapshotInProgress() | SnapshotUnknown() | None:
            return _sooner(decision, settings.progress_interval)
    assert_never(outcome)


def _stopped(decision: Decision, observed: Observed) -> Decision:
    """Nobody answers for a job that has stopped, or is started anew; what is heard at its end still counts."""
    for kind in KINDS:
        trigger = kind.recorded(decision.record).trigger
        if trigger is None:
            continue
        outcome = _outcome(kind, trigger, observed)
        if isinstance(outcome, SnapshotCompleted):
            decision = _completed(kind, decision, trigger, outcome.location)
        else:
            cause = outcome.cause if isinstance(outcome, SnapshotFailed) else "the job has stopped"
            decision = _failed(kind, decision, trigger, cause, observed)
    return decision


def _outcome(kind: Kind, trigger: Trigger, observed: Observed) -> Snapshot | None:
    return kind.outcome(observed) if trigger.resource is None else outcome_of(trigger, observed)


def _refusal(trigger: Trigger, record: Record, observed: Observed) -> str | None:
    """Why there is no resource that stands for the trigger, when it was refused."""
    is_missing = trigger.resource is not None and isinstance(outcome_of(trigger, observed), SnapshotUnknown)
    return record.snapshot_problem if is_missing else None


def _completed(kind: Kind, decision: Decision, trigger: Trigger, location: str) -> Decision:
    record = decision.record
    if trigger.resource is not None:
        event = Event(kind.taken, f"{_words(kind, trigger.type)} was taken: FlinkStateSnapshot {trigger.resource}", component=Component.JOB)
        return _record(kind, decision, replace(kind.recorded(record), trigger=None), event)
    before, nonce = kind.recorded(record), _nonce(kind, record.reconciled) if trigger.type is TriggerType.MANUAL else None
    taken = Taken(trigger.since, location if kind.keeps_history else "", trigger.type, trigger.format, nonce)
    history = (*before.history, taken) if kind.keeps_history else ()
    message = f"{_words(kind, trigger.type)} was taken: {location}" if location else f"{_words(kind, trigger.type)} was taken."
    event = Event(kind.taken, message, component=Component.JOB)
    return _record(kind, decision, replace(before, trigger=None, last=taken, history=history), event)


def _failed(kind: Kind, decision: Decision, trigger: Trigger, cause: str, observed: Observed) -> Decision:
    """A nonce counts as handled, and a periodic one is tried again at its next time."""
    message = f"{_words(kind, trigger.type)} failed: {cause}"
    event = Event(kind.error, message, EventType.WARNING, Component.OPERATOR, by_resource=has_resource(trigger, observed))
    return _record(kind, decision, replace(kind.recorded(decision.record), trigger=None), event)


# what is asked for


def _begin(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """What somebody asks for comes before what is due: a rhythm that cannot be kept would always be due."""
    decision = dispose_of_old(forget_old(decision, desired), observed, desired, fresh)
    decision = limit_resources(decision, observed, desired, fresh)
    for kind in KINDS:
        if _asked_for(kind, decision.record, desired):
            decision = _accept_nonce(kind, decision, desired)
            if kind.is_offered(desired.settings):
                return _ask(kind, decision, TriggerType.MANUAL, observed, desired, fresh)
    return _periodic(decision, observed, desired, fresh)


def _periodic(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """The kind that has waited longest comes first."""
    offered = [(kind, _next_periodic(kind, decision.record, desired)) for kind in KINDS if kind.is_offered(desired.settings)]
    due = [(at, kind) for kind, at in offered if at is not None]
    if not due:
        return decision
    at, kind = min(due, key=itemgetter(0))
    return _ask(kind, decision, TriggerType.PERIODIC, observed, desired, fresh) if fresh.now >= at else _sooner(decision, at - fresh.now)


def _ask(kind: Kind, decision: Decision, by: TriggerType, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    name = name_of(observed, kind.word, by, fresh.milliseconds) if makes_resources(observed, desired) else None
    trigger = Trigger(fresh.trigger_id, fresh.milliseconds, by, kind.format(desired.settings), name)
    before = kind.recorded(decision.record)
    if by is TriggerType.PERIODIC:
        before = replace(before, last_periodic=fresh.milliseconds)
    obstacle = kind.obstacle(desired.settings)
    if obstacle is not None:
        return _failed(kind, _record(kind, decision, before), trigger, obstacle, observed)
    return _act(kind, _record(kind, decision, replace(before, trigger=trigger)), trigger, desired)


def _act(kind: Kind, decision: Decision, trigger: Trigger, desired: Desired) -> Decision:
    action: Action = kind.action(decision.record.job.job_id or "", trigger.trigger_id)
    if trigger.resource is not None:
        action = creation_of(trigger, kind, desired.settings)
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
