"""The examples that users copy from run as they stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from tests.cluster import place
from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, World, condition

EXAMPLES = place.REPOSITORY / "manifests" / "examples"


PHASES = {"basic.yaml": "Running", "stateless.yaml": "Running", "reactive.yaml": "Running", "suspended.yaml": "Suspended"}


@pytest.mark.parametrize(("file", "phase"), PHASES.items())
def test_an_example_runs_as_it_stands(world: World, file: str, phase: str) -> None:
    name = yaml.safe_load((EXAMPLES / file).read_text())["metadata"]["name"]
    world.cluster.kubectl("-n", NAMESPACE, "apply", "-f", str(EXAMPLES / file))
    found = world.wait_for_phase(name, phase)
    assert condition(found, "Ready")["status"] == "True"
    world.delete(name)
    world.leaves_nothing(name)


def shipped(world: World, name: str, component: str) -> list[Mapping[str, Any]]:
    """What the sidecar of a pod has written: each line has to be an object."""
    (pod,) = world.names("pod", f"app={name},component={component}")
    return [json.loads(line) for line in world.cluster.kubectl("-n", NAMESPACE, "logs", pod, "-c", "log-shipper").splitlines()]


def test_the_sidecar_of_an_example_ships_flinks_log_as_json(world: World) -> None:
    manifest = yaml.safe_load((EXAMPLES / "log-shipping.yaml").read_text())
    name, manifest["metadata"]["namespace"] = manifest["metadata"]["name"], NAMESPACE
    manifest["spec"]["flinkConfiguration"] |= {f"kubernetes.{process}.cpu.limit-factor": "5" for process in ("jobmanager", "taskmanager")}
    world.apply(manifest)
    world.wait_until_running(name)
    for component, says in {"jobmanager": "JobMaster", "taskmanager": "TaskExecutor"}.items():
        until(lambda: any(line["logger"].endswith(says) for line in shipped(world, name, component)), f"lines of the {component}", 60, 2)  # noqa: B023
        for line in shipped(world, name, component):
            assert line.keys() == {"timestamp", "level", "logger", "thread", "message", "exception"}
    world.delete(name)
    world.leaves_nothing(name)


def test_the_jobs_of_an_example_share_their_cluster_and_outlive_each_other(world: World) -> None:
    world.cluster.kubectl("-n", NAMESPACE, "apply", "-f", str(EXAMPLES / "session-jobs.yaml"))
    jobs = world.session_jobs("shared-example")
    for name in ("first-job", "second-job"):
        jobs.wait_until_running(name, 180)
    jobs.delete("first-job")
    assert condition(jobs.get("second-job"), "Ready")["status"] == "True"
    jobs.delete("second-job")
    world.delete("shared-example")
    world.leaves_nothing("shared-example")
