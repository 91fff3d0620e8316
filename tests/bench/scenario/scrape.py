"""A scrape with all running: how long Prometheus waits, how much it gets, and what it costs the operator."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass

from tests.bench.result import Result
from tests.bench.stage import Stage, names

_TIMES = 10
_INTERVAL_SECONDS = 15
_FORMAT = "%{time_total} %{size_download}"


@dataclass(frozen=True, slots=True)
class Scrape:
    """One answer."""

    seconds: float
    size: int


async def measure(stage: Stage) -> Result:
    """One scrape after the other, while the operator looks after the jobs as always: its own work is measured before and taken off.

    The first is dearer than the others, which find what did not change.
    """
    await stage.has_running(names("job", stage.extent.all_running))
    await stage.settle()
    meter = stage.meter()
    await asyncio.sleep(stage.extent.rest_seconds)
    rest = meter.read().cpu_percent / 100
    meter = stage.meter()
    await asyncio.to_thread(_scrape, stage)
    first = meter.read().cpu_seconds
    meter = stage.meter()
    scrapes = [await asyncio.to_thread(_scrape, stage) for _ in range(_TIMES)]
    usage = meter.read()
    cpu = max(0.0, usage.cpu_seconds - rest * usage.seconds) / _TIMES
    steady = cpu / _INTERVAL_SECONDS
    figures = {
        "scrape_ms": 1000 * statistics.median(one.seconds for one in scrapes),
        "scrape_cpu_ms": 1000 * cpu,
        "scrape_cpu": 100 * steady / (rest + steady),
        "scrape_kilobytes": statistics.median(one.size for one in scrapes) / 1000,
    }
    details = {
        "slowest_ms": round(1000 * max(one.seconds for one in scrapes)),
        f"cpu_percent_every_{_INTERVAL_SECONDS}_s": round(100 * steady, 2),
        "cpu_percent_without": round(100 * rest, 2),
        "cpu_ms_of_the_first": round(1000 * first),
    }
    return Result(figures, details)


def _scrape(stage: Stage) -> Scrape:
    address = stage.operator.kubectl("get", "service", "flinkop-metrics", "-o", "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}")
    answer = stage.cluster.inside("curl", "-sf", "-m", "30", "-o", "/dev/null", "-w", _FORMAT, f"http://{address}/metrics")
    seconds, size = answer.split()
    return Scrape(float(seconds), int(size))
