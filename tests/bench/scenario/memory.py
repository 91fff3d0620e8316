"""Memory without resources and with some that run."""

from __future__ import annotations

from tests.bench.result import Result
from tests.bench.stage import Stage, names


async def measure(stage: Stage) -> Result:
    """A new process each time: memory that an earlier burst has left is not this measurement's."""
    await stage.clear_all()
    await stage.restart_operator()
    await stage.settle()
    none = stage.operator.process.rss_megabytes
    await stage.has_running(names("job", stage.extent.some_running))
    await stage.settle()
    process = stage.operator.process
    return Result({"rss_none": none, "rss_some": process.rss_megabytes}, {"peak_megabytes_with_some": round(process.peak_megabytes)})
