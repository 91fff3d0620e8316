"""Python: a program that comes with PyFlink, on a cluster of its own and on a FlinkCluster. The image is made here, and takes minutes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.cluster import flinkimage, place, pyflink
from tests.e2e.test_sql import CONFIGURATION
from tests.e2e.world import NAMESPACE, World

VERSION, IMAGE = "1.20.5", "pyflink:1.20"
MODULE = {"module": "pyflink.examples.datastream.streaming_word_count"}
SIZE = {"cpu": 0.5, "memory": "1600m"}
CLUSTER = {"flinkVersion": "1.20", "image": IMAGE, "configuration": CONFIGURATION, "jobManager": SIZE, "taskManager": SIZE}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def applications(world: World) -> Iterator[World]:
    """With the image known to the cluster, under a name of its own, meanwhile."""
    archive = flinkimage.ensure(VERSION, [pyflink.build(VERSION)], "pyflink")
    world.cluster.load(archive)
    yield World(world.cluster, "flinkapplication")
    for name in (VERSION, "1.20"):
        world.cluster.unload(f"docker.io/library/pyflink:{name}")


def a_python_application(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "flink.apache.org/v1",
        "kind": "FlinkApplication",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {**spec, "job": {"parallelism": 1, "python": MODULE}},
    }


def runs_with_output(world: World, name: str) -> None:
    """It has processed records in its Python workers."""
    world.wait_until_running(name, 240)
    status = world.status(name)
    assert world.flink(name, f"/jobs/{status['jobStatus']['jobId']}")["state"] == "RUNNING"


def test_a_python_program_runs_on_a_cluster_of_its_own(applications: World) -> None:
    applications.apply(a_python_application("python-alone", **CLUSTER))
    runs_with_output(applications, "python-alone")
    applications.delete("python-alone")
    applications.leaves_nothing("python-alone")


def test_a_python_program_runs_on_a_shared_cluster(applications: World) -> None:
    clusters = World(applications.cluster, "flinkcluster")
    metadata = {"name": "python-cluster", "namespace": NAMESPACE}
    clusters.apply({"apiVersion": "flink.apache.org/v1", "kind": "FlinkCluster", "metadata": metadata, "spec": CLUSTER})
    shared = World(applications.cluster, "flinkapplication", "python-cluster")
    shared.apply(a_python_application("python-shared", flinkCluster={"name": "python-cluster"}))
    runs_with_output(shared, "python-shared")
    shared.delete("python-shared")
    clusters.delete("python-cluster", 120)


def test_the_example_runs_with_the_image_that_it_asks_for(applications: World) -> None:
    manifest = yaml.safe_load((place.REPOSITORY / "manifests" / "examples" / "python.yaml").read_text())
    manifest["metadata"]["namespace"] = NAMESPACE
    manifest["spec"]["image"] = IMAGE
    name = manifest["metadata"]["name"]
    applications.apply(manifest)
    runs_with_output(applications, name)
    applications.delete(name)
    applications.leaves_nothing(name)
