"""The services of a cluster."""

from __future__ import annotations

from typing import Any

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.highavailability import is_ha
from flinkop.flinkconf.syntax import parse_map
from flinkop.resources.cluster import Cluster
from flinkop.resources.naming import common_labels, internal_service_name, jobmanager_labels, rest_service_name

_HEADLESS = "Headless_ClusterIP"


def build_services(cluster: Cluster) -> list[dict[str, Any]]:
    """The REST service, and without high availability the internal one."""
    return [build_rest_service(cluster)] if is_ha(cluster.conf) else [_build_internal_service(cluster), build_rest_service(cluster)]


def build_rest_service(cluster: Cluster) -> dict[str, Any]:
    """The service of the REST endpoint and web page."""
    exposed = cluster.conf.get("kubernetes.rest-service.exposed.type", "ClusterIP")
    port = {
        "name": "rest",
        "port": options.REST_PORT.read(cluster.conf),
        "targetPort": _first_port(options.REST_BIND_PORT.read(cluster.conf)),
    }
    spec: dict[str, Any] = {"type": "ClusterIP" if exposed == _HEADLESS else exposed, "ports": [port]}
    if exposed == _HEADLESS:
        spec["clusterIP"] = "None"
    return _service(cluster, rest_service_name(cluster.name), "rest-service", spec)


def _build_internal_service(cluster: Cluster) -> dict[str, Any]:
    ports = [
        {"name": "jobmanager-rpc", "port": options.JOBMANAGER_RPC_PORT.read(cluster.conf)},
        {"name": "blobserver", "port": int(options.BLOB_SERVER_PORT.read(cluster.conf))},
    ]
    return _service(cluster, internal_service_name(cluster.name), "internal-service", {"clusterIP": "None", "ports": ports})


def _service(cluster: Cluster, name: str, options_name: str, spec: dict[str, Any]) -> dict[str, Any]:
    labels = parse_map(cluster.conf.get(f"kubernetes.{options_name}.labels", "")) if cluster.version >= FlinkVersion(2, 2) else {}
    metadata: dict[str, Any] = {"name": name, "namespace": cluster.namespace, "labels": {**labels, **common_labels(cluster.name)}}
    annotations = parse_map(cluster.conf.get(f"kubernetes.{options_name}.annotations", ""))
    if annotations:
        metadata["annotations"] = annotations
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {**spec, "selector": jobmanager_labels(cluster.name)},
    }


def _first_port(text: str) -> int:
    """`rest.bind-port` may be a range or a list: the service points to its first."""
    return int(text.replace("-", ",").split(",")[0])
