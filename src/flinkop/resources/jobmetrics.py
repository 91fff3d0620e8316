"""Flink's metrics for Prometheus: the reporter, which is a plug-in in Flink's images, and what has Prometheus find the pods.

The reporter that the operator adds has a name of its own, so that whoever has set up one keeps it, and that the configuration of a cluster
that runs tells whether it was started with it: a changed default takes effect at the next start, and restarts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.flinkconf.operatoroptions import PROMETHEUS_METRICS
from flinkop.flinkconf.option import InvalidOption, Option, port
from flinkop.resources.naming import MAIN_CONTAINER
from flinkop.resources.podtemplate import MAIN_PATH, list_in, map_in, split_main_container

PORT_NAME = "metrics"
"""The PodMonitor of the chart looks for it."""

DEFAULT_PORT = 9249
"""Flink's own default for its first Prometheus reporter."""

_NAME = "metrics.reporter.flinkop"
_CLASS = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
_PORT: Option[int | None] = Option(f"{_NAME}.port", None, port)


def reporter_options(number: int, reporter: str = _NAME) -> dict[str, str]:
    """Flink's options for a Prometheus reporter on a port."""
    return {f"{reporter}.factory.class": _CLASS, f"{reporter}.port": str(number)}


def default_reporter(conf: Mapping[str, str]) -> dict[str, str]:
    """The options of the operator's reporter, where `conf` asks for it."""
    try:
        return reporter_options(DEFAULT_PORT) if PROMETHEUS_METRICS.read(conf) else {}
    except InvalidOption:
        return {}  # validation names it


def scrape_annotations(number: int) -> dict[str, str]:
    """What a Prometheus goes by that has no Prometheus operator."""
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(number)}


def container_port(number: int) -> dict[str, Any]:
    """The port of Flink's container."""
    return {"name": PORT_NAME, "containerPort": number}


def with_metrics(template: Mapping[str, Any], conf: Mapping[str, str]) -> dict[str, Any]:
    """The template with port and annotations, when the cluster is started with the operator's reporter. What the template says stays.

    Raises:
        InvalidSpec: the port is none, or a part of the template cannot be read.
    """
    number = _PORT.read(conf)
    if number is None or f"{_NAME}.factory.class" not in conf:
        return dict(template)
    metadata = map_in(template, "metadata", "podTemplate")
    annotations = {**scrape_annotations(number), **map_in(metadata, "annotations", "podTemplate.metadata")}
    sides, main = split_main_container(template)
    ports = list_in(main, "ports", MAIN_PATH)
    if not any(known.get("name") == PORT_NAME or known.get("containerPort") == number for known in ports):
        ports.append(container_port(number))
    spec = {**map_in(template, "spec", "podTemplate"), "containers": [*sides, {**main, "name": MAIN_CONTAINER, "ports": ports}]}
    return {**template, "metadata": {**metadata, "annotations": annotations}, "spec": spec}
