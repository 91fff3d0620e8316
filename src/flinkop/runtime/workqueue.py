"""A queue of keys that are to be looked at: no key is processed twice at once, and none is lost.

The three collections and their invariant are those of client-go's workqueue. All methods but `get` are plain functions that never
wait; all but `ages` must be called from the event loop's thread.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from flinkop.clock import Clock, SystemClock
from flinkop.metrics import QUEUE_ADDS, QUEUE_DEPTH, QUEUE_RETRIES, QUEUE_WAIT, QUEUE_WORK

K = TypeVar("K", bound=Hashable)
_SPARE = 64
_TIMER_RESOLUTION = 0.001  # seconds that the loop's clock and ours may differ by; without it a timer could fire just too early, and again


_Delayed = tuple[float, int, K]
"""When it is due, in seconds of our clock; a number that keeps the order of those due at once; the key."""


class ShutDown(Exception):
    """The queue gives out no more keys."""


class WorkQueue(Generic[K]):
    """`_queue` holds what waits, `_dirty` what has to be processed, `_processing` what is being processed.

    What is in `_queue` is in `_dirty` and not in `_processing`. A key added while it is processed waits in `_dirty` only,
    and moves to `_queue` when it is done. `_due` says when a key is to be added by itself; a key that is dirty already needs no due time.
    `_delayed` is the heap over `_due`; entries that are no longer in `_due` are dead and are swept out before they are the majority.
    """

    def __init__(self, name: str = "queue", clock: Clock | None = None) -> None:
        self.name = name
        self._clock = clock or SystemClock()
        self._queue: deque[K] = deque()
        self._dirty: dict[K, float] = {}
        self._processing: dict[K, float] = {}
        self._delayed: list[_Delayed[K]] = []
        self._due: dict[K, _Delayed[K]] = {}
        self._sequence = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False
        self._depth, self._adds, self._wait = QUEUE_DEPTH.labels(name), QUEUE_ADDS.labels(name), QUEUE_WAIT.labels(name)
        self._work, self._retries = QUEUE_WORK.labels(name), QUEUE_RETRIES.labels(name)

    def __len__(self) -> int:
        return len(self._queue)

    def ages(self) -> list[float]:
        """How long the keys that are processed have been so, in seconds. Other threads may ask: the times are copied in one go."""
        now = self._clock.monotonic()
        return [now - began for began in list(self._processing.values())]

    def add(self, key: K) -> None:
        """Has the key processed soon. A delayed addition of it is overtaken by this one: the pass that comes decides anew."""
        self._due.pop(key, None)
        if self._closed or key in self._dirty:
            return
        self._adds.inc()
        self._dirty[key] = self._clock.monotonic()
        if key not in self._processing:
            self._enqueue(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Has the key processed after `seconds`; of several such wishes the earliest wins."""
        if seconds <= 0:
            self.add(key)
            return
        at = self._clock.monotonic() + seconds
        due = self._due.get(key)
        if self._closed or key in self._dirty or (due is not None and due[0] <= at):
            return
        self._sequence += 1
        self._due[key] = at, self._sequence, key
        heapq.heappush(self._delayed, self._due[key])
        self._sweep()
        self._arm(at)

    def retry_after(self, key: K, seconds: float) -> None:
        """As `add_after`, because the pass failed."""
        self._retries.inc()
        self.add_after(key, seconds)

    async def get(self) -> K:
        """The next key; the caller must call `done` with it.

        Raises:
            ShutDown: the queue was shut down.
        """
        while not self._queue:
            if self._closed:
                raise ShutDown
            await self._wait_for_key()
        key = self._queue.popleft()
        now = self._clock.monotonic()
        self._wait.observe(now - self._dirty.pop(key))
        self._processing[key] = now
        self._depth.set(len(self._queue))
        return key

    def done(self, key: K) -> None:
        """Ends the processing of the key; if it was added meanwhile, it waits again."""
        began = self._processing.pop(key, None)
        if began is not None:
            self._work.observe(self._clock.monotonic() - began)
        if key in self._dirty and not self._closed:
            self._enqueue(key)

    def shut_down(self) -> None:
        """Gives out no more keys; those who wait for one get ShutDown."""
        self._closed = True
        self._queue.clear()
        self._depth.set(0)
        if self._timer is not None:
            self._timer.cancel()
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _enqueue(self, key: K) -> None:
        self._queue.append(key)
        self._depth.set(len(self._queue))
        self._wake_one()

    def _wake_one(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    async def _wait_for_key(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._wake_one()  # the key this one was woken for is somebody else's now
            else:
                self._waiting.remove(waiter)
            raise

    def _arm(self, at: float) -> None:
        if at >= self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = asyncio.get_running_loop().call_later(max(0.0, at - self._clock.monotonic()), self._fire)

    def _sweep(self) -> None:
        if len(self._delayed) > 2 * len(self._due) + _SPARE:
            self._delayed = list(self._due.values())
            heapq.heapify(self._delayed)

    def _fire(self) -> None:
        self._timer, self._timer_at = None, float("inf")
        now = self._clock.monotonic()
        while self._delayed and self._delayed[0][0] <= now + _TIMER_RESOLUTION:
            entry = heapq.heappop(self._delayed)
            if self._due.get(entry[2]) is entry:
                self.add(entry[2])
        if self._delayed:
            self._arm(self._delayed[0][0])
