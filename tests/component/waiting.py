"""Waiting for what will happen in a real API server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any


async def until(condition: Callable[[], Any], found: Callable[[], str] = str, seconds: float = 30) -> None:
    """Waits until a condition, which may have to be awaited, holds. The bound is only there so that a failure ends."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if await answer if asyncio.iscoroutine(answer) else answer:
            return
        if time.monotonic() > end:
            raise AssertionError(f"not after {seconds} s: {found()}")
        await asyncio.sleep(0.02)
