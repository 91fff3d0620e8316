"""One HTTP server that answers as every JobManager: the Host header tells which one is asked."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from typing import Any

from aiohttp import web
from tests.bench.apiserver import ApiServer
from tests.bench.fleet.account import Account
from tests.bench.fleet.address import CONTROL_PORT, JOBMANAGER_PORT
from tests.bench.fleet.answer import answer
from tests.bench.fleet.session import SESSION, SessionJobs
from tests.cluster.process import Failed

_JOB_ID = re.compile(r"pipeline\.job-id\"?:\s*\"?([0-9a-f]{32})")
_FOR_EVER = 1e9


def cluster_of(host: str) -> tuple[str, str]:
    """Namespace and cluster of a Host header such as `ID-rest.NAMESPACE.svc:8081`."""
    service, namespace, *_ = (*host.partition(":")[0].split("."), "")
    return namespace, service.removesuffix("-rest")


class JobManagers:
    """Job ids are the ones in the clusters' configuration. Clusters whose names begin with `hang` are never answered."""

    def __init__(self, api: ApiServer, hang: str | None) -> None:
        self._api, self._hang = api, hang
        self._jobs: dict[tuple[str, str], str] = {}
        self._sessions: dict[tuple[str, str], SessionJobs] = defaultdict(SessionJobs)
        self._account = Account()
        self._started_ms = int(time.time() * 1000) - 60_000

    def forget_job(self, namespace: str, cluster: str) -> None:
        """A JobManager that starts may run another job than the one before it."""
        self._jobs.pop((namespace, cluster), None)
        self._sessions.pop((namespace, cluster), None)

    async def serve(self, address: str) -> None:
        """Listens, and gives back when it does."""
        jobmanagers, control = web.Application(), web.Application()
        jobmanagers.router.add_route("*", "/{path:.*}", self._answer)
        control.add_routes([web.get("/", self._report), web.delete("/", self._forget)])
        for app, port in ((jobmanagers, JOBMANAGER_PORT), (control, CONTROL_PORT)):
            runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
            await runner.setup()
            await web.TCPSite(runner, address, port, backlog=4096).start()

    async def _answer(self, request: web.Request) -> web.Response:
        namespace, cluster = cluster_of(request.host)
        path = request.path.removeprefix("/v1")
        self._account.note(f"{namespace}/{cluster}", path, time.monotonic())
        if self._hang and cluster.startswith(self._hang):
            await asyncio.sleep(_FOR_EVER)
        if cluster.startswith(SESSION):
            return _json(await self._sessions[namespace, cluster].answer(request, path), path)
        found = answer(path, cluster, await self._job_id(namespace, cluster), self._started_ms)
        return _json(found, path)

    async def _job_id(self, namespace: str, cluster: str) -> str:
        key = namespace, cluster
        if key not in self._jobs:
            try:
                config = await self._api.get(f"/api/v1/namespaces/{namespace}/configmaps/flink-config-{cluster}")
            except Failed:
                return "0" * 32
            found = _JOB_ID.search("\n".join(config.get("data", {}).values()))
            self._jobs[key] = found[1] if found else "0" * 32
        return self._jobs[key]

    async def _report(self, _request: web.Request) -> web.Response:
        return web.json_response(self._account.report())

    async def _forget(self, _request: web.Request) -> web.Response:
        self._account.forget()
        return web.json_response({})


def _json(found: Any, path: str) -> web.Response:
    if found is None:
        return web.json_response({"errors": [f"not in the fleet: {path}"]}, status=404)
    return web.json_response(found)
