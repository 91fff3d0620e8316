"""Resources whose JobManager never gets ready, at rest: what waiting for nothing costs."""

from __future__ import annotations

import asyncio

from tests.bench.result import Result
from tests.bench.stage import Stage, names


async def measure(stage: Stage) -> Result:
    """No pod is admitted; Kubernetes goes on trying, and says so in the Deployments' statuses."""
    await stage.has_refused(names("burst", stage.extent.burst))
    await stage.settle()
    meter = stage.meter()
    await asyncio.sleep(stage.extent.rest_seconds)
    usage = meter.read()
    figures = {
        "unready_requests": (usage.count.requests + usage.count.lease_requests) / usage.seconds,
        "unready_cpu": usage.cpu_percent,
    }
    return Result(figures, {"requests": usage.count.by_kind, "lease_requests": usage.count.lease_requests})
