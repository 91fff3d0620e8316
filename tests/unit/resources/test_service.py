"""The services of a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.resources.cluster import HA, V1_20, V2_1, V2_2, a_spec

from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidSpec
from flinkop.resources.cluster import Cluster
from flinkop.resources.service import build_rest_service, build_services

LABELS = {"app": "app", "type": "flink-native-kubernetes"}


def services(conf: dict[str, str], version: FlinkVersion = V1_20) -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found for found in build_services(Cluster("ns", "app", a_spec(version), conf))}


def test_without_high_availability_taskmanagers_find_the_jobmanager_by_a_service() -> None:
    found = services({"blob.server.port": "6124"})
    assert list(found) == ["app", "app-rest"]
    assert found["app"] == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "app", "namespace": "ns", "labels": LABELS},
        "spec": {
            "clusterIP": "None",
            "ports": [{"name": "jobmanager-rpc", "port": 6123}, {"name": "blobserver", "port": 6124}],
            "selector": {**LABELS, "component": "jobmanager"},
        },
    }


def test_with_high_availability_they_need_none() -> None:
    assert list(services(HA)) == ["app-rest"]


CLUSTER_IP = {"type": "ClusterIP"}
TYPE = "kubernetes.rest-service.exposed.type"

# Options, then how the service is exposed, its port and the container's.
REST: dict[str, tuple[dict[str, str], dict[str, Any], int, int]] = {
    "by default": ({}, CLUSTER_IP, 8081, 8081),
    "a node's port": ({TYPE: "NodePort"}, {"type": "NodePort"}, 8081, 8081),
    "a load balancer, in small letters": ({TYPE: "loadbalancer"}, {"type": "LoadBalancer"}, 8081, 8081),
    "headless": ({TYPE: "Headless_ClusterIP"}, {"type": "ClusterIP", "clusterIP": "None"}, 8081, 8081),
    "another port": ({"rest.port": "9091"}, CLUSTER_IP, 9091, 9091),
    "another port inside": ({"rest.bind-port": "9092"}, CLUSTER_IP, 8081, 9092),
    "two other ports": ({"rest.port": "80", "rest.bind-port": "9092"}, CLUSTER_IP, 80, 9092),
}


@pytest.mark.parametrize(("conf", "exposure", "port", "target"), REST.values(), ids=REST.keys())
def test_the_rest_service_is_exposed_as_it_is_told(conf: dict[str, str], exposure: dict[str, Any], port: int, target: int) -> None:
    ports = [{"name": "rest", "port": port, "targetPort": target}]
    selector = {**LABELS, "component": "jobmanager"}
    assert services(conf)["app-rest"]["spec"] == {**exposure, "ports": ports, "selector": selector}


@pytest.mark.parametrize(("service", "name"), [("rest-service", "app-rest"), ("internal-service", "app")])
@pytest.mark.parametrize(("version", "labels"), [(V2_1, LABELS), (V2_2, {"team": "x", **LABELS})], ids=str)
def test_services_carry_annotations_and_labels_that_cannot_hide_flinks(
    version: FlinkVersion, labels: dict[str, str], service: str, name: str
) -> None:
    """Labels since Flink 2.2."""
    conf = {
        f"kubernetes.{service}.annotations": "a:b",
        f"kubernetes.{service}.labels.team": "x",
        f"kubernetes.{service}.labels.app": "evil",
    }
    metadata = services(conf, version)[name]["metadata"]
    assert metadata == {"name": name, "namespace": "ns", "labels": labels, "annotations": {"a": "b"}}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("rest.port", "eighty"),
        ("rest.port", "0"),
        ("rest.bind-port", "8081-8085"),
        ("kubernetes.rest-service.exposed.type", "Public"),
        ("kubernetes.rest-service.annotations", "a"),
    ],
)
def test_what_makes_no_service_is_refused_by_name(key: str, text: str) -> None:
    with pytest.raises(InvalidSpec, match=f"^flinkConfiguration.{key}: "):
        build_rest_service(Cluster("ns", "app", a_spec(), {key: text}))
