"""Work that is done once per key in the background, while callers come by, look, and never wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog

from flinkop.clock import Clock
from flinkop.errors import FlinkopError

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
Work = Callable[[], Coroutine[Any, Any, T]]

_log = structlog.get_logger(__name__)
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Pending:
    """Under way, or waiting for its turn."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """Its result, and since when it is there."""

    value: T
    at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """Why it failed; it is tried again when somebody looks after `again_at`."""

    cause: str
    again_at: datetime


@dataclass(slots=True)
class _Entry(Generic[T]):
    state: Pending | Done[T] | Failed
    looked_at: datetime
    failures: int = 0
    waiters: set[Hashable] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class BackgroundWork(Generic[K, T]):
    """A failure is remembered: the pause is 5 s after the first and doubles, up to 5 min. The work itself bounds how much runs at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[K, _Entry[T]] = {}
        self._callbacks: list[Callable[[Hashable], None]] = []

    def on_change(self, callback: Callable[[Hashable], None]) -> None:
        """Has `callback` called, when work ends, with everyone who waits for it."""
        self._callbacks.append(callback)

    def look(self, key: K, work: Work[T], waiter: Hashable | None = None) -> Pending | Done[T] | Failed:
        """What has become of the work; it is begun when nobody has asked for it yet, or it failed a while ago."""
        now = self._clock.now()
        entry = self._entries.setdefault(key, _Entry(Pending(), now))
        entry.looked_at = now
        if entry.task is None and _is_due(entry.state, now):
            entry.state = Pending()
            entry.task = asyncio.create_task(self._run(entry, work))
        if waiter is not None and entry.task is not None:
            entry.waiters.add(waiter)
        return entry.state

    def learn(self, key: K, value: T) -> None:
        """Takes a result that was there before. What is known or under way already stays."""
        now = self._clock.now()
        self._entries.setdefault(key, _Entry(Done(value, now), now))

    def forget(self, key: K) -> None:
        """Has the next look begin again; work that is under way ends first."""
        entry = self._entries.get(key)
        if entry is not None and entry.task is None:
            del self._entries[key]

    def idle(self, since: timedelta) -> Iterator[tuple[K, T | None]]:
        """What nobody has looked at for longer, with its result if it has one. Work under way is not idle."""
        limit = self._clock.now() - since
        for key, entry in list(self._entries.items()):
            if entry.task is None and entry.looked_at < limit:
                yield key, entry.state.value if isinstance(entry.state, Done) else None

    def results(self) -> Iterator[tuple[T, datetime]]:
        """Every result, and when somebody looked at it last."""
        for entry in self._entries.values():
            if isinstance(entry.state, Done):
                yield entry.state.value, entry.looked_at

    def result(self, key: K) -> tuple[Done[T], datetime] | None:
        """The result of one key, if there is one, and when somebody looked at it last; this is no look."""
        entry = self._entries.get(key)
        return (entry.state, entry.looked_at) if entry is not None and isinstance(entry.state, Done) else None

    async def close(self) -> None:
        """Ends all work."""
        tasks = [entry.task for entry in self._entries.values() if entry.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, entry: _Entry[T], work: Work[T]) -> None:
        try:
            value = await work()
            entry.state, entry.failures = Done(value, self._clock.now()), 0
        except FlinkopError as error:
            self._fail(entry, str(error))
        except Exception as error:  # a fault of ours: its text may hold anything, and is not shown
            _log.error("background work failed unexpectedly", error=type(error).__name__)
            self._fail(entry, f"unexpected {type(error).__name__}")
        finally:
            entry.task = None
        self._tell(entry)

    def _fail(self, entry: _Entry[T], cause: str) -> None:
        pause = min(_FIRST_PAUSE * 2 ** min(entry.failures, _MOST_DOUBLINGS), _LONGEST_PAUSE)
        entry.failures += 1
        entry.state = Failed(cause, self._clock.now() + pause)

    def _tell(self, entry: _Entry[T]) -> None:
        waiters, entry.waiters = entry.waiters, set()
        for waiter in waiters:
            for callback in self._callbacks:
                callback(waiter)


def _is_due(state: Pending | Done[Any] | Failed, now: datetime) -> bool:
    """A Pending without a task is new."""
    match state:
        case Pending():
            return True
        case Failed(_, again_at):
            return now >= again_at
        case _:
            return False
