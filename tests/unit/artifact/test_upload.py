"""Uploads to a pretended JobManager: once per content and process, found again, swept."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.jarendpoints import Jars
from tests.fakes.jobmanager import JobManagers, a_session_jobmanager
from tests.unit.artifact.surroundings import HandClock, Waiter

from flinkop.artifact.builtjar import BuiltJar, build_empty_jar
from flinkop.artifact.store import Fetched
from flinkop.artifact.upload import JarUploads, JobManagerProcess, Uploaded, UploadFailed, Uploading
from flinkop.flink.client import FlinkClient
from flinkop.flink.jar import Accepted, AlreadyRunning, JarUnknown, RunRequest

KEY = ("ns", "session")
PROCESS = JobManagerProcess(KEY, "uid")
CONTENT = b"PK" + bytes(2_000_000)
JOB = "1" * 32


class World:
    """Uploads to one session cluster."""

    def __init__(self, jobmanagers: JobManagers, flink: FlinkClient, jar: Fetched) -> None:
        self.jobmanagers, self.flink, self.jar, self.clock = jobmanagers, flink, jar, HandClock()
        self.jobmanagers.alive[KEY] = a_session_jobmanager(KEY)
        self.uploads = JarUploads(flink, self.clock, 30)
        self.waiter = Waiter(self.uploads)
        self.url = jobmanagers.base_url(KEY, 8081)

    @property
    def jars(self) -> Jars:
        """Those on the JobManager."""
        found = self.jobmanagers.alive[KEY].jars
        assert found is not None
        return found

    async def upload(self, jar: Fetched | BuiltJar, process: JobManagerProcess = PROCESS) -> Uploaded | UploadFailed:
        """Looks until it is there or failed."""
        found = await self.waiter.until_settled(lambda: self.uploads.look(process, self.url, jar, "me"), Uploading())
        assert not isinstance(found, Uploading)
        return found

    async def sweep(self) -> list[str]:
        """Sweeps, and gives the names of the jars that are left."""
        self.uploads.sweep()
        await asyncio.gather(*self.uploads._deletions)
        return sorted(self.jars.names.values())


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    path, sha256 = tmp_path / "a.jar", hashlib.sha256(CONTENT).hexdigest()
    path.write_bytes(CONTENT)
    jobmanagers, flink = JobManagers(), FlinkClient(timeout=30)
    await jobmanagers.start()
    found = World(jobmanagers, flink, Fetched(path, sha256, len(CONTENT)))
    yield found
    await found.uploads.close()
    await flink.close()
    await jobmanagers.stop()


async def test_a_jar_is_uploaded_once_under_the_name_of_its_content(world: World) -> None:
    first = await world.upload(world.jar)
    assert isinstance(first, Uploaded)
    assert world.jars.names == {first.jar_id: f"{world.jar.sha256}.jar"}
    assert world.jars.contents[first.jar_id] == CONTENT
    assert world.uploads.look(PROCESS, world.url, world.jar) == first


async def test_one_that_another_process_uploaded_is_found(world: World) -> None:
    first = await world.upload(world.jar)
    again = World.__new__(World)
    again.__dict__.update(world.__dict__)
    again.uploads = JarUploads(world.flink, world.clock, 30)
    again.waiter = Waiter(again.uploads)
    assert await again.upload(world.jar) == first
    assert len(world.jars.names) == 1


async def test_two_that_look_for_the_same_new_jar_upload_one(world: World) -> None:
    other = JobManagerProcess(KEY, "another uid")
    found = await asyncio.gather(world.upload(world.jar), world.upload(world.jar), world.upload(build_empty_jar()))
    assert found[0] == found[1]
    assert len(world.jars.names) == 2
    assert await world.upload(world.jar, other) == found[0]


async def test_an_empty_jar_is_uploaded_from_memory(world: World) -> None:
    jar = build_empty_jar()
    found = await world.upload(jar)
    assert isinstance(found, Uploaded)
    assert world.jars.contents[found.jar_id] == jar.content


async def test_a_jar_that_the_jobmanager_lost_is_uploaded_again(world: World) -> None:
    first = await world.upload(world.jar)
    assert isinstance(first, Uploaded)
    world.jars.names.clear()
    assert await world.flink.run_jar(world.url, first.jar_id, RunRequest(job_id=JOB)) == JarUnknown()
    world.uploads.forget(PROCESS, f"0a1b_{world.jar.sha256}.jar")
    second = await world.upload(world.jar)
    assert isinstance(second, Uploaded)
    assert await world.flink.run_jar(world.url, second.jar_id, RunRequest(job_id=JOB)) == Accepted()
    assert await world.flink.run_jar(world.url, second.jar_id, RunRequest(job_id=JOB)) == AlreadyRunning()
    assert [job.job_id for job in await world.flink.jobs_overview(world.url)] == [JOB]


async def test_what_nobody_asked_for_during_two_minutes_is_deleted(world: World) -> None:
    empty = build_empty_jar()
    await world.upload(world.jar)
    await world.upload(empty)
    world.clock.move(minutes=1)
    await world.upload(empty)
    world.clock.move(seconds=61)
    assert await world.sweep() == [f"{empty.sha256}.jar"]
    assert isinstance(await world.upload(world.jar), Uploaded)


async def test_what_an_earlier_process_left_is_deleted_and_what_others_uploaded_stays(world: World) -> None:
    world.jars.names = {"1_old": f"{'0' * 64}.jar", "2_theirs": "my-job.jar"}
    world.jars.contents = {"1_old": b"", "2_theirs": b""}
    await world.upload(world.jar)
    world.clock.move(minutes=3)
    assert await world.sweep() == ["my-job.jar"]


async def test_a_jobmanager_that_is_gone_is_a_failure_that_is_tried_again(world: World) -> None:
    gone = world.jobmanagers.alive.pop(KEY)
    found = await world.upload(world.jar)
    assert isinstance(found, UploadFailed)
    assert found.cause.startswith("GET /jars: ")
    world.jobmanagers.alive[KEY] = gone
    world.clock.move(seconds=5)
    assert isinstance(await world.upload(world.jar), Uploaded)


async def test_a_fetched_file_that_is_gone_is_told(world: World) -> None:
    world.jar.path.unlink()
    found = await world.upload(world.jar)
    assert isinstance(found, UploadFailed)
    assert found.cause == "the fetched jar cannot be read: No such file or directory"
