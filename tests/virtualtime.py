"""An event loop whose clock jumps: a test that waits for an hour takes no time, and the same happens in the same order every time.

    def test_a_key_comes_back_after_a_minute() -> None:
        async def scenario() -> None:
            queue = WorkQueue("q", LoopClock())
            queue.add_after("a", 60)
            assert await queue.get() == "a"
            assert now() == 60
        run(scenario())

Only for code without real I/O: the clock jumps whenever nothing is ready, and a socket's answer would come too late.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
START = datetime(2026, 1, 1, tzinfo=UTC)
"""The wall clock of `LoopClock` at loop time 0."""


class WaitsForever(AssertionError):
    """Nothing is ready and nothing is due: what the test waits for will never happen."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Starts at time 0."""

    def __init__(self) -> None:
        self._virtual_now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual_now

    def jump(self, seconds: float) -> None:
        """Moves the clock on."""
        self._virtual_now += seconds


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise WaitsForever
        self._loop.jump(max(0.0, timeout))
        return []


class LoopClock:
    """A `flinkop.clock.Clock` that shows the time of the running loop."""

    def now(self) -> datetime:
        """The wall clock: `START` plus the loop's time."""
        return START + timedelta(seconds=now())

    def monotonic(self) -> float:
        """The loop's time, in seconds."""
        return now()


def now() -> float:
    """The running loop's time, in seconds."""
    return asyncio.get_running_loop().time()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs `main` in a virtual time loop of its own.

    Raises:
        WaitsForever: it waits for something that will never happen.
    """
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


async def settle(turns: int = 20) -> None:
    """Lets everything that is ready run, without moving the clock."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool], *, step: float = 0.001, seconds: float = 600) -> float:
    """Moves the clock on until `condition()`; gives the seconds that took. Fails after `seconds`."""
    began = now()
    while not condition():
        assert now() - began < seconds, "it did not happen"
        await asyncio.sleep(step)
    return now() - began
