"""A node is powered off in the middle of an upgrade: the job goes on with its state, and only once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, World, a_flinkdeployment

pytestmark = pytest.mark.long
_MINUTES = 300.0  # the node is missed after 16 s, its pods after 10 more; then a JobManager starts, perhaps twice
SLOWLY = ["--snapshot-millis", "8000"]


def jobmanagers(world: World, name: str) -> list[dict[str, Any]]:
    """Its JobManager pods that are not being deleted."""
    pods = json.loads(world.cluster.kubectl("-n", NAMESPACE, "get", "pod", "-l", f"app={name},component=jobmanager", "-o", "json"))["items"]
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def node_of_the_jobmanager(world: World, name: str) -> int | None:
    """The number of the node it was put on; None while there is none."""
    nodes = [pod["spec"]["nodeName"] for pod in jobmanagers(world, name) if "nodeName" in pod["spec"]]
    return int(nodes[-1].removeprefix("node")) if nodes else None


@contextmanager
def powered_off(world: World, number: int) -> Iterator[None]:
    """The node is off within, and on again afterwards."""
    world.cluster.stop_node(number)
    try:
        yield
    finally:
        world.cluster.start_node(number)


def runs_once(world: World, name: str) -> None:
    """One JobManager, which knows one job: the recorded one."""
    until(lambda: len(jobmanagers(world, name)) == 1, "one JobManager", 60)
    jobs = world.flink(name, "/jobs/overview")["jobs"]
    assert [job["jid"] for job in jobs if job["state"] == "RUNNING"] == [world.status(name)["jobStatus"]["jobId"]]


def started_from(world: World, name: str, words: str) -> int:
    """How often a start was announced that restores such a thing."""
    return sum(reason == "Submit" and words in message for reason, message in world.events(name))


def test_a_node_lost_while_the_savepoint_of_an_upgrade_is_taken(world: World) -> None:
    name = "node-savepoint"
    manifest = a_flinkdeployment(name, args=SLOWLY)
    manifest["spec"]["flinkConfiguration"] |= {"execution.checkpointing.interval": "15s"}
    world.apply(manifest)
    world.wait_until_running(name)
    job_id = world.status(name)["jobStatus"]["jobId"]
    until(lambda: world.flink(name, f"/jobs/{job_id}/checkpoints")["counts"]["completed"] > 0, "a checkpoint", 90)
    before = world.count(name).newest

    world.patch(name, {"job": {"args": ["--rate", "210"]}})
    world.wait_for(name, lambda found: found["status"].get("reason") == "TakingSavepoint", 30, "taking the savepoint")
    number = node_of_the_jobmanager(world, name)
    assert number is not None
    with powered_off(world, number):
        world.wait_until_running(name, _MINUTES)
    world.goes_on(name, before)
    runs_once(world, name)
    assert world.status(name)["restore"]["source"] == "savepoint"
    assert world.status(name)["jobStatus"]["jobId"] != job_id
    assert started_from(world, name, "savepoint") == 1
    world.delete(name)
    world.leaves_nothing(name)


def test_a_node_lost_while_the_jobmanager_of_the_new_spec_starts(world: World) -> None:
    name = "node-start"
    world.apply(a_flinkdeployment(name))
    world.wait_until_running(name)
    before, old_id = world.wait_for_count(name, 300).newest, world.status(name)["jobStatus"]["jobId"]

    world.patch(name, {"job": {"args": ["--rate", "210"]}})
    world.wait_for_phase(name, "Deploying")
    until(lambda: node_of_the_jobmanager(world, name) is not None, "the new JobManager on a node", 30, every=0.1)
    number = node_of_the_jobmanager(world, name)
    assert number is not None
    with powered_off(world, number):
        new_id = world.wait_until_running(name, _MINUTES)["status"]["jobStatus"]["jobId"]
    world.goes_on(name, before)
    runs_once(world, name)
    status = world.status(name)
    assert old_id != new_id == status["jobStatus"]["jobId"], "the one start that was recorded"
    assert status["restore"]["source"] == "savepoint"
    assert started_from(world, name, "savepoint") == 1
    world.delete(name)
    world.leaves_nothing(name)
