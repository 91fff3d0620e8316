"""A changed session cluster: what its high availability does not carry over is stopped first, and goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.test_sessionjobs import a_session_job
from tests.e2e.world import NAMESPACE, World, a_flinkdeployment, condition

CLUSTER = "changing"
MODES = ("savepoint", "last-state", "stateless")


def a_cluster(*, ha: bool) -> dict[str, Any]:
    manifest = a_flinkdeployment(CLUSTER, ha=ha)
    del manifest["spec"]["job"]
    return manifest


def a_job(mode: str) -> dict[str, Any]:
    manifest = a_session_job(f"of-{mode}", upgradeMode=mode)
    manifest["spec"]["deploymentName"] = CLUSTER
    return manifest


def active(world: World) -> list[str]:
    """The ids of the jobs that the JobManager runs."""
    return sorted(job["jid"] for job in world.flink(CLUSTER, "/jobs/overview")["jobs"] if job["state"] not in ("FINISHED", "CANCELED"))


@pytest.fixture
def jobs(world: World) -> Iterator[World]:
    """Looks at the jobs; they and their cluster go at the end."""
    found = world.session_jobs(CLUSTER)
    yield found
    for mode in MODES:
        world.cluster.kubectl("-n", NAMESPACE, "delete", "sessionjob", f"of-{mode}", "--ignore-not-found", "--wait=false")
    world.delete(CLUSTER, 120)


def start(world: World, jobs: World, cluster: dict[str, Any], modes: tuple[str, ...]) -> dict[str, int]:
    """The cluster with a job of each mode; gives how far each is."""
    world.apply(cluster)
    for mode in modes:
        jobs.apply(a_job(mode))
    for mode in modes:
        jobs.wait_until_running(f"of-{mode}", 240)
    return {mode: jobs.wait_for_count(f"of-{mode}", 200).newest for mode in modes}


def wait_for_the_next(jobs: World, modes: tuple[str, ...], old: list[str]) -> None:
    """Each job runs on the new cluster."""
    for mode in modes:
        jobs.wait_for(f"of-{mode}", lambda one: one["status"]["jobStatus"].get("jobId") not in old, 240, "submitted to the new cluster")
        jobs.wait_until_running(f"of-{mode}", 240)


def test_without_high_availability_each_job_is_stopped_as_its_mode_says_and_goes_on(world: World, jobs: World) -> None:
    before = start(world, jobs, a_cluster(ha=False), MODES)
    old = active(jobs)
    world.patch(CLUSTER, {"flinkConfiguration": {"web.refresh-interval": "4000"}})
    waits = world.wait_for(CLUSTER, lambda found: found["status"]["reason"] == "StoppingJobs", 60, "stopping its jobs first")
    assert "deployed anew" in condition(waits, "Reconciling")["message"]
    wait_for_the_next(jobs, MODES, old)
    jobs.goes_on("of-savepoint", before["savepoint"])
    jobs.goes_on("of-last-state", before["last-state"] - 300)
    sources = {mode: jobs.status(f"of-{mode}")["restore"]["source"] for mode in MODES}
    assert sources == {"savepoint": "savepoint", "last-state": "checkpoint", "stateless": "none"}
    assert len(active(jobs)) == len(MODES), "each once"


@pytest.mark.long
def test_with_high_availability_jobs_move_to_another_flink_by_a_savepoint_and_the_cluster_back(world: World, jobs: World) -> None:
    modes = MODES[:2]
    before = start(world, jobs, a_cluster(ha=True), modes)
    old = active(jobs)
    world.patch(CLUSTER, {"image": "flink:2.2", "flinkVersion": "v2_2"})
    wait_for_the_next(jobs, modes, old)
    for mode in modes:
        jobs.goes_on(f"of-{mode}", before[mode])
        assert jobs.status(f"of-{mode}")["restore"]["source"] == "savepoint"
    assert world.flink(CLUSTER, "/config")["flink-version"].startswith("2.2")
    assert len(active(jobs)) == len(modes), "each once"

    # what 1.20 left in the high-availability metadata must not keep its JobManager from starting; no state moves back
    for mode in modes:
        jobs.patch(f"of-{mode}", {"job": {"upgradeMode": "stateless"}})
    old = active(jobs)
    world.patch(CLUSTER, {"image": "flink:1.20", "flinkVersion": "v1_20"})
    wait_for_the_next(jobs, modes, old)
