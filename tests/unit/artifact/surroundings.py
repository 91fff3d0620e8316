"""A clock that is moved by hand, and a way to wait for background work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


class HandClock:
    """Begins now, since files have times too."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        """The wall clock."""
        return self._now

    def monotonic(self) -> float:
        """The same in seconds."""
        return self._now.timestamp()

    def move(self, **length: float) -> None:
        """Moves it on."""
        self._now += timedelta(**length)


class Waiter:
    """Looks until something is no longer under way; woken only by `on_change`."""

    def __init__(self, source: object) -> None:
        self._changed = asyncio.Event()
        source.on_change(self._wake)  # type: ignore[attr-defined]

    def _wake(self, _waiter: Hashable) -> None:
        self._changed.set()

    async def until_settled(self, look: Callable[[], T], busy: object) -> T:
        """What is there in the end."""
        while (found := look()) == busy:
            await asyncio.wait_for(self._changed.wait(), 30)
            self._changed.clear()
        return found
