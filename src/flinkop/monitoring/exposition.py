"""The answer to a scrape, made in a thread: with thousands of resources it takes longer than the event loop may stand still."""

from __future__ import annotations

import asyncio

from prometheus_client import generate_latest

from flinkop.monitoring.collector import Sources, collect


class Exposition:
    """The text of all instruments of the process, and of the resources and caches of this operator.

    Who asks while an answer is being made gets the same one: many scrapers at once cost no more than one.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._making: asyncio.Task[bytes] | None = None

    async def text(self) -> bytes:
        """Prometheus' text format."""
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _make(self) -> bytes:
        return generate_latest() + "".join(collect(self._sources)).encode()
