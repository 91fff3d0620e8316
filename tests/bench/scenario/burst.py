"""Many resources at once: how fast the operator works, and what each costs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from tests.bench import relog
from tests.bench.manifest import DEPLOYMENTS, QUOTA_NAMESPACE
from tests.bench.result import Result
from tests.bench.sightings import clock, watching
from tests.bench.stage import Stage, names

_PATIENCE_SECONDS = 900


async def measure(stage: Stage) -> Result:
    """No pod is admitted. The rate counts until the last Deployment, the costs until the operator has written down all refusals."""
    await stage.clear_all()
    await stage.prepare(QUOTA_NAMESPACE)
    wanted = names("burst", stage.extent.burst)
    async with watching(stage.api, DEPLOYMENTS.format(namespace=QUOTA_NAMESPACE)) as deployments:
        meter, began, since = stage.meter(), clock(), datetime.now(UTC)
        await stage.create(QUOTA_NAMESPACE, wanted)
        accepted = clock()
        await deployments.until_seen(wanted, _PATIENCE_SECONDS, "Deployments")
    seconds = max(deployments.seen[name] for name in wanted) - began
    until_then = meter.read()
    await stage.has_refused(wanted)
    usage, count = meter.read(), len(wanted)
    lines, log_seconds = await asyncio.to_thread(_cpu_of_the_log, stage, since)
    figures = {
        "burst_rate": count * 60 / seconds,
        "burst_cpu": 1000 * usage.cpu_seconds / count,
        "burst_requests": usage.count.requests / count,
        "burst_status_writes": usage.count.status_writes / count,
        "burst_log_cpu": 100 * log_seconds / usage.cpu_seconds,
    }
    details = {
        "resources": count,
        "log_lines_per_resource": round(lines / count, 1),
        "cpu_microseconds_per_log_line": round(1_000_000 * log_seconds / lines) if lines else None,
        "seconds_until_all_were_accepted": round(accepted - began, 1),
        "seconds_until_the_last_deployment": round(seconds, 1),
        "cpu_percent_until_then": round(until_then.cpu_percent),
        "requests": usage.count.by_kind,
        "rss_megabytes": round(stage.operator.process.rss_megabytes),
        "peak_megabytes": round(stage.operator.process.peak_megabytes),
    }
    return Result(figures, details)


def _cpu_of_the_log(stage: Stage, since: datetime) -> tuple[int, float]:
    return relog.measure_cpu(stage.operator.log(since))
