"""A cluster that another operator deployed is taken over without a restart: its status is all that the new operator has."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, OPERATOR_NAMESPACE, World, a_flinkdeployment

JOB = "takeover"
_OURS = ("phase", "reason", "message", "operation", "start", "restore", "rollback", "restartWindow")


def as_the_established_operator_writes_it(status: dict[str, Any]) -> dict[str, Any]:
    """Only its fields, and only its one condition."""
    kept = {field: value for field, value in status.items() if field not in _OURS}
    return {**kept, "conditions": [one for one in status["conditions"] if one["type"] == "Running"]}


def scale_operator(world: World, replicas: int) -> None:
    world.cluster.kubectl("-n", OPERATOR_NAMESPACE, "scale", "deployment/flinkop", f"--replicas={replicas}")
    selector = "app.kubernetes.io/name=flinkop"
    until(lambda: len(world.names("pod", selector, OPERATOR_NAMESPACE)) == replicas, f"{replicas} operator pods", 60)


def test_a_running_cluster_of_the_established_operator_goes_on_and_is_upgraded(world: World) -> None:
    world.apply(a_flinkdeployment(JOB))
    world.wait_until_running(JOB)
    before, job_id = world.wait_for_count(JOB, 50).newest, world.status(JOB)["jobStatus"]["jobId"]
    scale_operator(world, 0)
    try:
        found = world.get(JOB)
        found["status"] = as_the_established_operator_writes_it(found["status"])
        world.cluster.kubectl("-n", NAMESPACE, "replace", "--subresource=status", "-f", "-", stdin=json.dumps(found))
        assert "phase" not in world.status(JOB)
    finally:
        scale_operator(world, 2)
    world.wait_until_running(JOB)
    before = world.wait_for_count(JOB, before + 1).newest
    assert world.status(JOB)["jobStatus"]["jobId"] == job_id
    assert sum(1 for reason, _ in world.events(JOB) if reason == "Submit") == 1
    world.patch(JOB, {"job": {"args": ["--rate", "300"]}})
    world.goes_on(JOB, before)
    assert world.status(JOB)["restore"]["source"] == "savepoint"
    world.delete(JOB)
    world.leaves_nothing(JOB)
