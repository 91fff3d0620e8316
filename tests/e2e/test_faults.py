"""What goes wrong around a job: pods, nodes and the operator die. The job itself fails when a count is lost or repeated."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, OPERATOR_NAMESPACE, World, a_flinkdeployment, condition, is_running

JOB = "faults"
LEASE_DURATION = 15.0


@pytest.fixture(scope="module")
def job(world: World) -> Iterator[str]:
    """A running job with high availability that has made checkpoints."""
    world.apply(a_flinkdeployment(JOB, upgradeMode="last-state"))
    world.wait_until_running(JOB)
    yield JOB
    world.delete(JOB, 120)


def counted(world: World, name: str) -> int:
    """How far the job is, with a checkpoint behind it."""
    return world.wait_for_count(name, 300).newest


def the_pod(world: World, component: str) -> str:
    """The running pod of that component."""
    return world.names("pod", f"app={JOB},component={component}")[-1]


def test_a_killed_jobmanager_comes_back_with_its_job(world: World, job: str) -> None:
    before, job_id = counted(world, job), world.status(job)["jobStatus"]["jobId"]
    world.cluster.kubectl("-n", NAMESPACE, "delete", "pod", the_pod(world, "jobmanager"), "--force", "--grace-period=0")
    world.wait_for(job, lambda found: not is_running(found), 60, "seen without its JobManager")
    world.goes_on(job, before - 300)
    assert world.status(job)["jobStatus"]["jobId"] == job_id


def test_a_killed_taskmanager_is_replaced(world: World, job: str) -> None:
    before, lost = counted(world, job), the_pod(world, "taskmanager")
    world.cluster.kubectl("-n", NAMESPACE, "delete", "pod", lost, "--force", "--grace-period=0")
    until(lambda: any(pod != lost for pod in world.names("pod", f"app={JOB},component=taskmanager")), "another TaskManager", 90)
    world.goes_on(job, before)


def test_a_deleted_jobmanager_deployment_is_made_again_from_the_last_checkpoint(world: World, job: str) -> None:
    before = counted(world, job)
    world.cluster.kubectl("-n", NAMESPACE, "delete", "deployment", job, "--wait=false")
    world.wait_for(job, lambda found: (found["status"].get("restore") or {}).get("source") == "last-state", 90, "restored")
    world.goes_on(job, before - 300)
    assert ("RecoverDeployment", "Recovering lost deployment") in world.events(job)


def test_an_invalid_spec_is_refused_and_the_job_is_not_touched(world: World, job: str) -> None:
    job_id = world.status(job)["jobStatus"]["jobId"]
    world.patch(job, {"jobManager": {"resource": {"memory": "300m"}}})
    found = world.wait_for(job, lambda found: condition(found, "Stalled")["status"] == "True", 20, "refused")
    assert condition(found, "Stalled")["reason"] == "ValidationError"
    assert "spec.jobManager.resource.memory" in condition(found, "Stalled")["message"]
    assert (condition(found, "Ready")["status"], condition(found, "Running")["status"]) == ("False", "True")
    assert any(reason == "ValidationError" for reason, _ in world.events(job))
    world.patch(job, {"jobManager": {"resource": {"memory": "1024m"}}})
    found = world.wait_for(job, lambda found: condition(found, "Stalled")["status"] == "False", 20, "accepted")
    assert found["status"]["jobStatus"]["jobId"] == job_id


def test_the_operator_killed_in_the_middle_of_a_savepoint_upgrade_loses_nothing(world: World, job: str) -> None:
    before = counted(world, job)
    world.patch(job, {"job": {"upgradeMode": "savepoint", "args": ["--rate", "210"]}})
    world.wait_for(job, lambda found: found["status"]["phase"] == "Upgrading", 20, "upgrading")
    for pod in world.names("pod", "app.kubernetes.io/name=flinkop", OPERATOR_NAMESPACE):
        world.kill(pod, OPERATOR_NAMESPACE)
    world.goes_on(job, before)
    status = world.status(job)
    assert status["restore"]["source"] == "savepoint"
    assert sum(1 for reason, message in world.events(job) if reason == "Submit" and "savepoint" in message) == 1


def test_a_standby_takes_over_within_the_lease_duration_when_the_leader_is_killed(world: World, job: str) -> None:
    leader = world.leader()
    world.kill(leader, OPERATOR_NAMESPACE)
    # so that its node does not start it again: that would be the same holder, at work within a second
    world.cluster.kubectl("-n", OPERATOR_NAMESPACE, "delete", "pod", leader, "--force", "--grace-period=0", "--wait=false")
    until(lambda: world.leader() not in ("", leader), "another leader within the lease duration", LEASE_DURATION + 2)
    assert is_running(world.get(job))


def test_a_leader_that_stood_still_is_replaced_and_ends_itself_when_it_wakes(world: World, job: str) -> None:
    world.cluster.kubectl("-n", OPERATOR_NAMESPACE, "rollout", "status", "deployment/flinkop", "--timeout=60s")
    leader, before = world.leader(), world.restarts(world.leader(), OPERATOR_NAMESPACE)
    world.signal("STOP", leader, OPERATOR_NAMESPACE)
    until(lambda: world.leader() not in ("", leader), "another leader within the lease duration", LEASE_DURATION + 2)
    world.signal("CONT", leader, OPERATOR_NAMESPACE)
    until(lambda: world.restarts(leader, OPERATOR_NAMESPACE) > before, "the end of the old leader", 30)
    assert world.leader() != leader
    assert is_running(world.get(job))


def test_a_standby_takes_over_at_once_when_the_leader_stops_in_order(world: World, job: str) -> None:
    world.cluster.kubectl("-n", OPERATOR_NAMESPACE, "rollout", "status", "deployment/flinkop", "--timeout=60s")
    leader = world.leader()
    world.cluster.kubectl("-n", OPERATOR_NAMESPACE, "delete", "pod", leader, "--wait=false")
    until(lambda: world.leader() != leader, "the release of the lease", 10, every=0.05)
    released = time.monotonic()
    until(lambda: world.leader() not in ("", leader), "another leader", 10, every=0.05)
    assert time.monotonic() - released < 2


def test_the_api_server_gone_for_a_while_doubles_nothing(world: World, job: str) -> None:
    before, job_id = counted(world, job), world.status(job)["jobStatus"]["jobId"]
    world.cluster.stop_apiserver()
    time.sleep(45)
    world.cluster.start_apiserver()
    world.goes_on(job, before)
    assert world.status(job)["jobStatus"]["jobId"] == job_id
    world.patch(job, {"restartNonce": 7})
    world.wait_until_running(job)


def test_the_loss_of_the_jobmanagers_node_is_survived(world: World, job: str) -> None:
    before = counted(world, job)
    pod = the_pod(world, "jobmanager")
    node = world.cluster.kubectl("-n", NAMESPACE, "get", "pod", pod, "-o", "jsonpath={.spec.nodeName}")
    number = int(node.removeprefix("node"))
    world.cluster.stop_node(number)
    try:
        world.wait_for(job, lambda found: not is_running(found), 90, "seen without its JobManager")
        world.wait_until_running(job, 180)
    finally:
        world.cluster.start_node(number)
    world.goes_on(job, before - 300)
