"""Slots for requests: at most so many at once, and whoever began first is served first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import count

TURN: ContextVar[int] = ContextVar("TURN", default=0)
"""The number of the pass that a request belongs to; requests outside of a pass, such as lists, go before all others.

Without it a thousand passes that begin at once would each send their first request, then each the second, and all end together at the
end, when the first of them could have ended at once.
"""


class Slots:
    """`taken` waits for one of `free` slots. The smallest `TURN` goes first; within a turn, who came first."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Holds a slot while the block lasts."""
        await self._take()
        try:
            yield
        finally:
            self._give_back()

    async def _take(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        served: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (TURN.get(), next(self._arrivals), served))
        try:
            await served
        except asyncio.CancelledError:
            if served.done() and not served.cancelled():
                self._give_back()  # the slot came together with the cancellation
            raise

    def _give_back(self) -> None:
        """Hands the slot to the first who still waits for one."""
        while self._waiting:
            _, _, served = heapq.heappop(self._waiting)
            if not served.done():
                served.set_result(None)
                return
        self._free += 1
