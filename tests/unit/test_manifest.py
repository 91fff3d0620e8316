"""Manifests checked without a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flinkop.api.flinkversion import FlinkVersion
from flinkop.manifest import Document, NotYaml, check_manifests


def a_manifest(**changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "image": "flink:1.20",
        "flinkVersion": "v1_20",
        "serviceAccount": "flink",
        "flinkConfiguration": {"taskmanager.numberOfTaskSlots": "2"},
        "jobManager": {"resource": {"memory": "1g", "cpu": 1}},
        "taskManager": {"resource": {"memory": "1g", "cpu": 1}},
        "job": {"jarURI": "local:///opt/flink/usrlib/job.jar", "parallelism": 2, "upgradeMode": "stateless"},
    }
    manifest = {"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkDeployment", "metadata": {"name": "job"}, "spec": spec}
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner: Any = manifest
        for parent in parents:
            inner = inner[parent]
        inner[last] = value
    return manifest


def check(*manifests: Any, **defaults: str) -> list[Document]:
    return list(check_manifests(yaml.safe_dump_all(manifests), lambda _namespace, _version: defaults))


def sentences(*manifests: Any, **defaults: str) -> Iterator[str]:
    for document in check(*manifests, **defaults):
        yield from map(str, document.violations or ())


def test_a_healthy_manifest_has_nothing_wrong() -> None:
    assert check(a_manifest()) == [Document(1, "FlinkDeployment/job", ())]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        pytest.param({"spec__job__parallelism": 0}, "spec.job.parallelism", id="a rule"),
        pytest.param({"spec__job__parallelism": "2"}, "spec.job.parallelism", id="a type"),
        pytest.param({"spec__flinkVersion": "v1_99"}, "spec.flinkVersion", id="a value"),
        pytest.param({"spec__jobManager__resource__memory": "plenty"}, "spec.jobManager.resource.memory", id="a size"),
        pytest.param(
            {"spec__flinkConfiguration": {"kubernetes.cluster-id": "x"}}, "spec.flinkConfiguration.kubernetes.cluster-id", id="a key"
        ),
        pytest.param({"metadata": {"name": "x" * 46}}, "metadata.name", id="a name"),
        pytest.param({"metadata": {}}, "metadata.name", id="no name"),
        pytest.param({"spec": ["x"]}, "spec", id="not a map"),
        pytest.param({"spec__job__paralelism": 2}, "spec.job.paralelism", id="unknown field"),
        pytest.param({"spec__ingress": {"tls": [{"secret": "x"}]}}, "spec.ingress.tls[0].secret", id="unknown field in a list"),
        pytest.param({"extra": 1}, "extra", id="unknown field at the top"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(changes: dict[str, Any], path: str) -> None:
    assert path in [sentence.partition(": ")[0] for sentence in sentences(a_manifest(**changes))]


def test_every_wrong_field_is_told_in_a_line_of_its_own() -> None:
    broken = a_manifest(spec__job__parallelism="2", spec__job__args="x", spec__image=1)

    assert {sentence.partition(": ")[0] for sentence in sentences(broken)} >= {"spec.job.parallelism", "spec.job.args", "spec.image"}


def test_an_unknown_field_is_told_with_the_one_that_was_meant() -> None:
    assert "spec.job.paralelism: is not a field; did you mean parallelism?" in sentences(a_manifest(spec__job__paralelism=2))


def test_free_form_parts_may_hold_any_field() -> None:
    free = a_manifest(
        spec__podTemplate={"spec": {"containers": [{"name": "flink-main-container", "anything": 1}]}},
        spec__flinkConfiguration={"made.up": {"nested": [1, 2]}},
        metadata={"name": "job", "labels": {"a": "b"}},
    )

    assert [sentence for sentence in sentences(free) if "is not a field" in sentence] == []


def test_the_operators_defaults_count() -> None:
    stateful = a_manifest(spec__job__upgradeMode="savepoint")

    with_defaults = {"execution.checkpointing.dir": "s3://b/c", "execution.checkpointing.savepoint-dir": "s3://b/s"}
    assert [sentence for sentence in sentences(stateful) if "dir" in sentence]
    assert not [sentence for sentence in sentences(stateful, **with_defaults) if "dir" in sentence]


def test_defaults_are_asked_for_the_namespace_and_version_of_the_document() -> None:
    asked = []

    def defaults(namespace: str, version: FlinkVersion) -> dict[str, str]:
        asked.append((namespace, str(version)))
        return {}

    manifests = (a_manifest(), a_manifest(metadata={"name": "job", "namespace": "team"}, spec__flinkVersion="v2_2"))
    list(check_manifests(yaml.safe_dump_all(manifests), defaults))

    assert asked == [("default", "v1_20"), ("team", "v2_2")]


@pytest.mark.parametrize(
    ("document", "title", "violations"),
    [
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}, "ConfigMap/x", None),
        ([1], "?", 1),
        ({"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkMystery", "metadata": {"name": "x"}}, "FlinkMystery/x", 1),
        ({"apiVersion": "flink.apache.org/v1", "kind": "FlinkDeployment"}, "FlinkDeployment/?", 1),
    ],
    ids=["another kind", "no object", "a kind that is not served", "a version that is not served"],
)
def test_other_documents_are_named(document: Any, title: str, violations: int | None) -> None:
    (checked,) = check(document)

    assert checked.title == title
    assert (None if checked.violations is None else len(checked.violations)) == violations


def test_documents_are_counted_from_one_and_empty_ones_are_left_out() -> None:
    text = "---\n# nothing\n---\n" + yaml.safe_dump(a_manifest())

    assert [document.place for document in check_manifests(text, lambda _namespace, _version: {})] == [2]


def test_what_looks_like_a_date_is_text_as_it_is_for_the_api_server() -> None:
    text = yaml.safe_dump(a_manifest(spec__job__args=["DATE"])).replace("DATE", "2026-01-31")

    assert [document.violations for document in check_manifests(text, lambda _namespace, _version: {})] == [()]


def test_the_items_of_a_list_are_checked_one_by_one() -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [a_manifest(), a_manifest(spec__job__parallelism=0), None]}

    assert [len(document.violations or ()) for document in check(a_manifest(), listed)] == [0, 0, 1]
    assert [document.place for document in check(a_manifest(), listed)] == [1, 2, 2]


def test_text_that_is_not_yaml_is_refused_with_its_place() -> None:
    with pytest.raises(NotYaml, match="line 2"):
        list(check_manifests("a: b\n  c: [", lambda _namespace, _version: {}))


@pytest.mark.parametrize(
    "line",
    [
        "s3.secret-key: hunter2: x",
        "s3.secret-key: @hunter2",
        "s3.secret-key: *hunter2",
        "s3.secret-key: !hunter2 x",
        "s3.secret-key: [hunter2",
    ],
)
def test_a_line_that_cannot_be_read_is_not_shown(line: str) -> None:
    with pytest.raises(NotYaml) as caught:
        list(check_manifests(f"a: b\nspec:\n  {line}\nc: d", lambda _namespace, _version: {}))
    assert "hunter2" not in str(caught.value)
    assert "line" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param("a: 1\nb: {c: 1, c: 2}", "line 2, column 11: a key is there twice", id="twice"),
        pytest.param("a: &s\n  b: *s", "contains itself", id="itself"),
        pytest.param("[" * 3000 + "]" * 3000, "nested too deeply", id="deep"),
        pytest.param(
            "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)), "aliases", id="explodes"
        ),
    ],
)
def test_yaml_that_is_no_manifest_is_refused(text: str, cause: str) -> None:
    with pytest.raises(NotYaml, match=cause):
        list(check_manifests(text, lambda _namespace, _version: {}))


def test_a_merged_key_may_be_overridden() -> None:
    base, job = yaml.safe_dump(a_manifest(), default_flow_style=True, width=10**6).strip(), "{<<: *b, metadata: {name: other}}"
    assert [document.violations for document in check_manifests(f"&b {base}\n---\n{base}", lambda _namespace, _version: {})] == [(), ()]
    texts = f"apiVersion: v1\nkind: List\nitems: [&b {base}, {job}]"
    assert [document.title for document in check_manifests(texts, lambda _namespace, _version: {})] == [
        "FlinkDeployment/job",
        "FlinkDeployment/other",
    ]


@pytest.mark.parametrize(
    ("changes", "path", "remedy"),
    [
        pytest.param({"apiVersion": "flink.apache.org/v1"}, "apiVersion", "write flink.apache.org/v1beta1", id="another version"),
        pytest.param({"apiVersion": "flink.apache.org"}, "apiVersion", "write flink.apache.org/v1beta1", id="no version"),
        pytest.param({"kind": "FlinkDeploymnet"}, "kind", "did you mean FlinkDeployment?", id="misspelt"),
    ],
)
def test_a_kind_that_is_not_there_is_an_error_and_its_path_is_named(changes: dict[str, str], path: str, remedy: str) -> None:
    (document,) = check({**a_manifest(), **changes})
    assert document.violations is not None
    (violation,) = document.violations
    assert (violation.path, violation.remedy, violation.severity.name) == (path, remedy, "ERROR")


def test_no_value_of_a_secret_is_told() -> None:
    leaky = a_manifest(spec__flinkConfiguration={"s3.secret-key": "hunter2 # x", "s3.access-key": ["hunter2"]}, spec__job__args="hunter2")

    assert not [sentence for sentence in sentences(leaky) if "hunter2" in sentence]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["apiVersion", "kind", "metadata", "spec", "spec__job", "spec__jobManager", "spec__flinkConfiguration"]), JSON)
def test_whatever_stands_there_is_answered_with_sentences(place: str, value: Any) -> None:
    for document in check(a_manifest(**{place: value})):
        assert all(str(violation) for violation in document.violations or ())
