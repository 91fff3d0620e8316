"""Manifests of the kinds beside FlinkDeployment, checked with those that belong to them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_manifest import JSON, a_manifest, check

SESSION: dict[str, Any] = {**a_manifest(metadata={"name": "session"}), "spec": {**a_manifest()["spec"], "job": None}}


def a_session_job(**changes: Any) -> dict[str, Any]:
    job = {"jarURI": "local:///job.jar", "parallelism": 1, **changes.pop("job", {})}
    spec = {"deploymentName": "session", "job": job, **changes}
    return {"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkSessionJob", "metadata": {"name": "work"}, "spec": spec}


def a_simple_manifest(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "flink.apache.org/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


CLUSTER = a_simple_manifest("FlinkCluster", "shared", flinkVersion="1.20", taskManager={"replicas": 1})
APPLICATION = a_simple_manifest("FlinkApplication", "work", flinkCluster={"name": "shared"}, job={"jarURI": "local:///job.jar"})
SNAPSHOT: dict[str, Any] = {
    "apiVersion": "flink.apache.org/v1beta1",
    "kind": "FlinkStateSnapshot",
    "metadata": {"name": "now"},
    "spec": {"jobReference": {"kind": "FlinkDeployment", "name": "job"}, "savepoint": {}},
}


def errors(*manifests: Any, **defaults: str) -> list[str]:
    found = check(*manifests, **defaults)
    return [f"{document.title} {violation}" for document in found for violation in document.violations or () if violation.is_error]


def test_healthy_manifests_of_all_kinds_have_nothing_wrong() -> None:
    assert errors(SESSION, a_session_job(), SNAPSHOT, CLUSTER, APPLICATION) == []


WRONG: dict[str, tuple[list[Any], str]] = {
    "state without a place": (
        [SESSION, a_session_job(job={"upgradeMode": "savepoint"})],
        "FlinkSessionJob/work spec.job.upgradeMode: is savepoint",
    ),
    "an application cluster": (
        [a_session_job(), a_manifest(metadata={"name": "session"})],
        "FlinkSessionJob/work spec.deploymentName: names session, which is an application cluster",
    ),
    "no cluster": ([a_session_job(deploymentName=None)], "FlinkSessionJob/work spec.deploymentName: is not set"),
    "no snapshot": ([{**SNAPSHOT, "spec": {}}], "FlinkStateSnapshot/now spec: asks for neither"),
    "what is written": (
        [a_simple_manifest("FlinkCluster", "x", flinkVersion="1.20", taskManager={"min": 3, "max": 2})],
        "FlinkCluster/x spec.taskManager.min: is 3",
    ),
    "what it means": (
        [a_simple_manifest("FlinkCluster", "x", flinkVersion="1.20", taskManager={"memory": "much"})],
        "FlinkCluster/x spec.taskManager.memory: ",
    ),
    "an old version": (
        [APPLICATION, {**CLUSTER, "spec": {**CLUSTER["spec"], "flinkVersion": "1.14"}}],
        "FlinkCluster/shared spec.flinkVersion: Flink 1.14 is not supported",
    ),
    "an application on its cluster": (
        [{**APPLICATION, "spec": {**APPLICATION["spec"], "job": {"jarURI": "local:///job.jar", "upgradeMode": "savepoint"}}}, CLUSTER],
        "FlinkApplication/work spec.job.upgradeMode: is savepoint",
    ),
    "an application of its own": (
        [a_simple_manifest("FlinkApplication", "x", flinkVersion="1.20", job={"jarURI": "local:///job.jar", "upgradeMode": "savepoint"})],
        "FlinkApplication/x spec.job.upgradeMode: is savepoint",
    ),
}


@pytest.mark.parametrize(("manifests", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_with_the_other_kinds_is_told(manifests: list[Any], sentence: str) -> None:
    assert any(error.startswith(sentence) for error in errors(*manifests)), errors(*manifests)


def test_a_cluster_in_another_namespace_is_another_cluster() -> None:
    elsewhere = {**SESSION, "metadata": {"name": "session", "namespace": "other"}}

    assert errors(elsewhere, a_session_job(job={"upgradeMode": "savepoint"})) == []


ALONE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "well": ({}, []),
    "no parallelism": ({"job": {"parallelism": 0}}, ["error spec.job.parallelism"]),
    "an option of the operator that does not exist": (
        {"flinkConfiguration": {"kubernetes.operator.savepoint.histroy.max.count": "3"}},
        ["warning spec.flinkConfiguration.kubernetes.operator.savepoint.histroy.max.count"],
    ),
    "an option that cannot be read": (
        {"flinkConfiguration": {"execution.checkpointing.timeout": "soon"}},
        ["error spec.flinkConfiguration.execution.checkpointing.timeout"],
    ),
    "an option of the cluster": (
        {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "2"}},
        ["warning spec.flinkConfiguration.taskmanager.numberOfTaskSlots"],
    ),
    "state whose place the cluster may know": ({"job": {"upgradeMode": "savepoint"}}, 2 * ["warning spec.job.upgradeMode"]),
}


@pytest.mark.parametrize(("changes", "expected"), ALONE.values(), ids=ALONE.keys())
def test_a_session_job_alone_is_checked_as_far_as_its_cluster_has_no_say(changes: dict[str, Any], expected: list[str]) -> None:
    (document,) = check(a_session_job(**changes))
    assert [f"{violation.severity} {violation.path}" for violation in document.violations or ()] == expected


def test_a_cluster_that_cannot_be_read_is_told_once() -> None:
    broken = {**SESSION, "spec": {**SESSION["spec"], "image": 1}}

    assert [error.split()[0] for error in errors(broken, a_session_job())] == ["FlinkDeployment/session"]


@given(st.sampled_from([SESSION, a_session_job(), SNAPSHOT, CLUSTER, APPLICATION]), st.sampled_from(["spec", "job", "taskManager"]), JSON)
def test_whatever_stands_in_the_other_kinds_is_answered_with_sentences(manifest: dict[str, Any], place: str, value: Any) -> None:
    changed = {**manifest, "spec": value if place == "spec" else {**manifest["spec"], place: value}}

    for document in check(changed, SESSION, CLUSTER):
        assert all(str(violation) for violation in document.violations or ())
