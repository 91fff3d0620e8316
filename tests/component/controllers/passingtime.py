"""Time that nobody waits for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.component.controllers.stage import Stage


@contextlib.asynccontextmanager
async def time_that_passes(stage: Stage, namespace: str) -> AsyncIterator[None]:
    """Nobody knows whether a process that died had submitted its job: it is submitted again a minute later, and that is not waited for."""

    async def pass_by() -> None:
        for pause in (2, 4, 6):
            await asyncio.sleep(pause)
            stage.clocks[namespace].put_forward(seconds=61)

    passing = asyncio.create_task(pass_by())
    try:
        yield
    finally:
        passing.cancel()
        await asyncio.gather(passing, return_exceptions=True)
