"""JobManagers that only pretend: the REST answers of Flink 1.20, and its rules of what a start restores and what an end leaves.

Source of the rules: flink-on-kubernetes, section 6.5; of the answers: transcripts of a real 1.20. Beyond Flink's own behaviour each can
be made to hang, to answer with rubbish, to fail savepoints, and to run somebody else's job.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from tests.fakes.jarendpoints import DUPLICATE, Jars

Key = tuple[str, str]
Answer = tuple[int, bytes]
"""HTTP status and body."""
_CHECKPOINT = re.compile(r"chk-(\d+)$")
VERTEX = "90155cf7d25cd7b8435ec43e305342bf"
"""The only vertex of every job."""


@dataclass(frozen=True)
class Failure:
    """A savepoint that was not made."""

    cause: str


@dataclass
class Job:
    """A job: `count` is its state, which grows with every checkpoint. A trigger's outcome is a path, a failure, or not there yet.

    That of a checkpoint is its number. `bounds` are those of how parallel its vertices may be; they are as parallel as they may be.
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
    exceptions: list[dict[str, Any]] = field(default_factory=list)
    restarts: int = 0
    start_time: int = 1
    bounds: dict[str, tuple[int, int]] = field(default_factory=lambda: {VERTEX: (1, 1)})


def _happened() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class JobManager:
    """One JobManager process. `ha` says whether its end leaves metadata behind.

    `says` is given as the answer to whatever is asked, `others` are jobs that somebody submitted by hand. That of a session cluster has no
    `job` of its own, but `jars`, and the jobs that were `submitted` through them, by id; these are of one resource if it `takes_one`.
    Every job takes one of its `slots`.
    """

    key: Key
    job: Job
    ha: bool
    jars: Jars | None = None
    submitted: dict[str, Job] = field(default_factory=dict)
    takes_one: bool = False
    slots: int = 100
    hangs: bool = False
    savepoint_fails_with: str | None = None
    says: Answer | None = None
    others: list[Job] = field(default_factory=list)
    savepoint_may_end: asyncio.Event = field(default_factory=_happened)
    rescaling_fails_with: str | None = None

    def find(self, job_id: str) -> Job | None:
        """The job with that id which the operator may do something with."""
        own = self.job if self.jars is None and self.job.job_id == job_id else None
        return own or self.submitted.get(job_id)

    def jobs(self) -> list[Job]:
        """All of its jobs."""
        return [*self.others, *([self.job] if self.jars is None else []), *self.submitted.values()]


