"""The JobManager's Deployment. That of a whole cluster is compared with Flink's own in test_golden."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.cluster import HA, V1_16, V1_20, V2_0, a_spec, objects_of

from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidSpec

MAIN = "flink-main-container"
POD_IP = {"name": "_POD_IP_ADDRESS", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}
FLINKS_PORTS = [
    {"name": "rest", "containerPort": 8081},
    {"name": "jobmanager-rpc", "containerPort": 6123},
    {"name": "blobserver", "containerPort": 6124},
]


def deployment(version: FlinkVersion = V1_20, conf: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return objects_of(a_spec(version, flinkConfiguration=conf or {}, **changes)).deployment


def pod(conf: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The pod's spec, with this spec in the template."""
    found: dict[str, Any] = deployment(conf=conf, podTemplate={"spec": spec or {}}, **changes)["spec"]["template"]["spec"]
    return found


def main(conf: dict[str, Any] | None = None, container: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Flink's container, with this container in the template."""
    found: dict[str, Any] = pod(conf, {"containers": [{"name": MAIN, **(container or {})}]}, **changes)["containers"][-1]
    return found


def test_two_jobmanagers_never_run_at_once() -> None:
    assert deployment()["spec"]["strategy"] == {"type": "Recreate"}


def test_the_deployment_belongs_to_the_resource() -> None:
    assert deployment()["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "flink.apache.org/v1beta1",
            "kind": "FlinkDeployment",
            "name": "app",
            "uid": "uid-1",
            "blockOwnerDeletion": True,
            "controller": False,
        }
    ]


def test_standbys_are_replicas() -> None:
    assert deployment(conf=HA, jobManager={"replicas": 2, "resource": {"memory": "1600m"}})["spec"]["replicas"] == 2


def test_labels_of_all_kinds_come_together_and_cannot_hide_flinks() -> None:
    """The template's below the option's, and both below those that select the pods."""
    template = {
        "metadata": {"labels": {"app": "evil", "l": "template", "t": "template"}, "annotations": {"a": "template", "b": "template"}}
    }
    conf = {"kubernetes.jobmanager.labels": "l:option,component:evil", "kubernetes.jobmanager.annotations.a": "option"}
    found = deployment(conf=conf, podTemplate=template)
    selector = {"app": "app", "type": "flink-native-kubernetes", "component": "jobmanager"}
    generation = {"flinkdeployment.flink.apache.org/generation": "3"}
    assert found["spec"]["selector"] == {"matchLabels": selector}
    assert found["metadata"]["labels"] == {**selector, "l": "option"}
    assert found["metadata"]["annotations"] == {"a": "option", **generation}
    assert found["spec"]["template"]["metadata"] == {
        "labels": {**selector, "l": "option", "t": "template"},
        "annotations": {"a": "option", "b": "template", **generation},
    }


@pytest.mark.parametrize(
    ("option", "template", "resolved"),
    [("option", "template", "option"), ("option", None, "option"), (None, "template", "template"), (None, None, "")],
    ids=["both", "the option", "the template", "neither"],
)
def test_the_option_counts_and_else_the_template(option: str | None, template: str | None, resolved: str) -> None:
    """Flink's rule for image, pull policy and service account."""
    spec = {"serviceAccountName": template, "containers": [{"name": MAIN, "image": template, "imagePullPolicy": template}]}
    found = pod({}, spec, image=option, imagePullPolicy=option, serviceAccount=option)
    (container,) = found["containers"]
    assert container["image"] == (resolved or "apache/flink:1.20")
    assert container["imagePullPolicy"] == (resolved or "IfNotPresent")
    assert found["serviceAccount"] == found["serviceAccountName"] == (resolved or "default")


def test_the_jobmanager_may_have_a_service_account_of_its_own() -> None:
    assert pod({"kubernetes.jobmanager.service-account": "jm"})["serviceAccountName"] == "jm"


@pytest.mark.parametrize("version", [V1_16, V2_0], ids=str)
def test_the_image_is_found_under_the_name_of_each_version(version: FlinkVersion) -> None:
    (container,) = deployment(version)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "flink:test"


