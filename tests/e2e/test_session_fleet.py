"""Twenty jobs on one session cluster, half of them upgraded at once: one job each, and no state is lost, whatever happens meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.process import Failed, tell, until
from tests.e2e.test_sessionjobs import a_session_job
from tests.e2e.world import NAMESPACE, STATE, World, a_flinkdeployment, is_running

pytestmark = pytest.mark.long
CLUSTER = "fleet"
NAMES = [f"ship-{number:02}" for number in range(20)]
UPGRADED = NAMES[::2]
LEFT_ALONE = NAMES[1::2]


def a_ship(name: str) -> dict[str, Any]:
    manifest = a_session_job(name)
    manifest["spec"]["deploymentName"] = CLUSTER
    return manifest


@pytest.fixture(scope="module")
def fleet(world: World) -> Iterator[World]:
    """A session cluster with high availability, and the jobs that run on it."""
    manifest = a_flinkdeployment(CLUSTER)
    del manifest["spec"]["job"]
    manifest["spec"]["flinkConfiguration"] |= {"taskmanager.numberOfTaskSlots": "10", "execution.checkpointing.interval": "2s"}
    manifest["spec"]["taskManager"]["resource"]["memory"] = "1600m"
    manifest["spec"]["jobManager"]["resource"]["memory"] = "1200m"
    world.apply(manifest)
    jobs = world.session_jobs(CLUSTER)
    jobs.apply({"apiVersion": "v1", "kind": "List", "items": [a_ship(name) for name in NAMES]})
    for name in NAMES:
        jobs.wait_until_running(name, 240)
    yield jobs
    jobs.cluster.kubectl("-n", NAMESPACE, "delete", "sessionjob", *NAMES, "--timeout=120s", "--ignore-not-found")
    world.delete(CLUSTER, 120)


def alive(jobs: World) -> list[str]:
    """The ids of all jobs that have not ended."""
    found = jobs.flink(CLUSTER, "/jobs/overview")["jobs"]
    return sorted(job["jid"] for job in found if job["state"] not in ("FINISHED", "CANCELED", "FAILED"))


def resources(jobs: World) -> dict[str, dict[str, Any]]:
    """All of the fleet, by name."""
    text = jobs.cluster.kubectl("-n", NAMESPACE, "get", "sessionjob", "-o", "json")
    return {one["metadata"]["name"]: one for one in json.loads(text)["items"] if one["metadata"]["name"] in NAMES}


def ids(jobs: World) -> dict[str, str]:
    return {name: one["status"]["jobStatus"]["jobId"] for name, one in resources(jobs).items()}


def upgrade(jobs: World, rate: int) -> None:
    """All that are to be upgraded, at once."""
    ships = [a_ship(name) for name in UPGRADED]
    for ship in ships:
        ship["spec"]["job"]["args"] = ["--rate", str(rate)]
    jobs.apply({"apiVersion": "v1", "kind": "List", "items": ships})


def with_a_checkpoint(jobs: World) -> dict[str, int]:
    """How far each job is at least, by a checkpoint of its own or what it was restored from."""
    reached = {name: jobs.wait_for_count(name, 200, 120).newest for name in NAMES}
    for name, job_id in ids(jobs).items():
        path = f"/jobs/{job_id}/checkpoints"
        completed = jobs.flink(CLUSTER, path)["counts"]["completed"]
        until(lambda path=path, before=completed: jobs.flink(CLUSTER, path)["counts"]["completed"] > before, f"a checkpoint of {name}", 60)
    return reached


def check(jobs: World, reached: dict[str, int], before: dict[str, str], untouched: list[str]) -> None:
    """One job each, which went on from where it was; the `untouched` ones without a restart."""
    lost = {}
    for name in NAMES:
        try:
            if name in untouched:
                jobs.wait_for_count(name, reached[name] + 1)
            else:
                jobs.goes_on(name, reached[name])
        except (AssertionError, Failed) as failed:
            lost[name] = f"{failed}: {json.dumps(jobs.status(name).get('restore'))}"
    assert lost == {}
    after = ids(jobs)
    assert alive(jobs) == sorted(after.values())
    assert all(after[name] == before[name] for name in LEFT_ALONE)
    assert all(after[name] != before[name] for name in UPGRADED)


def test_ten_jobs_are_upgraded_with_savepoints_at_once(fleet: World) -> None:
    reached, before = with_a_checkpoint(fleet), ids(fleet)
    upgrade(fleet, 210)
    check(fleet, reached, before, untouched=LEFT_ALONE)
    assert {fleet.status(name)["restore"]["source"] for name in UPGRADED} == {"savepoint"}


@pytest.mark.parametrize("delay", [0.0, 1.0, 2.0])
def test_the_jobmanager_is_killed_while_ten_jobs_are_upgraded(fleet: World, delay: float) -> None:
    """A job that had ended, and whose savepoint's path nobody had heard yet, waits for somebody who names the path."""
    reached, before = with_a_checkpoint(fleet), ids(fleet)
    pod = fleet.names("pod", f"app={CLUSTER},component=jobmanager")[0]
    upgrade(fleet, 220 + int(delay * 10))
    until(lambda: any(one["status"]["reason"] == "TakingSavepoint" for one in resources(fleet).values()), "a stop", 30)
    time.sleep(delay)
    fleet.kill(pod, NAMESPACE)
    settled = wait_until_settled(fleet)
    tell(str({name: (one["status"]["phase"], one["status"]["reason"]) for name, one in settled.items()}))
    for name, one in settled.items():
        if one["status"]["reason"] == "SavepointUnknown":
            name_the_savepoint(fleet, name, before[name])
    check(fleet, reached, before, untouched=[])


def wait_until_settled(jobs: World) -> dict[str, dict[str, Any]]:
    def is_settled(one: dict[str, Any]) -> bool:
        return is_running(one) or one["status"]["reason"] == "SavepointUnknown"

    until(lambda: all(map(is_settled, resources(jobs).values())), "the fleet at rest", 240)
    return resources(jobs)


def name_the_savepoint(jobs: World, name: str, job_id: str) -> None:
    """The way out that the message tells."""
    assert f"savepoint-{job_id[:6]}-" in jobs.status(name)["message"]
    found = list(Path(STATE, name, "savepoints").glob(f"savepoint-{job_id[:6]}-*/_metadata"))
    assert len(found) == 1, "one stop, one savepoint"
    path = f"file:///state/{name}/savepoints/{found[0].parent.name}"
    jobs.patch(name, {"job": {"initialSavepointPath": path, "savepointRedeployNonce": int(time.time())}})
