"""When objects of a collection were first seen as somebody waits for them, and when they went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.bench.apiserver import ApiServer
from tests.cluster.process import Failed

_POLL_SECONDS = 0.02

Condition = Callable[[Mapping[str, Any]], bool]


def clock() -> float:
    """Seconds since boot: the clock in which the kernel tells when a process began."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def exists(_found: Mapping[str, Any]) -> bool:
    """The condition of whoever waits for nothing but the object."""
    return True


class Sightings:
    """`seen` and `gone` by name, in seconds of `clock`; the times at which the events arrived."""

    def __init__(self, is_so: Condition) -> None:
        self._is_so = is_so
        self.seen: dict[str, float] = {}
        self.gone: dict[str, float] = {}
        self._there: set[str] = set()
        self._listed: set[str] = set()
        self._watch: asyncio.Task[None] | None = None

    async def until_seen(self, names: Collection[str], seconds: float, what: str) -> None:
        """Waits until all of `names` have been seen. Raises Failed after `seconds`."""
        await self._until(names, self.seen, seconds, what)

    async def until_gone(self, names: Collection[str], seconds: float, what: str) -> None:
        """Waits until all of `names` are gone. Raises Failed after `seconds`."""
        await self._until(names, self.gone, seconds, what)

    async def _until(self, names: Collection[str], times: Mapping[str, float], seconds: float, what: str) -> None:
        end = clock() + seconds
        while missing := [name for name in names if name not in times]:
            if self._watch is not None and self._watch.done():
                self._watch.result()
            if clock() > end:
                raise Failed(f"{what}: {len(missing)} of {len(names)} missing after {seconds:.0f} s, such as {missing[0]}")
            await asyncio.sleep(_POLL_SECONDS)

    async def _follow(self, api: ApiServer, path: str) -> None:
        async for kind, found in api.watch(path):
            self.note(kind, found, clock())

    def note(self, kind: str, found: Mapping[str, Any], now: float) -> None:
        """Notes one event of `ApiServer.watch`."""
        match kind:
            case "OPENED":
                self._listed = set()
            case "LISTED":
                for name in self._there - self._listed:
                    self._lose(name, now)
            case "DELETED":
                self._lose(found["metadata"]["name"], now)
            case _:
                self._find(found, now)

    def _find(self, found: Mapping[str, Any], now: float) -> None:
        name = found["metadata"]["name"]
        self._there.add(name)
        self._listed.add(name)
        self.gone.pop(name, None)
        if name not in self.seen and self._is_so(found):
            self.seen[name] = now

    def _lose(self, name: str, now: float) -> None:
        self._there.discard(name)
        self.seen.pop(name, None)
        self.gone[name] = now

    @asynccontextmanager
    async def following(self, api: ApiServer, path: str) -> AsyncIterator[Sightings]:
        """Watches the collection while the block lasts."""
        self._watch = asyncio.create_task(self._follow(api, path))
        try:
            yield self
        finally:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)


@asynccontextmanager
async def watching(api: ApiServer, path: str, is_so: Condition = exists) -> AsyncIterator[Sightings]:
    """Sightings of the collection at `path`."""
    async with Sightings(is_so).following(api, path) as sightings:
        yield sightings
