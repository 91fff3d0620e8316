"""One look at a JobManager for all jobs on it: whoever asks within the same moment gets the same answer, and one request is made."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from flinkop.clock import Clock
from flinkop.errors import FlinkRejected, FlinkUnreachable
from flinkop.flink.client import FlinkClient
from flinkop.flink.model import JobOverview

_KEPT = 600.0


@dataclass(slots=True)
class _Look:
    """A request that began at a monotonic time. `before` is the newest answer of those before it, and the time of its request."""

    began: float
    answer: asyncio.Task[list[JobOverview]]
    before: tuple[float, list[JobOverview]] | None = None

    def newest(self) -> tuple[float, list[JobOverview]] | None:
        """The newest answer that is there."""
        done = self.answer.done() and not self.answer.cancelled() and self.answer.exception() is None
        return (self.began, self.answer.result()) if done else self.before


class SharedLook:
    """The overviews of session clusters."""

    def __init__(self, flink: FlinkClient, clock: Clock) -> None:
        self._flink, self._clock = flink, clock
        self._looks: dict[str, _Look] = {}

    async def jobs(self, url: str, max_age: float, patience: float = 0.0) -> list[JobOverview]:
        """The jobs of the cluster as they were at most `max_age` seconds ago, or when that look fails, at most `patience` seconds ago.

        Raises:
            FlinkUnreachable, FlinkRejected: it gives no usable answer.
        """
        look = self._looks.get(url)
        if look is None or self._clock.monotonic() - look.began > max_age:
            look = self._looks[url] = self._begin(url, look)
            self._forget_old()
        try:
            return await asyncio.shield(look.answer)
        except (FlinkUnreachable, FlinkRejected):
            if look.before is None or self._clock.monotonic() - look.before[0] > patience:
                raise
            return look.before[1]

    def _begin(self, url: str, last: _Look | None) -> _Look:
        look = _Look(self._clock.monotonic(), asyncio.create_task(self._flink.jobs_overview(url)), last.newest() if last else None)
        look.answer.add_done_callback(_heard)
        return look

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        self._looks = {url: look for url, look in self._looks.items() if now - look.began < _KEPT or not look.answer.done()}


def _heard(answer: asyncio.Task[list[JobOverview]]) -> None:
    """Nobody may be left who waits for it; an error that nobody hears is no news."""
    if not answer.cancelled():
        answer.exception()
