"""The objects that the benchmark creates: namespaces, quota, and FlinkDeployments that differ in their names only."""

from __future__ import annotations

from typing import Any

QUOTA_NAMESPACE = "unready"
FLEET_NAMESPACE = "fleet"
NODE_LABEL = "flinkop.test/fleet"
"""Label and taint of the fake node."""

FLINK_DEPLOYMENTS = "/apis/flink.apache.org/v1beta1/namespaces/{namespace}/flinkdeployments"
FLINK_SESSION_JOBS = "/apis/flink.apache.org/v1beta1/namespaces/{namespace}/flinksessionjobs"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{namespace}/deployments"
_ON_THE_FLEET = {
    "spec": {
        "nodeSelector": {NODE_LABEL: "yes"},
        "tolerations": [{"key": NODE_LABEL, "operator": "Exists", "effect": "NoSchedule"}],
        "terminationGracePeriodSeconds": 0,
    }
}


def a_flinkdeployment(namespace: str, name: str) -> dict[str, Any]:
    """A stateless application. In the fleet's namespace it has a pod template that sends its pods to the fake node."""
    size = {"resource": {"cpu": 0.1, "memory": "1024m"}}
    spec: dict[str, Any] = {
        "image": "flink:1.20",
        "flinkVersion": "v1_20",
        "serviceAccount": "flink",
        "flinkConfiguration": {"taskmanager.numberOfTaskSlots": "2", "state.checkpoints.dir": "file:///flink-data/checkpoints"},
        "jobManager": size,
        "taskManager": size,
        "job": {"jarURI": "local:///opt/flink/usrlib/job.jar", "parallelism": 2, "upgradeMode": "stateless"},
    }
    if namespace == FLEET_NAMESPACE:
        spec["podTemplate"] = _ON_THE_FLEET
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def a_session_cluster(namespace: str, name: str) -> dict[str, Any]:
    """A cluster that jobs share."""
    manifest = a_flinkdeployment(namespace, name)
    del manifest["spec"]["job"]
    return manifest


def a_session_job(namespace: str, name: str, cluster: str) -> dict[str, Any]:
    """A stateless job from the cluster's image."""
    job = {"jarURI": "local:///opt/flink/usrlib/job.jar", "entryClass": "Job", "parallelism": 1, "upgradeMode": "stateless"}
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkSessionJob",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"deploymentName": cluster, "job": job},
    }


def a_namespace(name: str) -> list[tuple[str, dict[str, Any]]]:
    """The namespace and what FlinkDeployments need in it, each with the path of its collection."""
    here = f"/api/v1/namespaces/{name}"
    objects: list[tuple[str, dict[str, Any]]] = [
        ("/api/v1/namespaces", {"metadata": {"name": name}}),
        (f"{here}/serviceaccounts", {"metadata": {"name": "flink"}}),
    ]
    if name == QUOTA_NAMESPACE:
        objects.append((f"{here}/resourcequotas", {"metadata": {"name": "no-pods"}, "spec": {"hard": {"pods": "0"}}}))
    return objects
