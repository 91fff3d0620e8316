"""The client against a JobManager that answers as real ones did, and as none should: a value, FlinkUnreachable or FlinkRejected."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from tests.detailedlog import captured_details
from tests.unit.flink.conftest import Answer, JobManager, serving
from tests.unit.flink.transcript import BAD_SAVEPOINT, NESTED, NOBODYS, RUNNING, STOPPED, VERSIONS, exchange, exchanges
from yarl import URL

from flinkop.errors import FlinkRejected, FlinkUnreachable
from flinkop.flink import client as module
from flinkop.flink.client import FlinkClient
from flinkop.flink.model import NOTHING_KNOWN, Completed, Failed, InProgress, JobState, Unknown

both_versions = pytest.mark.parametrize("version", VERSIONS)
TRIGGER = "4" * 32
REFUSED_CAUSE = "java.net.ConnectException: Connection refused: jdbc:postgresql://******@db:5432/x?password=******"
SAVEPOINT_CAUSE = (
    "java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 'file:///nosuch' on file system 'file'."
)


@pytest.fixture
async def impatient() -> AsyncIterator[FlinkClient]:
    found = FlinkClient(timeout=0.05)
    yield found
    await found.close()


@both_versions
async def test_jobs_are_listed(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.replays(exchange(version, "running", "/jobs/overview"))
    (job,) = await client.jobs_overview(jobmanager.url)
    assert (job.job_id, job.state) == (RUNNING, JobState.RUNNING)


@both_versions
async def test_a_savepoint_is_followed(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    async def status(what: str, trigger: str) -> object:
        jobmanager.replays(exchange(version, what, f"savepoints/{trigger}"))
        return await client.savepoint_status(jobmanager.url, RUNNING, trigger)

    assert await status("at once", "1" * 32) == InProgress()
    assert isinstance(await status("done", "1" * 32), Completed)
    assert isinstance(await status("failed bad directory", "3" * 32), Failed)
    assert await status("unknown trigger", NOBODYS) == Unknown()


async def test_a_savepoints_status_that_is_refused_otherwise_is_not_unknown(jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.says(f"GET /jobs/{RUNNING}/savepoints/{TRIGGER}", {"errors": ["no"]}, 500)
    with pytest.raises(FlinkRejected) as refused:
        await client.savepoint_status(jobmanager.url, RUNNING, TRIGGER)
    assert refused.value.status == 500


@both_versions
async def test_a_stop_sends_what_flink_understands_and_may_be_repeated(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    recorded = exchange(version, "stop", f"/jobs/{RUNNING}/stop")
    jobmanager.replays(recorded)
    for _ in range(2):
        await client.stop_with_savepoint(jobmanager.url, RUNNING, TRIGGER, "file:///data/sp", drain=False, format_type="CANONICAL")
    assert jobmanager.bodies == [recorded.body, recorded.body]
    assert jobmanager.headers[0]["Content-Type"] == "application/json"


@both_versions
async def test_a_savepoint_is_triggered_with_what_flink_understands(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    recorded = exchange(version, "trigger", f"/jobs/{RUNNING}/savepoints")
    jobmanager.replays(recorded)
    await client.trigger_savepoint(jobmanager.url, RUNNING, "1" * 32, "file:///data/sp", "CANONICAL")
    assert jobmanager.bodies == [recorded.body]


@both_versions
async def test_a_stop_without_a_directory_is_rejected_with_flinks_sentence(
    version: str, jobmanager: JobManager, client: FlinkClient
) -> None:
    recorded = exchange(version, "stop without directory", "/stop")
    jobmanager.replays(recorded)
    with pytest.raises(FlinkRejected) as refused:
        await client.stop_with_savepoint(jobmanager.url, RUNNING, "8" * 32, None, drain=False, format_type="CANONICAL")
    assert jobmanager.bodies == [recorded.body]
    sentence = "Config key [execution.checkpointing.savepoint-dir] is not set. Property [targetDirectory] must be provided."
    assert (refused.value.status, str(refused.value)) == (400, sentence)


@pytest.mark.parametrize("checkpoint_type", ["FULL", "INCREMENTAL"])
async def test_a_checkpoint_is_triggered_with_what_flink_understands(
    checkpoint_type: str, jobmanager: JobManager, client: FlinkClient
) -> None:
    jobmanager.says(f"POST /jobs/{RUNNING}/checkpoints", {"request-id": TRIGGER}, 202)
    await client.trigger_checkpoint(jobmanager.url, RUNNING, TRIGGER, checkpoint_type)
    assert jobmanager.bodies == [{"triggerId": TRIGGER, "checkpointType": checkpoint_type}]


async def test_a_checkpoint_is_followed(jobmanager: JobManager, client: FlinkClient) -> None:
    async def status(answer: object, code: int = 200) -> object:
        jobmanager.says(f"GET /jobs/{RUNNING}/checkpoints/{TRIGGER}", answer, code)
        return await client.checkpoint_status(jobmanager.url, RUNNING, TRIGGER)

    done = {"status": {"id": "COMPLETED"}, "operation": {"checkpointId": 8}}
    assert await status({"errors": [f"There is no savepoint operation with triggerId={TRIGGER} for job {RUNNING}."]}, 404) == Unknown()
    assert await status({"status": {"id": "IN_PROGRESS"}, "operation": None}) == InProgress()
    assert await status(done) == Completed(""), "its details are in the history no more"
    jobmanager.says(f"GET /jobs/{RUNNING}/checkpoints/details/8", {"id": 8, "external_path": "file:/ck/chk-8", "discarded": False})
    assert await status(done) == Completed("file:/ck/chk-8")
    cause = {"class": "x", "stack-trace": "java.io.IOException: disk full"}
    assert await status({"status": {"id": "COMPLETED"}, "operation": {"failureCause": cause}}) == Failed("java.io.IOException: disk full")


async def test_a_job_is_cancelled(jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.says(f"PATCH /jobs/{RUNNING}?mode=cancel", {}, 202)
    await client.cancel_job(jobmanager.url, RUNNING)
    assert jobmanager.requests == [f"PATCH /jobs/{RUNNING}?mode=cancel"]


@both_versions
async def test_cancelling_a_job_that_has_ended_is_success(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.replays(exchange(version, "cancel finished", "mode=cancel"))
    await client.cancel_job(jobmanager.url, STOPPED)


@both_versions
async def test_cancelling_a_job_that_nobody_knows_is_rejected(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.replays(exchange(version, "cancel unknown", "mode=cancel"))
    with pytest.raises(FlinkRejected, match="Could not find Flink job") as refused:
        await client.cancel_job(jobmanager.url, NOBODYS)
    assert refused.value.status == 404


@both_versions
async def test_checkpoints_are_read(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.replays(exchange(version, "stopped", "/checkpoints"), exchange(version, "unknown job", "/checkpoints"))
    found = await client.checkpoints(jobmanager.url, STOPPED)
    assert found.stop_path is not None
    with pytest.raises(FlinkRejected, match="Could not find Flink job"):
        await client.checkpoints(jobmanager.url, NOBODYS)


@pytest.mark.parametrize(
    ("answer", "status", "takes"),
    [
        pytest.param({"mode": "exactly_once", "interval": 1000}, 200, True, id="every second"),
        pytest.param({"mode": "exactly_once", "interval": 9223372036854775807}, 200, False, id="never"),
        pytest.param({"errors": ["Checkpointing has not been enabled."]}, 404, False, id="some builds"),
    ],
)
async def test_whether_a_job_takes_checkpoints_by_itself(
    jobmanager: JobManager, client: FlinkClient, answer: Any, status: int, takes: bool
) -> None:
    jobmanager.says(f"GET /jobs/{RUNNING}/checkpoints/config", answer, status)
    assert await client.takes_checkpoints(jobmanager.url, RUNNING) is takes


async def test_a_job_without_checkpointing_has_no_checkpoints(jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.says(f"GET /jobs/{RUNNING}/checkpoints", {"errors": ["Checkpointing has not been enabled."]}, 404)
    assert await client.checkpoints(jobmanager.url, RUNNING) == NOTHING_KNOWN


@pytest.mark.parametrize(
    ("answer", "restarts"),
    [
        pytest.param([{"id": "numRestarts", "value": "3"}], 3, id="three"),
        pytest.param([{"id": "uptime", "value": "3"}, {"id": "numRestarts", "value": "0"}], 0, id="none, among others"),
        pytest.param([], None, id="not there yet"),
        *(
            pytest.param([{"id": "numRestarts", "value": value}], None, id=f"{value}: no number")
            for value in ("NaN", "Infinity", "-1", "1.5", "", "n/a")
        ),
        pytest.param([*([{"id": "x", "value": "NaN"}] * 50_000), {"id": "numRestarts", "value": "3"}], 3, id="50,000 others"),
    ],
)
async def test_the_restarts_of_a_job_are_read(answer: Any, restarts: int | None, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.says(f"GET /jobs/{RUNNING}/metrics?get=numRestarts", answer)
    assert await client.restarts(jobmanager.url, RUNNING) == restarts


@both_versions
@pytest.mark.parametrize(
    ("what", "job_id", "cause"), [("nested", NESTED, REFUSED_CAUSE), ("bad savepoint", BAD_SAVEPOINT, SAVEPOINT_CAUSE)]
)
async def test_why_a_job_failed_is_told_in_one_line(
    version: str, what: str, job_id: str, cause: str, jobmanager: JobManager, client: FlinkClient
) -> None:
    jobmanager.replays(exchange(version, what, f"{job_id}/exceptions?maxExceptions=1"))
    assert await client.failure_cause(jobmanager.url, job_id) == cause


@both_versions
async def test_why_a_job_failed_is_looked_for_in_its_result_when_the_history_is_empty(
    version: str, jobmanager: JobManager, client: FlinkClient
) -> None:
    """Flink 2 shows no exceptions of a job that failed before it ran."""
    jobmanager.says(f"GET /jobs/{BAD_SAVEPOINT}/exceptions?maxExceptions=1", {"exceptionHistory": {"entries": [], "truncated": False}})
    jobmanager.replays(exchange(version, "bad savepoint", "/execution-result"))
    assert await client.failure_cause(jobmanager.url, BAD_SAVEPOINT) == SAVEPOINT_CAUSE


@both_versions
async def test_a_job_that_runs_has_not_failed(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.replays(*(row for row in exchanges(version) if row.what == "running"))
    assert await client.failure_cause(jobmanager.url, RUNNING) is None


@both_versions
async def test_flinks_version_is_asked(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.replays(exchange(version, "config", "/config"))
    assert (await client.cluster_info(jobmanager.url))["flink-version"] == version


Call = Callable[[FlinkClient, str], Awaitable[Any]]
CALLS: dict[str, tuple[str, Call]] = {
    "jobs_overview": ("GET /jobs/overview", lambda client, url: client.jobs_overview(url)),
    "savepoint_status": (f"GET /jobs/j/savepoints/{TRIGGER}", lambda client, url: client.savepoint_status(url, "j", TRIGGER)),
    "stop_with_savepoint": ("POST /jobs/j/stop", lambda client, url: client.stop_with_savepoint(url, "j", TRIGGER, "s", False, "NATIVE")),
    "trigger_savepoint": ("POST /jobs/j/savepoints", lambda client, url: client.trigger_savepoint(url, "j", TRIGGER, "s", "NATIVE")),
    "dispose_savepoint": ("POST /savepoint-disposal", lambda client, url: client.dispose_savepoint(url, "s3://savepoints/1")),
    "cancel_job": ("PATCH /jobs/j?mode=cancel", lambda client, url: client.cancel_job(url, "j")),
    "checkpoints": ("GET /jobs/j/checkpoints", lambda client, url: client.checkpoints(url, "j")),
    "restarts": ("GET /jobs/j/metrics?get=numRestarts", lambda client, url: client.restarts(url, "j")),
    "failure_cause": ("GET /jobs/j/exceptions?maxExceptions=1", lambda client, url: client.failure_cause(url, "j")),
    "vertex_parallelism": ("GET /jobs/j", lambda client, url: client.vertex_parallelism(url, "j")),
    "cluster_info": ("GET /config", lambda client, url: client.cluster_info(url)),
}
every_call = pytest.mark.parametrize(("request_line", "call"), CALLS.values(), ids=CALLS.keys())

NO_LEADER = "Service temporarily unavailable due to an ongoing leader election. Please refresh."
TRACE = "<Exception on server side:\njava.lang.NullPointerException: oh\n\tat a.B.c(B.java:1)\n\nEnd of exception on server side>"

# Content, status, and the error with its text after the request.
BAD_ANSWERS: dict[str, tuple[bytes, int, type[Exception], str]] = {
    "a page": (b"<html>", 200, FlinkUnreachable, ": HTTP status 200, the answer is not JSON"),
    "nothing": (b"", 200, FlinkUnreachable, ": HTTP status 200, the answer is not JSON"),
    "half an answer": (b'{"jobs": [', 200, FlinkUnreachable, ": HTTP status 200, the answer is not JSON"),
    "NaN, which is not JSON": (b'{"p99": NaN}', 200, FlinkUnreachable, ": HTTP status 200, the answer is not JSON"),
    "a list": (b"[]", 200, FlinkUnreachable, ": the answer is not Flink's"),
    "bytes": (b"\xff\xfe", 200, FlinkUnreachable, ": HTTP status 200, the answer is not JSON"),
    "deep nesting": (b"[" * 100_000, 200, FlinkUnreachable, ": HTTP status 200, the answer is not JSON"),
    "a gateway's page": (b"<html>Bad Gateway", 502, FlinkUnreachable, ": HTTP status 502, the answer is not JSON"),
    "no leader": (f'{{"errors":["{NO_LEADER}"]}}'.encode(), 503, FlinkUnreachable, f": {NO_LEADER}"),
    "an error": (
        b'{"errors":["Internal server error.","' + TRACE.replace("\n", "\\n").replace("\t", "\\t").encode() + b'"]}',
        500,
        FlinkRejected,
        "java.lang.NullPointerException: oh",
    ),
    "an error without a trace": (b'{"errors":["Internal server error."]}', 500, FlinkRejected, "Internal server error."),
    "an error without a text": (b'{"errors":[]}', 500, FlinkRejected, "no error text"),
    "errors that are none": (b'{"errors":[null,5,""]}', 500, FlinkRejected, "no error text"),
    "an error with a secret": (b'{"errors":["a.BException: token=abc"]}', 500, FlinkRejected, "a.BException: token=******"),
    "another's error": (b'{"message":"no route"}', 500, FlinkRejected, "no error text"),
}


@pytest.mark.parametrize(("content", "status", "error", "text"), BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_a_bad_answer_is_one_of_two_errors(
    content: bytes, status: int, error: type[Exception], text: str, jobmanager: JobManager, client: FlinkClient
) -> None:
    jobmanager.says("GET /jobs/overview", content, status)
    with pytest.raises((FlinkUnreachable, FlinkRejected)) as raised:
        await client.jobs_overview(jobmanager.url)
    assert type(raised.value) is error
    assert str(raised.value) == (f"GET /jobs/overview{text}" if error is FlinkUnreachable else text)


@every_call
async def test_every_call_has_the_same_two_errors(request_line: str, call: Call, jobmanager: JobManager, client: FlinkClient) -> None:
    for content, status, error in (
        (b"<html>", 200, FlinkUnreachable),
        (b'{"errors":["x"]}', 503, FlinkUnreachable),
        (b"{}", 500, FlinkRejected),
    ):
        jobmanager.says(request_line, content, status)
        with pytest.raises(error):
            await call(client, jobmanager.url)


READS = {name: row for name, row in CALLS.items() if row[0].startswith("GET")}


@pytest.mark.parametrize(("request_line", "call"), READS.values(), ids=READS.keys())
async def test_json_of_something_else_is_not_flinks(request_line: str, call: Call, jobmanager: JobManager, client: FlinkClient) -> None:
    for content in ({}, {"jobs": None}, {"jobs": [{}]}, {"status": 5}, {"counts": [], "exceptionHistory": []}):
        jobmanager.says(request_line, content)
        with pytest.raises(FlinkUnreachable) as raised:
            await call(client, jobmanager.url)
        assert str(raised.value) == f"{request_line}: the answer is not Flink's"


def streams(*chunks: bytes, length: int | None = None, encoding: str | None = None, then: str = "ends") -> Answer:
    """An answer in pieces; then it `ends`, `hangs` or `breaks`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if encoding:
            response.headers["Content-Encoding"] = encoding
        if length is not None:
            response.content_length = length
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if then == "hangs":
            await asyncio.sleep(30)
        if then == "breaks" and request.transport is not None:
            request.transport.abort()
        return response

    return answer


