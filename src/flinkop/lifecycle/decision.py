"""The result of a pass: what to record, then what to do, then when to look again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flinkop.lifecycle.action import Action
from flinkop.lifecycle.record import Record


class EventType(StrEnum):
    """Kubernetes' two types of Events."""

    NORMAL = "Normal"
    WARNING = "Warning"


class Component(StrEnum):
    """The established reporting components of Events."""

    OPERATOR = "Operator"
    JOBMANAGER = "JobManagerDeployment"
    JOB = "Job"
    SNAPSHOT = "Snapshot"


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes Event to report. `by_resource`: it is about a snapshot that is a resource, which tells, and counts, the same itself."""

    reason: str
    message: str
    type: EventType = EventType.NORMAL
    component: Component = Component.JOBMANAGER
    by_resource: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`record` is written first, when it differs; then `actions` are performed in order. No `requeue_after`: wait for a change."""

    record: Record
    actions: tuple[Action, ...] = ()
    events: tuple[Event, ...] = ()
    requeue_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """Values of this moment that a pure function cannot make itself: the time, and ids that nobody used before (32 hex digits)."""

    now: datetime
    job_id: str
    trigger_id: str
    job_result_store_id: str

    @property
    def milliseconds(self) -> int:
        """`now` in epoch milliseconds."""
        return int(self.now.timestamp() * 1000)
