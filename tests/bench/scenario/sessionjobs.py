"""Jobs on one session cluster: looking after many costs its JobManager no more than looking after some."""

from __future__ import annotations

import asyncio

from tests.bench.distribution import summarize
from tests.bench.fleet.session import SESSION
from tests.bench.manifest import FLEET_NAMESPACE, FLINK_DEPLOYMENTS, FLINK_SESSION_JOBS, a_session_cluster, a_session_job
from tests.bench.result import Result
from tests.bench.sightings import clock, watching
from tests.bench.stage import Stage, is_stable, names

_PATIENCE_SECONDS = 900
_JOBS, _CLUSTERS = FLINK_SESSION_JOBS.format(namespace=FLEET_NAMESPACE), FLINK_DEPLOYMENTS.format(namespace=FLEET_NAMESPACE)


async def measure(stage: Stage) -> Result:
    """First some jobs and then many, created all at once; each is a resource that runs when its JobManager has it."""
    await stage.clear_all()
    await stage.prepare(FLEET_NAMESPACE)
    async with watching(stage.api, _CLUSTERS, is_stable) as clusters:
        await stage.api.create(_CLUSTERS, a_session_cluster(FLEET_NAMESPACE, SESSION))
        await clusters.until_seen([SESSION], _PATIENCE_SECONDS, "the session cluster")
    wanted = names("job", stage.extent.all_session_jobs)
    try:
        some = await _submit(stage, wanted[: stage.extent.some_session_jobs])
        few_requests = await _at_rest(stage)
        took = await _submit(stage, wanted[stage.extent.some_session_jobs :])
        requests = await _at_rest(stage)
    finally:
        await _remove(stage, wanted)
    figures = {
        "session_requests_some": few_requests,
        "session_requests_all": requests,
        "session_start_seconds": max(took),
        "session_rss": stage.operator.process.rss_megabytes,
    }
    return Result(figures, {"jobs": len(wanted), "some_seconds": summarize(some), "seconds": summarize(took)})


async def _submit(stage: Stage, wanted: list[str]) -> list[float]:
    """Seconds from the first request to each job's running."""
    async with watching(stage.api, _JOBS, is_stable) as jobs:
        began = clock()
        async with asyncio.TaskGroup() as group:
            for name in wanted:
                group.create_task(stage.api.create(_JOBS, a_session_job(FLEET_NAMESPACE, name, SESSION)))
        await jobs.until_seen(wanted, _PATIENCE_SECONDS, "session jobs")
        return [jobs.seen[name] - began for name in wanted]


async def _at_rest(stage: Stage) -> float:
    """Requests to the JobManager per minute, when nothing changes."""
    await stage.settle()
    await stage.fleet.forget()
    began = clock()
    await asyncio.sleep(stage.extent.rest_seconds)
    return (await stage.fleet.account()).requests * 60 / (clock() - began)


async def _remove(stage: Stage, wanted: list[str]) -> None:
    async with watching(stage.api, _JOBS) as jobs:
        there = {one["metadata"]["name"] for one in (await stage.api.get(_JOBS))["items"]}
        gone = [name for name in wanted if name in there]
        await jobs.until_seen(gone, _PATIENCE_SECONDS, "session jobs to delete")
        async with asyncio.TaskGroup() as group:
            for name in gone:
                group.create_task(stage.api.delete(f"{_JOBS}/{name}"))
        await jobs.until_gone(gone, _PATIENCE_SECONDS, "end of the session jobs")
    await stage.clear(FLEET_NAMESPACE)
