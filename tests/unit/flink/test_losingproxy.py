"""The proxy of the tests with real Flink: it loses what it says it does, and nothing else."""

from __future__ import annotations

from aiohttp.test_utils import TestServer
from tests.fakes.losingproxy import LosingProxy, Loss
from tests.unit.flink.conftest import JobManager

from flinkop.errors import FlinkUnreachable
from flinkop.flink.client import FlinkClient
from flinkop.flink.jar import Accepted, RunRequest

RUN = "POST /jars/a.jar/run"
JOBS = [f"{number:032x}" for number in range(4)]


async def test_the_first_submission_of_each_job_is_lost_in_turn_and_only_one_kind_never_arrives(
    jobmanager: JobManager, client: FlinkClient
) -> None:
    jobmanager.says(RUN, {"jobid": ""})
    jobmanager.says("GET /jobs/overview", {"jobs": []})
    proxy = LosingProxy(jobmanager.url, silence=0.3)

    async def is_taken(url: str, job_id: str) -> bool:
        try:
            return await client.run_jar(url, "a.jar", RunRequest(job_id=job_id), 0.2) == Accepted()
        except FlinkUnreachable:
            return False

    async with TestServer(proxy.application()) as server:
        url = str(server.make_url("")).rstrip("/")
        assert await client.jobs_overview(url) == []
        assert [await is_taken(url, job_id) for job_id in JOBS] == [False] * len(JOBS)
        arrived = [JOBS[0], JOBS[1], JOBS[3]]
        assert [body["jobId"] for body in jobmanager.bodies if body] == arrived
        assert [await is_taken(url, job_id) for job_id in JOBS] == [True] * len(JOBS)
    assert proxy.told == [*zip(JOBS, (*Loss, Loss.ANSWER_CUT), strict=True), *((job_id, None) for job_id in JOBS)]
    assert [body["jobId"] for body in jobmanager.bodies if body] == [*arrived, *JOBS]


async def test_without_a_jobmanager_it_says_so(client: FlinkClient) -> None:
    nobody = LosingProxy("http://127.0.0.1:9").application()
    async with TestServer(nobody) as server, client._session.get(server.make_url("/config")) as answer:
        assert answer.status == 502
