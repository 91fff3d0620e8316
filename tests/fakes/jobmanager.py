"""JobManagers that only pretend: the REST answers of Flink 1.20, and its rules of what a start restores and what an end leaves.

Source of the rules: flink-on-kubernetes, section 6.5; of the answers: transcripts of a real 1.20. Beyond Flink's own behaviour each can
be made to hang, to answer with rubbish, to fail savepoints, and to run somebody else's job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Key = tuple[str, str]
Answer = tuple[int, bytes]
"""HTTP status and body."""


@dataclass(frozen=True)
class Failure:
    """A savepoint that was not made."""

    cause: str


@dataclass
class Job:
    """A job: `count` is its state, which grows with every checkpoint. A trigger's outcome is a path, a failure, or not there yet.

    That of a checkpoint is its number.
    """

    job_id: str
    count: int
    state: str = "RUNNING"
    restored_from: str | None = None
    triggers: dict[str, str | Failure | None] = field(default_factory=dict)
    stops: set[str] = field(default_factory=set)
    checkpoints: dict[str, int | Failure | None] = field(default_factory=dict)
    stop_path: str | None = None
    failure: str | None = None
    restarts: int = 0


def _happened() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class JobManager:
    """One JobManager process. `ha` says whether its end leaves metadata behind.

    `says` is given as the answer to whatever is asked, `others` are jobs that somebody submitted by hand.
    """

    key: Key
    job: Job
    ha: bool
    hangs: bool = False
    savepoint_fails_with: str | None = None
    says: Answer | None = None
    others: list[Job] = field(default_factory=list)
    savepoint_may_end: asyncio.Event = field(default_factory=_happened)


@dataclass(frozen=True)
class Start:
    """An entry of the ledger: a job was started."""

    key: Key
    job_id: str
    restored_from: str | None
    count: int


class JobManagers:
    """All JobManagers behind one HTTP server: `base_url` of one is `/<namespace>/<name>`.

    `violations` collects what must never be asked of them. One lives on for `lingering_seconds` after its Deployment was deleted.
    """

    def __init__(self) -> None:
        self.alive: dict[Key, JobManager] = {}
        self.savepoints: dict[str, int] = {}
        self.ledger: list[Start] = []
        self.violations: list[str] = []
        self.savepoint_seconds = 0.03
        self._tasks: set[asyncio.Task[None]] = set()
        self.lingering_seconds = 0.05
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> None:
        """Serves on a free port."""
        app = web.Application()
        app.router.add_route("*", "/{namespace}/{name}/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
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

    def savepoints_of(self, namespace: str) -> list[str]:
        """The savepoints of the jobs of one namespace."""
        job_ids = {start.job_id[:6] for start in self.ledger if start.key[0] == namespace}
        return [path for path in self.savepoints if any(f"savepoint-{job_id}-" in path for job_id in job_ids)]

    async def _answer(self, request: web.Request) -> web.Response:
        key = (request.match_info["namespace"], request.match_info["name"])
        found = self.alive.get(key)
        if found is None:
            raise web.HTTPServiceUnavailable
        if found.hangs:
            await asyncio.sleep(3600)
        if found.says is not None:
            status, body = found.says
            return web.Response(status=status, body=body, content_type="application/json")
        parts = request.match_info["path"].split("/")
        match (request.method, *parts):
            case ("GET", "config"):
                return web.json_response({"flink-version": "1.20.5", "flink-revision": "abc @ 2025"})
            case ("GET", "jobs", "overview"):
                return web.json_response({"jobs": [_overview(job) for job in (*found.others, found.job)]})
            case (_, "jobs", job_id, *_) if job_id != found.job.job_id:
                return self._about_another(found, request.method, job_id)
            case ("POST", "jobs", _, "stop"):
                return self._stop(found, await request.json())
            case ("POST", "jobs", _, "savepoints"):
                return self._trigger_savepoint(found, await request.json())
            case ("GET", "jobs", _, "savepoints", trigger):
                return _savepoint(found.job, trigger)
            case ("POST", "jobs", _, "checkpoints"):
                return self._trigger_checkpoint(found, await request.json())
            case ("GET", "jobs", _, "checkpoints", "details", number):
                return _checkpoint_details(found.job, int(number))
            case ("GET", "jobs", _, "checkpoints", "config"):
                return web.json_response({"interval": 1000})
            case ("GET", "jobs", _, "checkpoints", trigger):
                return _checkpoint(found.job, trigger)
            case ("GET", "jobs", _, "checkpoints"):
                return web.json_response(_checkpoints(found.job))
            case ("GET", "jobs", _, "metrics"):
                return web.json_response([{"id": "numRestarts", "value": str(found.job.restarts)}])
            case ("PATCH", "jobs", _):
                return _cancel(found.job)
            case ("GET", "jobs", _, "exceptions"):
                return web.json_response({"root-exception": found.job.failure, "exceptionHistory": {"entries": []}})
            case _:
                return _error(404, f"Unable to load requested file {request.path}.")

    def _about_another(self, found: JobManager, method: str, job_id: str) -> web.Response:
        if method != "GET" and any(job.job_id == job_id for job in found.others):
            self.violations.append(f"{found.key}: {method} for somebody else's job")
        return _error(404, f"Job {job_id} not found")

    def _stop(self, jobmanager: JobManager, body: dict[str, Any]) -> web.Response:
        """The same trigger id twice is one request. A new one while another may still succeed would make a second savepoint."""
        job, trigger = jobmanager.job, body["triggerId"]
        if trigger not in job.triggers:
            if not all(isinstance(job.triggers[stop], Failure) for stop in job.stops):
                self.violations.append(f"{jobmanager.key}: a second stop of the same job")
            job.triggers[trigger] = None
            job.stops.add(trigger)
            self._spawn(self._take_savepoint(jobmanager, trigger))
        return web.json_response({"request-id": trigger}, status=202)

    def _trigger_savepoint(self, jobmanager: JobManager, body: dict[str, Any]) -> web.Response:
        """The job goes on. The same trigger id twice is one request."""
        if body["target-directory"] is None or body["cancel-job"]:
            return _error(400, "Config key [state.savepoints.dir] is not set. Property [target-directory] must be provided.")
        if body["triggerId"] not in jobmanager.job.triggers:
            jobmanager.job.triggers[body["triggerId"]] = None
            self._spawn(self._take_savepoint(jobmanager, body["triggerId"]))
        return web.json_response({"request-id": body["triggerId"]}, status=202)

    def _trigger_checkpoint(self, jobmanager: JobManager, body: dict[str, Any]) -> web.Response:
        """The same trigger id twice is one request."""
        if body["checkpointType"] not in {"CONFIGURED", "FULL", "INCREMENTAL"}:
            return _error(400, "Request did not match expected format CheckpointTriggerRequestBody.")
        if body["triggerId"] not in jobmanager.job.checkpoints:
            jobmanager.job.checkpoints[body["triggerId"]] = None
            self._spawn(self._take_checkpoint(jobmanager, body["triggerId"]))
        return web.json_response({"request-id": body["triggerId"]}, status=202)

    async def _take_checkpoint(self, jobmanager: JobManager, trigger: str) -> None:
        await asyncio.sleep(self.savepoint_seconds)
        job = jobmanager.job
        if self.alive.get(jobmanager.key) is not jobmanager:
            return
        if job.state != "RUNNING":
            job.checkpoints[trigger] = Failure(f"Job is not running, but {job.state}.")
            return
        job.count += 1
        job.checkpoints[trigger] = job.count

    async def _take_savepoint(self, jobmanager: JobManager, trigger: str) -> None:
        await asyncio.sleep(self.savepoint_seconds)
        await jobmanager.savepoint_may_end.wait()
        self._complete(jobmanager, trigger)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _complete(self, jobmanager: JobManager, trigger: str) -> None:
        job = jobmanager.job
        if self.alive.get(jobmanager.key) is not jobmanager:
            return
        if job.state != "RUNNING" or jobmanager.savepoint_fails_with is not None:
            job.triggers[trigger] = Failure(jobmanager.savepoint_fails_with or f"Job is not running, but {job.state}.")
            return
        path = f"file:/savepoints/savepoint-{job.job_id[:6]}-{trigger[:12]}"
        self.savepoints[path] = job.count
        job.triggers[trigger] = path
        if trigger in job.stops:
            job.stop_path, job.state = path, "FINISHED"


def _overview(job: Job) -> dict[str, Any]:
    tasks = {"total": 1, "running": 1 if job.state == "RUNNING" else 0, "finished": 0}
    times = {"start-time": 1, "end-time": -1, "duration": 1, "last-modification": 1}
    return {"jid": job.job_id, "name": "fake", "state": job.state, "tasks": tasks, **times}


def _savepoint(job: Job, trigger: str) -> web.Response:
    if trigger not in job.triggers:
        return _error(404, f"There is no savepoint operation with triggerId={trigger} for job {job.job_id}.")
    match job.triggers[trigger]:
        case None:
            return web.json_response({"status": {"id": "IN_PROGRESS"}, "operation": None})
        case Failure(text):
            cause = {"class": "x", "stack-trace": text, "serialized-throwable": ""}
            return web.json_response({"status": {"id": "COMPLETED"}, "operation": {"failure-cause": cause}})
        case location:
            return web.json_response({"status": {"id": "COMPLETED"}, "operation": {"location": location}})


def _checkpoint(job: Job, trigger: str) -> web.Response:
    if trigger not in job.checkpoints:
        return _error(404, f"There is no savepoint operation with triggerId={trigger} for job {job.job_id}.")
    match job.checkpoints[trigger]:
        case None:
            return web.json_response({"status": {"id": "IN_PROGRESS"}, "operation": None})
        case Failure(text):
            cause = {"class": "x", "stack-trace": text, "serialized-throwable": ""}
            return web.json_response({"status": {"id": "COMPLETED"}, "operation": {"failureCause": cause}})
        case number:
            return web.json_response({"status": {"id": "COMPLETED"}, "operation": {"checkpointId": number}})


def _checkpoint_details(job: Job, number: int) -> web.Response:
    """Flink remembers the newest ones only; here it is the last."""
    if number != job.count:
        return _error(404, f"Could not find checkpointing statistics for checkpoint {number}.")
    return web.json_response({"id": number, "status": "COMPLETED", "external_path": checkpoint_path(job), "discarded": False})


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
