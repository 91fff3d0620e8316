"""SQL: on a cluster of its own and on a session cluster. A statement that is wrong is named in the status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.world import JAR, NAMESPACE, World

CLUSTER = "sql-cluster"
CONFIGURATION = {"kubernetes.jobmanager.cpu.limit-factor": "5", "kubernetes.taskmanager.cpu.limit-factor": "5"}
STATEMENTS = """\
-- numbers; and what becomes of them
SET 'pipeline.name' = 'numbers; in SQL';
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10', 'fields.n.kind' = 'random');
CREATE TABLE even (n BIGINT, label STRING) WITH ('connector' = 'blackhole');
CREATE TABLE odd (n BIGINT) WITH ('connector' = 'blackhole');
BEGIN STATEMENT SET;
INSERT INTO even SELECT n, 'it''s; even' FROM numbers WHERE MOD(n, 2) = 0;
INSERT INTO odd SELECT n FROM numbers WHERE MOD(n, 2) <> 0;
END;
"""
WRONG = """\
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen');
CREATE TABLE kept (n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO kept
SELECT nothing FROM numbers;
"""
NAMED = "statement 3 in line 3 (INSERT INTO kept)"


def an_application(name: str, sql: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A FlinkApplication, small where it has a cluster of its own."""
    size = {"cpu": 0.2, "memory": "1024m"}
    own = {"flinkVersion": "1.20", "configuration": CONFIGURATION, "jobManager": size, "taskManager": size}
    return {
        "apiVersion": "flink.apache.org/v1",
        "kind": "FlinkApplication",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {**({} if "flinkCluster" in spec else own), "job": {"parallelism": 1, "sql": sql}, **spec},
    }


def job_name(world: World, name: str) -> str:
    """As Flink knows it."""
    return str(world.flink(name, f"/jobs/{world.status(name)['jobStatus']['jobId']}")["name"])


def told(world: World, name: str, what: str) -> None:
    """It is in the status of the resource."""
    world.wait_for(name, lambda found: what in str((found.get("status") or {}).get("message")), 120, f"told {what!r}")


@pytest.mark.parametrize("replicas", [None, 1], ids=["native", "standalone"])
def test_sql_runs_on_a_cluster_of_its_own_and_a_wrong_statement_is_named(world: World, replicas: int | None) -> None:
    applications, name = World(world.cluster, "flinkapplication"), "sql-standalone" if replicas else "sql-native"
    manifest = an_application(name, {"statements": STATEMENTS})
    manifest["spec"]["taskManager"]["replicas"] = replicas
    applications.apply(manifest)
    applications.wait_until_running(name)
    assert job_name(applications, name) == "numbers; in SQL"
    applications.patch(name, {"job": {"sql": {"statements": WRONG}}})
    told(applications, name, NAMED)
    applications.delete(name)
    applications.leaves_nothing(name)


@pytest.fixture(scope="module")
def session(world: World) -> Iterator[World]:
    """A FlinkCluster."""
    clusters = World(world.cluster, "flinkcluster")
    size = {"cpu": 0.2, "memory": "1024m"}
    spec = {"flinkVersion": "1.20", "configuration": CONFIGURATION, "jobManager": size, "taskManager": {**size, "replicas": 1, "slots": 4}}
    metadata = {"name": CLUSTER, "namespace": NAMESPACE}
    clusters.apply({"apiVersion": "flink.apache.org/v1", "kind": "FlinkCluster", "metadata": metadata, "spec": spec})
    clusters.wait_until_running(CLUSTER)
    yield World(world.cluster, "flinkapplication", CLUSTER)
    clusters.delete(CLUSTER, 120)
    clusters.leaves_nothing(CLUSTER)


def test_sql_runs_on_a_shared_cluster_from_a_config_map_too_and_a_wrong_statement_is_named(session: World) -> None:
    shared = {"flinkCluster": {"name": CLUSTER}}
    session.cluster.kubectl("-n", NAMESPACE, "create", "configmap", "statements", f"--from-literal=statements.sql={STATEMENTS}")
    session.apply(an_application("sql-shared", {"configMap": {"name": "statements"}}, **shared))
    session.wait_until_running("sql-shared")
    assert job_name(session, "sql-shared") == "numbers; in SQL"
    session.apply(an_application("sql-wrong", {"statements": WRONG}, **shared))
    told(session, "sql-wrong", NAMED)
    for name in ("sql-wrong", "sql-shared"):
        session.delete(name)


def test_a_jar_of_the_clusters_image_needs_no_main_class_and_is_named_when_it_is_missing(session: World) -> None:
    shared = {"flinkCluster": {"name": CLUSTER}}
    session.apply(an_application("with-manifest", {}, **shared, job={"jarURI": JAR, "parallelism": 1}))
    session.wait_until_running("with-manifest")
    session.apply(an_application("missing", {}, **shared, job={"jarURI": "local:///opt/missing.jar", "mainClass": "CountingJob"}))
    told(session, "missing", "the jar /opt/missing.jar is not in the JobManager's image")
    for name in ("missing", "with-manifest"):
        session.delete(name)
