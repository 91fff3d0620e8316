"""The finalizer that makes the deletion of a resource wait for the operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.errors import NotFound
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import Resource


def finalizer_of(resource: Resource) -> str:
    """The established name."""
    return f"{resource.plural}.{resource.group}/finalizer"


async def set_finalizer(
    kube: KubeClient, kind: Resource, resource: Mapping[str, Any], *, present: bool, labels: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    """Adds the finalizer and `labels`, or removes the finalizer; gives the resource as it is then. One that is gone has none to remove.

    Raises:
        Conflict: somebody else changed the resource.
    """
    metadata, name = resource["metadata"], finalizer_of(kind)
    others = [one for one in metadata.get("finalizers", ()) if one != name]
    changed = {"finalizers": [*others, name] if present else others, "resourceVersion": metadata["resourceVersion"]}
    patch = {"metadata": {**changed, "labels": dict(labels)} if labels else changed}
    try:
        return await kube.patch(kind, metadata["namespace"], metadata["name"], patch)
    except NotFound:
        if present:
            raise
        return resource
