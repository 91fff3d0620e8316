"""The few shapes a decision has: staying in a phase and saying why, or going to another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flinkop.lifecycle.action import Action
from flinkop.lifecycle.decision import Decision, Event
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record

IMMEDIATELY = timedelta(0)


def stay(
    record: Record,
    reason: str,
    message: str,
    *actions: Action,
    health: Health = Health.PROGRESSING,
    requeue_after: timedelta | None = None,
    events: tuple[Event, ...] = (),
    **changes: Any,
) -> Decision:
    """Remains in the phase; `changes` are further fields of the record."""
    return go(record, record.phase, reason, message, *actions, health=health, requeue_after=requeue_after, events=events, **changes)


def go(
    record: Record,
    phase: Phase,
    reason: str,
    message: str,
    *actions: Action,
    health: Health = Health.PROGRESSING,
    requeue_after: timedelta | None = None,
    events: tuple[Event, ...] = (),
    **changes: Any,
) -> Decision:
    """Enters `phase`; `changes` are further fields of the record."""
    after = replace(record, phase=phase, reason=reason, message=message, health=health, **changes)
    return Decision(after, actions, events, requeue_after)
