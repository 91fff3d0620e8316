"""Our objects against those that Flink's own client makes of the same input, for nine versions of Flink.

Every difference is in a table below with its reason. A row that matches nothing fails too, so that no row outlives its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from tests.unit.resources.golden import (
    ABSENT,
    POD_TEMPLATE,
    VERSIONS,
    Difference,
    Objects,
    by_name,
    differences,
    load,
    read_configuration,
)

from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.resources.application import build_application
from flinkop.resources.configuration import DeploymentPlan, build_configuration, with_deployment

CONFIG_MAP = "ConfigMap flink-config-my-app"
TEMPLATE_MAP = "ConfigMap pod-template-my-app"
LOG = {"log4j-console.properties": "rootLogger.level=INFO\n"}
MAIN = "Deployment my-app.spec.template.spec.containers[1]"
POD_IP = {"name": "_POD_IP_ADDRESS", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}

# Path, what we write there where Flink's client writes something else or nothing, and why.
OBJECT_DIFFERENCES: tuple[tuple[str, Any, str], ...] = (
    ("Deployment my-app.metadata.namespace", "ns1", "Flink's client adds the namespace when it sends the object"),
    ("Service my-app.metadata.namespace", "ns1", "the same"),
    ("Service my-app-rest.metadata.namespace", "ns1", "the same"),
    (f"{CONFIG_MAP}.metadata.namespace", "ns1", "the same"),
    (f"{TEMPLATE_MAP}.metadata.namespace", "ns1", "the same"),
    ("Deployment my-app.spec.strategy", {"type": "Recreate"}, "two JobManagers of one job must never run at once"),
    (f"{MAIN}.terminationMessagePolicy", "FallbackToLogsOnError", "so that the cause of a crash is in the pod's status"),
)

# The template sets _POD_IP_ADDRESS, and Flink's client appends its own: the API server's apply refuses a name that comes twice.
ENVIRONMENTS: dict[str, list[dict[str, Any]]] = {
    "app-ha": [{"name": "A", "value": "b"}, POD_IP],
    "session-many-options": [
        {"name": "A", "value": "b"},
        POD_IP,
        {"name": "MX", "value": "1"},
        {"name": "FLINK_LOG_DIR", "value": "/logs"},
        {"name": "E1", "valueFrom": {"secretKeyRef": {"name": "se", "key": "k1"}}},
        {"name": "E2", "valueFrom": {"secretKeyRef": {"name": "se", "key": "k2"}}},
        {"name": "HADOOP_CONF_DIR", "value": "/opt/hadoop/conf"},
    ],
}

FROM_1_16, FROM_1_17, FROM_1_18, FROM_1_19, FROM_2_0, FROM_2_3, NEVER = (1, 16), (1, 17), (1, 18), (1, 19), (2, 0), (2, 3), (9, 9)

# Option, first version with the difference, first version without it, and why.
ADDED_OPTIONS: tuple[tuple[str, tuple[int, int], tuple[int, int], str], ...] = (
    ("$internal.flink.version", FROM_1_16, NEVER, "the official operator's marker; Flink ignores it"),
    ("web.cancel.enable", FROM_1_16, NEVER, "nobody should cancel on the web page what the operator looks after"),
    ("pipeline.name", FROM_1_16, NEVER, "the official operator's default: the resource's name"),
    ("parallelism.default", FROM_1_16, NEVER, "spec.job.parallelism"),
    ("kubernetes.jobmanager.replicas", FROM_1_16, NEVER, "spec.jobManager.replicas, also when it is the default"),
    ("execution.shutdown-on-application-finish", FROM_1_16, NEVER, "the JobManager must stay to tell how the job ended"),
    ("execution.submit-failed-job-on-application-error", FROM_1_16, NEVER, "a failure in main() must be seen as a failed job"),
    ("execution.checkpointing.externalized-checkpoint-retention", FROM_1_16, NEVER, "the last checkpoint must outlive the job"),
    ("job-result-store.delete-on-commit", FROM_1_16, NEVER, "the official operator's default"),
    ("job-result-store.storage-path", FROM_1_16, NEVER, "an old result must not end a new start at once"),
    ("application-result-store.delete-on-commit", FROM_2_3, NEVER, "the same for Flink 2.3's own store"),
    ("application-result-store.storage-path", FROM_2_3, NEVER, "the same"),
    ("env.java.opts.all", FROM_1_18, FROM_1_19, "the mounted configuration hides the image's module options"),
    ("env.java.default-opts.all", FROM_1_19, NEVER, "the same; since 1.19 with a key of its own"),
)
LEFT_OUT_OPTIONS: tuple[tuple[str, tuple[int, int], tuple[int, int], str], ...] = (
    ("kubernetes.pod-template-file.jobmanager", FROM_1_16, NEVER, "a path on the machine of Flink's client; nothing reads it later"),
    ("kubernetes.pod-template-file.taskmanager", FROM_1_16, NEVER, "the same: the JobManager looks where the template is mounted"),
    ("kubernetes.container.image.ref", FROM_1_16, FROM_1_17, "the input has it, and 1.16 does not know it"),
)
OTHER_TEXTS: tuple[tuple[str, tuple[int, int], str, str], ...] = (
    ("$internal.application.program-args", FROM_2_0, "'--a;b c'", "the same list in the older syntax, which Flink 2 reads too"),
)


def short(version: str) -> tuple[int, int]:
    major, minor, _ = version.split(".")
    return int(major), int(minor)


def a_spec(version: str, **more: Any) -> FlinkDeploymentSpec:
    major, minor = short(version)
    raw = {"flinkVersion": f"v{major}_{minor}", "podTemplate": POD_TEMPLATE, "logConfiguration": LOG}
    return parse_spec({**raw, **more})


def the_application(version: str) -> FlinkDeploymentSpec:
    """The input of `native-app-ha`, as people write it to the operator."""
    conf = {"taskmanager.numberOfTaskSlots": 2, "high-availability.type": "kubernetes", "high-availability.storageDir": "s3://b/ha"}
    if short(version) < FROM_1_17:
        conf["high-availability"] = "kubernetes"
    # one argument in the input of Flink 2, two in the other
    arguments = ["--a;b c"] if short(version) >= FROM_2_0 else ["--a", "b c"]
    return a_spec(
        version,
        image="flink:1.20",
        flinkConfiguration=conf,
        jobManager={"resource": {"memory": "1600m", "cpu": 0.5}},
        taskManager={"resource": {"memory": "1728m", "cpu": 1.5}},
        job={"jarURI": "local:///opt/flink/usrlib/a.jar", "entryClass": "com.acme.Main", "args": arguments, "parallelism": 2},
    )


def build(spec: FlinkDeploymentSpec, conf: Mapping[str, str]) -> Objects:
    built = build_application("ns1", "my-app", spec, conf, startup_probe=False)
    return by_name(iter((built.deployment, *built.dependents)))


def build_the_application(version: str) -> Objects:
    spec = the_application(version)
    plan = DeploymentPlan(2, "1-2-3", "0123456789abcdef0123456789abcdef", None, "result-store-id")
    return build(spec, with_deployment(build_configuration("ns1", "my-app", spec, {}), plan))


def without_configuration(objects: Objects) -> Objects:
    """The objects without the texts in their config maps, which are compared by what they say."""
    return {name: {key: value for key, value in found.items() if key != "data"} for name, found in objects.items()}


def check_objects(case: str, flinks: Objects, ours: Objects) -> None:
    found = differences(without_configuration(flinks), without_configuration(ours))
    wanted = {path: value for path, value, _ in OBJECT_DIFFERENCES if path.partition(".")[0] in flinks}
    wanted[f"{MAIN}.env"] = ENVIRONMENTS[case]
    assert {path: difference.ours for path, difference in found.items()} == wanted
    assert {path for path, difference in found.items() if difference.flinks != ABSENT} == {f"{MAIN}.env"}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_objects_of_an_application_are_those_of_flinks_client(version: str) -> None:
    check_objects("app-ha", load("app-ha", version), build_the_application(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_configuration_of_an_application_is_that_of_flinks_client(version: str) -> None:
    flinks = read_configuration(load("app-ha", version)[CONFIG_MAP])
    ours = read_configuration(build_the_application(version)[CONFIG_MAP])
    found = differences(flinks, ours)

    def current(rows: tuple[tuple[str, tuple[int, int], tuple[int, int], str], ...]) -> set[str]:
        return {key for key, since, until, _ in rows if since <= short(version) < until}

    assert {key for key, difference in found.items() if difference.flinks == ABSENT} == current(ADDED_OPTIONS)
    assert {key for key, difference in found.items() if difference.ours == ABSENT} == current(LEFT_OUT_OPTIONS)
    other = {key: difference.ours for key, difference in found.items() if ABSENT not in (difference.flinks, difference.ours)}
    assert other == {key: text for key, since, text, _ in OTHER_TEXTS if since <= short(version)}


FIXED_BY_FLINKS_CLIENT = (
    "blob.server.port",
    "taskmanager.rpc.port",
    "internal.cluster.execution-mode",
    "kubernetes.internal.jobmanager.entrypoint.class",
    "jobmanager.rpc.address",
)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_cluster_with_many_options_is_that_of_flinks_client(version: str) -> None:
    flinks = load("session-many-options", version)
    conf = read_configuration(flinks[CONFIG_MAP])
    ours = build(a_spec(version), {key: value for key, value in conf.items() if key not in FIXED_BY_FLINKS_CLIENT})
    check_objects("session-many-options", flinks, ours)
    assert read_configuration(ours[CONFIG_MAP]) == conf


@pytest.mark.parametrize("version", VERSIONS)
def test_the_config_maps_hold_the_files_that_the_pod_mounts(version: str) -> None:
    objects = build_the_application(version)
    volumes = {volume["name"]: volume for volume in objects["Deployment my-app"]["spec"]["template"]["spec"]["volumes"]}
    for volume, config_map in (("flink-config-volume", CONFIG_MAP), ("pod-template-volume", TEMPLATE_MAP)):
        items = volumes[volume]["configMap"]["items"]
        assert [item["key"] for item in items] == list(objects[config_map]["data"])
        assert items == [{"key": item["key"], "path": item["key"]} for item in items]
    assert objects[CONFIG_MAP]["data"]["log4j-console.properties"] == LOG["log4j-console.properties"]


@pytest.mark.parametrize("version", VERSIONS)
def test_taskmanagers_get_the_pod_template_as_it_was_written(version: str) -> None:
    template = build_the_application(version)[TEMPLATE_MAP]["data"]["taskmanager-pod-template.yaml"]
    assert differences(POD_TEMPLATE, yaml.safe_load(template)) == {}


def test_a_difference_is_seen() -> None:
    flinks, ours = {"a": [{"b": 1}, {}], "gone": {}}, {"a": [{"b": 2}, {"c": {}}], "new": 3}
    assert differences(flinks, ours) == {"a[0].b": Difference(1, 2), "new": Difference(ABSENT, 3)}
    assert differences([1], [1, 2], "list") == {"list": Difference([1], [1, 2])}
