"""FlinkApplications in terms of a FlinkSessionJob or a FlinkDeployment."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.api.wire import specs_of

from flinkop.api.cluster import DeploymentMode
from flinkop.api.flinkapplication import FlinkApplicationSpec, parse_application_spec
from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec, parse_sessionjob_spec
from flinkop.api.job import DesiredJobState, JobSpec, UpgradeMode
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.jar import SQL_RUNNER_CLASS
from flinkop.resources.configuration import build_configuration
from flinkop.resources.simpleapplication import PYTHON_DRIVER, SQL_RUNNER_JAR, adapt_application
from flinkop.validation.flinkdeployment import validate_flinkdeployment

JAR = {"jarURI": "local:///job.jar"}
SHARED = {"flinkCluster": {"name": "shared"}}


def on_cluster(job: dict[str, Any], statements: str | None = None, parallelism: int = 1, **spec: Any) -> FlinkSessionJobSpec:
    adapted = adapt_application(parse_application_spec({**SHARED, "job": job, **spec}), statements, parallelism)
    assert isinstance(adapted, FlinkSessionJobSpec)
    return adapted


def on_its_own(job: dict[str, Any], **spec: Any) -> FlinkDeploymentSpec:
    adapted = adapt_application(parse_application_spec({"flinkVersion": "1.20", "job": job, **spec}))
    assert isinstance(adapted, FlinkDeploymentSpec)
    return adapted


JOBS: dict[str, tuple[dict[str, Any], JobSpec]] = {
    "a jar": (JAR, JobSpec(jar_uri="local:///job.jar", parallelism=1)),
    "a class": (
        {**JAR, "mainClass": "Main", "args": ["--a"]},
        JobSpec(jar_uri="local:///job.jar", parallelism=1, entry_class="Main", args=["--a"]),
    ),
    "a class by its other name": ({"entryClass": "Main"}, JobSpec(parallelism=1, entry_class="Main")),
    "all that is said of a job": (
        {
            **JAR,
            "parallelism": 4,
            "state": "suspended",
            "upgradeMode": "savepoint",
            "initialSavepointPath": "s3://sp",
            "allowNonRestoredState": True,
            "savepointTriggerNonce": 1,
            "savepointRedeployNonce": 2,
        },
        JobSpec(
            jar_uri="local:///job.jar",
            parallelism=4,
            state=DesiredJobState.SUSPENDED,
            upgrade_mode=UpgradeMode.SAVEPOINT,
            initial_savepoint_path="s3://sp",
            allow_non_restored_state=True,
            savepoint_trigger_nonce=1,
            savepoint_redeploy_nonce=2,
        ),
    ),
    "a Python script": (
        {"python": {"script": "/opt/job.py"}, "args": ["--a"]},
        JobSpec(entry_class=PYTHON_DRIVER, parallelism=1, args=["-py", "/opt/job.py", "--a"]),
    ),
    "a Python module": ({"python": {"module": "job.main"}}, JobSpec(entry_class=PYTHON_DRIVER, parallelism=1, args=["-pym", "job.main"])),
}


@pytest.mark.parametrize(("job", "expected"), JOBS.values(), ids=JOBS.keys())
def test_the_job_is_the_same_on_a_shared_cluster_and_on_its_own(job: dict[str, Any], expected: JobSpec) -> None:
    assert on_cluster(job).job == expected
    assert on_its_own(job).job == expected


def test_a_job_on_a_cluster_names_it() -> None:
    assert on_cluster(JAR, restartNonce=3, configuration={"table.a": 1}) == FlinkSessionJobSpec(
        deployment_name="shared",
        job=JobSpec(jar_uri="local:///job.jar", parallelism=1),
        restart_nonce=3,
        flink_configuration={"table.a": "1"},
    )


@pytest.mark.parametrize(("own", "of_cluster", "expected"), [(None, 1, 1), (None, 5, 5), (2, 5, 2), (0, 5, 0)])
def test_parallelism_is_the_jobs_or_the_clusters(own: int | None, of_cluster: int, expected: int) -> None:
    job = on_cluster({**JAR, "parallelism": own}, parallelism=of_cluster).job

    assert job is not None
    assert job.parallelism == expected


@pytest.mark.parametrize(
    ("sql", "of_config_map", "expected"),
    [
        ({"statements": "SELECT 'ä';\nSELECT 2;"}, None, "SELECT 'ä';\nSELECT 2;"),
        ({"configMap": {"name": "x"}}, "SELECT 1;", "SELECT 1;"),
    ],
)
def test_statements_reach_the_runner_as_they_are_written(sql: dict[str, Any], of_config_map: str | None, expected: str) -> None:
    job = on_cluster({"sql": sql, "args": ["--a"]}, of_config_map).job

    assert job is not None
    assert (job.jar_uri, job.entry_class, job.args[0], job.args[2:]) == (SQL_RUNNER_JAR, SQL_RUNNER_CLASS, "--statements-base64", ["--a"])
    assert b64decode(job.args[1]).decode() == expected


def test_what_python_needs_is_in_the_configuration() -> None:
    python = {"script": "a.py", "files": ["x.py", "y.zip"], "archives": ["venv.zip"], "requirements": "r.txt", "executable": "python3"}
    expected = {
        "python.files": "x.py,y.zip",
        "python.archives": "venv.zip",
        "python.requirements": "r.txt",
        "python.executable": "python3",
        "python.client.executable": "python3",
    }
    assert on_cluster({"python": python}).flink_configuration == expected
    assert expected.items() <= on_its_own({"python": python}).flink_configuration.items()


@pytest.mark.parametrize(("policy", "restarts"), [("OnFailure", "true"), ("Never", "false"), (None, None)])
def test_the_restart_policy_says_what_becomes_of_a_failed_job(policy: str | None, restarts: str | None) -> None:
    for adapted in (on_cluster({**JAR, "restartPolicy": policy}), on_its_own({**JAR, "restartPolicy": policy})):
        assert adapted.flink_configuration.get("kubernetes.operator.job.restart.failed") == restarts


def test_a_cluster_of_its_own_has_as_many_taskmanagers_as_the_job_needs_or_as_are_written() -> None:
    needed, written = on_its_own(JAR), on_its_own(JAR, taskManager={"replicas": 3})

    assert (needed.mode, needed.task_manager.replicas) == (DeploymentMode.NATIVE, None)
    assert (written.mode, written.task_manager.replicas) == (DeploymentMode.STANDALONE, 3)


def test_a_cluster_of_its_own_is_described_as_a_shared_one() -> None:
    spec = on_its_own(JAR, storage={"checkpoints": "s3://c"}, restartNonce=2, serviceAccount="me", jobManager={"memory": "3g"})

    assert spec.flink_configuration["execution.checkpointing.dir"] == "s3://c"
    assert (spec.image, spec.restart_nonce, spec.service_account) == ("flink:1.20", 2, "me")
    assert spec.job_manager.resource is not None
    assert spec.job_manager.resource.memory == "3g"


def test_a_cluster_of_its_own_needs_a_version() -> None:
    with pytest.raises(InvalidSpec, match=r"^spec\.flinkVersion: is not set"):
        adapt_application(parse_application_spec({"job": JAR}))


@pytest.mark.parametrize("version", ["1.16", "1.20", "2.3"])
@pytest.mark.parametrize("job", [JAR, {"python": {"script": "/a.py"}}, {"sql": {"statements": "SELECT 1;\nSELECT 2;"}}])
def test_what_comes_of_a_healthy_application_keeps_all_rules(version: str, job: dict[str, Any]) -> None:
    spec = on_its_own(job, flinkVersion=version)
    conf = build_configuration("ns", "job", spec, {})
    assert [str(violation) for violation in validate_flinkdeployment("job", "ns", spec, conf)] == []


@given(specs_of(FlinkApplicationSpec), st.none() | st.text(max_size=5))
def test_whatever_can_be_read_becomes_a_job_that_can_be_written_or_is_refused(raw: dict[str, Any], statements: str | None) -> None:
    try:
        spec = adapt_application(parse_application_spec(raw), statements)
    except InvalidSpec:
        return
    if isinstance(spec, FlinkSessionJobSpec):
        assert parse_sessionjob_spec(spec.to_wire()) == spec
