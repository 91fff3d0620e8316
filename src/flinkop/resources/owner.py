"""The resource that objects belong to: Kubernetes removes them after it."""

from __future__ import annotations

from typing import Any

from flinkop.api.kind import Kind


def owner_reference(kind: Kind, name: str, uid: str) -> dict[str, Any]:
    """The owner's reference, as the established operator writes it."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "name": name,
        "uid": uid,
        "blockOwnerDeletion": True,
        "controller": False,
    }


def owner_option(kind: Kind, name: str, uid: str) -> dict[str, str]:
    """The owner as an item of Flink's option for the JobManager's owners."""
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in owner_reference(kind, name, uid).items()}
