"""Virtual time of the model."""

from __future__ import annotations

import heapq
from collections.abc import Callable


class Time:
    """A clock that jumps from one event to the next."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Has `event` happen later."""
        self._number += 1
        heapq.heappush(self._events, (self.now + seconds, self._number, event))

    def run_until(self, end: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Lets everything up to `end` happen, or until `stop()`."""
        while self._events and self._events[0][0] <= end and not stop():
            self.now, _, event = heapq.heappop(self._events)
            event()
        if not stop():
            self.now = max(self.now, end)
