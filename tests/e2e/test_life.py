"""The life of a stateful job that fails by itself when a count is lost or repeated, on real Flink."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, World, a_flinkdeployment, condition


@pytest.fixture(scope="module")
def job(world: World) -> Iterator[str]:
    """A running job that has counted for a while."""
    name = "life"
    world.apply(a_flinkdeployment(name))
    world.wait_until_running(name)
    yield name
    world.delete(name)


def test_a_job_is_deployed_and_its_status_tells_so(world: World, job: str) -> None:
    found = world.wait_until_running(job)
    status = found["status"]
    assert (status["phase"], status["lifecycleState"], status["jobManagerDeploymentStatus"]) == ("Running", "STABLE", "READY")
    assert status["jobStatus"]["state"] == "RUNNING"
    assert status["restore"]["source"] == "none"
    assert {kind: condition(found, kind)["status"] for kind in ("Ready", "Reconciling", "Stalled", "Running")} == {
        "Ready": "True",
        "Reconciling": "False",
        "Stalled": "False",
        "Running": "True",
    }


def test_an_ingress_comes_and_goes_without_touching_the_job(world: World, job: str) -> None:
    job_id = world.status(job)["jobStatus"]["jobId"]
    world.patch(job, {"ingress": {"template": "{{name}}.{{namespace}}.example.com", "className": "nginx"}})
    world.wait_until_running(job)
    until(lambda: world.names("ingress", "component=ingress") == [job], "the Ingress", 20)
    (rule,) = json.loads(world.cluster.kubectl("-n", NAMESPACE, "get", "ingress", job, "-o", "json"))["spec"]["rules"]
    assert (rule["host"], rule["http"]["paths"][0]["backend"]["service"]["name"]) == (f"{job}.{NAMESPACE}.example.com", f"{job}-rest")
    world.patch(job, {"ingress": None})
    until(lambda: world.names("ingress", "component=ingress") == [], "the end of the Ingress", 20)
    assert world.status(job)["jobStatus"]["jobId"] == job_id


def test_a_savepoint_upgrade_goes_on_from_the_savepoint(world: World, job: str) -> None:
    before = world.wait_for_count(job, 50).newest
    old_id = world.status(job)["jobStatus"]["jobId"]
    world.patch(job, {"job": {"args": ["--rate", "300"]}})
    world.goes_on(job, before)
    status = world.status(job)
    assert status["restore"]["source"] == "savepoint"
    assert status["jobStatus"]["jobId"] != old_id


def test_a_last_state_upgrade_goes_on_from_the_last_checkpoint(world: World, job: str) -> None:
    before = world.wait_for_count(job, 50).newest
    world.patch(job, {"job": {"upgradeMode": "last-state", "args": ["--rate", "250"]}})
    world.wait_until_running(job)
    assert world.status(job)["restore"]["source"] == "last-state"
    world.goes_on(job, before)


def test_a_stateless_upgrade_starts_from_empty_state(world: World, job: str) -> None:
    world.patch(job, {"job": {"upgradeMode": "stateless", "args": ["--rate", "200"]}})
    world.wait_until_running(job)
    assert world.status(job)["restore"]["source"] == "none"
    assert world.wait_for_count(job, 10).first == 0


@pytest.mark.parametrize("mode", ["savepoint", "last-state"])
def test_a_suspended_job_leaves_no_cluster_and_resumes_where_it_was(world: World, job: str, mode: str) -> None:
    before = world.wait_for_count(job, 50).newest
    world.patch(job, {"job": {"upgradeMode": mode, "state": "suspended"}})
    world.wait_for_phase(job, "Suspended")
    until(lambda: not world.names("pod", f"app={job}"), "end of the job's pods", 30)
    assert condition(world.get(job), "Ready")["status"] == "True"
    world.patch(job, {"job": {"state": "running"}})
    world.goes_on(job, before)
    assert world.status(job)["restore"]["source"] == mode


def test_deletion_leaves_nothing(world: World, job: str) -> None:
    world.delete(job)
    world.leaves_nothing(job)
