"""Jars that the operator fetches, by HTTP and from S3, for jobs on a session cluster. The server of both is moto's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.cluster import jobjar
from tests.component.artifact import s3server
from tests.e2e.conftest import CHART
from tests.e2e.test_sessionjobs import a_session_job
from tests.e2e.world import OPERATOR_NAMESPACE, World, a_flinkdeployment, condition

pytestmark = pytest.mark.long
CLUSTER = "fetching"
OBJECT = f"{s3server.BUCKET}/test-job.jar"
SECRET = "hunter2"
OPTIONS = {
    "kubernetes.operator.user.artifacts.allowed-schemes": "https;http;s3",
    "kubernetes.operator.user.artifacts.disallow-restricted-hosts": "false",
}


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[str]:
    """Reached from pods; it has the test job."""
    jar = jobjar.build("1.20.5") / "opt/flink/usrlib/test-job.jar"
    instance = world.cluster.instance
    node = ("nsenter", f"--net=/run/netns/{instance.node_namespace(1)}")
    with s3server.serving(instance.address(1), node) as url:
        s3server.put(f"{url}/{OBJECT}", jar.read_bytes())
        yield url


@pytest.fixture(scope="module")
def jobs(world: World, server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A session cluster, and an operator that may fetch from the server."""
    values = tmp_path_factory.mktemp("helm") / "values.yaml"
    values.write_text(yaml.safe_dump(operator_values(server)))
    upgrade(world, "upgrade", "flinkop", CHART, "--reuse-values", "-f", values)
    manifest = a_flinkdeployment(CLUSTER)
    del manifest["spec"]["job"]
    world.apply(manifest)
    yield world.session_jobs(CLUSTER)
    world.delete(CLUSTER, 120)
    upgrade(world, "rollback", "flinkop")


def operator_values(server: str) -> dict[str, object]:
    environment = {
        "AWS_ENDPOINT_URL": server,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": SECRET,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }
    variables = [{"name": name, "value": value} for name, value in environment.items()]
    return {"operatorPod": {"env": variables}, "defaultConfiguration": {"config.yaml": yaml.safe_dump(OPTIONS)}}


def upgrade(world: World, *command: str | Path) -> None:
    world.cluster.helm(*map(str, command), "-n", OPERATOR_NAMESPACE, "--wait", "--timeout=180s")


def a_job(name: str, jar: str) -> dict[str, object]:
    manifest = a_session_job(name, jarURI=jar)
    manifest["spec"]["deploymentName"] = CLUSTER
    return manifest


def test_a_jar_is_fetched_by_http_and_from_s3_and_uploaded_once(jobs: World, server: str) -> None:
    for name, jar in (("by-http", f"{server}/{OBJECT}"), ("by-s3", f"s3://{OBJECT}")):
        jobs.apply(a_job(name, jar))
        jobs.wait_until_running(name, 180)
        jobs.wait_for_count(name, 50)
    uploaded = jobs.flink(CLUSTER, "/jars")["files"]
    assert len(uploaded) == 1, json.dumps(uploaded)

    jobs.apply(a_job("by-nobody", f"s3://{s3server.BUCKET}/no-such.jar"))
    told = jobs.wait_for("by-nobody", lambda one: (one.get("status") or {}).get("reason") == "JarUnavailable", 60, "told")
    assert "there is no such object" in condition(told, "Ready")["message"]
    assert SECRET not in jobs.operator_log()
    for name in ("by-nobody", "by-http", "by-s3"):
        jobs.delete(name)
