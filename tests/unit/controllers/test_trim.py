"""What of a watched object is kept, and what therefore counts as news."""

from __future__ import annotations

from typing import Any

import pytest

from flinkop.controllers.trigger import has_news
from flinkop.controllers.trim import trim_deployment, trim_pod

REFUSED = 'pods "job-5c8d9b7f4d-{name}" is forbidden: exceeded quota: no-pods, requested: pods=1, used: pods=0, limited: pods=0'


def a_deployment(version: str = "1", **status: Any) -> dict[str, Any]:
    metadata = {"name": "job", "namespace": "default", "uid": "u", "resourceVersion": version, "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "spec": {"replicas": 1}, "status": status}


def a_pod(version: str = "1", **conditions: str) -> dict[str, Any]:
    metadata = {
        "name": "job-x",
        "namespace": "default",
        "uid": "p",
        "resourceVersion": version,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    found = [{"type": kind, "status": status, "lastProbeTime": version} for kind, status in conditions.items()]
    return {"metadata": metadata, "spec": {}, "status": {"phase": "Running", "conditions": found}}


def refusing(name: str) -> dict[str, Any]:
    condition = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": REFUSED.format(name=name)}
    return {"conditions": [condition, {"type": "Progressing", "status": "True", "message": name}]}


def test_one_more_try_to_make_a_pod_that_is_refused_again_is_no_news() -> None:
    before, after = a_deployment("1", **refusing("x7k2p")), a_deployment("2", **refusing("9qzzt"))
    assert not has_news(trim_deployment(before), trim_deployment(after))


def test_another_reason_for_a_refusal_is_news() -> None:
    other = {"conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "no such service account"}]}
    assert has_news(trim_deployment(a_deployment("1", **refusing("x7k2p"))), trim_deployment(a_deployment("2", **other)))


def test_the_end_of_a_refusal_is_news() -> None:
    assert has_news(trim_deployment(a_deployment("1", **refusing("x7k2p"))), trim_deployment(a_deployment("2")))


@pytest.mark.parametrize(
    ("before", "after", "is_news"),
    [
        pytest.param(a_pod("1", PodScheduled="False"), a_pod("2", PodScheduled="True"), True, id="scheduled"),
        pytest.param(a_pod("1", PodScheduled="True"), a_pod("2", PodScheduled="True"), False, id="told again"),
        pytest.param(a_pod("1", Ready="False"), a_pod("2", Ready="True"), False, id="ready, which the Deployment tells"),
        pytest.param(a_pod("1", Initialized="False"), a_pod("2", Initialized="True"), False, id="what nobody asks about"),
    ],
)
def test_of_a_pods_conditions_only_those_that_decide_something_are_news(
    before: dict[str, Any], after: dict[str, Any], is_news: bool
) -> None:
    assert has_news(trim_pod(before), trim_pod(after)) is is_news
