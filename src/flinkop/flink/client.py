"""The client of JobManagers: one HTTP session for all of them, bounds that keep a bad one from harming the others.

Every call ends within the timeout, as a value or as one of two errors: FlinkUnreachable or FlinkRejected.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote

import aiohttp
import orjson
from yarl import URL

from flinkop.errors import FlinkRejected, FlinkUnreachable
from flinkop.flink.jar import JAR_CONTENT_TYPE, Accepted, Jar, RunOutcome, RunRequest, outcome_of, read_jar_id, read_jars
from flinkop.flink.model import (
    NOTHING_KNOWN,
    AsyncOperation,
    CheckpointStatistics,
    Completed,
    CompletedCheckpoint,
    JobFailure,
    JobOverview,
    Unknown,
    read_checkpoint_operation,
    read_checkpoint_path,
    read_checkpoints,
    read_cluster_info,
    read_disposal,
    read_exceptions,
    read_execution_result,
    read_failures,
    read_jobs,
    read_operation,
    read_request_id,
    read_requirements,
    read_restarts,
    read_slots,
    read_takes_checkpoints,
    read_vertices,
)
from flinkop.flink.stacktrace import summarize
from flinkop.log import log_request

T = TypeVar("T")
Observe = Callable[[str, str, float], None]

ANSWER_LIMIT = 8 * 1024 * 1024
"""How many bytes of an answer are read. That of a job with many vertices, and exceptions, is below a tenth of it."""

_NOT_ENABLED = "Checkpointing has not been enabled"
_FAILURES = 100
_CONNECT_TIMEOUT = 3.0
_PER_JOBMANAGER = 4
_DNS_SECONDS = 30


def _ignore(method: str, outcome: str, seconds: float) -> None:
    """The default observer."""


@dataclass(frozen=True, slots=True)
class _File:
    """A body that is a file of a form; it is read while it is sent."""

    name: str
    content: IO[bytes]


class FlinkClient:
    """`base_url` is that of one JobManager, without a slash at its end. `timeout` bounds a call, in seconds."""

    def __init__(self, timeout: float = 10.0, observe: Observe = _ignore) -> None:
        self._observe = observe
        self._connector = aiohttp.TCPConnector(limit=0, limit_per_host=_PER_JOBMANAGER, ttl_dns_cache=_DNS_SECONDS, keepalive_timeout=20)
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=_CONNECT_TIMEOUT),
            cookie_jar=aiohttp.DummyCookieJar(),
            # a compressed answer could be a thousand times as large as what the network carries
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Ends all connections."""
        await self._session.close()

    async def jobs_overview(self, base_url: str) -> list[JobOverview]:
        """All jobs of the cluster: the one cheap look."""
        return await self._get(base_url, "/jobs/overview", read_jobs)

    async def savepoint_status(self, base_url: str, job_id: str, trigger_id: str) -> AsyncOperation:
        """What became of a savepoint trigger; Unknown when the JobManager has not heard of it."""
        return await self._find(base_url, f"/jobs/{job_id}/savepoints/{trigger_id}", read_operation) or Unknown()

    async def checkpoint_status(self, base_url: str, job_id: str, trigger_id: str) -> AsyncOperation:
        """What became of a checkpoint trigger, as `savepoint_status`; the location is empty when the JobManager has forgotten it."""
        found = await self._find(base_url, f"/jobs/{job_id}/checkpoints/{trigger_id}", read_checkpoint_operation)
        if isinstance(found, CompletedCheckpoint):
            path = f"/jobs/{job_id}/checkpoints/details/{found.number}"
            return Completed(await self._find(base_url, path, read_checkpoint_path) or "")
        return found or Unknown()

    async def stop_with_savepoint(
        self, base_url: str, job_id: str, trigger_id: str, target_directory: str | None, drain: bool, format_type: str
    ) -> None:
        """Has the job stopped with a savepoint. The same trigger id again is the same request. Outcome: `savepoint_status`."""
        body = {"triggerId": trigger_id, "targetDirectory": target_directory, "drain": drain, "formatType": format_type}
        await self._call("POST", base_url, f"/jobs/{job_id}/stop", body)

    async def trigger_savepoint(self, base_url: str, job_id: str, trigger_id: str, target_directory: str | None, format_type: str) -> None:
        """Has a savepoint taken of the running job. Outcome: `savepoint_status`."""
        body = {"triggerId": trigger_id, "target-directory": target_directory, "cancel-job": False, "formatType": format_type}
        await self._call("POST", base_url, f"/jobs/{job_id}/savepoints", body)

    async def trigger_checkpoint(self, base_url: str, job_id: str, trigger_id: str, checkpoint_type: str) -> None:
        """Has a checkpoint taken of the running job, from Flink 1.17. Outcome: `checkpoint_status`."""
        await self._call("POST", base_url, f"/jobs/{job_id}/checkpoints", {"triggerId": trigger_id, "checkpointType": checkpoint_type})

    async def dispose_savepoint(self, base_url: str, path: str) -> str:
        """Has the files of a savepoint deleted, by and by. Gives the id of the request: see `disposal_status`."""
        answer = await self._call("POST", base_url, "/savepoint-disposal", {"savepoint-path": path})
        return _understood(answer, read_request_id, "POST /savepoint-disposal")

    async def disposal_status(self, base_url: str, request_id: str) -> AsyncOperation:
        """What became of a disposal; Unknown when the JobManager has not heard of it. A location is empty."""
        return await self._find(base_url, f"/savepoint-disposal/{request_id}", read_disposal) or Unknown()

    async def cancel_job(self, base_url: str, job_id: str) -> None:
        """Has the job cancelled; one that has ended already is success."""
        try:
            await self._call("PATCH", base_url, f"/jobs/{job_id}?mode=cancel")
        except FlinkRejected as rejected:
            if rejected.status != 409:
                raise

    async def checkpoints(self, base_url: str, job_id: str) -> CheckpointStatistics:
        """What the JobManager remembers of the job's checkpoints.

        A job with checkpointing switched off has counts of zero (1.20, 2.2). One without counts has ended under another JobManager process,
        or was not initialized; some builds are said to give none where checkpointing is off.
        """
        try:
            return await self._get(base_url, f"/jobs/{job_id}/checkpoints", read_checkpoints)
        except FlinkRejected as rejected:
            if _NOT_ENABLED in str(rejected):
                return NOTHING_KNOWN
            raise

    async def takes_checkpoints(self, base_url: str, job_id: str) -> bool:
        """Whether the job takes checkpoints by itself. The program may say so, or Flink: it takes none of a job in batch mode."""
        try:
            return await self._get(base_url, f"/jobs/{job_id}/checkpoints/config", read_takes_checkpoints)
        except FlinkRejected as rejected:
            if _NOT_ENABLED in str(rejected):
                return False
            raise

    async def restarts(self, base_url: str, job_id: str) -> int | None:
        """How often the job restarted since its JobManager began; None when Flink does not tell."""
        return await self._get(base_url, f"/jobs/{job_id}/metrics?get=numRestarts", read_restarts)

    async def resource_requirements(self, base_url: str, job_id: str) -> Mapping[str, tuple[int, int]]:
        """How parallel each vertex may be, at least and at most. From Flink 1.18 on, with the adaptive scheduler."""
        return await self._get(base_url, f"/jobs/{job_id}/resource-requirements", read_requirements)

    async def vertex_parallelism(self, base_url: str, job_id: str) -> Mapping[str, int]:
        """How parallel each vertex is."""
        return await self._get(base_url, f"/jobs/{job_id}", read_vertices)

    async def set_resource_requirements(self, base_url: str, job_id: str, requirements: Mapping[str, tuple[int, int]]) -> None:
        """Says how parallel each vertex may be. The same again changes nothing."""
        body = {
            vertex: {"parallelism": {"lowerBound": lower, "upperBound": upper}} for vertex, (lower, upper) in sorted(requirements.items())
        }
        await self._call("PUT", base_url, f"/jobs/{job_id}/resource-requirements", body)

    async def failure_cause(self, base_url: str, job_id: str) -> str | None:
        """The root cause of the job's newest failure in one line. Three places, by version: see the reference's section 8.2."""
        trace = await self._get(base_url, f"/jobs/{job_id}/exceptions?maxExceptions=1", read_exceptions)
        if trace is None:
            trace = await self._get(base_url, f"/jobs/{job_id}/execution-result", read_execution_result)
        return summarize(trace) if trace else None

    async def failures(self, base_url: str, job_id: str) -> list[JobFailure]:
        """The newest exceptions of the job, the newest first."""
        return await self._get(base_url, f"/jobs/{job_id}/exceptions?maxExceptions={_FAILURES}", read_failures)

    async def cluster_info(self, base_url: str) -> Mapping[str, str]:
        """`status.clusterInfo`: version and revision of Flink."""
        return await self._get(base_url, "/config", read_cluster_info)

    async def slots(self, base_url: str) -> tuple[int, int]:
        """How many slots the registered TaskManagers have, and how many of them are free."""
        return await self._get(base_url, "/overview", read_slots)

    async def jars(self, base_url: str) -> list[Jar]:
        """The jars on this JobManager."""
        return await self._get(base_url, "/jars", read_jars)

    async def upload_jar(self, base_url: str, content: Path | bytes, name: str, seconds: float) -> str:
        """Uploads a jar under a name that ends in `.jar`, within so many seconds; the same again makes another one. Gives its id.

        Raises FileNotFoundError and other OSErrors when the file cannot be read.
        """
        file = BytesIO(content) if isinstance(content, bytes) else await asyncio.to_thread(content.open, "rb")
        with file:
            answer = await self._call("POST", base_url, "/jars/upload", _File(name, file), seconds)
        return _understood(answer, read_jar_id, "POST /jars/upload")

    async def delete_jar(self, base_url: str, jar_id: str) -> None:
        """Deletes a jar; one that is not there is success. Jobs that run do not need it."""
        try:
            await self._call("DELETE", base_url, f"/jars/{quote(jar_id, safe='')}")
        except FlinkRejected as rejected:
            if "does not exist in" not in str(rejected):
                raise

    async def run_jar(self, base_url: str, jar_id: str, request: RunRequest, seconds: float | None = None) -> RunOutcome:
        """Runs the program that submits the job, and waits for that, within so many seconds, or the client's own timeout.

        FlinkUnreachable, after a time-out too, does not tell that there is no such job, nor that there will be none: look for its id.
        """
        try:
            await self._call("POST", base_url, f"/jars/{quote(jar_id, safe='')}/run", request.body(), seconds)
        except FlinkRejected as rejected:
            return outcome_of(rejected)
        return Accepted()

    async def _find(self, base_url: str, path: str, read: Callable[[Mapping[str, Any]], T]) -> T | None:
        """None when the JobManager does not know it."""
        try:
            return await self._get(base_url, path, read)
        except FlinkRejected as rejected:
            if rejected.status == 404:
                return None
            raise

    async def _get(self, base_url: str, path: str, read: Callable[[Mapping[str, Any]], T]) -> T:
        return _understood(await self._call("GET", base_url, path), read, f"GET {path}")

    async def _call(
        self, method: str, base_url: str, path: str, body: Mapping[str, Any] | _File | None = None, seconds: float | None = None
    ) -> dict[str, Any]:
        began = time.perf_counter()
        outcome, status = "error", None
        try:
            status, content = await self._exchange(method, base_url, path, _body_arguments(body) | _timeout_arguments(seconds))
            answer = _accept(status, content, method, path)
            outcome = "success"
        except FlinkRejected:
            outcome = "rejected"
            raise
        finally:
            took = time.perf_counter() - began
            self._observe(method, outcome, took)
            log_request(base_url, method, path, status, took)
        return answer

    async def _exchange(self, method: str, base_url: str, path: str, arguments: dict[str, Any]) -> tuple[int, bytes]:
        """Status and content of the answer, whatever they are."""
        try:
            url = URL(base_url + path, encoded=True)
            async with self._session.request(method, url, allow_redirects=False, **arguments) as response:
                return response.status, await _read(response, method, path)
        except (TimeoutError, aiohttp.ServerTimeoutError):
            self._forget_address(base_url)
            raise FlinkUnreachable(f"{method} {path}: no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self._forget_address(base_url)
            raise FlinkUnreachable(f"{method} {path}: {_cause(error)}") from None

    def _forget_address(self, base_url: str) -> None:
        """Each start of a cluster makes its Service anew, and Kubernetes gives that another address."""
        with suppress(ValueError):
            url = URL(base_url)
            self._connector.clear_dns_cache(url.host, url.port)


def _body_arguments(body: Mapping[str, Any] | _File | None) -> dict[str, Any]:
    if isinstance(body, _File):
        form = aiohttp.FormData()
        form.add_field("jarfile", body.content, filename=body.name, content_type=JAR_CONTENT_TYPE)
        return {"data": form}
    return {} if body is None else {"data": orjson.dumps(body), "headers": {"Content-Type": "application/json"}}


def _timeout_arguments(seconds: float | None) -> dict[str, Any]:
    return {} if seconds is None else {"timeout": aiohttp.ClientTimeout(total=seconds, sock_connect=_CONNECT_TIMEOUT)}


def _understood(answer: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T], request: str) -> T:
    try:
        return read(answer)
    except (KeyError, ValueError):
        raise FlinkUnreachable(f"{request}: the answer is not Flink's") from None


