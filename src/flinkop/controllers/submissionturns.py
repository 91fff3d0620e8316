"""Turns for submissions to JobManagers: a few at once to each, and some alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

_AT_ONCE = 2
"""Submissions to one JobManager. Programs may take long, and the connections that looks go through are few."""


class _Turns:
    def __init__(self) -> None:
        self.free, self.entering = asyncio.Semaphore(_AT_ONCE), asyncio.Lock()


class SubmissionTurns:
    """Turns by the JobManager's base URL."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, _Turns] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, url: str, alone: bool) -> AsyncIterator[None]:
        """Waits for a turn; `alone`: until no other has one. In the order in which they come, so that nobody waits for ever."""
        turns = self._turns.setdefault(url, _Turns())
        async with AsyncExitStack() as held:
            async with turns.entering:
                for _ in range(_AT_ONCE if alone else 1):
                    await held.enter_async_context(turns.free)
            yield
