"""SQL: on a cluster of its own and on a session cluster. A statement that is wrong is named in the status."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.world import JAR, NAMESPACE, World, a_flinkdeployment

RUNNER = "local:///opt/flinkop/sql-runner.jar"
CLUSTER = "sql-session"
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


def program(statements: str) -> dict[str, Any]:
    """The fields of `spec.job` that run SQL."""
    encoded = b64encode(statements.encode()).decode()
    return {"jarURI": RUNNER, "entryClass": "flinkop.SqlRunner", "args": ["--statements-base64", encoded], "upgradeMode": "stateless"}


def a_session_job(name: str, **job: Any) -> dict[str, Any]:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"deploymentName": CLUSTER, "job": {"parallelism": 1, "upgradeMode": "stateless", **job}},
    }


def job_name(world: World, name: str) -> str:
    """As Flink knows it."""
    return str(world.flink(name, f"/jobs/{world.status(name)['jobStatus']['jobId']}")["name"])


def told(world: World, name: str, what: str) -> None:
    """It is in the status of the resource."""
    world.wait_for(name, lambda found: what in str((found.get("status") or {}).get("message")), 120, f"told {what!r}")


@pytest.mark.parametrize("mode", ["native", "standalone"])
def test_sql_runs_on_a_cluster_of_its_own(world: World, mode: str) -> None:
    name = f"sql-{mode}"
    manifest = a_flinkdeployment(name, ha=False, **program(STATEMENTS))
    manifest["spec"]["mode"] = mode
    world.apply(manifest)
    world.wait_until_running(name)
    assert job_name(world, name) == "numbers; in SQL"
    if mode == "native":
        world.patch(name, {"job": {"args": program(WRONG)["args"]}})
        told(world, name, NAMED)
    world.delete(name)
    world.leaves_nothing(name)


@pytest.fixture(scope="module")
def session(world: World) -> Iterator[World]:
    """A session cluster."""
    manifest = a_flinkdeployment(CLUSTER, ha=False)
    del manifest["spec"]["job"]
    world.apply(manifest)
    world.wait_until_running(CLUSTER)
    yield world.session_jobs(CLUSTER)
    world.delete(CLUSTER, 120)
    world.leaves_nothing(CLUSTER)


def test_sql_runs_on_a_session_cluster_and_a_wrong_statement_is_named(session: World) -> None:
    session.apply(a_session_job("sql-job", **program(STATEMENTS)))
    session.wait_until_running("sql-job")
    assert job_name(session, "sql-job") == "numbers; in SQL"
    session.apply(a_session_job("sql-wrong", **program(WRONG)))
    told(session, "sql-wrong", NAMED)
    for name in ("sql-wrong", "sql-job"):
        session.delete(name)


def test_a_jar_of_the_session_clusters_image_needs_no_main_class_and_is_named_when_it_is_missing(session: World) -> None:
    session.apply(a_session_job("with-manifest", jarURI=JAR))
    session.wait_until_running("with-manifest")
    session.apply(a_session_job("missing", jarURI="local:///opt/flink/usrlib/missing.jar", entryClass="CountingJob"))
    told(session, "missing", "/opt/flink/usrlib/missing.jar is not in the JobManager's image")
    for name in ("missing", "with-manifest"):
        session.delete(name)
