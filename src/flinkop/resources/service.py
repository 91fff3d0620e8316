"""The services of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.highavailability import is_ha
from flinkop.resources.cluster import Cluster
from flinkop.resources.naming import common_labels, internal_service_name, jobmanager_labels, rest_service_name

_LABELS_SINCE = FlinkVersion(2, 2)


def build_services(cluster: Cluster) -> list[dict[str, Any]]:
    """The REST service, and the internal one where TaskManagers look for it: without high availability, and in a standalone cluster."""
    has_internal = cluster.is_standalone or not is_ha(cluster.conf)
    return [_build_internal_service(cluster), build_rest_service(cluster)] if has_internal else [build_rest_service(cluster)]


def build_rest_service(cluster: Cluster) -> dict[str, Any]:
    """The service of the REST endpoint and web page."""
    conf = cluster.conf
    port = {"name": "rest", "port": options.REST_PORT.read(conf), "targetPort": options.REST_BIND_PORT.read(conf)}
    spec = {**_exposure(options.REST_SERVICE_TYPE.read(conf)), "ports": [port]}
    annotations, labels = options.REST_SERVICE_ANNOTATIONS.read(conf), options.REST_SERVICE_LABELS.read(conf)
    return _service(cluster, rest_service_name(cluster.name), spec, annotations, labels)


def _exposure(exposed: options.ExposedType) -> dict[str, Any]:
    is_headless = exposed is options.ExposedType.HEADLESS
    return {"type": "ClusterIP", "clusterIP": "None"} if is_headless else {"type": exposed.value}


def _build_internal_service(cluster: Cluster) -> dict[str, Any]:
    conf = cluster.conf
    ports = [
        {"name": "jobmanager-rpc", "port": options.JOBMANAGER_RPC_PORT.read(conf)},
        {"name": "blobserver", "port": options.BLOB_SERVER_PORT.read(conf)},
    ]
    annotations, labels = options.INTERNAL_SERVICE_ANNOTATIONS.read(conf), options.INTERNAL_SERVICE_LABELS.read(conf)
    return _service(cluster, internal_service_name(cluster.name), {"clusterIP": "None", "ports": ports}, annotations, labels)


def _service(
    cluster: Cluster, name: str, spec: Mapping[str, Any], annotations: Mapping[str, str], labels: Mapping[str, str]
) -> dict[str, Any]:
    own_labels = labels if cluster.version >= _LABELS_SINCE else {}
    all_labels = {**own_labels, **common_labels(cluster.name, cluster.mode)}
    metadata: dict[str, Any] = {"name": name, "namespace": cluster.namespace, "labels": all_labels}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {**spec, "selector": jobmanager_labels(cluster.name, cluster.mode)},
    }
