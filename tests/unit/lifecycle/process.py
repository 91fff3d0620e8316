"""An operator's process in the models: its passes, step by step, with a crash possible between any two, and its writes to the resource."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from tests.unit.lifecycle.model import Trigger
from tests.unit.lifecycle.resource import Resource
from tests.unit.lifecycle.timeline import Time

from flinkop.lifecycle.observed import Snapshot, SnapshotCompleted, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.step import WaitingToRetry

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_LONGEST_WAIT = 1500.0
_LONGEST_MESSAGE = 700


class Interrupted(Exception):
    """An API server or a JobManager did not do what it was asked, or nobody heard that it did: the pass ends, and comes again."""


class Watched(Protocol):
    """The world, as a process needs it."""

    wake: Callable[[], None]
    violations: list[str]


class Process(ABC):
    """One at a time. `crashes` is the probability to die at a step."""

    outages: tuple[float, ...]
    """How long it may take until there is another."""

    def __init__(self, rng: random.Random, time: Time, world: Watched, resource: Resource) -> None:
        self.rng, self.time, self.resource = rng, time, resource
        self.crashes = 0.0
        self.activity: list[float] = []
        self.history: list[str] = []
        self._violations = world.violations
        self._life = self._requeue = self._failures = self._version = 0
        self._busy = self._woken = False
        world.wake = self.wake

    # passes

    @abstractmethod
    def _pass(self) -> Iterator[None]:
        """A pass; its value is after how many seconds to look again."""

    @abstractmethod
    def _forget(self) -> None:
        """What it knew and did not write is gone."""

    def _pause(self) -> float:
        """Seconds between two steps."""
        return 0.001

    def wake(self) -> None:
        """Something that is watched has changed."""
        if self._busy:
            self._woken = True
            return
        self._busy = True
        life = self._life
        self.time.after(0.02, lambda: self._go(life, self._pass()))

    def _crash(self) -> None:
        self._life += 1
        self._busy, self._woken = True, False
        self._forget()
        self.history.append(f"{self.time.now:8.1f} -- crash")
        outage = self.rng.choice(self.outages)
        life = self._life
        self.time.after(self.rng.uniform(0.1, outage), lambda: self._go(life, self._pass()))

    def _go(self, life: int, steps: Iterator[None]) -> None:
        """Performs one step of a pass."""
        if life != self._life:
            return
        if self.rng.random() < self.crashes:
            self._crash()
            return
        try:
            next(steps)
        except StopIteration as done:
            self._failures = 0
            self._finish(done.value)
        except Interrupted as trouble:
            self._failures += 1
            self.history.append(f"{self.time.now:8.1f} -- interrupted: {trouble}")
            self._finish(min(2.0**self._failures, 60.0) * self.rng.uniform(0.5, 1.0))
        else:
            self.time.after(self._pause(), lambda: self._go(life, steps))

    def _finish(self, again_after: float | None) -> None:
        self._busy = False
        if self._woken:
            self._woken = False
            self.wake()
        elif again_after is not None:
            self._requeue += 1
            number, life = self._requeue, self._life
            self.time.after(max(again_after, 0.02), lambda: self.wake() if (number, life) == (self._requeue, self._life) else None)

    def _now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.time.now)

    def _id(self) -> str:
        return f"{self.rng.getrandbits(128):032x}"

    # the resource

    def touch(self) -> None:
        """The resource has changed."""
        self.resource.version += 1
        self.wake()

    def _touch_and_know(self) -> None:
        self.touch()
        self._version = self.resource.version

    def _guard(self) -> None:
        """Writes are refused when the resource is another than the one that was read."""
        if self._version != self.resource.version or self.resource.gone:
            raise Interrupted("conflict")

    def _tell(self, record: Record) -> None:
        if len(record.message) > _LONGEST_MESSAGE:
            self._violations.append(f"a message that grows: {record.message}")
        step = type(record.step).__name__ if record.step else "-"
        self.history.append(f"{self.time.now:8.1f} {record.phase} {record.reason} {record.health} {step}: {record.message[:150]}")

    def _check_wait(self, record: Record) -> None:
        since = self.activity[-1] if self.activity else 0.0
        waits = record.health is Health.PROGRESSING and not isinstance(record.step, WaitingToRetry)
        if waits and self.time.now > since + _LONGEST_WAIT:
            self._violations.append(f"a wait without a deadline: {record.phase} {record.reason}")


def outcome_of(trigger: Trigger | None) -> Snapshot:
    """What a JobManager says of a trigger; None: it knows of none."""
    if trigger is None:
        return SnapshotUnknown()
    if trigger.path is not None:
        return SnapshotCompleted(trigger.path)
    return SnapshotFailed(trigger.failure) if trigger.failure is not None else SnapshotInProgress()
