"""One cluster for the whole run: two nodes, the operator by its chart, Flink images with the counting job."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster import examplejar, flinkimage, jobjar, operatorimage, place
from tests.cluster.localcluster import LocalCluster
from tests.e2e.world import NAMESPACE, OPERATOR_NAMESPACE, STATE, World

CHART = place.REPOSITORY / "charts" / "flinkop"
VERSIONS = ("1.20.5", "2.2.1")


def flink_image(version: str) -> Path:
    """The image of that version with the counting job, and with Flink's own example where it was published."""
    examples = [examplejar.build()] if version.startswith("1.20") else []
    return flinkimage.ensure(version, [jobjar.build(version), *examples])


def install_operator(cluster: LocalCluster) -> None:
    """The chart, with the image that was built here, watching all namespaces; jobs run in a namespace of their own."""
    for namespace in (OPERATOR_NAMESPACE, NAMESPACE):
        cluster.kubectl("create", "namespace", namespace)
    image = ["--set", "image.repository=localhost/flinkop", "--set", "image.tag=dev"]
    cluster.helm("install", "flinkop", str(CHART), "-n", OPERATOR_NAMESPACE, *image, "--wait", "--timeout=120s")
    cluster.kubectl("-n", NAMESPACE, "create", "serviceaccount", "flink")
    cluster.kubectl("-n", NAMESPACE, "create", "role", "flink", "--verb=*", "--resource=pods,configmaps,deployments.apps")
    cluster.kubectl("-n", NAMESPACE, "create", "rolebinding", "flink", "--role=flink", f"--serviceaccount={NAMESPACE}:flink")


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """FLINKOP_KEEP=1 leaves the cluster up after the run, and uses one that is up."""
    cluster = LocalCluster("e2e")
    fresh = not cluster.is_up()
    if fresh or not os.environ.get("FLINKOP_KEEP"):
        cluster.down()
        shutil.rmtree(STATE, ignore_errors=True)
        cluster = LocalCluster("e2e")
        cluster.up(nodes=2)
        for archive in (operatorimage.ensure(), *map(flink_image, VERSIONS)):
            cluster.load(archive)
        install_operator(cluster)
    yield World(cluster)
    if not os.environ.get("FLINKOP_KEEP"):
        cluster.down()
        shutil.rmtree(STATE, ignore_errors=True)
