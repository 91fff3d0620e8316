"""Running jobs at rest: what looking after them costs."""

from __future__ import annotations

import asyncio

from tests.bench.result import Result
from tests.bench.stage import Stage, names


async def measure(stage: Stage) -> Result:
    """Nothing changes: the operator looks at every job now and then, and has nothing to write."""
    await stage.has_running(names("job", stage.extent.all_running))
    await stage.settle()
    await stage.fleet.forget()
    meter = stage.meter()
    await asyncio.sleep(stage.extent.rest_seconds)
    usage, account = meter.read(), await stage.fleet.account()
    figures = {
        "running_cpu": usage.cpu_percent,
        "running_flink_requests": account.requests / usage.seconds,
        "running_requests": usage.count.requests * 60 / usage.seconds,
    }
    details = {
        "requests": usage.count.by_kind,
        "lease_requests_per_minute": round(usage.count.lease_requests * 60 / usage.seconds),
        "rss_megabytes": round(stage.operator.process.rss_megabytes),
    }
    return Result(figures, details)
