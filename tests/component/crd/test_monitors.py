"""The chart's objects for the Prometheus operator, on an API server that has their definitions: nothing in them is unknown or wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.controlplane import ControlPlane
from tests.cluster.process import Failed, run
from tests.unit.chart.render import render

MODULE = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
KINDS = ("ServiceMonitor", "PodMonitor", "PrometheusRule")
NAMESPACE = "monitors"
MONITORING = {
    "serviceMonitor": {"create": True, "labels": {"release": "prometheus"}},
    "podMonitor": {"create": True},
    "rules": {"create": True},
}


@pytest.fixture(scope="module")
def plane(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """With the definitions as the Prometheus operator publishes them."""
    directory = Path(json.loads(run("go", "mod", "download", "-json", MODULE))["Dir"]) / "example" / "prometheus-operator-crd"
    for kind in KINDS:
        control_plane.kubectl("apply", "--server-side", "-f", str(directory / f"monitoring.coreos.com_{kind.lower()}s.yaml"))
    names = [f"crd/{kind.lower()}s.monitoring.coreos.com" for kind in KINDS]
    control_plane.wait_for_definitions()
    control_plane.kubectl("create", "namespace", NAMESPACE)
    yield control_plane
    control_plane.kubectl("delete", "--wait=false", "namespace", NAMESPACE)
    control_plane.kubectl("delete", *names)


def create(plane: ControlPlane, found: Any) -> None:
    moved = {**found, "metadata": {**found["metadata"], "namespace": NAMESPACE}}
    plane.kubectl("-n", NAMESPACE, "create", "--validate=strict", "-f", "-", stdin=json.dumps(moved))


@pytest.mark.parametrize("watched", [[], ["jobs", "more"]])
@pytest.mark.parametrize("kind", KINDS)
def test_the_api_server_takes_the_object_strictly(plane: ControlPlane, kind: str, watched: list[str]) -> None:
    found = render({"metrics": MONITORING, "watchNamespaces": watched}).one(kind)
    create(plane, found)

    plane.kubectl("-n", NAMESPACE, "delete", kind.lower(), found["metadata"]["name"])


def test_a_field_that_does_not_exist_is_refused(plane: ControlPlane) -> None:
    found = render({"metrics": MONITORING}).one("PodMonitor")

    with pytest.raises(Failed, match="unknown field"):
        create(plane, {**found, "spec": {**found["spec"], "podMetricEndpoints": []}})
