"""Jars over REST, against what real JobManagers answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from tests.unit.flink.conftest import JobManager
from tests.unit.flink.transcript import VERSIONS, exchange

from flinkop.errors import FlinkRejected, FlinkUnreachable
from flinkop.flink.client import FlinkClient
from flinkop.flink.jar import Accepted, AlreadyRunning, Jar, JarUnknown, Rejected, RunOutcome, RunRequest

DIGEST = "d" * 64
JAR_ID = f"00000000-0000-4000-8000-000000000000_{DIGEST}.jar"
JOB = "1" * 32
both_versions = pytest.mark.parametrize("version", VERSIONS)

OUTCOMES: dict[str, RunOutcome] = {
    "run": Accepted(),
    "run again": AlreadyRunning(),
    "run an ended one again": AlreadyRunning(),
    "run unknown jar": JarUnknown(),
    "run no such class": Rejected("java.lang.ClassNotFoundException: No.Such"),
    "run a program that throws": Rejected("java.lang.IllegalArgumentException: jdbc password=******"),
    "run no job": Rejected("No jobs included in application."),
    "run no zip": Rejected("java.util.zip.ZipException: zip END header not found"),
    "run bad option": Rejected("java.lang.IllegalArgumentException: Could not parse value 'abc' for key 'parallelism.default'."),
    "run bad parallelism": Rejected(
        "java.lang.IllegalArgumentException: Parallelism must be at least one, or ExecutionConfig.PARALLELISM_DEFAULT (use system default)."
    ),
}


@both_versions
@pytest.mark.parametrize(("what", "outcome"), OUTCOMES.items(), ids=OUTCOMES.keys())
async def test_what_becomes_of_a_run(version: str, what: str, outcome: RunOutcome, jobmanager: JobManager, client: FlinkClient) -> None:
    recorded = exchange(version, what, "/run")
    jobmanager.replays(recorded)
    jar_id = recorded.request.split("/")[2]
    assert await client.run_jar(jobmanager.url, jar_id, RunRequest(job_id=JOB)) == outcome


@both_versions
async def test_a_run_sends_what_flink_understands(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    recorded = exchange(version, "run", "/run")
    jobmanager.replays(recorded)
    request = RunRequest(
        job_id=f"{1:032x}", entry_class="CountingJob", args=("--rate", "50"), parallelism=1, allow_non_restored_state=False
    )
    await client.run_jar(jobmanager.url, recorded.request.split("/")[2], request)
    assert jobmanager.bodies == [recorded.body]


async def test_a_restore_is_asked_for_under_the_name_that_all_versions_know(jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.says(f"POST /jars/{JAR_ID}/run", {"jobid": JOB})
    request = RunRequest(job_id=JOB, savepoint_path="s3://b/sp", claim_mode="CLAIM", flink_configuration={"pipeline.name": "x"})
    await client.run_jar(jobmanager.url, JAR_ID, request)
    expected = {"jobId": JOB, "savepointPath": "s3://b/sp", "restoreMode": "CLAIM", "flinkConfiguration": {"pipeline.name": "x"}}
    assert jobmanager.bodies == [expected]


async def test_a_cluster_without_these_endpoints_says_why(jobmanager: JobManager, client: FlinkClient) -> None:
    outcome = await client.run_jar(jobmanager.url, JAR_ID, RunRequest(job_id=JOB))
    assert outcome == Rejected("this cluster takes no jobs over REST; it is an application cluster, or web.submit.enable is false")


@pytest.mark.parametrize("name", ["akka.pattern.AskTimeoutException", "java.util.concurrent.TimeoutException"])
async def test_a_jobmanager_that_was_too_slow_has_not_rejected(name: str, jobmanager: JobManager, client: FlinkClient) -> None:
    errors = ["Internal server error.", f"java.util.concurrent.CompletionException: x\nCaused by: {name}: 10000 ms"]
    jobmanager.says(f"POST /jars/{JAR_ID}/run", {"errors": errors}, 500)
    with pytest.raises(FlinkUnreachable, match="running a jar"):
        await client.run_jar(jobmanager.url, JAR_ID, RunRequest(job_id=JOB))


async def test_a_run_that_times_out_is_no_refusal(jobmanager: JobManager, client: FlinkClient) -> None:
    over = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    jobmanager.answers[f"POST /jars/{JAR_ID}/run"] = hang
    with pytest.raises(FlinkUnreachable, match="no answer in time"):
        await client.run_jar(jobmanager.url, JAR_ID, RunRequest(job_id=JOB), seconds=0.05)
    over.set()


@both_versions
async def test_jars_are_listed(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.replays(exchange(version, "no jars", "/jars"))
    assert await client.jars(jobmanager.url) == []
    jobmanager.replays(exchange(version, "jars", "/jars"))
    assert Jar(JAR_ID, f"{DIGEST}.jar") in await client.jars(jobmanager.url)


@pytest.mark.parametrize("answer", [{}, {"files": 1}, {"files": [{"id": "x"}]}])
async def test_a_list_that_is_none_is_not_flinks(answer: object, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.says("GET /jars", answer)
    with pytest.raises(FlinkUnreachable, match="not Flink's"):
        await client.jars(jobmanager.url)


@both_versions
@pytest.mark.parametrize("from_file", [True, False])
async def test_a_jar_is_uploaded_as_the_file_of_a_form(
    version: str, from_file: bool, jobmanager: JobManager, client: FlinkClient, tmp_path: Path
) -> None:
    content = b"PK" + bytes(3_000_000)
    (tmp_path / "a.jar").write_bytes(content)
    recorded, received = exchange(version, "upload", "/upload"), []

    async def answer(request: web.Request) -> web.StreamResponse:
        part = await (await request.multipart()).next()
        assert part is not None
        received.append((part.name, part.filename, part.headers["Content-Type"], bytes(await part.read())))
        return web.json_response(recorded.answer)

    jobmanager.raw["POST /jars/upload"] = answer
    found = await client.upload_jar(jobmanager.url, tmp_path / "a.jar" if from_file else content, f"{DIGEST}.jar", 60)
    assert found == JAR_ID
    assert received == [("jarfile", f"{DIGEST}.jar", "application/x-java-archive", content)]


@both_versions
async def test_an_upload_that_is_refused_tells_why(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.replays(exchange(version, "upload no jar", "/upload"))
    with pytest.raises(FlinkRejected, match=r"Only Jar files are allowed\."):
        await client.upload_jar(jobmanager.url, b"x", "x.txt", 60)


@both_versions
async def test_a_jar_is_deleted_and_one_that_is_gone_is_success(version: str, jobmanager: JobManager, client: FlinkClient) -> None:
    for what in ("delete jar", "delete jar again"):
        recorded = exchange(version, what, ".jar")
        jobmanager.replays(recorded)
        await client.delete_jar(jobmanager.url, recorded.request.split("/")[2])
    assert len(jobmanager.requests) == 2


async def test_a_deletion_that_is_refused_otherwise_is_no_success(jobmanager: JobManager, client: FlinkClient) -> None:
    jobmanager.says(f"DELETE /jars/{JAR_ID}", {"errors": ["no"]}, 500)
    with pytest.raises(FlinkRejected, match="no"):
        await client.delete_jar(jobmanager.url, JAR_ID)
