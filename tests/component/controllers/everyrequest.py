"""A scenario is played once in peace, and then once for every request that it made: struck there, by each fate."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from tests.component.controllers.mortal import Fate, Strike

_AT_ONCE = 6


async def strike_every_request(play: Callable[[Strike], Awaitable[None]]) -> None:
    """Fails with all strikes after which the end, which `play` checks, was another one."""
    undisturbed = Strike()
    await play(undisturbed)
    assert undisturbed.count > 2, "a scenario that asks for nothing shows nothing"
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(strike: Strike) -> str | None:
        async with slots:
            try:
                await play(strike)
            except AssertionError as failure:
                return f"{strike}: {failure}"
        return None

    strikes = [Strike(after, fate) for fate in Fate for after in range(1, undisturbed.count + 1)]
    failures = list(filter(None, await asyncio.gather(*map(one, strikes))))
    assert not failures, "\n".join(failures)


def kind_of(restored_from: str | None) -> str | None:
    """A path as the kind of its restore point."""
    kinds = {"savepoint-": "savepoint", "chk-": "checkpoint"}
    return next((kind for part, kind in kinds.items() if restored_from and part in restored_from), restored_from)
