"""Savepoints beyond the limits of the history: which are deleted, and which a start may still need."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import DisposeSavepoint
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Taken

_OWN = frozenset({TriggerType.PERIODIC, TriggerType.UPGRADE})
_REMEMBERED = 100


def may_dispose(record: Record, desired: Desired, now: datetime) -> bool:
    """Whether a savepoint is beyond the limits and, as far as is recorded, not needed. Then Flink has to say what it restored."""
    return record.phase is Phase.RUNNING and _superfluous(record, desired, now) is not None


def dispose_of_old(decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """One at a time. What somebody asked for by hand stays, and so does everything that a start may still need."""
    restored, record = observed.checkpoints, decision.record
    if restored is None or restored.none_ever:
        return decision  # not asked, or answered from before the job was restored: Flink keeps statistics for seconds
    superfluous = _superfluous(record, desired, fresh.now, restored.restored_path)
    if superfluous is None:
        return decision
    history = tuple(taken for taken in record.savepoints.history if taken != superfluous)
    after = replace(record, savepoints=replace(record.savepoints, history=history))
    return replace(decision, record=after, actions=(*decision.actions, DisposeSavepoint(superfluous.location)))


def forget_old(decision: Decision, desired: Desired) -> Decision:
    """What the operator does not delete stays where it is, but the status of a resource has its limits: the oldest leave the history."""
    savepoints = decision.record.savepoints
    kept = [taken for taken in savepoints.history if not (desired.settings.savepoint_cleanup and taken.type in _OWN)]
    forgotten = kept[:-_REMEMBERED]
    if not forgotten:
        return decision
    history = tuple(taken for taken in savepoints.history if taken not in forgotten)
    return replace(decision, record=replace(decision.record, savepoints=replace(savepoints, history=history)))


def _superfluous(record: Record, desired: Desired, now: datetime, restored_path: str | None = None) -> Taken | None:
    needed = needed_paths(record, desired, restored_path)
    return next((taken for taken in _candidates(record, desired, now) if place_of(taken.location) not in needed), None)


def _candidates(record: Record, desired: Desired, now: datetime) -> list[Taken]:
    """Of the operator's own ones, oldest first, those that are too many or too old. The newest of all is none."""
    settings, history = desired.settings, record.savepoints.history
    if not settings.savepoint_cleanup or desired.problems:  # a spec that was refused may name one, and be mended
        return []
    own = [taken for taken in history if taken.type in _OWN and taken.resource is None]
    oldest_kept = (now - settings.savepoint_history_age).timestamp() * 1000
    too_many = len(own) - settings.savepoint_history_count
    return [taken for number, taken in enumerate(own) if taken is not history[-1] and (number < too_many or taken.time < oldest_kept)]


def needed_paths(record: Record, desired: Desired, restored_path: str | None = None) -> frozenset[str]:
    """What this start was restored from, or one that the spec asks for will be: Flink begins there again until the next checkpoint."""
    point = record.restore.point if record.restore is not None else None
    base = record.start.base_path if record.start is not None else None
    paths = (base, point.path if point else None, desired.initial_savepoint_path, record.savepoint_path, restored_path)
    return frozenset(place_of(path) for path in paths if path is not None)


def place_of(path: str) -> str:
    """One spelling of a path: people also write `file:///`, a slash at the end, or the file in it."""
    return re.sub("^file:/+", "/", path).rstrip("/").removesuffix("/_metadata")
