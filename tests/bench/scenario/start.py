"""Many clusters start at once, and their JobManagers and jobs run."""

from __future__ import annotations

from tests.bench.distribution import summarize
from tests.bench.manifest import FLEET_NAMESPACE, FLINK_DEPLOYMENTS
from tests.bench.result import Result
from tests.bench.sightings import clock, watching
from tests.bench.stage import Stage, is_stable, names

_PATIENCE_SECONDS = 1800


async def measure(stage: Stage) -> Result:
    """From the first request until the last one is stable. Scheduler, controllers and the fleet have their share in it."""
    await stage.clear_all()
    await stage.prepare(FLEET_NAMESPACE)
    await stage.restart_operator()
    await stage.settle()
    wanted = names("job", stage.extent.all_running)
    async with watching(stage.api, FLINK_DEPLOYMENTS.format(namespace=FLEET_NAMESPACE), is_stable) as resources:
        meter, began = stage.meter(), clock()
        await stage.create(FLEET_NAMESPACE, wanted)
        await resources.until_seen(wanted, _PATIENCE_SECONDS, "stable resources")
    took = [resources.seen[name] - began for name in wanted]
    usage, count = meter.read(), len(wanted)
    await stage.settle()
    process = stage.operator.process
    details = {
        "resources": count,
        "seconds": summarize(took),
        "cpu_milliseconds_each": round(1000 * usage.cpu_seconds / count, 1),
        "cpu_percent": round(usage.cpu_percent),
        "requests_each": round(usage.count.requests / count, 1),
        "status_writes_each": round(usage.count.status_writes / count, 1),
        "requests": usage.count.by_kind,
        "peak_megabytes": round(process.peak_megabytes),
    }
    return Result({"start_seconds": max(took), "rss_all": process.rss_megabytes}, details)
