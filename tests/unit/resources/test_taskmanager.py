"""The Deployment of a standalone cluster's TaskManagers. That of a whole cluster is compared in test_golden_standalone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.resources.cluster import HA, V1_16, V1_20, V2_2, V2_3, a_spec, configuration_of, objects_of

from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.option import InvalidOption
from flinkop.resources.naming import taskmanager_deployment_name
from flinkop.resources.size import taskmanager_replicas

MAIN = "flink-main-container"


def deployment(version: FlinkVersion = V1_20, conf: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    found = objects_of(a_spec(version, mode="standalone", flinkConfiguration=conf or {}, **changes)).taskmanagers
    assert found is not None
    return found


def pod(conf: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The pod's spec, with this spec in the template."""
    found: dict[str, Any] = deployment(conf=conf, podTemplate={"spec": spec or {}}, **changes)["spec"]["template"]["spec"]
    return found


def main(conf: dict[str, Any] | None = None, container: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Flink's container, with this container in the template."""
    found: dict[str, Any] = pod(conf, {"containers": [{"name": MAIN, **(container or {})}]}, **changes)["containers"][-1]
    return found


def test_the_deployment_belongs_to_the_resource_as_the_jobmanagers_does() -> None:
    objects = objects_of(a_spec(mode="standalone"))
    assert objects.taskmanagers is not None
    assert objects.taskmanagers["metadata"]["ownerReferences"] == objects.deployment["metadata"]["ownerReferences"]
    assert objects.taskmanagers["metadata"]["ownerReferences"][0]["uid"] == "uid-1"
    assert objects.taskmanagers["metadata"]["name"] == taskmanager_deployment_name("app") == "app-taskmanager"


def test_the_generation_is_told_without_replacing_pods() -> None:
    """A cluster that is only scaled keeps its pods, though its generation has changed."""
    found = deployment(conf={"kubernetes.taskmanager.annotations": "a:b"})
    assert found["metadata"]["annotations"] == {"a": "b", "flinkdeployment.flink.apache.org/generation": "3"}
    assert found["spec"]["template"]["metadata"]["annotations"] == {"a": "b"}


def test_annotations_of_the_jobmanager_are_not_theirs() -> None:
    assert "x" not in deployment(conf={"kubernetes.jobmanager.annotations": "x:y"})["metadata"]["annotations"]


# Replicas, job, slots, how many.
REPLICAS: dict[str, tuple[int | None, Any, str, int]] = {
    "a number": (3, {"parallelism": 100}, "2", 3),
    "a number for a session": (3, None, "2", 3),
    "a session": (None, None, "2", 1),
    "what the job needs": (None, {"parallelism": 4}, "2", 2),
    "what the job needs, with slots to spare": (None, {"parallelism": 5}, "2", 3),
    "less than one": (None, {"parallelism": 1}, "8", 1),
    "no parallelism": (None, {"parallelism": 0}, "2", 1),
}


@pytest.mark.parametrize(("replicas", "job", "slots", "expected"), REPLICAS.values(), ids=REPLICAS.keys())
@pytest.mark.parametrize("scheduler", [None, "reactive"])
def test_there_are_as_many_as_are_needed(replicas: int | None, job: Any, slots: str, expected: int, scheduler: str | None) -> None:
    conf = {"taskmanager.numberOfTaskSlots": slots, "scheduler-mode": scheduler}
    taskmanager = {"replicas": replicas, "resource": {"memory": "1728m"}}
    spec = a_spec(mode="standalone", flinkConfiguration=conf, taskManager=taskmanager, job=job)
    assert taskmanager_replicas(spec, configuration_of(spec)) == expected
    assert deployment(conf=conf, taskManager=taskmanager, job=job)["spec"]["replicas"] == expected


@pytest.mark.parametrize("key", ["taskmanager.numberOfTaskSlots", "parallelism.default"])
def test_a_number_that_cannot_be_read_is_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidOption, match=f"^flinkConfiguration.{key}: "):
        taskmanager_replicas(a_spec(mode="standalone"), {key: "some"})


