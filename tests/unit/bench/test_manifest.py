"""What the benchmark creates is valid, and goes where it is meant to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.bench.fleet.node import running
from tests.bench.manifest import FLEET_NAMESPACE, NODE_LABEL, QUOTA_NAMESPACE, a_flinkdeployment, a_namespace

from flinkop.api.flinkdeployment import parse_spec
from flinkop.resources.configuration import build_configuration
from flinkop.validation.flinkdeployment import validate_flinkdeployment

NOW = "2026-01-01T00:00:00.000000Z"


@pytest.mark.parametrize("namespace", [QUOTA_NAMESPACE, FLEET_NAMESPACE])
def test_the_operator_accepts_every_resource(namespace: str) -> None:
    spec = parse_spec(a_flinkdeployment(namespace, "job")["spec"])
    configuration = build_configuration(namespace, "job", spec, {})
    assert [found for found in validate_flinkdeployment("job", namespace, spec, configuration, None) if found.is_error] == []


def test_only_the_fleets_pods_go_to_the_fake_node() -> None:
    template = a_flinkdeployment(FLEET_NAMESPACE, "job")["spec"]["podTemplate"]["spec"]
    assert template["nodeSelector"] == {NODE_LABEL: "yes"}
    assert template["tolerations"][0]["key"] == NODE_LABEL
    assert "podTemplate" not in a_flinkdeployment(QUOTA_NAMESPACE, "job")["spec"]


@pytest.mark.parametrize(("namespace", "admits_none"), [(QUOTA_NAMESPACE, True), (FLEET_NAMESPACE, False)])
def test_only_one_namespace_admits_no_pod(namespace: str, admits_none: bool) -> None:
    quotas = [body for path, body in a_namespace(namespace) if path.endswith("/resourcequotas")]
    assert bool(quotas) is admits_none
    assert all(body["spec"]["hard"] == {"pods": "0"} for body in quotas)


def test_a_pod_of_the_fake_node_is_ready_with_all_its_containers() -> None:
    pod: dict[str, Any] = {"spec": {"containers": [{"name": "main", "image": "a"}, {"name": "side", "image": "b"}]}}
    status = running(pod, "10.0.0.1", NOW)
    assert {one["type"]: one["status"] for one in status["conditions"]}["Ready"] == "True"
    assert [(one["name"], one["image"], one["ready"]) for one in status["containerStatuses"]] == [("main", "a", True), ("side", "b", True)]
    assert status["podIP"] == "10.0.0.1"
