"""Names and labels. Flink's JobManager relies on them, so they are not ours to choose."""

from __future__ import annotations

from collections.abc import Mapping

from flinkop.api.flinkdeployment import DeploymentMode

MAIN_CONTAINER = "flink-main-container"
_TYPES = {DeploymentMode.NATIVE: "flink-native-kubernetes", DeploymentMode.STANDALONE: "flink-standalone-kubernetes"}


def config_map_name(cluster_id: str) -> str:
    """The config map with Flink's configuration. The JobManager hard-codes it into every TaskManager."""
    return f"flink-config-{cluster_id}"


def pod_template_config_map_name(cluster_id: str) -> str:
    """The config map with the template of the TaskManagers' pods."""
    return f"pod-template-{cluster_id}"


def rest_service_name(cluster_id: str) -> str:
    """The service of the REST endpoint and web page."""
    return f"{cluster_id}-rest"


def internal_service_name(cluster_id: str) -> str:
    """The headless service by which TaskManagers find a JobManager without high availability."""
    return cluster_id


def taskmanager_deployment_name(cluster_id: str) -> str:
    """The Deployment of a standalone cluster's TaskManagers. A native cluster has none: Flink makes their pods."""
    return f"{cluster_id}-taskmanager"


def selector_of(labels: Mapping[str, str]) -> str:
    """The label selector for objects that have all these labels."""
    return ",".join(f"{label}={value}" for label, value in labels.items())


def common_labels(cluster_id: str, mode: DeploymentMode = DeploymentMode.NATIVE) -> dict[str, str]:
    """The labels of all objects of a cluster. The config maps of high availability have those of a native one in either mode."""
    return {"app": cluster_id, "type": _TYPES[mode]}


def jobmanager_labels(cluster_id: str, mode: DeploymentMode = DeploymentMode.NATIVE) -> dict[str, str]:
    """The labels that select JobManager pods."""
    return {**common_labels(cluster_id, mode), "component": "jobmanager"}


def taskmanager_labels(cluster_id: str, mode: DeploymentMode = DeploymentMode.NATIVE) -> dict[str, str]:
    """The labels that select TaskManager pods."""
    return {**common_labels(cluster_id, mode), "component": "taskmanager"}