def test_the_container_runs_a_taskmanager() -> None:
    found = main({}, {"command": ["theirs"], "args": ["theirs"], "ports": [{"name": "metrics", "containerPort": 9249}]})
    assert (found["command"], found["args"]) == (["/docker-entrypoint.sh"], ["taskmanager"])
    assert found["ports"] == [{"name": "metrics", "containerPort": 9249}, {"name": "taskmanager-rpc", "containerPort": 6122}]
    assert (found["image"], found["imagePullPolicy"]) == ("flink:test", "IfNotPresent")
    assert found["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert "startupProbe" not in found


def test_another_port_may_be_chosen() -> None:
    assert main({"taskmanager.rpc.port": "7000"})["ports"] == [{"name": "taskmanager-rpc", "containerPort": 7000}]


@pytest.mark.parametrize(
    ("conf", "account"),
    [({}, "flink"), ({"kubernetes.taskmanager.service-account": "tm", "kubernetes.jobmanager.service-account": "jm"}, "tm")],
    ids=["the cluster's", "their own"],
)
def test_taskmanagers_may_have_a_service_account_of_their_own(conf: dict[str, str], account: str) -> None:
    assert pod(conf)["serviceAccountName"] == pod(conf)["serviceAccount"] == account


def test_variables_are_those_of_taskmanagers() -> None:
    conf = {
        "containerized.taskmanager.env.A": "1",
        "containerized.master.env.B": "2",
        "kubernetes.flink.log.dir": "/logs",
        "kubernetes.env.secretKeyRef": "env:E,secret:s,key:k",
        "kubernetes.hadoop.conf.config-map.name": "h",
    }
    assert main(conf)["env"] == [
        {"name": "A", "value": "1"},
        {"name": "FLINK_LOG_DIR", "value": "/logs"},
        {"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "HADOOP_CONF_DIR", "value": "/opt/hadoop/conf"},
    ]


def test_scheduling_options_are_those_of_taskmanagers() -> None:
    conf = {
        "kubernetes.container.image.pull-secrets": "s1",
        "kubernetes.taskmanager.tolerations": "key:k,operator:Exists,tolerationSeconds:60",
        "kubernetes.taskmanager.node-selector": "disk:fast",
        "kubernetes.jobmanager.node-selector": "disk:slow",
        "kubernetes.taskmanager.labels": "team:x",
    }
    found = pod(conf, {"nodeSelector": {"zone": "a"}})
    assert found["imagePullSecrets"] == [{"name": "s1"}]
    assert found["tolerations"] == [{"key": "k", "operator": "Exists", "tolerationSeconds": 60}]
    assert found["nodeSelector"] == {"zone": "a", "disk": "fast"}
    assert deployment(conf=conf)["spec"]["template"]["metadata"]["labels"]["team"] == "x"


def test_the_network_is_left_to_the_template() -> None:
    """Flink's option is for the JobManager: on one node two TaskManagers could not have the same port."""
    assert not {"hostNetwork", "dnsPolicy"} & pod({"kubernetes.hostnetwork.enabled": "true"}).keys()


# Version, options, resource, then the container's CPU and memory, requested and at most.
SIZES: dict[str, tuple[FlinkVersion, dict[str, str], dict[str, Any], tuple[str, str], tuple[str, str]]] = {
    "what the spec says": (V1_20, {}, {"memory": "1728m", "cpu": 1.5}, ("1.5", "1728Mi"), ("1.5", "1728Mi")),
    "CPU by the older name": (V1_16, {}, {"memory": "1728m", "cpu": 0.5}, ("0.5", "1728Mi"), ("0.5", "1728Mi")),
    "no CPU": (V1_20, {"taskmanager.numberOfTaskSlots": "4"}, {"memory": "1728m"}, ("4.0", "1728Mi"), ("4.0", "1728Mi")),
    "Flink's own option for CPU": (
        V1_20,
        {"taskmanager.cpu.cores": "3"},
        {"memory": "1728m", "cpu": 1},
        ("3.0", "1728Mi"),
        ("3.0", "1728Mi"),
    ),
    "limits above the requests": (
        V1_20,
        {"kubernetes.taskmanager.cpu.limit-factor": "3", "kubernetes.taskmanager.memory.limit-factor": "1.3"},
        {"memory": "1001Mi", "cpu": 0.1},
        ("0.1", "1001Mi"),
        ("0.3", "1301Mi"),
    ),
    "memory that follows from a part": (V1_20, {"taskmanager.memory.flink.size": "1280m"}, {}, ("1.0", "1728Mi"), ("1.0", "1728Mi")),
}


@pytest.mark.parametrize(("version", "conf", "resource", "requests", "limits"), SIZES.values(), ids=SIZES.keys())
def test_the_container_has_the_size_of_the_process(
    version: FlinkVersion, conf: dict[str, str], resource: dict[str, Any], requests: tuple[str, str], limits: tuple[str, str]
) -> None:
    (found,) = deployment(version, conf, taskManager={"resource": resource})["spec"]["template"]["spec"]["containers"]
    assert found["resources"] == {
        "requests": {"cpu": requests[0], "memory": requests[1]},
        "limits": {"cpu": limits[0], "memory": limits[1]},
    }


def test_memory_that_is_not_set_is_missed_by_name() -> None:
    with pytest.raises(InvalidSpec, match=r"flinkConfiguration.taskmanager.memory.process.size: is missing"):
        deployment(taskManager={})


@pytest.mark.parametrize(("version", "claims"), [(V2_2, []), (V2_3, ["claim-pvc"])], ids=str)
def test_volumes_are_those_that_flink_mounts_into_taskmanagers(version: FlinkVersion, claims: list[str]) -> None:
    """The directory for artifacts is the JobManager's alone."""
    conf = {
        **HA,
        "kubernetes.secrets": "s1:/etc/s1",
        "kubernetes.hadoop.conf.config-map.name": "hadoop",
        "kubernetes.persistent-volume-claims": "claim:/data",
    }
    spec = deployment(version, conf)["spec"]["template"]["spec"]
    assert [volume["name"] for volume in spec["volumes"]] == ["s1-volume", "hadoop-config-volume", "flink-config-volume", *claims]
    assert [mount["name"] for mount in spec["containers"][0]["volumeMounts"]] == [volume["name"] for volume in spec["volumes"]]


def test_their_own_template_is_laid_over_the_common_one() -> None:
    own = {"podTemplate": {"metadata": {"labels": {"b": "2"}}}, "resource": {"memory": "1728m", "ephemeralStorage": "5Gi"}}
    template = deployment(podTemplate={"metadata": {"labels": {"a": "1", "b": "1"}}}, taskManager=own)["spec"]["template"]
    assert template["metadata"]["labels"].items() >= {"a": "1", "b": "2"}.items()
    assert template["spec"]["containers"][0]["resources"]["limits"]["ephemeral-storage"] == "5Gi"
