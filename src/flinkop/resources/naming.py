"""Names and labels. Flink's JobManager relies on them, so they are not ours to choose."""

from __future__ import annotations

from collections.abc import Mapping

MAIN_CONTAINER = "flink-main-container"
_NATIVE = "flink-native-kubernetes"


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


def selector_of(labels: Mapping[str, str]) -> str:
    """The label selector for objects that have all these labels."""
    return ",".join(f"{label}={value}" for label, value in labels.items())


def common_labels(cluster_id: str) -> dict[str, str]:
    """The labels of all objects of a native cluster, and of the config maps of its high availability."""
    return {"app": cluster_id, "type": _NATIVE}


def jobmanager_labels(cluster_id: str) -> dict[str, str]:
    """The labels that select JobManager pods."""
    return {**common_labels(cluster_id), "component": "jobmanager"}