def a_session_jobmanager(key: Key, ha: bool = False) -> JobManager:
    """The JobManager of a session cluster."""
    return JobManager(key, Job("", 0), ha, jars=Jars())


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
        self.disposals: dict[str, str | None] = {}
        self.disposal_fails_with: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.lingering_seconds = 0.05
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> None:
        """Serves on a free port."""
        app = web.Application(client_max_size=64 * 2**20)
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
            case ("GET", "overview"):
                taken = sum(job.state == "RUNNING" for job in found.jobs())
                return web.json_response({"slots-total": found.slots, "slots-available": max(found.slots - taken, 0)})
            case ("GET", "jobs", "overview"):
                return web.json_response({"jobs": [_overview(job) for job in found.jobs()]})
            case (_, "jars", *rest) if found.jars is not None:
                return await found.jars.answer(request, rest, lambda body: self._submit(found, body))
            case ("POST", "savepoint-disposal"):
                return self._dispose(await request.json())
            case ("GET", "savepoint-disposal", request_id):
                return self._disposal(request_id)
            case (_, "jobs", job_id, *rest):
                job = found.find(job_id)
                return self._about_another(found, request.method, job_id) if job is None else await self._about(found, job, request, rest)
            case _:
                return _not_found(request)

    def _dispose(self, body: dict[str, Any]) -> web.Response:
        """Source of the answers: a transcript of 1.20."""
        path = body["savepoint-path"]
        request_id = f"{len(self.disposals):032x}"
        missing = f"java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory '{path}' on file system 'file'."
        self.disposals[request_id] = self.disposal_fails_with or (None if path in self.savepoints else missing)
        if self.disposal_fails_with is None:
            self.savepoints.pop(path, None)
        return web.json_response({"request-id": request_id})

    def _disposal(self, request_id: str) -> web.Response:
        if request_id not in self.disposals:
            return _error(404, "Operation not found under key")
        cause = self.disposals[request_id]
        failure = {} if cause is None else {"failure-cause": {"class": "x", "stack-trace": cause, "serialized-throwable": ""}}
        return web.json_response({"status": {"id": "COMPLETED"}, "operation": failure})

    async def _about(self, found: JobManager, job: Job, request: web.Request, rest: list[str]) -> web.Response:
        match (request.method, *rest):
            case ("POST", "stop"):
                return self._stop(found, job, await request.json())
            case ("POST", "savepoints"):
                return self._trigger_savepoint(found, job, await request.json())
            case ("GET", "savepoints", trigger):
                return _savepoint(job, trigger)
            case ("POST", "checkpoints"):
                return self._trigger_checkpoint(found, job, await request.json())
            case ("GET", "checkpoints", "details", number):
                return _checkpoint_details(job, int(number))
            case ("GET", "checkpoints", "config"):
                return web.json_response({"interval": 1000})
            case ("GET", "checkpoints", trigger):
                return _checkpoint(job, trigger)
            case ("GET", "checkpoints"):
                return web.json_response(_checkpoints(job))
            case ("GET", "metrics"):
                return web.json_response([{"id": "numRestarts", "value": str(job.restarts)}])
            case ("GET",):
                vertices = [{"id": vertex, "parallelism": upper} for vertex, (_, upper) in job.bounds.items()]
                return web.json_response({**_overview(job), "vertices": vertices})
            case ("GET", "resource-requirements"):
                return _requirements(job)
            case ("PUT", "resource-requirements"):
                return _rescale(found, await request.json())
            case ("PATCH",):
                return _cancel(job)
            case ("GET", "exceptions"):
                return web.json_response({"root-exception": job.failure, "exceptionHistory": {"entries": job.exceptions}})
            case _:
                return _not_found(request)

    def _submit(self, jobmanager: JobManager, body: dict[str, Any]) -> str | None:
        """A job of that id that runs or has ended refuses another. A savepoint that is not there fails the job."""
        job_id, path = body["jobId"], body.get("savepointPath")
        if any(job.job_id == job_id for job in jobmanager.jobs()):
            return DUPLICATE
        restored = self._restored(path)
        job = Job(job_id, (restored or 0) + 1, restored_from=path)  # it completes a checkpoint at once
        if jobmanager.takes_one and any(other.state == "RUNNING" for other in jobmanager.submitted.values()):
            self.violations.append(f"{jobmanager.key}: a second job beside one that runs")
        if restored is None:
            job.state, job.failure = "FAILED", f"java.io.FileNotFoundException: Cannot find checkpoint or savepoint {path}"
        jobmanager.submitted[job_id] = job
        self.ledger.append(Start(jobmanager.key, job_id, job.restored_from, job.count))
        return None

    def _restored(self, path: str | None) -> int | None:
        """The count at a path; None when nothing is there."""
        if path is None:
            return 0
        found = _CHECKPOINT.search(path)
        return int(found[1]) if found else self.savepoints.get(path)

    def _about_another(self, found: JobManager, method: str, job_id: str) -> web.Response:
        if method != "GET" and any(job.job_id == job_id for job in found.others):
            self.violations.append(f"{found.key}: {method} for somebody else's job")
        return _error(404, f"Job {job_id} not found")

    def _stop(self, jobmanager: JobManager, job: Job, body: dict[str, Any]) -> web.Response:
        """The same trigger id twice is one request. A new one while another may still succeed would make a second savepoint."""
        trigger = body["triggerId"]
        if trigger not in job.triggers:
            if not all(isinstance(job.triggers[stop], Failure) for stop in job.stops):
                self.violations.append(f"{jobmanager.key}: a second stop of the same job")
            job.triggers[trigger] = None
            job.stops.add(trigger)
            self._spawn(self._take_savepoint(jobmanager, job, trigger))
        return web.json_response({"request-id": trigger}, status=202)

    def _trigger_savepoint(self, jobmanager: JobManager, job: Job, body: dict[str, Any]) -> web.Response:
        """The job goes on. The same trigger id twice is one request."""
        if body["target-directory"] is None or body["cancel-job"]:
            return _error(400, "Config key [state.savepoints.dir] is not set. Property [target-directory] must be provided.")
        if body["triggerId"] not in job.triggers:
            job.triggers[body["triggerId"]] = None
            self._spawn(self._take_savepoint(jobmanager, job, body["triggerId"]))
        return web.json_response({"request-id": body["triggerId"]}, status=202)

    def _trigger_checkpoint(self, jobmanager: JobManager, job: Job, body: dict[str, Any]) -> web.Response:
        """The same trigger id twice is one request."""
        if body["checkpointType"] not in {"CONFIGURED", "FULL", "INCREMENTAL"}:
            return _error(400, "Request did not match expected format CheckpointTriggerRequestBody.")
        if body["triggerId"] not in job.checkpoints:
            job.checkpoints[body["triggerId"]] = None
            self._spawn(self._take_checkpoint(jobmanager, job, body["triggerId"]))
        return web.json_response({"request-id": body["triggerId"]}, status=202)

    async def _take_checkpoint(self, jobmanager: JobManager, job: Job, trigger: str) -> None:
        await asyncio.sleep(self.savepoint_seconds)
        if self.alive.get(jobmanager.key) is not jobmanager:
            return
        if job.state != "RUNNING":
            job.checkpoints[trigger] = Failure(f"Job is not running, but {job.state}.")
            return
        job.count += 1
        job.checkpoints[trigger] = job.count

    async def _take_savepoint(self, jobmanager: JobManager, job: Job, trigger: str) -> None:
        await asyncio.sleep(self.savepoint_seconds)
        await jobmanager.savepoint_may_end.wait()
        self._complete(jobmanager, job, trigger)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _complete(self, jobmanager: JobManager, job: Job, trigger: str) -> None:
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
    times = {"start-time": job.start_time, "end-time": -1, "duration": 1, "last-modification": 1}
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


