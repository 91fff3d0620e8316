"""All objects of a cluster together. They are compared with Flink's own in test_golden."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.cluster import HA, V1_20, V2_0, V2_3, VERSIONS, a_plan, a_spec, configuration_of, objects_of
from tests.unit.resources.golden import read_configuration

from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidSpec
from flinkop.resources.application import ClusterObjects, build_application, options_of, owned_by_deployment
from flinkop.resources.configuration import with_deployment

MAIN = "flink-main-container"


def config_map(objects: ClusterObjects, name: str = "flink-config-app") -> dict[str, Any]:
    (found,) = (found for found in objects.dependents if found["metadata"]["name"] == name)
    return found


def conf_of(version: FlinkVersion = V1_20, conf: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    """What the cluster reads."""
    return read_configuration(config_map(objects_of(a_spec(version, flinkConfiguration=conf or {}, **changes))))


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ["flink-config-app", "app", "app-rest"]),
        ({"flinkConfiguration": HA}, ["flink-config-app", "app-rest"]),
        ({"podTemplate": {"spec": {}}}, ["flink-config-app", "app", "app-rest", "pod-template-app"]),
        ({"jobManager": {"podTemplate": {"spec": {}}, "resource": {"memory": "1600m"}}}, ["flink-config-app", "app", "app-rest"]),
    ],
    ids=["plain", "highly available", "with a template", "with a template of the JobManager"],
)
def test_a_cluster_has_the_objects_that_it_needs(changes: dict[str, Any], names: list[str]) -> None:
    objects = objects_of(a_spec(**changes))
    assert [found["metadata"]["name"] for found in objects.dependents] == names
    everything = (objects.deployment, *objects.dependents)
    assert {found["metadata"]["namespace"] for found in everything} == {"ns"}
    assert all(found["metadata"]["labels"].items() >= {"app": "app", "type": "flink-native-kubernetes"}.items() for found in everything)


PORTS: dict[str, tuple[dict[str, str], dict[str, str | None]]] = {
    "by default": ({}, {"blob.server.port": "6124", "taskmanager.rpc.port": "6122", "rest.bind-port": None}),
    "left to chance": (
        {"blob.server.port": "0", "taskmanager.rpc.port": "0", "rest.bind-port": "0"},
        {"blob.server.port": "6124", "taskmanager.rpc.port": "6122", "rest.bind-port": "8081"},
    ),
    "chosen": (
        {"blob.server.port": "1", "taskmanager.rpc.port": "2", "rest.bind-port": "3"},
        {"blob.server.port": "1", "taskmanager.rpc.port": "2", "rest.bind-port": "3"},
    ),
    "without high availability": ({}, {"high-availability.jobmanager.port": None, "jobmanager.rpc.address": "app.ns"}),
    "with it": (HA, {"high-availability.jobmanager.port": "6123", "jobmanager.rpc.address": None}),
    "with it, left to chance": ({**HA, "high-availability.jobmanager.port": "0"}, {"high-availability.jobmanager.port": "6123"}),
    "with it and another port": ({**HA, "jobmanager.rpc.port": "7000"}, {"high-availability.jobmanager.port": "7000"}),
    "with it and a chosen port": ({**HA, "high-availability.jobmanager.port": "7001"}, {"high-availability.jobmanager.port": "7001"}),
}


@pytest.mark.parametrize(("conf", "expected"), PORTS.values(), ids=PORTS.keys())
def test_no_port_is_left_to_chance(conf: dict[str, str], expected: dict[str, str | None]) -> None:
    found = conf_of(conf=conf)
    assert {key: found.get(key) for key in expected} == expected


@pytest.mark.parametrize("key", ["blob.server.port", "taskmanager.rpc.port", "rest.bind-port", "high-availability.jobmanager.port"])
def test_a_range_of_ports_is_refused_as_flinks_client_does(key: str) -> None:
    with pytest.raises(InvalidSpec, match=f"^flinkConfiguration.{key}: '8000-8100' is not a port; write one number"):
        conf_of(conf={**HA, key: "8000-8100"})


@pytest.mark.parametrize(
    "key",
    [
        "rest.bind-address",
        "jobmanager.bind-host",
        "taskmanager.bind-host",
        "taskmanager.host",
        "kubernetes.config.file",
        "$internal.deployment.config-dir",
    ],
)
def test_what_binds_a_cluster_to_one_machine_stays_outside(key: str) -> None:
    assert key not in conf_of(conf={key: "localhost"})


@pytest.mark.parametrize(
    ("job", "name"),
    [({}, "KubernetesApplicationClusterEntrypoint"), (None, "KubernetesSessionClusterEntrypoint")],
    ids=["application", "session"],
)
def test_the_entry_point_is_named(job: Any, name: str) -> None:
    spec = a_spec() if job is not None else a_spec(job=None)
    conf = read_configuration(config_map(objects_of(spec)))
    assert conf["kubernetes.internal.jobmanager.entrypoint.class"] == f"org.apache.flink.kubernetes.entrypoint.{name}"
    assert conf["internal.cluster.execution-mode"] == "NORMAL"


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="#", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12
).filter(lambda text: text == text.strip())
KEYS = st.text("abc.-", min_size=1, max_size=8)


@given(st.dictionaries(KEYS, TEXTS, max_size=3), st.sampled_from(VERSIONS))
def test_what_was_configured_is_what_the_cluster_reads(conf: dict[str, str], version: FlinkVersion) -> None:
    spec = a_spec(version, flinkConfiguration=conf)
    decided = with_deployment(configuration_of(spec), a_plan())
    assert read_configuration(config_map(objects_of(spec))).items() >= decided.items()


def test_what_flink_1_cannot_read_is_refused_and_flink_2_is_told_it() -> None:
    with pytest.raises(InvalidSpec, match=r"^flinkConfiguration.x: contains '#'"):
        conf_of(V1_20, {"x": "a#b"})
    assert conf_of(V2_0, {"x": "a#b"})["x"] == "a#b"


def test_the_users_log_configuration_replaces_the_default() -> None:
    data = config_map(objects_of(a_spec(logConfiguration={"log4j-console.properties": "mine"})))["data"]
    assert list(data) == ["log4j-console.properties", "flink-conf.yaml"]
    assert data["log4j-console.properties"] == "mine"
    assert list(config_map(objects_of(a_spec()))["data"]) == ["log4j-console.properties", "logback-console.xml", "flink-conf.yaml"]


def template_of_taskmanagers(**changes: Any) -> Any:
    found = config_map(objects_of(a_spec(**changes)), "pod-template-app")
    return json.loads(found["data"]["taskmanager-pod-template.yaml"])


def test_taskmanagers_get_the_common_template_under_their_own() -> None:
    side = {"name": "side", "image": "x"}
    template = template_of_taskmanagers(
        podTemplate={"metadata": {"labels": {"a": "1", "b": "1"}}, "spec": {"containers": [side]}},
        taskManager={
            "resource": {"memory": "1728m", "ephemeralStorage": "5Gi"},
            "podTemplate": {"apiVersion": "v2", "kind": "PodTemplateSpec", "metadata": {"labels": {"b": "2"}}, "status": {"phase": "x"}},
        },
    )
    storage = {"ephemeral-storage": "5Gi"}
    assert template == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": {"a": "1", "b": "2"}},
        "spec": {"containers": [side, {"name": MAIN, "resources": {"requests": storage, "limits": storage}}]},
    }


def test_claims_reach_the_container_that_they_are_for() -> None:
    claims = [{"name": "gpu", "request": "big"}]
    objects = objects_of(
        a_spec(
            podTemplate={"spec": {"resourceClaims": [{"name": "gpu", "resourceClaimName": "x"}]}},
            jobManager={"resources": {"requests": {"memory": "1600Mi"}, "claims": claims}},
        )
    )
    (jobmanager,) = objects.deployment["spec"]["template"]["spec"]["containers"]
    assert jobmanager["resources"]["claims"] == claims
    template = json.loads(config_map(objects, "pod-template-app")["data"]["taskmanager-pod-template.yaml"])
    assert template["spec"] == {"resourceClaims": [{"name": "gpu", "resourceClaimName": "x"}]}


@pytest.mark.parametrize(("by_name", "names"), [(True, ["a", "b"]), (False, ["b", "b"])])
def test_templates_are_merged_by_position_or_name(by_name: bool, names: list[str]) -> None:
    common = {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}
    own = {"spec": {"containers": [{"name": "b", "image": "x"}]}}
    spec = a_spec(podTemplate=common, jobManager={"resource": {"memory": "1600m"}, "podTemplate": own})
    objects = objects_of(spec, by_name=by_name)
    containers = objects.deployment["spec"]["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == [*names, MAIN]


@pytest.mark.parametrize(
    ("conf", "flags"),
    [
        ({}, {"by_name": False, "startup_probe": True, "sql_runner_image": None, "json_logs": False}),
        (
            {
                "kubernetes.operator.pod-template.merge-arrays-by-name": "true",
                "kubernetes.operator.jm-deployment.startup.probe.enabled": "false",
                "kubernetes.operator.sql-runner.image": "flinkop:1",
                "kubernetes.operator.flink.log.format": "json",
            },
            {"by_name": True, "startup_probe": False, "sql_runner_image": "flinkop:1", "json_logs": True},
        ),
    ],
    ids=["by default", "the other way"],
)
def test_the_operators_options_become_arguments(conf: dict[str, str], flags: dict[str, Any]) -> None:
    assert options_of(conf) == flags


def test_what_depends_on_the_deployment_goes_with_it() -> None:
    service = {"kind": "Service", "metadata": {"name": "app-rest", "labels": {"a": "b"}}}
    assert owned_by_deployment(service, "app", "uid-2")["metadata"] == {
        "name": "app-rest",
        "labels": {"a": "b"},
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app", "uid": "uid-2", "controller": True, "blockOwnerDeletion": True}
        ],
    }
    assert "ownerReferences" not in service["metadata"]


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_building_twice_gives_the_same_bytes(version: FlinkVersion) -> None:
    """Nothing is written at rest, and a repeated start is the same start."""

    def once() -> str:
        objects = objects_of(a_spec(version, podTemplate={"spec": {"containers": [{"name": MAIN}]}}, flinkConfiguration=HA))
        return json.dumps([objects.deployment, *objects.dependents])

    assert once() == once()


def test_memory_that_is_not_set_is_missed_by_name() -> None:
    spec = a_spec(V2_3, jobManager={})
    with pytest.raises(InvalidSpec, match=r"flinkConfiguration.jobmanager.memory.process.size: is missing"):
        build_application("ns", "app", spec, with_deployment(configuration_of(spec), a_plan()))


def test_json_logs_are_the_clusters_own_configuration_unless_it_brings_one() -> None:
    assert '"message":"%enc' in config_map(objects_of(a_spec(), json_logs=True))["data"]["log4j-console.properties"]
    own = config_map(objects_of(a_spec(logConfiguration={"log4j-console.properties": "mine"}), json_logs=True))["data"]
    assert own["log4j-console.properties"] == "mine"
