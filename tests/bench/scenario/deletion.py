"""Many deletions at once, of resources without and with a running JobManager."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tests.bench.manifest import FLEET_NAMESPACE, FLINK_DEPLOYMENTS, QUOTA_NAMESPACE
from tests.bench.result import Result
from tests.bench.sightings import clock, watching
from tests.bench.stage import Stage, names

_PATIENCE_SECONDS = 1800


async def measure_unready(stage: Stage) -> Result:
    """No JobManager was ever ready."""
    wanted = names("burst", stage.extent.burst)
    await stage.has_deployments(wanted)
    await stage.settle()
    rate, details = await _delete(stage, QUOTA_NAMESPACE, wanted)
    return Result({"deletion_rate": rate}, details)


async def measure_running(stage: Stage) -> Result:
    """Every JobManager runs; its pod has to go first."""
    wanted = names("job", stage.extent.all_running)
    await stage.has_running(wanted)
    await stage.settle()
    rate, details = await _delete(stage, FLEET_NAMESPACE, wanted)
    return Result({"deletion_rate_running": rate}, details)


async def _delete(stage: Stage, namespace: str, unwanted: Collection[str]) -> tuple[float, dict[str, Any]]:
    """Deletions per minute, from the first request to the end of the last resource; and the costs."""
    async with watching(stage.api, FLINK_DEPLOYMENTS.format(namespace=namespace)) as resources:
        await resources.until_seen(unwanted, _PATIENCE_SECONDS, "resources to delete")
        meter, began = stage.meter(), clock()
        await stage.delete(namespace, unwanted)
        await resources.until_gone(unwanted, _PATIENCE_SECONDS, "end of the resources")
    seconds = max(resources.gone[name] for name in unwanted) - began
    usage, count = meter.read(), len(unwanted)
    details = {
        "resources": count,
        "seconds": round(seconds, 1),
        "cpu_milliseconds_each": round(1000 * usage.cpu_seconds / count, 1),
        "requests": usage.count.by_kind,
    }
    return count * 60 / seconds, details
