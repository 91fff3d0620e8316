"""The operator's own snapshots as FlinkStateSnapshots: what stands for a trigger, and which are kept.

A trigger in the status of the job that names a resource is followed by what that resource says. The resource is asked for until it is
seen; its name is recorded before, so that a lost answer makes no second one.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import CreateSnapshot, DeleteSnapshot
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired, Settings
from flinkop.lifecycle.dispose import needed_paths, place_of
from flinkop.lifecycle.observed import (
    Observed,
    Snapshot,
    SnapshotCompleted,
    SnapshotFailed,
    SnapshotInProgress,
    SnapshotResource,
    SnapshotUnknown,
)
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Taken, Trigger
from flinkop.lifecycle.snapshotkind import SAVEPOINT, Kind

_LONGEST_NAME = 253  # of any object
_OWN = frozenset({TriggerType.PERIODIC, TriggerType.UPGRADE})


def makes_resources(observed: Observed, desired: Desired) -> bool:
    """Whether snapshots become resources: the option says so, and the kind is installed."""
    return desired.settings.snapshot_resources and observed.snapshots is not None


def name_of(observed: Observed, word: str, by: TriggerType, milliseconds: int) -> str | None:
    """The established name of a snapshot; None when nobody looked for resources."""
    if observed.snapshots is None:
        return None
    end = f"-{word}-{by.lower()}-{milliseconds}"
    return f"{_shortened(observed.snapshots.job, _LONGEST_NAME - len(end))}{end}"


def _shortened(name: str, longest: int) -> str:
    """The name itself where it fits, which that of a cluster always does; else its beginning, and a digest that tells it from others."""
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: longest - len(digest) - 1].rstrip('-.')}-{digest}"


def outcome_of(trigger: Trigger, observed: Observed) -> Snapshot | None:
    """What the resource that stands for the trigger says; None when nobody looked."""
    if observed.snapshots is None:
        return None
    found = _resource_of(trigger, observed)
    if found is None:
        return SnapshotUnknown()
    if found.deleting:
        return SnapshotFailed(f"the FlinkStateSnapshot {found.name} was deleted")
    match found.state:
        case SnapshotState.COMPLETED:
            return SnapshotCompleted(found.path or "")
        case SnapshotState.FAILED | SnapshotState.ABANDONED:
            return SnapshotFailed(found.error or f"the FlinkStateSnapshot {found.name} is {found.state}")
        case SnapshotState.TRIGGER_PENDING | SnapshotState.IN_PROGRESS | None:
            return SnapshotInProgress()
    assert_never(found.state)


def has_resource(trigger: Trigger, observed: Observed) -> bool:
    """Whether the resource that stands for the trigger is there, and so tells itself what becomes of it."""
    return _resource_of(trigger, observed) is not None


def _resource_of(trigger: Trigger, observed: Observed) -> SnapshotResource | None:
    found = observed.snapshots.found if observed.snapshots is not None and trigger.resource is not None else ()
    return next((one for one in found if one.name == trigger.resource), None)


def creation_of(trigger: Trigger, kind: Kind, settings: Settings) -> CreateSnapshot:
    """The resource that stands for a trigger."""
    is_savepoint = kind is SAVEPOINT
    return CreateSnapshot(
        name=trigger.resource or "",
        is_savepoint=is_savepoint,
        type=trigger.type,
        format=trigger.format,
        path=settings.savepoint_directory if is_savepoint else None,
        exists=False,
        disposes=settings.dispose_on_delete,
    )


# savepoints of upgrades, which exist when they are told


def as_resource(taken: Taken, observed: Observed, desired: Desired) -> Taken:
    """The savepoint as one that a resource is to stand for, if there are resources."""
    if not makes_resources(observed, desired):
        return taken
    return replace(taken, resource=name_of(observed, SAVEPOINT.word, taken.type, taken.time))


def list_savepoints(decision: Decision, observed: Observed, desired: Desired) -> Decision:
    """Savepoints that are to be resources are in the history until their resource is seen."""
    record = decision.record
    if record.phase is Phase.DELETING or not any(taken.resource for taken in record.savepoints.history):
        return decision
    if observed.snapshots is None:
        return decision
    seen = {one.name for one in observed.snapshots.found}
    history = tuple(taken for taken in record.savepoints.history if taken.resource not in seen)
    actions = tuple(_listing(taken, desired.settings) for taken in history if taken.resource)
    after = replace(record, savepoints=replace(record.savepoints, history=history))
    return replace(decision, record=after, actions=(*decision.actions, *actions))


def _listing(taken: Taken, settings: Settings) -> CreateSnapshot:
    return CreateSnapshot(
        name=taken.resource or "",
        is_savepoint=True,
        type=taken.type,
        format=taken.format,
        path=taken.location,
        exists=True,
        disposes=settings.dispose_on_delete,
    )


# the history


def limit_resources(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """One at a time. What somebody asked for by hand stays, and so does everything that a start may still need."""
    superfluous = find_superfluous(decision.record, observed, desired, fresh.now)
    if superfluous is None:
        return decision
    return replace(decision, actions=(*decision.actions, DeleteSnapshot(superfluous.name, superfluous.uid)))


def find_superfluous(record: Record, observed: Observed, desired: Desired, now: datetime) -> SnapshotResource | None:
    """The oldest of the operator's own resources that is beyond the limits and not needed."""
    settings = desired.settings
    if observed.snapshots is None or not settings.savepoint_cleanup or desired.problems:
        return None
    followed = {trigger.resource for trigger in (record.savepoints.trigger, record.checkpoints.trigger) if trigger is not None}
    own = sorted((one for one in observed.snapshots.found if _is_over(one) and one.name not in followed), key=lambda one: one.created)
    savepoints, checkpoints = [one for one in own if one.is_savepoint], [one for one in own if not one.is_savepoint]
    oldest = (now - settings.savepoint_history_age).timestamp() * 1000
    candidates = [
        *_beyond(savepoints, settings.savepoint_history_count, oldest),
        *_beyond(checkpoints, settings.retained_checkpoints, 0),
    ]
    needed = needed_paths(record, desired)
    return next((one for one in candidates if one.path is None or place_of(one.path) not in needed), None)


def _is_over(one: SnapshotResource) -> bool:
    ended = one.state in {SnapshotState.COMPLETED, SnapshotState.FAILED, SnapshotState.ABANDONED}
    return one.type in _OWN and ended and not one.deleting


def _beyond(own: list[SnapshotResource], most: int, oldest: float) -> list[SnapshotResource]:
    """Of the resources, oldest first, those that are too many or too old; the newest that is complete is none."""
    complete = [one for one in own if one.state is SnapshotState.COMPLETED]
    kept = complete[-1] if complete else None
    too_many = len(own) - most
    return [one for number, one in enumerate(own) if one is not kept and (number < too_many or one.created < oldest)]