def _requirements(job: Job) -> web.Response:
    bounds = {vertex: {"parallelism": {"lowerBound": lower, "upperBound": upper}} for vertex, (lower, upper) in job.bounds.items()}
    return web.json_response(bounds)


def _rescale(jobmanager: JobManager, body: dict[str, Any]) -> web.Response:
    """Source of the answers: a transcript of 1.20."""
    job = jobmanager.job
    if jobmanager.rescaling_fails_with is not None:
        return _error(400, jobmanager.rescaling_fails_with)
    if missing := job.bounds.keys() - body.keys():
        return _error(400, f"The request is incomplete, missing job vertex {sorted(missing)} resource requirements.")
    job.bounds = {vertex: (one["parallelism"]["lowerBound"], one["parallelism"]["upperBound"]) for vertex, one in body.items()}
    return web.json_response({})


def _cancel(job: Job) -> web.Response:
    if job.state in {"FINISHED", "CANCELED", "FAILED"}:
        return _error(409, f"Job cancellation failed because the job has already reached another terminal state ({job.state}).")
    job.state = "CANCELED"
    return web.json_response({}, status=202)


def _error(status: int, text: str) -> web.Response:
    return web.json_response({"errors": [text]}, status=status)


def _not_found(request: web.Request) -> web.Response:
    return _error(404, f"Unable to load requested file {request.path}.")
