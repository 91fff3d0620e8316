"""The effective configuration of a cluster, and what one start adds to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.cluster import (
    HA,
    JOB_ID,
    V1_16,
    V1_17,
    V1_18,
    V1_20,
    V2_0,
    V2_2,
    V2_3,
    VERSIONS,
    a_plan,
    a_spec,
    configuration_of,
)

from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidSpec
from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.syntax import parse_list, parse_list_of_maps, parse_map
from flinkop.resources.configuration import LAST_STATE_PATH, with_deployment

SET_BY_THE_OPERATOR = {
    "$internal.flink.version": "v1_20",
    "kubernetes.cluster-id": "app",
    "kubernetes.namespace": "ns",
    "execution.target": "kubernetes-application",
    "kubernetes.container.image.ref": "flink:test",
    "kubernetes.service-account": "flink",
    "kubernetes.jobmanager.cpu.amount": "1.0",
    "jobmanager.memory.process.size": "1600m",
    "kubernetes.taskmanager.cpu.amount": "1.0",
    "taskmanager.memory.process.size": "1728m",
    "kubernetes.jobmanager.replicas": "1",
    "pipeline.jars": "local:///job.jar",
    "parallelism.default": "2",
    "execution.shutdown-on-application-finish": "false",
}
DEFAULTS = {
    "kubernetes.rest-service.exposed.type": "ClusterIP",
    "web.cancel.enable": "false",
    "execution.submit-failed-job-on-application-error": "true",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
    "pipeline.name": "app",
}


def test_the_configuration_of_a_plain_application() -> None:
    conf = configuration_of(a_spec())
    assert conf.pop("env.java.default-opts.all").startswith("--add-exports=")
    assert conf == {**SET_BY_THE_OPERATOR, **DEFAULTS}


FIELDS: dict[str, tuple[dict[str, Any], dict[str, str | None]]] = {
    "no image": ({"image": None}, {"kubernetes.container.image.ref": None}),
    "a pull policy": ({"imagePullPolicy": "Always"}, {"kubernetes.container.image.pull-policy": "Always"}),
    "no service account": ({"serviceAccount": None}, {"kubernetes.service-account": None}),
    "standby JobManagers": ({"jobManager": {"replicas": 3}}, {"kubernetes.jobmanager.replicas": "3"}),
    "no resources": (
        {"jobManager": {}, "taskManager": {}},
        {"jobmanager.memory.process.size": None, "kubernetes.taskmanager.cpu.amount": None},
    ),
    "a session": (
        {"job": None},
        {"execution.target": "kubernetes-session", "pipeline.jars": None, "pipeline.name": None, "parallelism.default": None},
    ),
    "no jar": ({"job": {"jarURI": None}}, {"pipeline.jars": None}),
    "a class and arguments": (
        {"job": {"entryClass": "com.acme.Main", "args": ["--a", "b;c", "it's", ""]}},
        {"$internal.application.main": "com.acme.Main", "$internal.application.program-args": "--a;'b;c';'it''s';''"},
    ),
    "no arguments": ({"job": {"args": []}}, {"$internal.application.program-args": None}),
    "a number of TaskManagers": (
        {"taskManager": {"replicas": 3}, "flinkConfiguration": {"taskmanager.numberOfTaskSlots": 4}},
        {"parallelism.default": "12"},
    ),
    "a number of TaskManagers with unreadable slots": (
        {"taskManager": {"replicas": 3}, "flinkConfiguration": {"taskmanager.numberOfTaskSlots": "four"}},
        {"parallelism.default": "2", "taskmanager.numberOfTaskSlots": "four"},
    ),
    "last-state without an interval": ({"job": {"upgradeMode": "last-state"}}, {"execution.checkpointing.interval": "5 min"}),
    "last-state with an interval": (
        {"job": {"upgradeMode": "last-state"}, "flinkConfiguration": {"execution.checkpointing.interval": "1 s"}},
        {"execution.checkpointing.interval": "1 s"},
    ),
    "savepoints without an interval": ({"job": {"upgradeMode": "savepoint"}}, {"execution.checkpointing.interval": None}),
    "high availability": ({"flinkConfiguration": HA}, {"high-availability.cluster-id": "app"}),
    "high availability by ZooKeeper": ({"flinkConfiguration": {"high-availability": "zookeeper"}}, {"high-availability.cluster-id": "app"}),
    "no high availability": ({"flinkConfiguration": {"high-availability.type": "NONE"}}, {"high-availability.cluster-id": None}),
    "lost state may be allowed": (
        {"job": {"allowNonRestoredState": True}},
        {"execution.savepoint.ignore-unclaimed-state": "true"},
    ),
    "lost state is forbidden, whatever the configuration says": (
        {
            "job": {"allowNonRestoredState": False},
            "flinkConfiguration": {
                "execution.savepoint.ignore-unclaimed-state": "true",
                "execution.state-recovery.ignore-unclaimed-state": "true",
            },
        },
        {"execution.savepoint.ignore-unclaimed-state": "false", "execution.state-recovery.ignore-unclaimed-state": None},
    ),
    "nothing is said of lost state": (
        {"flinkConfiguration": {"execution.state-recovery.ignore-unclaimed-state": "true"}},
        {"execution.savepoint.ignore-unclaimed-state": None, "execution.state-recovery.ignore-unclaimed-state": "true"},
    ),
}


@pytest.mark.parametrize(("changes", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_each_field_of_the_spec_has_its_options(changes: dict[str, Any], expected: dict[str, str | None]) -> None:
    conf = configuration_of(a_spec(**changes))
    assert {key: conf.get(key) for key in expected} == expected


@pytest.mark.parametrize("key", SET_BY_THE_OPERATOR)
def test_what_the_spec_says_in_its_fields_wins_over_its_configuration(key: str) -> None:
    conf = configuration_of(a_spec(flinkConfiguration={key: "mine"}), {key: "the operator's"})
    assert conf[key] == SET_BY_THE_OPERATOR[key]


@pytest.mark.parametrize("key", [*DEFAULTS, "env.java.default-opts.all"])
def test_what_the_operator_sets_by_default_gives_way(key: str) -> None:
    assert configuration_of(a_spec(flinkConfiguration={key: "mine"}), {key: "the operator's"})[key] == "mine"
    assert configuration_of(a_spec(), {key: "the operator's"})[key] == "the operator's"


NEW, OLD = "execution.checkpointing.savepoint-dir", "state.savepoints.dir"


@pytest.mark.parametrize(
    ("defaults", "own"),
    [({NEW: "s3://default"}, {OLD: "s3://mine"}), ({OLD: "s3://default"}, {NEW: "s3://mine"}), ({OLD: "s3://default"}, {OLD: "s3://mine"})],
    ids=["the new name by default", "the old name by default", "the same name"],
)
def test_the_resources_own_directory_counts_under_whichever_name(defaults: dict[str, str], own: dict[str, str]) -> None:
    conf = configuration_of(a_spec(flinkConfiguration=own), defaults)
    assert options.SAVEPOINT_DIRECTORY.read(conf) == "s3://mine"
    assert {key: conf[key] for key in (NEW, OLD) if key in conf} == own


def test_the_operators_default_counts_where_the_resource_says_nothing() -> None:
    assert options.SAVEPOINT_DIRECTORY.read(configuration_of(a_spec(), {NEW: "s3://default"})) == "s3://default"


@pytest.mark.parametrize(
    ("version", "key"),
    [
        (V1_16, "kubernetes.container.image"),
        (V1_17, "kubernetes.container.image.ref"),
        (V1_20, "kubernetes.container.image.ref"),
        (V2_3, "kubernetes.container.image.ref"),
    ],
    ids=str,
)
def test_each_version_is_told_the_image_under_a_name_it_knows(version: FlinkVersion, key: str) -> None:
    found = {name for name in configuration_of(a_spec(version)) if name.startswith("kubernetes.container.image")}
    assert found == {key}


def test_flink_1_18_gets_its_module_options_with_the_users_behind_them() -> None:
    conf = configuration_of(a_spec(V1_18, flinkConfiguration={"env.java.opts.all": "-Dmine"}))
    assert conf["env.java.opts.all"].startswith("--add-exports=")
    assert conf["env.java.opts.all"].endswith(" -Dmine")


def deployed(version: FlinkVersion = V1_20, conf: dict[str, str] | None = None, **plan: Any) -> dict[str, str]:
    """The configuration of a start."""
    return with_deployment(configuration_of(a_spec(version, flinkConfiguration=conf or {})), a_plan(**plan))


RESTORES: dict[str, tuple[FlinkVersion, str | None]] = {
    "a savepoint, Flink 1.16": (V1_16, "s3://savepoints/1"),
    "a savepoint, Flink 1.20": (V1_20, "s3://savepoints/1"),
    "a savepoint, Flink 2": (V2_2, "s3://savepoints/1"),
    "the last state": (V2_0, LAST_STATE_PATH),
    "empty state": (V2_0, None),
}


@pytest.mark.parametrize(("version", "path"), RESTORES.values(), ids=RESTORES.keys())
def test_a_start_restores_what_was_decided_and_nothing_that_the_configuration_says(version: FlinkVersion, path: str | None) -> None:
    """Under its first name, which Flink 2 still reads, but not beside the new one."""
    stray = {"execution.savepoint.path": "s3://stray", "execution.state-recovery.path": "s3://stray"}
    conf = deployed(version, stray, savepoint_path=path)
    assert conf.get("execution.savepoint.path") == path
    assert "execution.state-recovery.path" not in conf


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_a_start_has_the_job_id_and_the_owner_of_its_plan(version: FlinkVersion) -> None:
    conf = deployed(version, {"$internal.pipeline.job-id": "f" * 32})
    assert conf["$internal.pipeline.job-id"] == JOB_ID
    assert parse_list_of_maps(conf["kubernetes.jobmanager.owner.reference"]) == [
        {
            "apiVersion": "flink.apache.org/v1beta1",
            "kind": "FlinkDeployment",
            "name": "app",
            "uid": "uid-1",
            "blockOwnerDeletion": "true",
            "controller": "false",
        }
    ]


GENERATION = {"flinkdeployment.flink.apache.org/generation": "3"}
ANNOTATIONS = "kubernetes.jobmanager.annotations"


@pytest.mark.parametrize(
    ("conf", "annotations"),
    [
        ({}, GENERATION),
        ({ANNOTATIONS: "a:b,'c:''d:e'''"}, {"a": "b", "c": "d:e", **GENERATION}),
        ({f"{ANNOTATIONS}.a": "b"}, {"a": "b", **GENERATION}),
        ({ANNOTATIONS: "flinkdeployment.flink.apache.org/generation:99"}, GENERATION),
    ],
    ids=["none", "one text", "nested keys", "the generation itself"],
)
def test_a_start_is_annotated_with_its_generation(conf: dict[str, str], annotations: dict[str, str]) -> None:
    assert parse_map(deployed(conf=conf)[ANNOTATIONS]) == annotations


def test_annotations_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(InvalidSpec, match=r"flinkConfiguration.kubernetes.jobmanager.annotations: is not a map"):
        deployed(conf={ANNOTATIONS: "a"})


STORES: dict[str, tuple[FlinkVersion, dict[str, str], dict[str, str]]] = {
    "no storage": (V1_20, {}, {}),
    "a store of its own for every start": (
        V1_20,
        HA,
        {"job-result-store.delete-on-commit": "false", "job-result-store.storage-path": "s3://ha/job-result-store/app/store"},
    ),
    "a slash at the end": (
        V1_20,
        {**HA, "high-availability.storageDir": "s3://ha/", "job-result-store.delete-on-commit": "true"},
        {"job-result-store.delete-on-commit": "true", "job-result-store.storage-path": "s3://ha/job-result-store/app/store"},
    ),
    "a store of the user": (
        V1_20,
        {**HA, "job-result-store.storage-path": "s3://mine"},
        {"job-result-store.delete-on-commit": "false", "job-result-store.storage-path": "s3://ha/job-result-store/app/store"},
    ),
    "Flink 2.3": (
        V2_3,
        HA,
        {
            "job-result-store.delete-on-commit": "false",
            "job-result-store.storage-path": "s3://ha/job-result-store/app/store",
            "application-result-store.delete-on-commit": "false",
            "application-result-store.storage-path": "s3://ha/application-result-store/app/store",
        },
    ),
}


@pytest.mark.parametrize(("version", "conf", "expected"), STORES.values(), ids=STORES.keys())
def test_an_earlier_result_cannot_end_a_start(version: FlinkVersion, conf: dict[str, str], expected: dict[str, str]) -> None:
    assert {key: value for key, value in deployed(version, conf).items() if "result-store" in key} == expected


def test_a_session_cluster_keeps_the_results_of_its_jobs_from_start_to_start() -> None:
    """A job that has ended, and whose graph was not cleared away yet, would be run again."""
    keys = with_deployment(configuration_of(a_spec(flinkConfiguration=HA, job=None)), a_plan(job_id=None)).keys()
    assert [key for key in keys if "result-store" in key] == []


def test_the_operators_own_options_do_not_reach_the_cluster() -> None:
    conf = {"kubernetes.operator.savepoint.format.type": "NATIVE", "job.autoscaler.enabled": "true", "kubernetes.operatorship": "x"}
    assert conf.keys() & deployed(conf=conf).keys() == {"kubernetes.operatorship"}


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1))
def test_arguments_reach_the_job_as_they_were_written(arguments: list[str]) -> None:
    conf = configuration_of(a_spec(job={"args": arguments}))
    assert parse_list(conf["$internal.application.program-args"]) == arguments


@given(st.dictionaries(st.sampled_from((*SET_BY_THE_OPERATOR, *DEFAULTS, "x.y")), st.text(max_size=5)), st.sampled_from(VERSIONS))
def test_a_start_keeps_every_other_option(conf: dict[str, str], version: FlinkVersion) -> None:
    before = configuration_of(a_spec(version, flinkConfiguration=conf))
    after = with_deployment(before, a_plan())
    assert {key: after.get(key) for key in before} == before
