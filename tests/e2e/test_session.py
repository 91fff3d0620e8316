"""A session cluster: jobs of others run on it, and keep it from being deleted."""

from __future__ import annotations

from pathlib import Path

from tests.cluster import jobjar, place
from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, World, condition

EXAMPLE = place.REPOSITORY / "manifests" / "examples" / "session.yaml"
CLUSTER = "session-example"


def submit(world: World, jar: Path) -> str:
    """Uploads the counting job and runs it, as people do; gives its id."""
    uploaded = world.flink(CLUSTER, "/jars/upload", "-X", "POST", "-F", f"jarfile=@{jar};type=application/x-java-archive")
    name = uploaded["filename"].rpartition("/")[2]
    body = '{"entryClass": "CountingJob"}'
    return str(world.flink(CLUSTER, f"/jars/{name}/run", "-X", "POST", "-H", "Content-Type: application/json", "-d", body)["jobid"])


def test_a_session_cluster_runs_jobs_and_is_deleted_when_they_have_ended(world: World) -> None:
    world.cluster.kubectl("-n", NAMESPACE, "apply", "-f", str(EXAMPLE))
    found = world.wait_until_running(CLUSTER)
    assert (found["status"]["lifecycleState"], found["status"]["jobManagerDeploymentStatus"]) == ("STABLE", "READY")
    assert condition(found, "Running")["reason"] == "JobManagerReady"

    job_id = submit(world, jobjar.build("1.20.5") / "opt/flink/usrlib/test-job.jar")
    until(lambda: world.flink(CLUSTER, f"/jobs/{job_id}")["state"] == "RUNNING", "the job", 60)
    world.cluster.kubectl("-n", NAMESPACE, "delete", "flinkdep", CLUSTER, "--wait=false")
    found = world.wait_for(CLUSTER, lambda found: found["status"]["reason"] == "JobsRunning", 30, "kept by the job")
    assert job_id in condition(found, "Stalled")["message"]
    assert world.flink(CLUSTER, f"/jobs/{job_id}")["state"] == "RUNNING"

    world.flink(CLUSTER, f"/jobs/{job_id}?mode=cancel", "-X", "PATCH")
    until(lambda: world.get(CLUSTER) == {}, "the end of the session cluster", 60)
    world.leaves_nothing(CLUSTER)
