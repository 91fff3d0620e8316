"""Where a job runs: on a session cluster, or a FlinkApplication's on a cluster of its own. How it began does not change with its spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.controllers.trigger import Key, cluster_of
from flinkop.errors import UnreadableStatus
from flinkop.lifecycle.statusreader import read_record


def shared_cluster_name(resource: Mapping[str, Any]) -> str | None:
    """The FlinkCluster that a FlinkApplication began on, or else names, however wrong the rest of it is. None: it has its own."""
    recorded = _recorded(resource)
    if recorded is None:
        return named_cluster(resource)
    name = recorded.get("deploymentName")
    return name if isinstance(name, str) else None


def has_own_cluster(resource: Mapping[str, Any]) -> bool:
    """Whether the job has a cluster to itself."""
    recorded = _recorded(resource)
    if recorded is not None:
        return "deploymentName" not in recorded
    return (resource.get("spec") or {}).get("flinkCluster") is None


def named_cluster(resource: Mapping[str, Any]) -> str | None:
    """The FlinkCluster that the spec names."""
    reference = (resource.get("spec") or {}).get("flinkCluster")
    name = reference.get("name") if isinstance(reference, Mapping) else None
    return name if isinstance(name, str) and name else None


def shared_cluster_of(resource: Mapping[str, Any]) -> Key | None:
    """The key of the FlinkCluster that the job runs on."""
    name = shared_cluster_name(resource)
    return (resource["metadata"]["namespace"], name) if name is not None else None


def session_cluster_of(resource: Mapping[str, Any]) -> Key | None:
    """The key of the session cluster that the job of a FlinkSessionJob runs on, or else is to run on."""
    name = (_recorded(resource) or {}).get("deploymentName")
    return (resource["metadata"]["namespace"], name) if isinstance(name, str) else cluster_of(resource)


def _recorded(resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    try:
        return read_record(resource.get("status") or {}).reconciled
    except UnreadableStatus:
        return None
