"""Rules about what a FlinkDeployment is."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.validation.deployment import DIRECTORIES, a_spec, sentences_of

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.validation.identity import check_cluster_name


def test_nothing_is_wrong_with_a_healthy_deployment() -> None:
    assert sentences_of(a_spec()) == []


NAMES: dict[str, tuple[str, list[str]]] = {
    "a letter": ("a", []),
    "45 characters": ("a" * 45, []),
    "46 characters": (
        "a" * 46,
        ["metadata.name: has 46 characters, and Flink allows a cluster id of at most 45; choose a shorter name"],
    ),
    "a digit first": (
        "1a",
        [
            "metadata.name: '1a' cannot be the name of a Service; use lower-case letters, digits and dashes, starting with a letter",
        ],
    ),
    "a dash last": (
        "a-",
        [
            "metadata.name: 'a-' cannot be the name of a Service; use lower-case letters, digits and dashes, starting with a letter",
        ],
    ),
    "a dot": (
        "a.b",
        [
            "metadata.name: 'a.b' cannot be the name of a Service; use lower-case letters, digits and dashes, starting with a letter",
        ],
    ),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.values(), ids=NAMES.keys())
def test_the_name_can_be_a_cluster_id(name: str, expected: list[str]) -> None:
    assert sentences_of(a_spec(), name=name) == expected


ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "Flink 1.15": ({"flinkVersion": "v1_15"}, ["spec.flinkVersion: Flink 1.15 is not supported; use v1_16 to v2_3"]),
    "Flink 2.3": ({"flinkVersion": "v2_3"}, []),
    "Flink 2.4": (
        {"flinkVersion": "v2_4"},
        ["warning spec.flinkVersion: Flink 2.4 has not been tried with this version; use v1_16 to v2_3"],
    ),
    "no service account": (
        {"serviceAccount": None},
        ["spec.serviceAccount: is not set; name a ServiceAccount that may manage pods and config maps, such as flink"],
    ),
    "a made-up pull policy": (
        {"imagePullPolicy": "Sometimes"},
        ["spec.imagePullPolicy: 'Sometimes' is not a pull policy; write Always, IfNotPresent, Never"],
    ),
    "a pull policy": ({"imagePullPolicy": "Never"}, []),
    "standalone": ({"mode": "standalone"}, []),
    "a standalone session cluster": ({"mode": "standalone", "job": None}, []),
    "a session cluster": (
        {"job": None},
        [],
    ),
    "a nonce without a feature": (
        {"job": {"autoscalerResetNonce": 1}},
        ["warning spec.job.autoscalerResetNonce: has no effect in this version: it has no autoscaler; leave it out"],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), ROWS.values(), ids=ROWS.keys())
def test_the_deployment_is_one_that_can_be_run(changes: dict[str, Any], expected: list[str]) -> None:
    assert sentences_of(a_spec(**changes)) == expected


def suspended(mode: str) -> FlinkDeploymentSpec:
    return a_spec(job={"state": "suspended", "upgradeMode": mode}, flinkConfiguration=DIRECTORIES)


CHANGES: dict[str, tuple[FlinkDeploymentSpec, FlinkDeploymentSpec, list[str]]] = {
    "the version while running": (a_spec(), a_spec(flinkVersion="v2_0"), []),
    "the version while suspended by last-state": (
        suspended("last-state"),
        a_spec(flinkVersion="v2_0", job={"upgradeMode": "last-state"}, flinkConfiguration=DIRECTORIES),
        [
            "spec.flinkVersion: changes from v1_20 to v2_0 while the job is suspended by last-state; "
            "resume the job with the old version first, or set upgradeMode: stateless"
        ],
    ),
    "the version while suspended by last-state, giving up the state": (
        suspended("last-state"),
        a_spec(flinkVersion="v2_0", job={"upgradeMode": "stateless"}),
        [],
    ),
    "the version while suspended by savepoint": (
        suspended("savepoint"),
        a_spec(flinkVersion="v2_0", job={"upgradeMode": "savepoint"}, flinkConfiguration=DIRECTORIES),
        [],
    ),
    "the job goes": (
        a_spec(),
        a_spec(job=None),
        [
            "spec.job: would turn an application cluster into a session cluster; delete the resource and create it again",
        ],
    ),
    "a job comes": (
        a_spec(job=None),
        a_spec(),
        ["spec.job: would turn a session cluster into an application cluster; delete the resource and create it again"],
    ),
    "the mode, to standalone": (
        a_spec(),
        a_spec(mode="standalone"),
        [
            "spec.mode: changes from native to standalone; write the old mode, or delete the resource and create it again",
        ],
    ),
    "the mode": (
        a_spec(mode="standalone"),
        a_spec(),
        [
            "spec.mode: changes from standalone to native; write the old mode, or delete the resource and create it again",
        ],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_some_things_may_not_change(before: FlinkDeploymentSpec, after: FlinkDeploymentSpec, expected: list[str]) -> None:
    assert sentences_of(after, previous=before) == expected


@pytest.mark.parametrize(
    ("image", "is_one"),
    [
        ("flink", True),
        ("flink:1.20", True),
        ("docker.io/library/flink:1.20-java17", True),
        ("registry:5000/a/b_c:T-1", True),
        (f"Registry.example/p/x@sha256:{'a' * 64}", True),
        ("flink 1.20", False),
        ("Flink:1.20", False),
        ("flink:", False),
        ("http://registry/flink", False),
    ],
)
def test_an_image_that_no_kubelet_can_name_is_refused_before_the_old_job_is_stopped(image: str, is_one: bool) -> None:
    assert (sentences_of(a_spec(image=image)) == []) is is_one


def test_a_name_that_is_not_there_is_told_as_that() -> None:
    assert [str(violation) for violation in check_cluster_name("metadata.name", "")] == ["metadata.name: is not set; write a name"]
