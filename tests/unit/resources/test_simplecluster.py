"""FlinkClusters in terms of a FlinkDeployment."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.unit.api.wire import specs_of

from flinkop.api.cluster import DeploymentMode, JobManagerSpec, Resource, TaskManagerSpec
from flinkop.api.flinkcluster import FlinkClusterSpec, parse_cluster_spec
from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.option import InvalidOption
from flinkop.resources.configuration import build_configuration
from flinkop.resources.simplecluster import adapt_cluster
from flinkop.validation.flinkdeployment import validate_flinkdeployment

SLOTS = "taskmanager.numberOfTaskSlots"
HA, HA_PLACE = "high-availability.type", "high-availability.storageDir"
CHECKPOINTS, SAVEPOINTS = "execution.checkpointing.dir", "execution.checkpointing.savepoint-dir"


def adapted(version: str = "1.20", **spec: Any) -> FlinkDeploymentSpec:
    return adapt_cluster(parse_cluster_spec({"flinkVersion": version, **spec}))


def test_the_least_that_can_be_written_is_a_cluster_with_one_taskmanager() -> None:
    assert adapted() == FlinkDeploymentSpec(
        image="flink:1.20",
        service_account="flink",
        flink_version=adapted().flink_version,
        mode=DeploymentMode.STANDALONE,
        flink_configuration={SLOTS: "2"},
        job_manager=JobManagerSpec(resource=Resource(cpu=1.0, memory="1600m")),
        task_manager=TaskManagerSpec(resource=Resource(cpu=1.0, memory="1728m"), replicas=1),
    )


IMAGES = {"v1.20": "flink:1.20", "1.20.1": "flink:1.20.1", "v2_2": "flink:2.2"}


@pytest.mark.parametrize(("version", "image"), IMAGES.items())
def test_the_image_is_flinks_own_of_the_version(version: str, image: str) -> None:
    assert adapted(version).image == image
    assert adapted(version, image="mine:1").image == "mine:1"


# What is written, the mode, the number of TaskManagers, and the options that come of it.
NUMBERS: dict[str, tuple[dict[str, Any], DeploymentMode, int | None, dict[str, str]]] = {
    "a number": ({"replicas": 3}, DeploymentMode.STANDALONE, 3, {SLOTS: "2"}),
    "slots": ({"replicas": 3, "slots": 4}, DeploymentMode.STANDALONE, 3, {SLOTS: "4"}),
    "a most": ({"max": 5}, DeploymentMode.NATIVE, None, {SLOTS: "2", "slotmanager.number-of-slots.max": "10"}),
    "a least": ({"min": 2}, DeploymentMode.NATIVE, None, {SLOTS: "2", "slotmanager.number-of-slots.min": "4"}),
    "bounds and slots": (
        {"min": 1, "max": 5, "slots": 4},
        DeploymentMode.NATIVE,
        None,
        {SLOTS: "4", "slotmanager.number-of-slots.min": "4", "slotmanager.number-of-slots.max": "20"},
    ),
}


@pytest.mark.parametrize(("manager", "mode", "replicas", "conf"), NUMBERS.values(), ids=NUMBERS.keys())
def test_the_number_of_taskmanagers_is_fixed_or_follows_the_jobs(
    manager: dict[str, Any], mode: DeploymentMode, replicas: int | None, conf: dict[str, str]
) -> None:
    spec = adapted(taskManager=manager)
    assert (spec.mode, spec.task_manager.replicas, spec.flink_configuration) == (mode, replicas, conf)


def test_bounds_count_the_slots_of_the_configuration() -> None:
    assert adapted(taskManager={"max": 3}, configuration={SLOTS: 8}).flink_configuration["slotmanager.number-of-slots.max"] == "24"


def test_bounds_of_slots_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(InvalidOption, match=SLOTS):
        adapted(taskManager={"max": 3}, configuration={SLOTS: "many"})


ON_VOLUME = {
    CHECKPOINTS: "file:///opt/flink/state/checkpoints",
    SAVEPOINTS: "file:///opt/flink/state/savepoints",
    HA_PLACE: "file:///opt/flink/state/ha",
}

# Version, what is written, and the options that come of it.
OPTIONS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "parallelism": ("1.20", {"job": {"parallelism": 3}}, {"parallelism.default": "3"}),
    "directories": ("1.20", {"storage": {"checkpoints": "s3://c", "savepoints": "s3://s"}}, {CHECKPOINTS: "s3://c", SAVEPOINTS: "s3://s"}),
    "directories under their old names": (
        "1.19",
        {"storage": {"checkpoints": "s3://c", "savepoints": "s3://s"}},
        {"state.checkpoints.dir": "s3://c", "state.savepoints.dir": "s3://s"},
    ),
    "a place for high availability": ("1.20", {"storage": {"highAvailability": "s3://h"}}, {HA_PLACE: "s3://h", HA: "kubernetes"}),
    "a place, and none wanted": (
        "1.20",
        {"storage": {"highAvailability": "s3://h"}, "highAvailability": False},
        {HA_PLACE: "s3://h", HA: "NONE"},
    ),
    "a place, and another way": (
        "1.20",
        {"storage": {"highAvailability": "s3://h"}, "configuration": {HA: "zookeeper"}},
        {HA_PLACE: "s3://h", HA: "zookeeper"},
    ),
    "a place, and another way under its old name": (
        "1.20",
        {"storage": {"highAvailability": "s3://h"}, "configuration": {"high-availability": "zookeeper"}},
        {HA_PLACE: "s3://h", "high-availability": "zookeeper"},
    ),
    "high availability under its old name": (
        "1.16",
        {"storage": {"highAvailability": "s3://h"}},
        {HA_PLACE: "s3://h", "high-availability": "kubernetes"},
    ),
    "high availability": ("1.20", {"highAvailability": True}, {HA: "kubernetes"}),
    "a volume": (
        "1.20",
        {"storage": {"volumeClaim": "state"}},
        {**ON_VOLUME, HA: "kubernetes", "kubernetes.operator.pod-template.merge-arrays-by-name": "true"},
    ),
    "a volume, and savepoints elsewhere": (
        "1.20",
        {"storage": {"volumeClaim": "state", "savepoints": "s3://s"}},
        {**ON_VOLUME, SAVEPOINTS: "s3://s", HA: "kubernetes", "kubernetes.operator.pod-template.merge-arrays-by-name": "true"},
    ),
    "nothing that lasts": ("1.20", {"storage": {"ephemeral": True}}, {"state.checkpoint-storage": "jobmanager"}),
    "metrics": (
        "1.20",
        {"metrics": {"port": 9999}},
        {
            "metrics.reporter.prom.factory.class": "org.apache.flink.metrics.prometheus.PrometheusReporterFactory",
            "metrics.reporter.prom.port": "9999",
            "kubernetes.operator.pod-template.merge-arrays-by-name": "true",
        },
    ),
    "no metrics": ("1.20", {"metrics": {"enabled": False}}, {}),
    "a field over the configuration": (
        "1.20",
        {"job": {"parallelism": 3}, "configuration": {"parallelism.default": 2}},
        {"parallelism.default": "3"},
    ),
    "slots and places over the configuration": (
        "1.20",
        {"taskManager": {"slots": 4}, "storage": {"checkpoints": "s3://c"}, "configuration": {SLOTS: 7, CHECKPOINTS: "s3://other"}},
        {SLOTS: "4", CHECKPOINTS: "s3://c"},
    ),
    "the configuration over a default": ("1.20", {"configuration": {SLOTS: 7}}, {SLOTS: "7"}),
}


@pytest.mark.parametrize(("version", "spec", "conf"), OPTIONS.values(), ids=OPTIONS.keys())
def test_fields_become_options(version: str, spec: dict[str, Any], conf: dict[str, str]) -> None:
    assert adapted(version, **spec).flink_configuration == {SLOTS: "2", **conf}


def test_all_pods_mount_the_volume_and_show_their_metrics() -> None:
    assert adapted(storage={"volumeClaim": "state"}, metrics={}).pod_template == {
        "metadata": {"annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9249"}},
        "spec": {
            "containers": [
                {
                    "name": "flink-main-container",
                    "volumeMounts": [{"name": "flink-state", "mountPath": "/opt/flink/state"}],
                    "ports": [{"name": "metrics", "containerPort": 9249}],
                }
            ],
            "volumes": [{"name": "flink-state", "persistentVolumeClaim": {"claimName": "state"}}],
            "securityContext": {"fsGroup": 9999},
        },
    }


def test_processes_have_what_is_written_of_them() -> None:
    template = {"spec": {"nodeSelector": {"a": "b"}}}
    process = {"replicas": 2, "cpu": 0.5, "memory": "2Gi", "podTemplate": template}
    spec = adapted(jobManager=process, taskManager=process, ingress={"template": "x"}, restartNonce=4, imagePullPolicy="Always")

    assert spec.job_manager == JobManagerSpec(resource=Resource(cpu=0.5, memory="2Gi"), replicas=2, pod_template=template)
    assert spec.task_manager == TaskManagerSpec(resource=Resource(cpu=0.5, memory="2Gi"), replicas=2, pod_template=template)
    assert (spec.restart_nonce, spec.image_pull_policy, spec.ingress and spec.ingress.template) == (4, "Always", "x")


HEALTHY: dict[str, dict[str, Any]] = {
    "the least": {},
    "elastic": {"taskManager": {"min": 1, "max": 4}},
    "a volume": {"storage": {"volumeClaim": "state"}, "jobManager": {"replicas": 2}},
    "metrics": {"metrics": {}},
    "nothing that lasts": {"storage": {"ephemeral": True}},
}


@pytest.mark.parametrize("version", ["1.16", "1.20.1", "2.3"])
@pytest.mark.parametrize("spec", HEALTHY.values(), ids=HEALTHY.keys())
def test_what_comes_of_a_healthy_cluster_keeps_all_rules(version: str, spec: dict[str, Any]) -> None:
    cluster = adapted(version, **spec)
    conf = build_configuration("ns", "shared", cluster, {})
    assert [str(violation) for violation in validate_flinkdeployment("shared", "ns", cluster, conf)] == []


@given(specs_of(FlinkClusterSpec))
def test_whatever_can_be_read_becomes_a_deployment_that_can_be_written_or_is_refused(raw: dict[str, Any]) -> None:
    try:
        spec = adapt_cluster(parse_cluster_spec(raw))
    except InvalidSpec:
        return
    assert parse_spec(spec.to_wire()) == spec
