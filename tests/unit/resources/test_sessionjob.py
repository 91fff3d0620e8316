"""The configuration of a job on a session cluster."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.cluster import V1_16, V1_17, V1_19, V1_20, V2_0, a_spec

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec, parse_sessionjob_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.joboption import is_sent_with_job
from flinkop.flinkconf.layers import Layer
from flinkop.resources.configuration import build_configuration
from flinkop.resources.sessionjob import build_session_job_configuration, explain_session_job_configuration, run_configuration

RETENTION = "execution.checkpointing.externalized-checkpoint-retention"
INTERVAL = "execution.checkpointing.interval"
OLD_UNCLAIMED, NEW_UNCLAIMED = "execution.savepoint.ignore-unclaimed-state", "execution.state-recovery.ignore-unclaimed-state"

ALWAYS = {"parallelism.default": "2", "pipeline.name": "job", RETENTION: "RETAIN_ON_CANCELLATION"}


def a_session(version: FlinkVersion = V1_20, **conf: str) -> FlinkDeploymentSpec:
    return a_spec(version, job=None, flinkConfiguration={key.replace("__", "."): value for key, value in conf.items()})


def a_job(own: dict[str, str] | None = None, **job: Any) -> FlinkSessionJobSpec:
    raw = {"jarURI": "local:///job.jar", "parallelism": 2, **job}
    return parse_sessionjob_spec({"deploymentName": "session", "job": raw, "flinkConfiguration": own or {}})


def configuration_of(job: FlinkSessionJobSpec, session: FlinkDeploymentSpec, **defaults: str) -> dict[str, str]:
    return build_session_job_configuration("ns", "job", job, session, {key.replace("__", "."): value for key, value in defaults.items()})


def sent_with(job: FlinkSessionJobSpec, session: FlinkDeploymentSpec) -> dict[str, str] | None:
    conf, cluster_conf = configuration_of(job, session), build_configuration("ns", "session", session, {})
    return run_configuration(conf, cluster_conf, session.flink_version)


def test_the_jobs_configuration_lies_over_the_clusters_and_that_over_the_operators() -> None:
    session = a_session(table__a="cluster", table__b="cluster")
    conf = configuration_of(a_job({"table.a": "job"}), session, table__a="default", table__b="default", table__c="default")

    assert (conf["table.a"], conf["table.b"], conf["table.c"]) == ("job", "cluster", "default")


def test_the_cluster_is_the_one_that_the_job_names() -> None:
    conf = configuration_of(a_job(), a_session())

    assert (conf["kubernetes.cluster-id"], conf["kubernetes.namespace"]) == ("session", "ns")


def test_the_jobs_place_for_checkpoints_hides_the_clusters_under_any_name() -> None:
    session = a_session(execution__checkpointing__dir="s3://cluster")
    conf = configuration_of(a_job({"state.checkpoints.dir": "s3://job"}), session)

    assert {key: value for key, value in conf.items() if value.startswith("s3:")} == {"state.checkpoints.dir": "s3://job"}


def test_before_1_17_only_the_operator_reads_the_jobs_configuration() -> None:
    conf = configuration_of(a_job({"table.a": "x", "kubernetes.operator.job.restart.failed": "true"}), a_session(V1_16))

    assert "table.a" not in conf
    assert "pipeline.name" not in conf
    assert conf["kubernetes.operator.job.restart.failed"] == "true"


SENT: dict[str, tuple[FlinkSessionJobSpec, FlinkDeploymentSpec, dict[str, str] | None]] = {
    "nothing special": (a_job(), a_session(), ALWAYS),
    "nothing before 1.17": (a_job({"table.a": "x"}), a_session(V1_16), None),
    "from 1.17 on": (a_job({"table.a": "x"}), a_session(V1_17), {**ALWAYS, "table.a": "x"}),
    "a name of its own": (a_job({"pipeline.name": "Mine"}), a_session(), {**ALWAYS, "pipeline.name": "Mine"}),
    "a name of the cluster": (
        a_job(),
        a_session(pipeline__name="Ours"),
        {key: value for key, value in ALWAYS.items() if key != "pipeline.name"},
    ),
    "what the cluster has": (a_job({"table.a": "x", "table.b": "y"}), a_session(table__a="x", table__b="x"), {**ALWAYS, "table.b": "y"}),
    "secrets of the cluster": (a_job(), a_session(s3__secret__key="hunter2", table__password="hunter2"), ALWAYS),
    "the operator's": (
        a_job({"kubernetes.operator.savepoint.format.type": "NATIVE", "job.autoscaler.enabled": "x"}),
        a_session(),
        ALWAYS,
    ),
    "the cluster's": (a_job({"taskmanager.numberOfTaskSlots": "8", "rest.port": "1"}), a_session(), ALWAYS),
    "what the request says": (a_job({"execution.savepoint.path": "s3://old", "pipeline.jars": "x"}), a_session(), ALWAYS),
    "last-state": (a_job(upgradeMode="last-state"), a_session(), {**ALWAYS, INTERVAL: "5 min"}),
    "last-state with an interval of the cluster": (
        a_job(upgradeMode="last-state"),
        a_session(execution__checkpointing__interval="1 min"),
        ALWAYS,
    ),
    "state left out": (a_job(allowNonRestoredState=True), a_session(), {**ALWAYS, OLD_UNCLAIMED: "true"}),
    "state left out, where the cluster says otherwise": (
        a_job(allowNonRestoredState=True),
        a_session(execution__savepoint__ignore_unclaimed_state="x"),
        {**ALWAYS, OLD_UNCLAIMED: "true"},
    ),
    "an old name over a new one": (
        a_job({"state.checkpoints.dir": "s3://job"}),
        a_session(execution__checkpointing__dir="s3://cluster"),
        {**ALWAYS, "state.checkpoints.dir": "s3://job", "execution.checkpointing.dir": "s3://job"},
    ),
    "a new name over an old one": (
        a_job({"execution.checkpointing.dir": "s3://job"}),
        a_session(V2_0, state__checkpoints__dir="s3://cluster"),
        {**ALWAYS, "state.checkpoints.dir": "s3://job", "execution.checkpointing.dir": "s3://job"},
    ),
    "a name that Flink does not know yet": (
        a_job({"execution.checkpointing.dir": "s3://job"}),
        a_session(V1_19, state__checkpoints__dir="s3://cluster"),
        {**ALWAYS, "execution.checkpointing.dir": "s3://job"},
    ),
}


@pytest.mark.parametrize(("job", "session", "expected"), SENT.values(), ids=SENT.keys())
def test_what_is_sent_with_the_job(job: FlinkSessionJobSpec, session: FlinkDeploymentSpec, expected: dict[str, str] | None) -> None:
    assert sent_with(job, session) == expected


KEYS = st.sampled_from(["table.a", "pipeline.name", "state.checkpoints.dir", "execution.checkpointing.dir", "rest.port", INTERVAL])
CONF = st.dictionaries(KEYS, st.sampled_from(["x", "y"]))


@given(CONF, CONF)
def test_what_is_sent_over_the_clusters_configuration_gives_the_jobs(own: dict[str, str], of_cluster: dict[str, str]) -> None:
    session = a_spec(job=None, flinkConfiguration=of_cluster)
    conf, cluster_conf = configuration_of(a_job(own), session), build_configuration("ns", "session", session, {})
    merged = {**cluster_conf, **(run_configuration(conf, cluster_conf, V1_20) or {})}

    assert [key for key, value in conf.items() if is_sent_with_job(key) and merged[key] != value] == []


def test_every_value_has_its_source() -> None:
    session = a_session(table__b="cluster", table__a="cluster")
    explained = explain_session_job_configuration("ns", "job", a_job({"table.a": "job"}), session, [Layer("defaults", {"table.c": "x"})])
    expected = {
        "table.a": "spec.flinkConfiguration",
        "table.b": "FlinkDeployment session: spec.flinkConfiguration",
        "table.c": "defaults",
        "parallelism.default": "spec.job.parallelism",
        "pipeline.name": "operator default",
        "kubernetes.service-account": "FlinkDeployment session: spec.serviceAccount",
    }

    assert {setting.key: setting.source for setting in explained if setting.key in expected} == expected
