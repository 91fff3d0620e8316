"""Pod templates are read as Kubernetes reads pods: what it would refuse, or drop without a word, is told with its path."""

from __future__ import annotations

from typing import Any

import pytest
from tests.podschema import TABLE, render_pod_schema
from tests.unit.validation.deployment import a_spec, sentences_of

from flinkop.resources.configuration import build_configuration
from flinkop.validation.flinkdeployment import validate_flinkdeployment

AT = "spec.podTemplate.spec"
NEEDS_QUOTES = "where Kubernetes takes a text; put it in quotes"
NO_QUANTITY = "is not a quantity, which is a number and perhaps a unit; write for example 500m or 2Gi; bytes have Ki, Mi, Gi or k, M, G"


def main(**fields: Any) -> dict[str, Any]:
    """A template whose main container has these fields."""
    return {"spec": {"containers": [{"name": "flink-main-container", **fields}]}}


def with_volumes(template: dict[str, Any], *names: str) -> dict[str, Any]:
    """The template with volumes of these names."""
    return {"spec": {**template["spec"], "volumes": [{"name": name} for name in names]}}


def spec(**fields: Any) -> dict[str, Any]:
    return {"spec": fields}


MISFITS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a number as the value of a variable": (
        main(env=[{"name": "PORT", "value": 8080}]),
        [f"{AT}.containers[0].env[0].value: is a number, {NEEDS_QUOTES}"],
    ),
    "true as an annotation": (
        {"metadata": {"annotations": {"linkerd.io/inject": True}}},
        [f"spec.podTemplate.metadata.annotations.linkerd.io/inject: is true or false, {NEEDS_QUOTES}"],
    ),
    "a port in quotes": (
        main(ports=[{"containerPort": "9249"}]),
        [f"{AT}.containers[0].ports[0].containerPort: is a text, where Kubernetes takes a whole number; write digits, without quotes"],
    ),
    "a fraction where a whole number belongs": (
        spec(terminationGracePeriodSeconds=2.5),
        [f"{AT}.terminationGracePeriodSeconds: is a number, where Kubernetes takes a whole number; write digits, without quotes"],
    ),
    "nothing in the place of a container": (
        spec(containers=[None]),
        [f"{AT}.containers[0]: is empty, where Kubernetes takes a map; write its fields behind the dash, or remove that"],
    ),
    "nothing in the place of a text, which Kubernetes takes": (main(args=[None]), []),
    "yes, which is a text": (
        spec(hostNetwork="yes"),
        [f"{AT}.hostNetwork: is a text, where Kubernetes takes true or false; write one of them, without quotes"],
    ),
    "a quantity with a unit of Flink": (
        main(resources={"limits": {"memory": "2gb"}}),
        [f"{AT}.containers[0].resources.limits.memory: {NO_QUANTITY}"],
    ),
    "a size with a blank": (
        spec(volumes=[{"name": "v", "emptyDir": {"sizeLimit": "1 Gi"}}]),
        [f"{AT}.volumes[0].emptyDir.sizeLimit: {NO_QUANTITY}"],
    ),
    "quantities": (main(resources={"limits": {"cpu": 2, "memory": "1.5Gi"}, "requests": {"cpu": "500m", "memory": "1e9"}}), []),
    "a misspelt field": (
        main(volumeMount=[]),
        [f"{AT}.containers[0].volumeMount: is not a field of a Container, and Kubernetes would drop it; did you mean volumeMounts?"],
    ),
    "a field in the wrong capitals": (
        spec(nodeselector={"a": "b"}),
        [f"{AT}.nodeselector: is not a field of a PodSpec, and Kubernetes would drop it; did you mean nodeSelector?"],
    ),
    "a field that may be newer than this": (
        main(quantumEntangled=True),
        [
            f"warning {AT}.containers[0].quantumEntangled: is not known as a field of a Container, and Kubernetes drops what it does not "
            "know; see `kubectl explain pod`"
        ],
    ),
    "a map where a list belongs": (
        spec(tolerations={"key": "a"}),
        [f"{AT}.tolerations: is a map, where Kubernetes takes a list; write - before each of its elements"],
    ),
    "a variable without a name": (main(env=[{"value": "x"}]), [f"{AT}.containers[0].env[0]: has no name; give it one"]),
    "a mount without a place": (
        with_volumes(main(volumeMounts=[{"name": "v"}]), "v"),
        [f"{AT}.containers[0].volumeMounts[0]: has no mountPath; give it one"],
    ),
    "a policy in small letters": (
        main(imagePullPolicy="always"),
        [f"{AT}.containers[0].imagePullPolicy: is not one of Always, IfNotPresent, Never; write one of them, with these capitals"],
    ),
    "a probe at a port with a name": (main(livenessProbe={"httpGet": {"port": "rest"}}), []),
    "a null": (main(env=None, resources=None), []),
    "what kubectl writes": ({"metadata": {"creationTimestamp": None, "labels": {"a": "b"}}}, []),
}


