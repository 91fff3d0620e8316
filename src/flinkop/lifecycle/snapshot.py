"""Savepoints of a running job, as the status records them."""

from __future__ import annotations

from dataclasses import dataclass

from flinkop.api.jobstatus import TriggerType


@dataclass(frozen=True, slots=True)
class Trigger:
    """A savepoint that is being taken; `since` in epoch milliseconds."""

    trigger_id: str
    since: int
    type: TriggerType
    format: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A savepoint that was taken; `time` is when it was asked for, in epoch milliseconds."""

    time: int
    location: str
    type: TriggerType
    format: str
    nonce: int | None = None


@dataclass(frozen=True, slots=True)
class Savepoints:
    """`history` is in the order of time and contains `last`; `last_periodic` is when a periodic one was last asked for, in epoch
    milliseconds."""

    trigger: Trigger | None = None
    last: Taken | None = None
    history: tuple[Taken, ...] = ()
    last_periodic: int | None = None


NO_SAVEPOINTS = Savepoints()
"""Nothing is recorded."""