def test_flinks_container_is_the_last_and_the_others_stay_as_they_are() -> None:
    side = {"name": "side", "image": "x"}
    init = [{"name": "init", "image": "y"}]
    found = pod({}, {"containers": [{"name": MAIN}, side], "initContainers": init, "securityContext": {"fsGroup": 9999}})
    assert [container["name"] for container in found["containers"]] == ["side", MAIN]
    assert found["containers"][0] == side
    assert (found["initContainers"], found["securityContext"]) == (init, {"fsGroup": 9999})


@pytest.mark.parametrize(
    ("conf", "job", "line"),
    [
        ({}, {"parallelism": 1}, "kubernetes-jobmanager.sh kubernetes-application "),
        ({}, None, "kubernetes-jobmanager.sh kubernetes-session "),
        ({"kubernetes.jobmanager.entrypoint.args": "-D x=y"}, {"parallelism": 1}, "kubernetes-jobmanager.sh kubernetes-application -D x=y"),
    ],
    ids=["an application", "a session", "arguments"],
)
def test_the_script_is_told_what_to_start(conf: dict[str, str], job: Any, line: str) -> None:
    container = main(conf, {"command": ["theirs"], "args": ["theirs"]}, job=job)
    assert (container["command"], container["args"]) == (["/docker-entrypoint.sh"], ["bash", "-c", line])


def test_another_entry_point_may_be_named() -> None:
    assert main({"kubernetes.entry.path": "/mine.sh"})["command"] == ["/mine.sh"]


PORTS: dict[str, tuple[dict[str, str], list[Any], list[Any]]] = {
    "Flink's": ({}, [], FLINKS_PORTS),
    "with others": ({}, [{"name": "metrics", "containerPort": 9249}], [{"name": "metrics", "containerPort": 9249}, *FLINKS_PORTS]),
    "with others that have no name": (
        {},
        [{"containerPort": 1}, {"containerPort": 2}],
        [{"containerPort": 1}, {"containerPort": 2}, *FLINKS_PORTS],
    ),
    "with one of Flink's names": ({}, [{"name": "rest", "containerPort": 1}], FLINKS_PORTS),
    "others": (
        {"rest.port": "1", "jobmanager.rpc.port": "2", "blob.server.port": "3"},
        [],
        [{"name": "rest", "containerPort": 1}, {"name": "jobmanager-rpc", "containerPort": 2}, {"name": "blobserver", "containerPort": 3}],
    ),
    "none with the host's network": ({"kubernetes.hostnetwork.enabled": "true"}, [{"containerPort": 1}], [{"containerPort": 1}]),
}


@pytest.mark.parametrize(("conf", "given_ports", "ports"), PORTS.values(), ids=PORTS.keys())
def test_ports_are_declared(conf: dict[str, str], given_ports: list[Any], ports: list[Any]) -> None:
    assert main(conf, {"ports": given_ports} if given_ports else {})["ports"] == ports


@pytest.mark.parametrize(
    ("conf", "policy", "found"),
    [
        ({}, None, (False, "ClusterFirst")),
        ({}, "None", (False, "None")),
        ({"kubernetes.hostnetwork.enabled": "true"}, "None", (True, "ClusterFirstWithHostNet")),
    ],
    ids=["by default", "the template's", "on the host's network"],
)
def test_names_are_resolved_to_fit_the_network(conf: dict[str, str], policy: str | None, found: tuple[bool, str]) -> None:
    spec = pod(conf, {"dnsPolicy": policy, "hostNetwork": True})
    assert (spec["hostNetwork"], spec["dnsPolicy"]) == found


