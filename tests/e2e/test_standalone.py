"""Standalone clusters, and scaling without a restart. The job itself fails when a count is lost or repeated."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, World, a_flinkdeployment

OVERRIDES = "pipeline.jobvertex-parallelism-overrides"


def a_standalone(name: str, replicas: int, configuration: dict[str, str] | None = None, **job: Any) -> dict[str, Any]:
    """A standalone application of so many TaskManagers with two slots each."""
    manifest = a_flinkdeployment(name, **job)
    manifest["spec"]["mode"] = "standalone"
    manifest["spec"]["taskManager"]["replicas"] = replicas
    manifest["spec"]["flinkConfiguration"].update(configuration or {})
    return manifest


def deployments(world: World, name: str) -> dict[str, tuple[str, int]]:
    """Name to uid and number of replicas that are asked for."""
    found = json.loads(world.cluster.kubectl("-n", NAMESPACE, "get", "deployment", "-l", f"app={name}", "-o", "json"))["items"]
    return {one["metadata"]["name"]: (one["metadata"]["uid"], one["spec"]["replicas"]) for one in found}


def parallelism(world: World, name: str) -> dict[str, int]:
    """Name of a vertex to its parallelism; empty while the JobManager does not answer."""
    job_id = world.status(name)["jobStatus"]["jobId"]
    return {vertex["name"]: vertex["parallelism"] for vertex in world.flink(name, f"/jobs/{job_id}")["vertices"]}


def test_a_standalone_job_is_upgraded_with_its_state_recovered_and_deleted(world: World) -> None:
    name = "standalone"
    world.apply(a_standalone(name, replicas=1))
    world.wait_until_running(name)
    assert deployments(world, name).keys() == {name, f"{name}-taskmanager"}
    before = world.wait_for_count(name, 100).newest

    world.patch(name, {"job": {"args": ["--rate", "250"]}})
    world.goes_on(name, before)
    assert world.status(name)["restore"]["source"] == "savepoint"

    before = world.wait_for_count(name, before + 300).newest
    world.cluster.kubectl("-n", NAMESPACE, "delete", "deployment", f"{name}-taskmanager", "--wait=false")
    until(lambda: f"{name}-taskmanager" in deployments(world, name), "another TaskManager Deployment", 60)
    world.goes_on(name, before)

    before = world.wait_for_count(name, before + 300).newest
    world.patch(name, {"job": {"upgradeMode": "last-state", "args": ["--rate", "260"]}})
    world.goes_on(name, before - 300)
    assert world.status(name)["restore"]["source"] == "last-state"
    world.delete(name)
    world.leaves_nothing(name)


def test_a_reactive_job_is_scaled_by_kubectl_without_a_restart(world: World) -> None:
    name = "reactive"
    world.apply(a_standalone(name, 1, {"scheduler-mode": "reactive"}))
    world.wait_until_running(name)
    before, uid = world.wait_for_count(name, 100).newest, deployments(world, name)[name][0]
    world.cluster.kubectl("-n", NAMESPACE, "scale", "flinkdep", name, "--replicas=2")
    until(lambda: max(parallelism(world, name).values()) == 4, "the job on all four slots", 90)
    world.goes_on(name, before)
    assert deployments(world, name)[name][0] == uid, "the JobManager is the same"
    assert world.get(name)["status"]["taskManager"]["replicas"] == 2
    assert any(reason == "Scaling" for reason, _ in world.events(name))
    world.delete(name)
    world.leaves_nothing(name)


def test_a_standalone_session_is_scaled_and_deleted(world: World) -> None:
    name = "standalone-session"
    manifest = a_standalone(name, replicas=1)
    del manifest["spec"]["job"]
    world.apply(manifest)
    world.wait_until_running(name)
    uid = deployments(world, name)[name][0]
    until(lambda: world.flink(name, "/overview")["taskmanagers"] == 1, "a TaskManager", 60)
    world.cluster.kubectl("-n", NAMESPACE, "scale", "flinkdep", name, "--replicas=2")
    until(lambda: world.flink(name, "/overview")["taskmanagers"] == 2, "two TaskManagers", 60)
    world.wait_until_running(name)
    assert deployments(world, name) == {name: (uid, 1), f"{name}-taskmanager": (deployments(world, name)[f"{name}-taskmanager"][0], 2)}
    world.delete(name)
    world.leaves_nothing(name)


def test_a_running_job_is_rescaled_in_place(world: World) -> None:
    name = "rescaled"
    manifest = a_flinkdeployment(name)
    manifest["spec"]["flinkConfiguration"]["jobmanager.scheduler"] = "adaptive"
    world.apply(manifest)
    world.wait_until_running(name)
    before, uid = world.wait_for_count(name, 100).newest, deployments(world, name)[name][0]
    job_id = world.status(name)["jobStatus"]["jobId"]
    vertices = {vertex["name"]: vertex["id"] for vertex in world.flink(name, f"/jobs/{job_id}")["vertices"]}
    check = next(vertex for title, vertex in vertices.items() if "Source" not in title)
    world.patch(name, {"flinkConfiguration": {OVERRIDES: f"{check}:2"}})
    until(lambda: 2 in parallelism(world, name).values(), "the job at another parallelism", 90)
    world.goes_on(name, before)
    status = world.status(name)
    assert (deployments(world, name)[name][0], status["jobStatus"]["jobId"]) == (uid, job_id)
    assert json.loads(status["reconciliationStatus"]["lastReconciledSpec"])["spec"]["flinkConfiguration"][OVERRIDES] == f"{check}:2"
    world.delete(name)
    world.leaves_nothing(name)
