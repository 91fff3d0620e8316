"""Jobs and specs that do not do well are rolled back, or started again. The job itself fails when a count is lost or repeated."""

from __future__ import annotations

from typing import Any

import pytest
from tests.e2e.world import World, a_flinkdeployment, is_running

# Ten minutes of waiting for things that must take their time: with all the others they would not fit into what CI has.
pytestmark = pytest.mark.long
_OPTION = "kubernetes.operator."


def a_job(name: str, options: dict[str, str], args: list[str] | None = None) -> dict[str, Any]:
    """A job with these options beside the usual ones."""
    manifest = a_flinkdeployment(name, upgradeMode="last-state", args=args)
    manifest["spec"]["flinkConfiguration"].update(options)
    return manifest


def test_an_upgrade_that_does_not_get_stable_is_rolled_back(world: World) -> None:
    name = "rollback"
    world.apply(a_job(name, {f"{_OPTION}deployment.rollback.enabled": "true", f"{_OPTION}deployment.readiness.timeout": "100 s"}))
    world.wait_until_running(name)
    before = world.wait_for_count(name, 100).newest
    world.patch(name, {"image": "nowhere.example/flink:none"})
    found = world.wait_for(name, lambda found: found["status"].get("reason") == "RolledBack", 200, "rolled back")
    status = found["status"]
    assert (status["phase"], status["lifecycleState"], status["reconciliationStatus"]["state"]) == ("Running", "ROLLED_BACK", "ROLLED_BACK")
    assert "nowhere.example" in status["message"]
    assert found["spec"]["image"] == "nowhere.example/flink:none", "what people wrote is theirs"
    assert world.wait_for_count(name, before + 1).first > 0
    assert any(reason == "Rollback" for reason, _ in world.events(name))
    world.patch(name, {"image": "flink:1.20", "job": {"args": ["--rate", "250"]}})
    world.goes_on(name, before)
    assert "rollback" not in world.status(name)
    world.delete(name)
    world.leaves_nothing(name)


def test_a_failed_job_is_started_again_from_its_last_checkpoint(world: World) -> None:
    name = "restart-failed"
    world.apply(a_job(name, {f"{_OPTION}job.restart.failed": "true", "restart-strategy": "none"}, ["--fail-at", "600"]))
    found = world.wait_for(name, lambda found: found["status"].get("start", {}).get("attempt", 0) >= 2, 150, "started again twice")
    assert found["status"]["restore"]["source"] in {"checkpoint", "last-state"}
    world.patch(name, {"job": {"args": ["--rate", "250"]}})
    world.goes_on(name, 600)
    assert sum(reason == "RestartFailedJob" for reason, _ in world.events(name)) > 0
    world.delete(name)
    world.leaves_nothing(name)


def test_a_job_that_restarts_over_and_over_is_started_again(world: World) -> None:
    name = "unhealthy"
    health = f"{_OPTION}cluster.health-check."
    world.apply(a_job(name, {f"{health}enabled": "true", f"{health}restarts.threshold": "3", f"{health}restarts.window": "1 min"}))
    world.wait_until_running(name)
    before, job_id = world.wait_for_count(name, 300).newest, world.status(name)["jobStatus"]["jobId"]
    world.patch(name, {"job": {"args": ["--fail-at", "2000", "--rate", "400"]}})
    world.wait_for(name, lambda _: any(reason == "RestartUnhealthyJob" for reason, _ in world.events(name)), 150, "started again")
    world.patch(name, {"job": {"args": ["--rate", "250"]}})
    world.wait_for(name, is_running, 120, "well again")
    world.goes_on(name, before)
    assert world.status(name)["jobStatus"]["jobId"] == job_id, "it is the same job, with its metadata"
    world.delete(name)
    world.leaves_nothing(name)
