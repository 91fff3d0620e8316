"""The result of a pass of a FlinkStateSnapshot: what to record, then what to do, then when to look again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flinkop.lifecycle.action import RemoveFinalizer
from flinkop.lifecycle.decision import Component, Event, EventType
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord


@dataclass(frozen=True, slots=True)
class TakeSavepoint:
    """Asks Flink for a savepoint of the job, which goes on. The same trigger id twice is one savepoint."""

    job_id: str
    trigger_id: str
    directory: str | None
    format: str


@dataclass(frozen=True, slots=True)
class TakeCheckpoint:
    """Asks Flink for a full checkpoint of the job. The same trigger id twice is one checkpoint."""

    job_id: str
    trigger_id: str


@dataclass(frozen=True, slots=True)
class Dispose:
    """Asks Flink to delete the files of a savepoint. Files that are gone are success."""

    path: str


SnapshotAction = TakeSavepoint | TakeCheckpoint | Dispose | RemoveFinalizer


@dataclass(frozen=True, slots=True)
class SnapshotDecision:
    """`record` is written first, when it differs; then `actions` are performed in order. No `requeue_after`: wait for a change."""

    record: SnapshotRecord
    actions: tuple[SnapshotAction, ...] = ()
    events: tuple[Event, ...] = ()
    requeue_after: timedelta | None = None


def say(
    record: SnapshotRecord,
    reason: str,
    message: str,
    *actions: SnapshotAction,
    health: Health = Health.PROGRESSING,
    requeue_after: timedelta | None = None,
    events: tuple[Event, ...] = (),
    **changes: Any,
) -> SnapshotDecision:
    """The record with these words; `changes` are further fields of it."""
    return SnapshotDecision(replace(record, reason=reason, message=message, health=health, **changes), actions, events, requeue_after)


def news(reason: str, message: str) -> Event:
    """What went well."""
    return Event(reason, message, component=Component.SNAPSHOT)


def trouble(reason: str, message: str) -> Event:
    """What went wrong."""
    return Event(reason, message, EventType.WARNING, Component.SNAPSHOT)
