"""How long it takes from creating a resource to its Deployment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.bench.manifest import DEPLOYMENTS
from tests.bench.sightings import clock, watching
from tests.bench.stage import Stage

_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 60


async def one_by_one(stage: Stage, namespace: str, wanted: Sequence[str]) -> list[float]:
    """Milliseconds for each, from just before the request to the Deployment's event; the next one is created after a pause."""
    took = []
    async with watching(stage.api, DEPLOYMENTS.format(namespace=namespace)) as deployments:
        for name in wanted:
            began = clock()
            await stage.create(namespace, [name])
            await deployments.until_seen([name], _PATIENCE_SECONDS, "Deployment")
            took.append(1000 * (deployments.seen[name] - began))
            await asyncio.sleep(_PAUSE_SECONDS)
    return took
