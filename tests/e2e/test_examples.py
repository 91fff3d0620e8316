"""The examples that users copy from run as they stand. Python's is in test_python.py; that for production needs an object store."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster import place
from tests.cluster.process import until
from tests.e2e.world import NAMESPACE, STATE, World, condition

EXAMPLES = place.REPOSITORY / "manifests" / "examples"

PHASES = {
    "basic.yaml": "Running",
    "stateless.yaml": "Running",
    "reactive.yaml": "Running",
    "suspended.yaml": "Suspended",
    "flink-application-alone.yaml": "Running",
}
LONG = {"session.yaml": "Running", "recovery.yaml": "Running", "pod-template.yaml": "Running"}
CASES = [*PHASES.items(), *(pytest.param(*case, marks=pytest.mark.long) for case in LONG.items())]


def apply(world: World, file: str) -> None:
    world.cluster.kubectl("-n", NAMESPACE, "apply", "-f", str(EXAMPLES / file))


def documents(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((EXAMPLES / file).read_text()))


@pytest.mark.parametrize(("file", "phase"), CASES)
def test_an_example_runs_as_it_stands(world: World, file: str, phase: str) -> None:
    (manifest,) = documents(file)
    name, resources = manifest["metadata"]["name"], World(world.cluster, manifest["kind"].lower())
    apply(world, file)
    found = resources.wait_for_phase(name, phase)
    assert condition(found, "Ready")["status"] == "True"
    resources.delete(name)
    resources.leaves_nothing(name)


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
    apply(world, "session-jobs.yaml")
    jobs = world.session_jobs("shared-example")
    for name in ("first-job", "second-job"):
        jobs.wait_until_running(name, 180)
    jobs.delete("first-job")
    assert condition(jobs.get("second-job"), "Ready")["status"] == "True"
    jobs.delete("second-job")
    world.delete("shared-example")
    world.leaves_nothing("shared-example")


def test_the_application_of_an_example_may_be_applied_before_its_cluster(world: World) -> None:
    clusters = World(world.cluster, "flinkcluster")
    jobs = World(world.cluster, "flinkapplication", "my-flink-cluster")
    apply(world, "flink-application.yaml")
    jobs.wait_for("my-flink-job", lambda found: (found.get("status") or {}).get("reason") == "ClusterMissing", 30, "waiting")
    apply(world, "flink-cluster.yaml")
    jobs.wait_until_running("my-flink-job", 180)
    jobs.delete("my-flink-job")
    clusters.delete("my-flink-cluster", 120)
    clusters.leaves_nothing("my-flink-cluster")


def test_the_example_in_sql_shows_its_results_in_the_log_that_it_names(world: World) -> None:
    applications, name = World(world.cluster, "flinkapplication"), "sql-example"
    apply(world, "sql.yaml")
    applications.wait_until_running(name, 180)
    until(lambda: "+I[" in taskmanager_log(world, name), "a result", 60)
    applications.delete(name)
    applications.leaves_nothing(name)


def taskmanager_log(world: World, name: str) -> str:
    return world.cluster.kubectl("-n", NAMESPACE, "logs", "-l", f"app={name},component=taskmanager", "--tail=-1")


def test_the_snapshots_of_an_example_are_taken_and_only_what_is_to_be_kept_is(world: World) -> None:
    job, snapshots = "snapshot-example", World(world.cluster, "flinksnp")
    names = ("first-savepoint", "kept-savepoint", "first-checkpoint")
    apply(world, "snapshot.yaml")
    for name in names:
        snapshots.wait_for(name, lambda one: condition(one, "Ready")["status"] == "True", 180, "complete")
    first, kept = (on_node(snapshots.status(name)["path"]) for name in names[:2])
    assert (first.is_dir(), kept.is_dir(), kept.parent.name) == (True, True, "kept")
    for name in names:
        snapshots.delete(name, 60)
    until(lambda: not first.exists(), "end of the savepoint's files", 30)
    assert kept.is_dir()
    world.delete(job, 120)
    world.leaves_nothing(job)


def on_node(location: str) -> Path:
    """Where the node keeps what Flink sees as `location`."""
    (example,) = (one for one in documents("snapshot.yaml") if one["kind"] == "FlinkDeployment")
    template = example["spec"]["podTemplate"]["spec"]
    volume, mount = template["volumes"][0]["hostPath"]["path"], template["containers"][0]["volumeMounts"][0]["mountPath"]
    return Path(volume) / Path(location.removeprefix("file:")).relative_to(mount)


@pytest.fixture
def shared_volume(world: World) -> Iterator[Path]:
    """A volume that pods of all nodes reach, as a storage class would provide it: Flink's group may write to it."""
    directory = Path(STATE) / "savepoint-example"
    directory.mkdir(parents=True, exist_ok=True)
    shutil.chown(directory, 9999, 9999)
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "hostPath": {"path": str(directory)}}
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "savepoint-example"}, "spec": spec}
    world.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(volume))
    yield directory
    world.cluster.kubectl("-n", NAMESPACE, "delete", "pvc", "flink-data", "--ignore-not-found", "--timeout=60s")
    world.cluster.kubectl("delete", "pv", "savepoint-example", "--timeout=60s")


def test_the_example_on_a_volume_claim_is_upgraded_by_savepoint_and_leaves_one_behind(world: World, shared_volume: Path) -> None:
    name, savepoints = "savepoint-example", shared_volume / "savepoints"
    apply(world, "savepoint.yaml")
    world.wait_until_running(name, 180)
    world.patch(name, {"restartNonce": 1})
    world.wait_until_running(name, 180)
    assert world.status(name)["restore"]["source"] == "savepoint"
    of_the_upgrade = set(savepoints.iterdir())
    world.delete(name, 120)
    assert set(savepoints.iterdir()) > of_the_upgrade
    world.leaves_nothing(name)
