"""SQL on every Flink version: as an application, and on a session cluster together with a jar that the launcher runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests import versions
from tests.e2e.conftest import VERSIONS, flink_image
from tests.e2e.test_sql import CONFIGURATION, STATEMENTS, job_name
from tests.e2e.world import JAR, NAMESPACE, World

SIZE = {"cpu": 0.2, "memory": "1024m"}

pytestmark = pytest.mark.versions


@pytest.fixture(params=versions.RELEASES)
def version(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    """A version, whose image is in the cluster only meanwhile."""
    release: str = request.param
    if release not in VERSIONS:
        archive = flink_image(release)
        world.cluster.load(archive)
        archive.unlink()
    yield release.rpartition(".")[0]
    if release not in VERSIONS:
        world.cluster.unload(f"docker.io/library/flink:{release}")


def a_resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "flink.apache.org/v1", "kind": kind, "metadata": metadata, "spec": spec}


def test_sql_and_the_launcher_run(world: World, version: str) -> None:
    applications, clusters = World(world.cluster, "flinkapplication"), World(world.cluster, "flinkcluster")
    own = {"flinkVersion": version, "configuration": CONFIGURATION, "jobManager": SIZE, "taskManager": SIZE}
    sql: dict[str, Any] = {"parallelism": 1, "sql": {"statements": STATEMENTS}}
    for name, replicas in (("sql-native", None), ("sql-standalone", 1)):
        applications.apply(a_resource("FlinkApplication", name, {**own, "taskManager": {**SIZE, "replicas": replicas}, "job": sql}))
        applications.wait_until_running(name)
        assert job_name(applications, name) == "numbers; in SQL"
        applications.delete(name)

    clusters.apply(a_resource("FlinkCluster", "sql-cluster", own))
    jobs = World(world.cluster, "flinkapplication", "sql-cluster")
    shared = {"flinkCluster": {"name": "sql-cluster"}}
    for name, job in (("sql-shared", sql), ("launched", {"parallelism": 1, "jarURI": JAR})):
        jobs.apply(a_resource("FlinkApplication", name, {**shared, "job": job}))
        jobs.wait_until_running(name)
        jobs.delete(name)
    clusters.delete("sql-cluster", 120)
    clusters.leaves_nothing("sql-cluster")
