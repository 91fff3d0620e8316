"""Rules about pod templates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.validation.deployment import a_spec, sentences_of

from flinkop.resources.podtemplate import merge

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


LACKS = "has fluentbit but no flink-main-container, so that Flink runs in a container of its own beside"
NAME_IT = "name the container that is meant for Flink flink-main-container"
ONLY_MAIN, ONLY_SIDECAR = pod(containers=[MAIN]), pod(containers=[SIDECAR])


def lacking(path: str) -> str:
    return f"warning {path}.spec.containers: {LACKS}; {NAME_IT}"


@pytest.mark.parametrize(
    ("common", "jobmanager", "taskmanager", "paths"),
    [
        pytest.param(ONLY_MAIN, ONLY_SIDECAR, ONLY_SIDECAR, [], id="it is in the template below"),
        pytest.param(ONLY_SIDECAR, ONLY_MAIN, ONLY_MAIN, [], id="it is in both templates above"),
        pytest.param(ONLY_SIDECAR, ONLY_MAIN, {}, ["spec.podTemplate"], id="it is in one template above"),
        pytest.param(ONLY_SIDECAR, {}, {}, ["spec.podTemplate"], id="it is nowhere, and that is told once"),
        pytest.param(ONLY_SIDECAR, ONLY_SIDECAR, ONLY_MAIN, ["spec.jobManager.podTemplate"], id="it is nowhere for the JobManager"),
        pytest.param({}, ONLY_SIDECAR, {}, ["spec.jobManager.podTemplate"], id="there is no template below"),
        pytest.param({}, {}, {}, [], id="there are no templates"),
    ],
)
def test_the_main_container_is_missed_where_the_templates_that_are_merged_by_name_lack_it(
    common: dict[str, Any], jobmanager: dict[str, Any], taskmanager: dict[str, Any], paths: list[str]
) -> None:
    assert with_templates(common, jobmanager, taskmanager, **MERGE_BY_NAME) == [lacking(path) for path in paths]


def test_a_main_container_that_is_renamed_by_its_position_is_missed() -> None:
    """That is how lists are merged unless told otherwise."""
    found = with_templates(ONLY_MAIN, ONLY_SIDECAR, {})
    assert [sentence for sentence in found if LACKS in sentence] == [lacking("spec.jobManager.podTemplate")]
    assert with_templates(pod(containers=[SIDECAR, MAIN]), ONLY_SIDECAR, {}) == []


@pytest.mark.parametrize("above", [pod(containers=[{"image": "x"}]), pod(containers=[SIDECAR, SIDECAR])])
def test_lists_whose_elements_cannot_be_told_apart_are_merged_by_position_in_any_case(above: dict[str, Any]) -> None:
    found = with_templates(ONLY_MAIN, above, {}, **MERGE_BY_NAME)
    is_renamed = above["spec"]["containers"][0].get("name") == SIDECAR["name"]
    assert any(MAIN["name"] in sentence for sentence in found) == is_renamed


CONTAINERS = st.lists(st.sampled_from([MAIN, SIDECAR, {"name": "other"}]), max_size=3)


@given(below=CONTAINERS, above=CONTAINERS, by_name=st.booleans())
def test_the_main_container_is_missed_when_the_template_that_is_made_lacks_it(below: list[Any], above: list[Any], by_name: bool) -> None:
    made = [one["name"] for one in merge(pod(containers=below), pod(containers=above), by_name)["spec"]["containers"]]
    found = with_templates(pod(containers=below), pod(containers=above), ONLY_MAIN, **(MERGE_BY_NAME if by_name else {}))
    assert any("so that Flink runs" in one for one in found) == (bool(made) and MAIN["name"] not in made)
