"""JobManagers that accept connections and never answer, among healthy ones: whether those suffer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.bench.creation import one_by_one
from tests.bench.distribution import percentile
from tests.bench.fleetprocess import HANGING
from tests.bench.looks import Attention, attention
from tests.bench.manifest import DEPLOYMENTS, FLEET_NAMESPACE
from tests.bench.result import Result
from tests.bench.sightings import watching
from tests.bench.stage import Stage, names

_PATIENCE_SECONDS = 300


async def measure(stage: Stage) -> Result:
    """The same is measured twice in one run: without and with those that hang."""
    healthy = names("job", stage.extent.all_running)
    await stage.has_running(healthy)
    await stage.settle()
    before, quick = await _look(stage, healthy, "before")
    hanging = names(HANGING, stage.extent.hanging)
    async with watching(stage.api, DEPLOYMENTS.format(namespace=FLEET_NAMESPACE), _is_available) as deployments:
        await stage.create(FLEET_NAMESPACE, hanging)
        await deployments.until_seen(hanging, _PATIENCE_SECONDS, "JobManagers that hang")
    await stage.settle()
    after, slow = await _look(stage, healthy, "among")
    await stage.remove(FLEET_NAMESPACE, hanging)
    figures = {
        "healthy_looks": before.per_minute,
        "healthy_looks_hanging": after.per_minute,
        "healthy_gap_p99": before.gap_p99,
        "healthy_gap_p99_hanging": after.gap_p99,
        "create_p95_fleet": percentile(quick, 95),
        "create_p95_hanging": percentile(slow, 95),
    }
    return Result(figures, {"hanging": len(hanging), "looked_at_less_than_twice": [before.never, after.never]})


async def _look(stage: Stage, healthy: Sequence[str], prefix: str) -> tuple[Attention, list[float]]:
    """How often the healthy ones are looked at, and how long new ones take to their Deployment."""
    await stage.fleet.forget()
    await asyncio.sleep(stage.extent.rest_seconds)
    looks = (await stage.fleet.account()).looks
    fresh = names(prefix, stage.extent.one_by_one)
    took = await one_by_one(stage, FLEET_NAMESPACE, fresh)
    await stage.remove(FLEET_NAMESPACE, fresh)
    return attention(looks, healthy, stage.extent.rest_seconds), took


def _is_available(deployment: object) -> bool:
    """Whether the JobManager counts as ready: then it is asked."""
    assert isinstance(deployment, dict)
    return bool((deployment.get("status") or {}).get("availableReplicas"))
