"""What of a watched object is kept in memory: only what the observer reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flinkop.resources.configuration import GENERATION_ANNOTATION
from flinkop.resources.ingress import DIGEST_ANNOTATION

_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp")
_LABELS = ("app", "component")
_CONTAINER = ("name", "state", "lastState")
_CONDITION = ("type", "status", "reason", "message")
_POD_CONDITIONS = frozenset({"PodScheduled"})
_DEPLOYMENT_CONDITIONS = frozenset({"ReplicaFailure"})
# of the condition Progressing, which keeps it from the first time on that all pods were ready
_WAS_AVAILABLE = "NewReplicaSetAvailable"
_GENERATED_NAME = re.compile(r'pods "[^"]*" is ')


def trim_deployment(deployment: dict[str, Any]) -> dict[str, Any]:
    """A JobManager or TaskManager Deployment."""
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    kept = _metadata(metadata)
    generation = (metadata.get("annotations") or {}).get(GENERATION_ANNOTATION)
    if generation is not None:
        kept["annotations"] = {GENERATION_ANNOTATION: generation}
    kept["ownerReferences"] = _owners(metadata)
    return {
        "metadata": kept,
        "spec": {"replicas": (deployment.get("spec") or {}).get("replicas", 1)},
        "status": {
            "availableReplicas": status.get("availableReplicas", 0),
            "wasAvailable": any(condition.get("reason") == _WAS_AVAILABLE for condition in status.get("conditions") or ()),
            "conditions": [_without_generated_name(found) for found in _conditions(status, _DEPLOYMENT_CONDITIONS)],
        },
    }


def trim_pod(pod: dict[str, Any]) -> dict[str, Any]:
    """A JobManager or TaskManager pod."""
    status = pod.get("status") or {}
    return {
        "metadata": _metadata(pod["metadata"]),
        "status": {
            "phase": status.get("phase"),
            "conditions": _conditions(status, _POD_CONDITIONS),
            "initContainerStatuses": _containers(status.get("initContainerStatuses")),
            "containerStatuses": _containers(status.get("containerStatuses")),
        },
    }


def trim_ingress(ingress: dict[str, Any]) -> dict[str, Any]:
    """The Ingress of a cluster."""
    kept = _metadata(ingress["metadata"])
    kept["ownerReferences"] = _owners(ingress["metadata"])
    digest = (ingress["metadata"].get("annotations") or {}).get(DIGEST_ANNOTATION)
    if digest is not None:
        kept["annotations"] = {DIGEST_ANNOTATION: digest}
    return {"metadata": kept}


def _metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: metadata[key] for key in _METADATA if key in metadata}
    labels = metadata.get("labels") or {}
    kept["labels"] = {key: labels[key] for key in _LABELS if key in labels}
    return kept


def _owners(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"uid": owner["uid"]} for owner in metadata.get("ownerReferences") or ()]


def _conditions(status: Mapping[str, Any], types: frozenset[str]) -> list[dict[str, Any]]:
    found = (condition for condition in status.get("conditions") or () if condition["type"] in types)
    return [{key: condition[key] for key in _CONDITION if key in condition} for condition in found]


def _without_generated_name(condition: dict[str, Any]) -> dict[str, Any]:
    """The name of a pod that could not be made is another one at every try: with it, every try would look like news."""
    return {**condition, "message": _GENERATED_NAME.sub("pod is ", condition.get("message", ""))}


def _containers(statuses: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    return [{key: status[key] for key in _CONTAINER if key in status} for status in statuses or ()]
