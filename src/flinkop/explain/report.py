"""What is told about a resource, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """What is under way, since when, and when it has had its time, if it has an end of its own."""

    what: str
    since: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, and since when it has this status."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """One of the last decisions. Of several that are alike `at` is the time of the last, and `first_at` that of the first."""

    at: datetime | None
    before: str
    after: str
    reason: str
    count: int = 1
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RestorePoint:
    """State of the job, and what is known about using it."""

    source: str
    where: str
    note: str


@dataclass(frozen=True, slots=True)
class Restore:
    """What the last start restored and why, if that is recorded, and what else there was or is."""

    chosen: RestorePoint | None
    decided_at: datetime | None
    alternatives: tuple[RestorePoint, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """An object that the resource depends on."""

    kind: str
    name: str
    healthy: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    """An Event."""

    at: datetime | None
    type: str
    reason: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class Value:
    """One key of the effective configuration, and where its value comes from."""

    key: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `problems` says what could not be found out."""

    kind: str
    namespace: str
    name: str
    verdict: str
    since: datetime | None
    phase: str
    reason: str
    message: str
    job: str
    wait: Wait | None
    next_steps: tuple[str, ...]
    conditions: tuple[Condition, ...]
    decisions: tuple[Decided, ...]
    restore: Restore | None
    children: tuple[Child, ...]
    exceptions: tuple[Told, ...]
    events: tuple[Told, ...]
    configuration: tuple[Value, ...]
    problems: tuple[str, ...]
