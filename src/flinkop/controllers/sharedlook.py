"""One look at a JobManager for all jobs on it: whoever asks within the same moment gets the same answer, and one request is made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from flinkop.clock import Clock
from flinkop.flink.client import FlinkClient
from flinkop.flink.model import JobOverview


@dataclass(slots=True)
class _Look:
    began: float
    answer: asyncio.Task[list[JobOverview]]


class SharedLook:
    """The overviews of session clusters."""

    def __init__(self, flink: FlinkClient, clock: Clock) -> None:
        self._flink, self._clock = flink, clock
        self._looks: dict[str, _Look] = {}

    async def jobs(self, url: str, max_age: float) -> list[JobOverview]:
        """The jobs of the cluster as they were at most `max_age` seconds ago.

        Raises:
            FlinkUnreachable, FlinkRejected: it gives no usable answer.
        """
        look = self._looks.get(url)
        if look is None or self._clock.monotonic() - look.began > max_age:
            look = _Look(self._clock.monotonic(), asyncio.create_task(self._flink.jobs_overview(url)))
            look.answer.add_done_callback(_heard)
            self._looks[url] = look
            self._forget_old()
        return await asyncio.shield(look.answer)

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        self._looks = {url: look for url, look in self._looks.items() if now - look.began < _KEPT or not look.answer.done()}


_KEPT = 120.0


def _heard(answer: asyncio.Task[list[JobOverview]]) -> None:
    """Nobody may be left who waits for it; an error that nobody hears is no news."""
    if not answer.cancelled():
        answer.exception()
