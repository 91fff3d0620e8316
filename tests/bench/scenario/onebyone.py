"""Resources created one after the other: how quickly one that comes alone is served."""

from __future__ import annotations

from tests.bench.creation import one_by_one
from tests.bench.distribution import percentile, summarize
from tests.bench.manifest import QUOTA_NAMESPACE
from tests.bench.result import Result
from tests.bench.stage import Stage, names


async def measure(stage: Stage) -> Result:
    """Nothing else is there, and no pod is admitted."""
    await stage.clear_all()
    await stage.prepare(QUOTA_NAMESPACE)
    took = await one_by_one(stage, QUOTA_NAMESPACE, names("single", stage.extent.one_by_one))
    figures = {"create_p50": percentile(took, 50), "create_p95": percentile(took, 95)}
    await stage.clear(QUOTA_NAMESPACE)
    return Result(figures, {"milliseconds": summarize(took)})
