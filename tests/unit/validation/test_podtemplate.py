"""Rules about pod templates."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.validation.deployment import a_spec, sentences_of

MAIN = {"name": "flink-main-container"}
SIDECAR = {"name": "fluentbit", "image": "fluent/fluent-bit"}


def pod(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod-template"}, "spec": spec}


def mounted(*paths: str, **more: Any) -> dict[str, Any]:
    mounts = [{"name": "v", "mountPath": path, **more} for path in paths]
    return pod(containers=[{**MAIN, "volumeMounts": mounts}], volumes=[{"name": "v", "emptyDir": {}}])


TEMPLATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "an established example": (pod(containers=[MAIN, SIDECAR], initContainers=[{"name": "init"}], volumes=[{"name": "v"}]), []),
    "a spec that was forgotten": (
        {"containers": [SIDECAR]},
        ["spec.podTemplate.containers: is not a field of a Pod; write what belongs to the Pod's spec below spec"],
    ),
    "a spec that is a list": (
        {"spec": []},
        ["spec.podTemplate.spec: is a list, where Kubernetes takes a map; write its fields below it, as in a Pod"],
    ),
    "metadata that are a text": (
        {"metadata": "x"},
        ["spec.podTemplate.metadata: is a text, where Kubernetes takes a map; write its fields below it, as in a Pod"],
    ),
    "containers that are a map": (
        pod(containers=MAIN),
        ["spec.podTemplate.spec.containers: is a map, where Kubernetes takes a list; write - before each of its elements"],
    ),
    "volumes that are texts": (
        pod(volumes=["v"]),
        ["spec.podTemplate.spec.volumes[0]: is a text, where Kubernetes takes a map; write its fields below it, as in a Pod"],
    ),
    "a container without a name": (
        pod(containers=[MAIN, {"image": "x"}]),
        ["spec.podTemplate.spec.containers[1]: has no name; give it one"],
    ),
    "a volume without a name": (pod(volumes=[{"emptyDir": {}}]), ["spec.podTemplate.spec.volumes[0]: has no name; give it one"]),
    "two containers of one name": (
        pod(containers=[MAIN, SIDECAR, SIDECAR]),
        ["spec.podTemplate.spec.containers: has two elements with the name fluentbit; rename one of them"],
    ),
    "no main container": (
        pod(containers=[{"name": "main"}]),
        [
            "warning spec.podTemplate.spec.containers: has main but no flink-main-container, so that Flink runs in a container "
            "of its own beside; name the container that is meant for Flink flink-main-container"
        ],
    ),
    "a restart policy": (
        pod(restartPolicy="Never"),
        ["spec.podTemplate.spec.restartPolicy: is not Always, the only policy of a Deployment's pods; leave it out"],
    ),
    "the one restart policy": (pod(restartPolicy="Always"), []),
    "a volume beside Flink": (mounted("/opt/flink/usrlib", "/data"), []),
    "a volume over Flink's configuration": (
        mounted("/opt/flink/conf/"),
        [
            "spec.podTemplate.spec.containers[0].volumeMounts[0]: /opt/flink/conf is mounted by Flink already; mount it somewhere else",
        ],
    ),
    "a volume over Flink's libraries": (
        mounted("/opt/flink/lib"),
        [
            "warning spec.podTemplate.spec.containers[0].volumeMounts[0]: hides /opt/flink/lib of the image; "
            "mount it somewhere else, or single files with subPath",
        ],
    ),
    "a single file among Flink's libraries": (mounted("/opt/flink/lib", subPath="x.jar"), []),
}


@pytest.mark.parametrize(("template", "expected"), TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_pod_template_is_checked(template: dict[str, Any], expected: list[str]) -> None:
    assert sentences_of(a_spec(podTemplate=template)) == expected


def with_templates(common: dict[str, Any], jobmanager: dict[str, Any], taskmanager: dict[str, Any], **configuration: str) -> list[str]:
    resource = {"memory": "2g"}
    return sentences_of(
        a_spec(
            flinkConfiguration=configuration,
            podTemplate=common,
            jobManager={"resource": resource, "podTemplate": jobmanager},
            taskManager={"resource": resource, "podTemplate": taskmanager},
        )
    )


def test_a_container_may_take_its_name_from_the_template_below() -> None:
    assert with_templates(pod(containers=[MAIN]), pod(containers=[{"env": []}]), {}) == []


def test_a_nameless_container_is_named_where_it_was_written() -> None:
    found = with_templates(pod(containers=[MAIN]), {}, pod(containers=[{"env": []}, {"image": "x"}]))
    assert found == ["spec.taskManager.podTemplate.spec.containers[1]: has no name; give it one"]


def test_a_container_may_get_its_name_from_the_templates_above_if_both_give_it() -> None:
    assert with_templates(pod(containers=[{"env": []}]), pod(containers=[MAIN]), pod(containers=[MAIN])) == []
    found = with_templates(pod(containers=[{"env": []}]), pod(containers=[MAIN]), {})
    assert found == ["spec.podTemplate.spec.containers[0]: has no name; give it one"]


def test_taskmanagers_may_have_another_restart_policy() -> None:
    assert with_templates({}, {}, pod(restartPolicy="Never")) == []
    assert with_templates(pod(restartPolicy="Never"), pod(restartPolicy="Always"), {}) == []


MERGE_BY_NAME = {"kubernetes.operator.pod-template.merge-arrays-by-name": "true"}
SWAPPED = (pod(containers=[MAIN, SIDECAR]), pod(containers=[SIDECAR, MAIN]), {})


def test_containers_that_would_be_mixed_up_are_told() -> None:
    remedy = "keep the order, or set kubernetes.operator.pod-template.merge-arrays-by-name: true"
    path = "warning spec.jobManager.podTemplate.spec.containers"
    assert with_templates(*SWAPPED) == [
        f"{path}[0]: lays fluentbit over flink-main-container of spec.podTemplate, which has the same position; {remedy}",
        f"{path}[1]: lays flink-main-container over fluentbit of spec.podTemplate, which has the same position; {remedy}",
    ]


def test_containers_that_are_merged_by_name_are_not_mixed_up() -> None:
    assert with_templates(*SWAPPED, **MERGE_BY_NAME) == []
