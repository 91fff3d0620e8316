"""Jobs on a session cluster, each a resource of its own. A job itself fails when a count is lost or repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster.process import until
from tests.e2e.world import JAR, NAMESPACE, World, a_flinkdeployment, condition

CLUSTER = "shared"


def a_session_job(name: str, args: list[str] | None = None, **job: Any) -> dict[str, Any]:
    """The counting job, from the jar in the session cluster's image."""
    default = {"jarURI": JAR, "entryClass": "CountingJob", "parallelism": 1, "upgradeMode": "savepoint", "args": args or []}
    directories = {
        "state.checkpoints.dir": f"file:///state/{name}/checkpoints",
        "state.savepoints.dir": f"file:///state/{name}/savepoints",
    }
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"deploymentName": CLUSTER, "flinkConfiguration": directories, "job": {**default, **job}},
    }


@pytest.fixture(scope="module")
def jobs(world: World) -> Iterator[World]:
    """A session cluster with high availability."""
    manifest = a_flinkdeployment(CLUSTER)
    del manifest["spec"]["job"]
    world.apply(manifest)
    yield world.session_jobs(CLUSTER)
    world.delete(CLUSTER, 120)
    world.leaves_nothing(CLUSTER)


def running(world: World) -> list[str]:
    """The ids of all jobs that have not ended."""
    found = world.flink(CLUSTER, "/jobs/overview")["jobs"]
    return sorted(job["jid"] for job in found if job["state"] not in ("FINISHED", "CANCELED", "FAILED"))


def test_a_job_may_name_its_cluster_before_that_exists_and_its_whole_life_keeps_its_state(jobs: World) -> None:
    name = "first"
    jobs.apply(a_session_job(name))
    jobs.wait_until_running(name, 180)
    before, old = jobs.wait_for_count(name, 100).newest, jobs.status(name)["jobStatus"]["jobId"]
    assert running(jobs) == [old]

    jobs.patch(name, {"job": {"args": ["--rate", "250"]}})
    jobs.goes_on(name, before)
    assert jobs.status(name)["restore"]["source"] == "savepoint"

    alive = running(jobs)
    jobs.patch(name, {"job": {"jarURI": "https://nowhere.invalid/job.jar"}})
    waits = jobs.wait_for(name, lambda one: "nowhere.invalid" in condition(one, "Ready").get("message", ""), 60, "told")
    assert (waits["status"]["reason"], running(jobs)) == ("UpgradeWaiting", alive), "the old job runs on"

    before = jobs.wait_for_count(name, before + 200).newest
    jobs.patch(name, {"job": {"jarURI": JAR, "upgradeMode": "last-state", "args": ["--rate", "260"]}})
    jobs.goes_on(name, before - 300)
    assert jobs.status(name)["restore"]["source"] == "checkpoint"

    before = jobs.wait_for_count(name, before + 200).newest
    jobs.patch(name, {"job": {"state": "suspended", "upgradeMode": "savepoint"}})
    jobs.wait_for_phase(name, "Suspended")
    assert running(jobs) == []
    jobs.patch(name, {"job": {"state": "running"}})
    jobs.goes_on(name, before)
    jobs.delete(name)
    until(lambda: running(jobs) == [], "the end of the job", 30)


def test_the_jobs_of_a_killed_jobmanager_come_back_and_none_runs_twice(jobs: World) -> None:
    names = [f"many-{number}" for number in range(4)]
    for name in names:
        jobs.apply(a_session_job(name))
    for name in names:
        jobs.wait_until_running(name, 120)
    before = {name: jobs.wait_for_count(name, 300).newest for name in names}
    ids = {name: jobs.status(name)["jobStatus"]["jobId"] for name in names}
    pods = jobs.names("pod", f"app={CLUSTER},component=jobmanager")
    jobs.cluster.kubectl("-n", NAMESPACE, "delete", "pod", *pods, "--force", "--grace-period=0")
    until(lambda: jobs.names("pod", f"app={CLUSTER},component=jobmanager") not in ([], pods), "the next JobManager", 30)
    for name in names[:2]:
        jobs.patch(name, {"job": {"args": ["--rate", "230"]}})
    for name in names:
        jobs.wait_for(name, lambda found: condition(found, "Ready")["status"] == "True", 180, "running the newest spec")
        jobs.goes_on(name, before[name] - 300)
    assert len(running(jobs)) == len(names)
    assert all(jobs.status(name)["jobStatus"]["jobId"] == ids[name] for name in names[2:])

    jobs.cluster.kubectl("-n", NAMESPACE, "delete", "flinkdep", CLUSTER, "--wait=false")
    blocked = World(jobs.cluster).wait_for(CLUSTER, lambda found: found["status"]["reason"] == "JobsRunning", 30, "kept by its jobs")
    assert "many-0" in condition(blocked, "Stalled")["message"]
    for name in names:
        jobs.delete(name)
    until(lambda: World(jobs.cluster).get(CLUSTER) == {}, "the end of the session cluster", 90)


def test_what_keeps_a_job_from_its_cluster_is_told(world: World) -> None:
    jobs = world.session_jobs("nowhere")
    manifest = a_session_job("lost")
    manifest["spec"]["deploymentName"] = "nowhere"
    jobs.apply(manifest)
    found = jobs.wait_for("lost", lambda found: (found.get("status") or {}).get("reason") == "ClusterMissing", 30, "told")
    assert "nowhere" in condition(found, "Stalled")["message"]
    assert json.dumps(found["metadata"].get("finalizers", [])) == "[]", "nothing has to be cleaned up"
    jobs.delete("lost")


@pytest.mark.long
def test_a_job_that_ended_and_was_forgotten_while_no_operator_looked_does_not_run_again(world: World) -> None:
    manifest = a_flinkdeployment("forgetful")
    del manifest["spec"]["job"]
    manifest["spec"]["flinkConfiguration"]["jobstore.expiration-time"] = "10"
    world.apply(manifest)
    jobs = world.session_jobs("forgetful")
    job = a_session_job("bounded", ["--finish-after", "12000"], upgradeMode="stateless")
    job["spec"]["deploymentName"] = "forgetful"
    jobs.apply(job)
    jobs.wait_until_running("bounded", 240)

    world.scale_operator(0)
    try:
        until(lambda: jobs.flink("forgetful", "/jobs/overview")["jobs"] == [], "Flink to forget the job", 180)
    finally:
        world.scale_operator(2)
    found = jobs.wait_for("bounded", lambda one: one["status"]["phase"] == "Failed", 120, "told")
    assert (found["status"]["reason"], "ended unseen" in condition(found, "Stalled")["message"]) == ("JobNotFound", True)
    assert jobs.flink("forgetful", "/jobs/overview")["jobs"] == []
    jobs.delete("bounded")
    world.delete("forgetful", 120)
