"""JobManagers that only pretend: the REST answers of Flink 1.20, and its rules of what a start restores and what an end leaves.

Source of the rules: flink-on-kubernetes, section 6.5; of the answers: transcripts of a real 1.20.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Key = tuple[str, str]


@dataclass
class Job:
    """A job: `count` is its state, which grows with every checkpoint."""

    job_id: str
    count: int
    state: str = "RUNNING"
    restored_from: str | None = None
    triggers: dict[str, str | None] = field(default_factory=dict)
    stop_path: str | None = None
    failure: str | None = None


@dataclass
class JobManager:
    """One JobManager process. `ha` says whether its end leaves metadata behind."""

    key: Key
    job: Job
    ha: bool
    hangs: bool = False


@dataclass(frozen=True)
class Start:
    """An entry of the ledger: a job was started."""

    key: Key
    job_id: str
    restored_from: str | None
    count: int


class JobManagers:
    """All JobManagers behind one HTTP server: `base_url` of one is `/<namespace>/<name>`."""

    def __init__(self) -> None:
        self.alive: dict[Key, JobManager] = {}
        self.savepoints: dict[str, int] = {}
        self.ledger: list[Start] = []
        self.savepoint_fails_with: str | None = None
        self.savepoint_seconds = 0.03
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> None:
        """Serves on a free port."""
        app = web.Application()
        app.router.add_route("*", "/{namespace}/{name}/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Ends the server."""
        if self._runner is not None:
            await self._runner.cleanup()

    def base_url(self, key: Key, _port: int) -> str:
        """The URL under which the JobManager of that cluster answers, whatever its port."""
        return f"http://127.0.0.1:{self._port}/{key[0]}/{key[1]}"

    def starts(self, key: Key) -> list[Start]:
        """The starts of one cluster, in order."""
        return [start for start in self.ledger if start.key == key]

    async def _answer(self, request: web.Request) -> web.Response:
        key = (request.match_info["namespace"], request.match_info["name"])
        found = self.alive.get(key)
        if found is None:
            raise web.HTTPServiceUnavailable
        if found.hangs:
            await asyncio.sleep(3600)
        parts = request.match_info["path"].split("/")
        match (request.method, *parts):
            case ("GET", "config"):
                return web.json_response({"flink-version": "1.20.5", "flink-revision": "abc @ 2025"})
            case ("GET", "jobs", "overview"):
                return web.json_response({"jobs": [_overview(found.job)]})
            case ("POST", "jobs", _, "stop"):
                return self._stop(found.job, await request.json())
            case ("GET", "jobs", _, "savepoints", trigger):
                return _savepoint(found.job, trigger, self.savepoint_fails_with)
            case ("GET", "jobs", _, "checkpoints"):
                return web.json_response(_checkpoints(found.job))
            case ("PATCH", "jobs", _):
                return _cancel(found.job)
            case ("GET", "jobs", _, "exceptions"):
                return web.json_response({"root-exception": found.job.failure, "exceptionHistory": {"entries": []}})
            case _:
                return _error(404, f"Unable to load requested file {request.path}.")

    def _stop(self, job: Job, body: dict[str, Any]) -> web.Response:
        trigger = body["triggerId"]
        if trigger not in job.triggers:
            job.triggers[trigger] = None
            asyncio.get_running_loop().call_later(self.savepoint_seconds, self._complete, job, trigger)
        return web.json_response({"request-id": trigger}, status=202)

    def _complete(self, job: Job, trigger: str) -> None:
        if self.savepoint_fails_with is not None or job.state != "RUNNING":
            return
        path = f"file:/savepoints/savepoint-{job.job_id[:6]}-{trigger[:12]}"
        self.savepoints[path] = job.count
        job.triggers[trigger] = job.stop_path = path
        job.state = "FINISHED"


def _overview(job: Job) -> dict[str, Any]:
    tasks = {"total": 1, "running": 1 if job.state == "RUNNING" else 0, "finished": 0}
    times = {"start-time": 1, "end-time": -1, "duration": 1, "last-modification": 1}
    return {"jid": job.job_id, "name": "fake", "state": job.state, "tasks": tasks, **times}


def _savepoint(job: Job, trigger: str, failure: str | None) -> web.Response:
    if trigger not in job.triggers:
        return _error(404, f"There is no savepoint operation with triggerId={trigger} for job {job.job_id}.")
    if failure is not None:
        cause = {"class": "x", "stack-trace": failure, "serialized-throwable": ""}
        return web.json_response({"status": {"id": "COMPLETED"}, "operation": {"failure-cause": cause}})
    location = job.triggers[trigger]
    if location is None:
        return web.json_response({"status": {"id": "IN_PROGRESS"}, "operation": None})
    return web.json_response({"status": {"id": "COMPLETED"}, "operation": {"location": location}})


def _checkpoints(job: Job) -> dict[str, Any]:
    stop = {"external_path": job.stop_path, "checkpoint_type": "SYNC_SAVEPOINT", "trigger_timestamp": 10**14, "latest_ack_timestamp": 2}
    completed = {"external_path": checkpoint_path(job), "checkpoint_type": "CHECKPOINT", "latest_ack_timestamp": 1}
    return {
        "counts": {"restored": 0, "total": job.count, "in_progress": 0, "completed": job.count, "failed": 0},
        "latest": {"completed": completed if job.count else None, "savepoint": stop if job.stop_path else None, "restored": None},
    }


def checkpoint_path(job: Job) -> str:
    """The path of the job's newest checkpoint, which tells its count."""
    return f"file:/checkpoints/{job.job_id}/chk-{job.count}"


def _cancel(job: Job) -> web.Response:
    if job.state in {"FINISHED", "CANCELED", "FAILED"}:
        return _error(409, f"Job cancellation failed because the job has already reached another terminal state ({job.state}).")
    job.state = "CANCELED"
    return web.json_response({}, status=202)


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"errors": [text]}, status=status)
