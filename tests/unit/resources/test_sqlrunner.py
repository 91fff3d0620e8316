"""The program that runs SQL, in the JobManager of an application."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.resources.cluster import VERSIONS, a_spec, objects_of

from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.jar import SQL_RUNNER_CLASS
from flinkop.resources.naming import MAIN_CONTAINER
from flinkop.resources.simpleapplication import SQL_RUNNER_JAR
from flinkop.resources.sqlrunner import runs_sql, with_sql_runner

IMAGE = "registry/flinkop:1"
USERS = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {
        "nodeName": "n",
        "initContainers": [{"name": "first"}],
        "containers": [{"name": "side"}, {"name": MAIN_CONTAINER, "env": [], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        "volumes": [{"name": "v"}],
    },
}


@pytest.mark.parametrize(
    ("uri", "does"),
    [(SQL_RUNNER_JAR, True), ("local:/opt/flinkop/sql-runner.jar", True), ("local:///opt/flink/usrlib/job.jar", False), (None, False)],
)
def test_a_job_runs_sql_when_its_jar_is_the_runner(uri: str | None, does: bool) -> None:
    assert runs_sql(a_spec(FlinkVersion(1, 20), job={"jarURI": uri, "parallelism": 1})) is does


def test_a_session_cluster_runs_no_job_of_its_own() -> None:
    assert not runs_sql(a_spec(FlinkVersion(1, 20), job=None))


@pytest.mark.parametrize("template", [{}, USERS], ids=["none", "the user's"])
def test_the_jar_goes_from_the_operators_image_over_a_volume_to_flinks_container(template: dict[str, Any]) -> None:
    spec = with_sql_runner(template, IMAGE)["spec"]
    init, volume = spec["initContainers"][-1], spec["volumes"][-1]
    (main,) = [container for container in spec["containers"] if container["name"] == MAIN_CONTAINER]
    mount = main["volumeMounts"][-1]
    assert init["image"] == IMAGE
    assert init["command"] == ["cp", "/opt/flinkop/share/flinkop/sql-runner.jar", "/handover/"]
    assert init["volumeMounts"] == [{"name": volume["name"], "mountPath": "/handover"}]
    assert mount == {"name": volume["name"], "mountPath": "/opt/flinkop", "readOnly": True}
    assert "emptyDir" in volume
    assert init["resources"]["limits"] == init["resources"]["requests"]
    assert init["securityContext"]["runAsNonRoot"]


def test_what_the_template_says_stays() -> None:
    found = with_sql_runner(USERS, IMAGE)
    assert found["metadata"] == USERS["metadata"]
    assert found["spec"]["nodeName"] == "n"
    assert [one["name"] for one in found["spec"]["initContainers"]] == ["first", "flinkop-sql-runner"]
    assert [one["name"] for one in found["spec"]["containers"]] == ["side", MAIN_CONTAINER]
    assert found["spec"]["containers"][1]["volumeMounts"][0] == {"name": "v", "mountPath": "/v"}


def test_without_the_operators_image_it_is_told_what_to_set() -> None:
    with pytest.raises(InvalidSpec, match=r"kubernetes\.operator\.sql-runner\.image does not name the operator's image"):
        with_sql_runner({}, None)


@pytest.mark.parametrize("version", VERSIONS, ids=str)
@pytest.mark.parametrize("mode", ["native", "standalone"])
def test_only_the_jobmanager_gets_it(version: FlinkVersion, mode: str) -> None:
    job = {"jarURI": SQL_RUNNER_JAR, "entryClass": SQL_RUNNER_CLASS, "args": ["--statements-base64", "QQ=="]}
    objects = objects_of(a_spec(version, mode=mode, job=job), sql_runner_image=IMAGE)
    pod = objects.deployment["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["initContainers"]] == ["flinkop-sql-runner"]
    assert "/opt/flinkop" in [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]
    assert objects.taskmanagers is None or "sql-runner" not in str(objects.taskmanagers["spec"])
