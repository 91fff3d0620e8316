"""The CustomResourceDefinition on a real API server: accepted, explained, and a drop-in for established manifests."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster.controlplane import ControlPlane
from tests.cluster.process import Failed

from flinkop.api.crd import render_crds

NAMESPACE = "crd-test"
MANIFEST = Path(__file__).parent / "established.yaml"


class Kubectl:
    """kubectl in the namespace of these tests."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self._control_plane = control_plane

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        return self._control_plane.kubectl("--namespace", NAMESPACE, *arguments, stdin=stdin)

    def read(self, *arguments: str) -> dict[str, Any]:
        return dict(json.loads(self("get", *arguments, "-o", "json")))


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    kubectl = Kubectl(control_plane)
    kubectl("create", "namespace", NAMESPACE)
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=render_crds())
    control_plane.wait_for_definitions()
    yield kubectl
    kubectl("delete", "--wait=false", "namespace", NAMESPACE)


@pytest.fixture
def resource(kubectl: Kubectl) -> Iterator[dict[str, Any]]:
    kubectl("apply", "-f", str(MANIFEST))
    yield kubectl.read("flinkdep", "established")
    kubectl("delete", "flinkdep", "--all")


def test_the_definition_can_be_applied_the_old_way_too(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=render_crds())


def test_the_api_server_has_no_complaint_about_the_schema(kubectl: Kubectl) -> None:
    conditions = kubectl.read("crd", "flinkdeployments.flink.apache.org")["status"]["conditions"]
    assert {condition["type"]: condition["status"] for condition in conditions} == {"NamesAccepted": "True", "Established": "True"}


def explained(kubectl: Kubectl, path: str) -> str:
    """The API server publishes descriptions a few seconds after it has accepted the definition."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return kubectl("explain", path)
        except Failed:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.5)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("", "A Flink cluster"),
        (".spec.job.upgradeMode", "How a changed spec is rolled out"),
        (".spec.flinkConfiguration", "as flat keys or as nested YAML"),
        (".status.restore.rejected", "What else was considered."),
    ],
    ids=["the kind", "a field", "an open field", "a list"],
)
def test_kubectl_explains_the_fields(kubectl: Kubectl, field: str, text: str) -> None:
    assert text in " ".join(explained(kubectl, f"flinkdeployments{field}").split())


def test_an_established_manifest_comes_back_as_it_was_written(resource: dict[str, Any]) -> None:
    assert resource["spec"] == yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["spec"]


def test_the_resource_can_be_scaled(kubectl: Kubectl, resource: dict[str, Any]) -> None:
    kubectl("scale", "flinkdep/established", "--replicas=5")
    assert kubectl.read("flinkdep", "established")["spec"]["taskManager"]["replicas"] == 5
    status = {"status": {"taskManager": {"replicas": 3, "labelSelector": "component=taskmanager,app=established"}}}
    kubectl("patch", "flinkdep", "established", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    scale = json.loads(kubectl("get", "flinkdep", "established", "--subresource=scale", "-o", "json"))
    assert scale["status"] == {"replicas": 3, "selector": "component=taskmanager,app=established"}


def test_the_table_shows_the_established_columns_and_ours(kubectl: Kubectl, resource: dict[str, Any]) -> None:
    status = {
        "status": {
            "jobStatus": {"state": "RUNNING"},
            "lifecycleState": "STABLE",
            "phase": "Running",
            "reason": "JobRunning",
            "restore": {"source": "savepoint"},
            "message": "The job is running.",
            "conditions": [
                {"type": "Running", "status": "False", "lastTransitionTime": "2020-01-01T00:00:00Z"},
                {"type": "Ready", "status": "True", "lastTransitionTime": f"{datetime.now(UTC) - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"},
            ],
        }
    }
    kubectl("patch", "flinkdep", "established", "--subresource=status", "--type=merge", "-p", json.dumps(status))
    header, row = (line.split("   ") for line in kubectl("get", "flinkdep", "-o", "wide").splitlines())
    columns = {name.strip(): value.strip() for name, value in zip(filter(None, header), filter(None, row), strict=True)}
    assert columns.pop("AGE")
    assert columns == {
        "NAME": "established",
        "JOB STATUS": "RUNNING",
        "LIFECYCLE STATE": "STABLE",
        "PHASE": "Running",
        "READY": "True",
        "REASON": "JobRunning",
        "SINCE": "3h",
        "RESTORED FROM": "savepoint",
        "MESSAGE": "The job is running.",
    }


def test_a_change_of_the_status_is_no_change_of_the_spec(kubectl: Kubectl, resource: dict[str, Any]) -> None:
    change = json.dumps({"spec": {"image": "other"}, "status": {"phase": "Running"}})
    kubectl("patch", "flinkdep", "established", "--subresource=status", "--type=merge", "-p", change)
    after = kubectl.read("flinkdep", "established")
    assert after["spec"] == resource["spec"]
    assert after["metadata"]["generation"] == resource["metadata"]["generation"]
    assert after["status"] == {"observedGeneration": -1, "phase": "Running"}


def test_a_resource_that_nobody_has_looked_at_is_not_taken_for_ready(kubectl: Kubectl, resource: dict[str, Any]) -> None:
    kubectl("delete", "flinkdep", "established")
    kubectl("apply", "-f", str(MANIFEST))
    assert kubectl.read("flinkdep", "established")["status"] == {"observedGeneration": -1}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown upgrade mode": ({"job": {"upgradeMode": "lastState"}}, "spec.job.upgradeMode: Unsupported value"),
    "an unknown version": ({"flinkVersion": "v1_12"}, "spec.flinkVersion: Unsupported value"),
    "a text for a number": ({"job": {"parallelism": "2"}}, "spec.job.parallelism: Invalid value"),
    "a list for an amount": (
        {"jobManager": {"resources": {"limits": {"cpu": [1]}}}},
        "spec.jobManager.resources.limits.cpu: Invalid value",
    ),
}


@pytest.mark.parametrize(("change", "complaint"), WRONG.values(), ids=WRONG.keys())
def test_the_api_server_refuses_a_wrong_value(kubectl: Kubectl, resource: dict[str, Any], change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Failed, match=complaint):
        kubectl("patch", "flinkdep", "established", "--type=merge", "-p", json.dumps({"spec": change}))


def test_nothing_is_required(kubectl: Kubectl) -> None:
    empty = {"apiVersion": "flink.apache.org/v1beta1", "kind": "FlinkDeployment", "metadata": {"name": "empty"}, "spec": {}}
    kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(empty))
