"""The chart's monitor objects find what they are to find."""

from __future__ import annotations

from typing import Any

from tests.unit.chart.render import render

from flinkop.api.cluster import DeploymentMode
from flinkop.resources.jobmetrics import PORT_NAME
from flinkop.resources.naming import jobmanager_labels, taskmanager_labels

VALUES = {"metrics": {"serviceMonitor": {"create": True}, "podMonitor": {"create": True}}}


def selects(selector: Any, labels: dict[str, str]) -> bool:
    matched = all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
    return matched and all(labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions") or [])


def test_the_service_monitor_selects_the_metrics_service_and_names_its_port() -> None:
    rendered = render(VALUES)
    monitor, service = rendered.one("ServiceMonitor"), rendered.one("Service", "flinkop-metrics")

    assert selects(monitor["spec"]["selector"], service["metadata"]["labels"])
    assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_the_pod_monitor_selects_the_pods_of_all_modes_and_names_their_port() -> None:
    spec = render(VALUES).one("PodMonitor")["spec"]

    for mode in DeploymentMode:
        assert selects(spec["selector"], jobmanager_labels("orders", mode))
        assert selects(spec["selector"], taskmanager_labels("orders", mode))
    assert not selects(spec["selector"], {"app": "other"})
    assert spec["podMetricsEndpoints"][0]["port"] == PORT_NAME


def test_only_watched_namespaces_are_looked_into() -> None:
    assert render(VALUES).one("PodMonitor")["spec"]["namespaceSelector"] == {"any": True}
    assert render({**VALUES, "watchNamespaces": ["a"]}).one("PodMonitor")["spec"]["namespaceSelector"] == {"matchNames": ["a"]}
