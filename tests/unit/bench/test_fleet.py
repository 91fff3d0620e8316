"""The pretended JobManagers: what they answer and what they remember of being asked."""

from __future__ import annotations

import pytest
from tests.bench.fleet.account import Account
from tests.bench.fleet.answer import answer
from tests.bench.fleet.jobmanager import cluster_of

from flinkop.flink.model import read_checkpoints, read_jobs

JOB = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("job-1-rest.fleet.svc:8081", ("fleet", "job-1"), id="the service's name"),
        pytest.param("job-1-rest.fleet.svc.cluster.local:8081", ("fleet", "job-1"), id="its whole name"),
        pytest.param("job-1-rest.fleet", ("fleet", "job-1"), id="its short name, and no port"),
        pytest.param("rest-rest.fleet.svc:8081", ("fleet", "rest"), id="a cluster that is called rest"),
        pytest.param("10.199.0.1:8081", ("199", "10"), id="an address leads to no cluster that there is"),
        pytest.param("localhost:8081", ("", "localhost"), id="nor does a single word"),
    ],
)
def test_the_host_header_tells_which_cluster_is_asked(host: str, expected: tuple[str, str]) -> None:
    assert cluster_of(host) == expected


def test_the_operator_reads_a_running_job_in_the_answer() -> None:
    (job,) = read_jobs(answer("/jobs/overview", "job-1", JOB, 1000))
    assert (job.job_id, job.state.value, job.all_tasks_running) == (JOB, "RUNNING", True)


def test_the_operator_reads_that_there_are_no_checkpoints() -> None:
    assert read_checkpoints(answer(f"/jobs/{JOB}/checkpoints", "job-1", JOB, 1000)).completed == 0


@pytest.mark.parametrize("path", ["/jobs/00000000000000000000000000000000/checkpoints", "/logs", ""])
def test_what_is_not_known_is_not_answered(path: str) -> None:
    assert answer(path, "job-1", JOB, 1000) is None


def test_asking_for_the_jobs_is_a_look_and_every_request_counts() -> None:
    account = Account()
    account.note("fleet/a", "/jobs/overview", 1.0)
    account.note("fleet/a", "/config", 2.0)
    account.note("fleet/b", "/jobs/overview", 3.0)
    assert account.report() == {"requests": 3, "looks": {"fleet/a": [1.0], "fleet/b": [3.0]}}


def test_an_account_that_is_forgotten_begins_anew() -> None:
    account = Account()
    account.note("fleet/a", "/jobs/overview", 1.0)
    account.forget()
    assert account.report() == {"requests": 0, "looks": {}}