async def hangs(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def breaks(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def redirects(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://elsewhere.invalid/")


@every_call
async def test_a_jobmanager_that_falls_silent_is_unreachable(
    request_line: str, call: Call, jobmanager: JobManager, impatient: FlinkClient
) -> None:
    for answer in (hangs, streams(b'{"jobs": ', then="hangs")):
        jobmanager.answers[request_line] = answer
        with pytest.raises(FlinkUnreachable) as raised:
            await call(impatient, jobmanager.url)
        assert str(raised.value) == f"{request_line}: no answer in time"


TROUBLE: dict[str, tuple[Answer, str]] = {
    "a broken connection": (breaks, ""),
    "half an answer of known length": (streams(b'{"jobs": ', length=1000, then="breaks"), ""),
    "a redirect": (redirects, "HTTP status 302, the answer is not JSON"),
    "a compressed answer that nobody asked for": (
        streams(gzip.compress(b"{}"), encoding="gzip"),
        "HTTP status 200, the answer is not JSON",
    ),
}


@every_call
async def test_trouble_on_the_way_is_an_unreachable_jobmanager(
    request_line: str, call: Call, jobmanager: JobManager, client: FlinkClient
) -> None:
    for answer, text in TROUBLE.values():
        jobmanager.answers[request_line] = answer
        with pytest.raises(FlinkUnreachable) as raised:
            await call(client, jobmanager.url)
        assert str(raised.value).startswith(f"{request_line}: {text}")
        assert len(str(raised.value)) > len(f"{request_line}: ")


@pytest.mark.parametrize("length", [None, 3000], ids=["of unknown length", "of known length"])
async def test_a_huge_answer_is_not_read_to_its_end(
    length: int | None, jobmanager: JobManager, client: FlinkClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_LIMIT", 2500)
    jobmanager.answers["GET /jobs/overview"] = streams(*[b"x" * 1000] * 3, length=length, then="hangs")
    with pytest.raises(FlinkUnreachable, match="the answer is larger than 2500 bytes"):
        await client.jobs_overview(jobmanager.url)


async def test_an_answer_of_some_megabytes_is_read(jobmanager: JobManager, client: FlinkClient) -> None:
    version = VERSIONS[0]
    (job,) = exchange(version, "running", "/jobs/overview").answer["jobs"]
    jobmanager.says("GET /jobs/overview", {"jobs": [job] * 10_000})
    assert len(await client.jobs_overview(jobmanager.url)) == 10_000


@every_call
async def test_a_jobmanager_that_is_not_there_is_unreachable(request_line: str, call: Call, client: FlinkClient) -> None:
    with socket.socket() as nobody:  # a port on which nobody listens
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(FlinkUnreachable, match=r"Connect call failed|Connection refused") as raised:
            await call(client, url)
    assert str(raised.value).startswith(f"{request_line}: ")


@pytest.mark.parametrize("url", ["http://app-rest..nowhere:8081", "http://[::1", "http://host:port"])
async def test_an_address_that_cannot_be_is_unreachable(url: str, client: FlinkClient) -> None:
    with pytest.raises(FlinkUnreachable, match=r"^GET /config: ."):
        await client.cluster_info(url)


HOSTS = 30


async def test_jobmanagers_that_hang_do_not_hold_up_another(client: FlinkClient) -> None:
    """Each has four connections of its own, and there is no bound on all of them together."""
    jobmanager, all_hang = JobManager(), asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if len(jobmanager.requests) == HOSTS * 4:
            all_hang.set()
        return await hangs(request)

    jobmanager.answers["GET /jobs/overview"] = answer
    jobmanager.says("GET /config", {"flink-version": "1", "flink-revision": "2"})
    async with serving(jobmanager, "0.0.0.0") as server:
        urls = [f"http://127.0.0.{host}:{server.port}" for host in range(1, HOSTS + 2)]
        stuck = [asyncio.ensure_future(client.jobs_overview(url)) for url in urls[1:] for _ in range(5)]
        waiting = asyncio.ensure_future(all_hang.wait())
        await asyncio.wait([waiting, *stuck], return_when=asyncio.FIRST_COMPLETED)
        assert await client.cluster_info(urls[0]) == {"flink-version": "1", "flink-revision": "2"}
        assert not any(call.done() for call in stuck)
        assert jobmanager.requests.count("GET /jobs/overview") == HOSTS * 4
        for call in (waiting, *stuck):
            call.cancel()
        await asyncio.gather(waiting, *stuck, return_exceptions=True)


async def test_a_cancelled_call_stays_cancelled(jobmanager: JobManager, client: FlinkClient) -> None:
    asked = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.set()
        return await hangs(request)

    jobmanager.answers["GET /config"] = answer
    call = asyncio.ensure_future(client.cluster_info(jobmanager.url))
    await asked.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_every_request_is_told_to_the_observer(jobmanager: JobManager) -> None:
    seen: list[tuple[str, str]] = []
    client = FlinkClient(5, lambda method, outcome, _seconds: seen.append((method, outcome)))
    jobmanager.says("GET /config", {"flink-version": "1", "flink-revision": "2"})
    jobmanager.says("PATCH /jobs/j?mode=cancel", {"errors": ["no"]}, 500)
    jobmanager.says("GET /jobs/overview", b"<html>")
    try:
        await client.cluster_info(jobmanager.url)
        with pytest.raises(FlinkRejected):
            await client.cancel_job(jobmanager.url, "j")
        with pytest.raises(FlinkUnreachable):
            await client.jobs_overview(jobmanager.url)
    finally:
        await client.close()
    assert seen == [("GET", "success"), ("PATCH", "rejected"), ("GET", "error")]


class Names(AbstractResolver):
    """DNS in which every name has one address, 127.0.0.1, at `port`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked = 0

    async def resolve(self, host: str, _port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        self.asked += 1
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self.port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def test_a_service_that_was_made_again_is_found_at_once_at_its_new_address(jobmanager: JobManager, client: FlinkClient) -> None:
    """Each start of a cluster makes its Service anew, and Kubernetes gives it another address."""
    connector = client._session.connector
    assert isinstance(connector, aiohttp.TCPConnector)
    names = connector._resolver = Names(port=9)
    with pytest.raises(FlinkUnreachable):
        await client.jobs_overview("http://job-rest.team.svc:8081")
    names.port = URL(jobmanager.url).port or 0
    jobmanager.replays(exchange(VERSIONS[0], "running", "/jobs/overview"))
    assert len(await client.jobs_overview("http://job-rest.team.svc:8081")) == 1
    await client.jobs_overview("http://job-rest.team.svc:8081")
    assert names.asked == 2, "an address that answers is not asked for again"


async def test_requests_are_details_of_the_log_with_what_came_back(jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.says("GET /config", {"flink-version": "1.20.1", "flink-revision": "x"})
    jobmanager.says(f"GET /jobs/{RUNNING}/metrics?get=numRestarts", [])
    jobmanager.says("GET /overview", b"<html>", 502)

    with captured_details() as lines:
        await client.cluster_info(jobmanager.url)
        await client.restarts(jobmanager.url, RUNNING)
        with pytest.raises(FlinkRejected):
            await client.trigger_savepoint(jobmanager.url, RUNNING, TRIGGER, None, "CANONICAL")
        with pytest.raises(FlinkUnreachable):
            await client.slots(jobmanager.url)
        with pytest.raises(FlinkUnreachable):
            await client.slots("http://127.0.0.1:1")

    assert [(line["event"], line["to"], line["method"], line["path"], line["status"]) for line in lines] == [
        ("request", jobmanager.url, "GET", "/config", 200),
        ("request", jobmanager.url, "GET", f"/jobs/{RUNNING}/metrics", 200),
        ("request", jobmanager.url, "POST", f"/jobs/{RUNNING}/savepoints", 404),
        ("request", jobmanager.url, "GET", "/overview", 502),
        ("request", "http://127.0.0.1:1", "GET", "/overview", None),
    ]
    assert all(line["milliseconds"] > 0 for line in lines)
