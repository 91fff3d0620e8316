"""Start and deletion once more, with a kube-controller-manager that may make as many requests as it likes.

By default each of its controllers makes no more than 20 requests a second. A cluster of ours costs the Deployment controller five, the
EndpointSlice controller four, and the garbage collector one or two for each of nine objects: with a thousand at once they are what is
measured, not the operator. See docs/performance.md.
"""

from __future__ import annotations

import asyncio

from tests.bench.result import Result
from tests.bench.scenario import deletion, start
from tests.bench.stage import Stage

_FLAGS = ("--kube-api-qps=1000", "--kube-api-burst=2000")


async def measure(stage: Stage) -> Result:
    """The usual kube-controller-manager is back at the end."""
    await stage.clear_all()
    await asyncio.to_thread(stage.cluster.restart_controller_manager, *_FLAGS)
    try:
        started = await start.measure(stage)
        deleted = await deletion.measure_running(stage)
    finally:
        await asyncio.to_thread(stage.cluster.restart_controller_manager)
    figures = {
        "start_seconds_unthrottled": started.figures["start_seconds"],
        "deletion_rate_unthrottled": deleted.figures["deletion_rate_running"],
    }
    return Result(figures, {"flags": _FLAGS, "start": started.details, "deletion": deleted.details})