ENVIRONMENT: dict[str, tuple[dict[str, str], list[Any], list[Any]]] = {
    "Flink's": ({}, [], [POD_IP]),
    "the template's first": ({}, [{"name": "A", "value": "1"}], [{"name": "A", "value": "1"}, POD_IP]),
    "the template's address is replaced where it stands": (
        {},
        [{"name": "_POD_IP_ADDRESS", "value": "z"}, {"name": "A", "value": "1"}],
        [POD_IP, {"name": "A", "value": "1"}],
    ),
    "the option wins over the template": (
        {"containerized.master.env.A": "2", "containerized.taskmanager.env.T": "3"},
        [{"name": "A", "value": "1"}],
        [{"name": "A", "value": "2"}, POD_IP],
    ),
    "all that options add": (
        {
            "kubernetes.flink.log.dir": "/logs",
            "kubernetes.env.secretKeyRef": "env:E,secret:s,key:k",
            "kubernetes.hadoop.conf.config-map.name": "h",
        },
        [],
        [
            POD_IP,
            {"name": "FLINK_LOG_DIR", "value": "/logs"},
            {"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "HADOOP_CONF_DIR", "value": "/opt/hadoop/conf"},
        ],
    ),
}


@pytest.mark.parametrize(("conf", "given_variables", "variables"), ENVIRONMENT.values(), ids=ENVIRONMENT.keys())
def test_variables_are_set_each_once(conf: dict[str, str], given_variables: list[Any], variables: list[Any]) -> None:
    assert main(conf, {"env": given_variables})["env"] == variables


RESOURCES: dict[str, tuple[dict[str, str], dict[str, Any], dict[str, Any]]] = {
    "by default": (
        {},
        {"memory": "1600m"},
        {"requests": {"cpu": "1.0", "memory": "1600Mi"}, "limits": {"cpu": "1.0", "memory": "1600Mi"}},
    ),
    "CPU in parts": (
        {},
        {"memory": "1600m", "cpu": 0.1},
        {"requests": {"cpu": "0.1", "memory": "1600Mi"}, "limits": {"cpu": "0.1", "memory": "1600Mi"}},
    ),
    "CPU in too small parts": (
        {},
        {"memory": "1600m", "cpu": 0.00001},
        {"requests": {"cpu": "0.0", "memory": "1600Mi"}, "limits": {"cpu": "0.0", "memory": "1600Mi"}},
    ),
    "limits above the requests": (
        {"kubernetes.jobmanager.cpu.limit-factor": "3", "kubernetes.jobmanager.memory.limit-factor": "1.3"},
        {"memory": "1001Mi", "cpu": 0.1},
        {"requests": {"cpu": "0.1", "memory": "1001Mi"}, "limits": {"cpu": "0.3", "memory": "1301Mi"}},
    ),
    "memory that follows from a part": (
        {"jobmanager.memory.heap.size": "1g"},
        {},
        {"requests": {"cpu": "1.0", "memory": "1600Mi"}, "limits": {"cpu": "1.0", "memory": "1600Mi"}},
    ),
}


@pytest.mark.parametrize(("conf", "resource", "resources"), RESOURCES.values(), ids=RESOURCES.keys())
def test_the_container_has_the_size_of_the_process(conf: dict[str, str], resource: dict[str, Any], resources: dict[str, Any]) -> None:
    given_resources = {"requests": {"cpu": "9"}, "limits": {"memory": "9Gi"}}
    assert main(conf, {"resources": given_resources}, jobManager={"resource": resource})["resources"] == resources


def test_resources_that_are_none_of_flinks_stay() -> None:
    found = main({}, {"resources": {"requests": {"x/gpu": "1"}, "claims": [{"name": "c"}]}})["resources"]
    assert found["requests"] == {"cpu": "1.0", "memory": "1600Mi", "x/gpu": "1"}
    assert found["claims"] == [{"name": "c"}]


@given(st.floats(0.001, 64), st.floats(1, 16))
def test_cpu_is_never_written_with_an_exponent_and_the_limit_is_not_below_the_request(cpu: float, factor: float) -> None:
    conf = {"kubernetes.jobmanager.cpu.limit-factor": str(factor)}
    resources = main(conf, jobManager={"resource": {"memory": "1600m", "cpu": cpu}})["resources"]
    request, limit = resources["requests"]["cpu"], resources["limits"]["cpu"]
    assert "e" not in request + limit
    assert abs(float(request) - cpu) <= 0.0005
    assert float(limit) >= float(request)


def test_scheduling_options_are_added_to_the_templates() -> None:
    spec = {
        "imagePullSecrets": [{"name": "theirs"}],
        "tolerations": [{"key": "theirs"}],
        "nodeSelector": {"a": "theirs", "b": "theirs"},
    }
    conf = {
        "kubernetes.container.image.pull-secrets": "s1;s2",
        "kubernetes.jobmanager.tolerations": "key:k,operator:Exists,tolerationSeconds:60",
        "kubernetes.jobmanager.node-selector.a": "mine",
    }
    found = pod(conf, spec)
    assert found["imagePullSecrets"] == [{"name": "theirs"}, {"name": "s1"}, {"name": "s2"}]
    assert found["tolerations"] == [{"key": "theirs"}, {"key": "k", "operator": "Exists", "tolerationSeconds": 60}]
    assert found["nodeSelector"] == {"a": "mine", "b": "theirs"}


def test_without_scheduling_options_nothing_is_said_of_scheduling() -> None:
    assert not {"imagePullSecrets", "tolerations", "nodeSelector"} & pod().keys()


def test_volumes_and_mounts_are_each_there_once_and_flinks_win() -> None:
    volume, mount = {"name": "flink-config-volume", "emptyDir": {}}, {"name": "v", "mountPath": "/opt/flink/conf"}
    found = pod({}, {"volumes": [volume, {"name": "v", "emptyDir": {}}], "containers": [{"name": MAIN, "volumeMounts": [mount]}]})
    names = [volume["name"] for volume in found["volumes"]]
    assert names == ["flink-config-volume", "v", "user-artifacts-volume", "pod-template-volume"]
    assert "configMap" in found["volumes"][0]
    mounts = {mount["mountPath"]: mount["name"] for mount in found["containers"][-1]["volumeMounts"]}
    assert len(mounts) == len(found["containers"][-1]["volumeMounts"])
    assert mounts["/opt/flink/conf"] == "flink-config-volume"


def test_what_a_crashed_container_said_last_is_kept_unless_the_template_says_otherwise() -> None:
    assert main()["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert main({}, {"terminationMessagePolicy": "File"})["terminationMessagePolicy"] == "File"


PROBE = {"httpGet": {"path": "/config", "port": "rest"}, "periodSeconds": 1, "failureThreshold": 2147483647}


@pytest.mark.parametrize(
    ("enabled", "container", "probe"),
    [
        (True, {}, PROBE),
        (False, {}, None),
        (True, {"startupProbe": {"exec": {}}}, {"exec": {}}),
        (False, {"startupProbe": {"exec": {}}}, {"exec": {}}),
    ],
    ids=["on", "off", "on, and one of the template", "off, and one of the template"],
)
def test_a_jobmanager_is_ready_when_it_answers(enabled: bool, container: dict[str, Any], probe: Any) -> None:
    template = {"spec": {"containers": [{"name": MAIN, **container}]}}
    found = objects_of(a_spec(podTemplate=template), startup_probe=enabled).deployment["spec"]["template"]["spec"]["containers"][0]
    assert found.get("startupProbe") == probe


BAD_TEMPLATES: dict[str, tuple[dict[str, Any], str]] = {
    "metadata": ({"metadata": []}, "podTemplate.metadata: is not a map"),
    "labels": ({"metadata": {"labels": "x"}}, "podTemplate.metadata.labels: is not a map"),
    "annotations": ({"metadata": {"annotations": [1]}}, "podTemplate.metadata.annotations: is not a map"),
    "volumes": ({"spec": {"volumes": {}}}, "podTemplate.spec.volumes: is not a list of maps"),
    "tolerations": ({"spec": {"tolerations": ["x"]}}, "podTemplate.spec.tolerations: is not a list of maps"),
    "node selector": ({"spec": {"nodeSelector": ["x"]}}, "podTemplate.spec.nodeSelector: is not a map"),
    "pull secrets": ({"spec": {"imagePullSecrets": "x"}}, "podTemplate.spec.imagePullSecrets: is not a list of maps"),
    **{
        name: (
            {"spec": {"containers": [{"name": MAIN, name: value}]}},
            f"podTemplate.spec.containers[flink-main-container].{name}: is not a {'map' if name == 'resources' else 'list of maps'}",
        )
        for name, value in (("env", "x"), ("ports", {}), ("volumeMounts", ["x"]), ("resources", []))
    },
    "requests": (
        {"spec": {"containers": [{"name": MAIN, "resources": {"requests": []}}]}},
        "podTemplate.spec.containers[flink-main-container].resources.requests: is not a map",
    ),
}


@pytest.mark.parametrize(("template", "problem"), BAD_TEMPLATES.values(), ids=BAD_TEMPLATES.keys())
def test_a_template_that_is_no_pod_is_refused_with_the_path(template: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        deployment(podTemplate=template)
    assert str(refused.value).startswith(f"{problem}; write ")