@pytest.mark.parametrize(("template", "expected"), MISFITS.values(), ids=MISFITS.keys())
def test_a_template_is_read_as_kubernetes_will(template: dict[str, Any], expected: list[str]) -> None:
    assert sentences_of(a_spec(podTemplate=template)) == expected


def laid_over(base: dict[str, Any], jobmanager: dict[str, Any], **conf: str) -> list[str]:
    manager = {"resource": {"memory": "2g"}, "podTemplate": jobmanager}
    return sentences_of(a_spec(podTemplate=base, jobManager=manager, taskManager=manager, flinkConfiguration=conf))


MOUNT = {"name": "v", "mountPath": "/v"}


def test_what_one_template_leaves_out_the_other_may_give() -> None:
    assert laid_over(with_volumes(main(volumeMounts=[{"name": "v"}]), "v"), main(volumeMounts=[{"mountPath": "/v"}])) == []
    assert laid_over(with_volumes(main(volumeMounts=[MOUNT]), "v", "w"), main(volumeMounts=[MOUNT, {"name": "w"}])) == [
        f"spec.{manager}.podTemplate.spec.containers[0].volumeMounts[1]: has no mountPath; give it one"
        for manager in ("jobManager", "taskManager")
    ]


def test_where_lists_are_merged_by_name_positions_say_nothing() -> None:
    base = {"spec": {"containers": [{"name": "log"}, {"name": "flink-main-container", "volumeMounts": [MOUNT]}]}}
    by_name = {"kubernetes.operator.pod-template.merge-arrays-by-name": "true"}
    assert laid_over(with_volumes(base, "v"), main(volumeMounts=[{"name": "v"}]), **by_name) == []


@pytest.mark.parametrize(("before", "severity"), [(main(volumeMount=[]), "warning"), (main(), "error")], ids=["runs already", "is new"])
def test_what_kubernetes_drops_of_a_template_that_runs_already_holds_up_no_upgrade(before: dict[str, Any], severity: str) -> None:
    spec, previous = (a_spec(podTemplate=template) for template in (main(volumeMount=[]), before))
    conf = build_configuration("ns", "job", spec, {})
    found = validate_flinkdeployment("job", "ns", spec, conf, previous)
    assert [violation.severity for violation in found if "volumeMount:" in str(violation)] == [severity]


def test_no_value_is_shown() -> None:
    secret = main(env=[{"name": "PASSWORD", "value": 1234567}], resources={"limits": {"cpu": "1234567x"}}, imagePullPolicy="1234567")
    assert "1234567" not in " ".join(sentences_of(a_spec(podTemplate=secret)))


def test_the_table_is_that_of_the_client_that_is_installed() -> None:
    assert TABLE.read_text(encoding="utf-8") == render_pod_schema(), "write it anew with `make generate`"


def test_a_mount_needs_its_volume_unless_flink_brings_it() -> None:
    mounts = [{"name": "data", "mountPath": "/data"}, {"name": "flink-config-volume", "mountPath": "/conf"}]
    found = sentences_of(a_spec(podTemplate=main(volumeMounts=mounts)))
    remedy = f"add it to {AT}.volumes, unless a webhook of your cluster does"
    assert found == [f"warning {AT}.containers[0].volumeMounts: mounts data, which is none of the volumes; {remedy}"]
    with_volume = main(volumeMounts=mounts)
    with_volume["spec"]["volumes"] = [{"name": "data", "emptyDir": {}}]
    assert sentences_of(a_spec(podTemplate=with_volume)) == []


@pytest.mark.parametrize(
    ("labels", "wrong"),
    [
        ({"a": "b", "example.com/a_b.c": "", "A": "x-1"}, []),
        ({"a b": "c"}, ["a b"]),
        ({"a": "b c"}, ["a"]),
        ({"a": "-b"}, ["a"]),
        ({"/a": "b"}, ["/a"]),
        ({"a": "b" * 64}, ["a"]),
    ],
)
def test_labels_have_their_grammar(labels: dict[str, str], wrong: list[str]) -> None:
    found = sentences_of(a_spec(podTemplate={"metadata": {"labels": labels}}))
    assert [sentence.partition(": ")[0] for sentence in found] == [f"spec.podTemplate.metadata.labels.{key}" for key in wrong]