async def _read(response: aiohttp.ClientResponse, method: str, path: str) -> bytes:
    """All of the answer, which is not taken at its word about its length."""
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > ANSWER_LIMIT:
            raise FlinkUnreachable(f"{method} {path}: the answer is larger than {ANSWER_LIMIT} bytes")
    return b"".join(chunks)


def _accept(status: int, content: bytes, method: str, path: str) -> dict[str, Any]:
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        answer = None
    if isinstance(answer, list):  # as metrics are
        answer = {"elements": answer}
    if not isinstance(answer, dict):
        raise FlinkUnreachable(f"{method} {path}: HTTP status {status}, the answer is not JSON")
    if status == 503:
        raise FlinkUnreachable(f"{method} {path}: {_first_error(answer)}")
    if status >= 300:
        raise FlinkRejected(status, _first_error(answer))
    return answer


def _first_error(answer: Mapping[str, Any]) -> str:
    errors = answer.get("errors")
    texts = [text for text in errors if isinstance(text, str) and text] if isinstance(errors, list) else []
    text = next((text for text in texts if "Internal server error" not in text), texts[0] if texts else "no error text")
    return summarize(text)


def _cause(error: Exception) -> str:
    """The operating system's own words, without aiohttp's repetition of host and port."""
    inner = getattr(error, "os_error", None) or error
    return str(getattr(inner, "strerror", None) or inner) or type(error).__name__
