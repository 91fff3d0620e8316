"""The answer to a scrape, made in a thread: with thousands of resources it takes longer than the event loop may stand still."""

from __future__ import annotations

import asyncio
import time

from prometheus_client import generate_latest

from flinkop.monitoring.collector import Collector, Sources

_BREATH_SECONDS = 0.001


class Exposition:
    """The text of all instruments of the process, and of the resources and caches of this operator.

    Who asks while an answer is being made gets the same one: many scrapers at once cost no more than one.
    """

    def __init__(self, sources: Sources) -> None:
        self._collector = Collector(sources, _breathe)
        self._making: asyncio.Task[bytes] | None = None

    async def text(self) -> bytes:
        """Prometheus' text format."""
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _make(self) -> bytes:
        return generate_latest() + "".join(self._collector.collect()).encode()


def _breathe() -> None:
    """A thread that computes is asked to make way only after 5 ms, each time anew. One that sleeps has made way."""
    time.sleep(_BREATH_SECONDS)
