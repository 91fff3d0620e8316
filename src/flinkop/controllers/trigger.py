"""From a changed object to the keys of the resources that have to look at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.lifecycle.statesnapshot.record import ENDED

Key = tuple[str, str]
Object = Mapping[str, Any]


def key_of(resource: Object) -> Key:
    """The key of a resource: (namespace, name)."""
    metadata = resource["metadata"]
    return metadata["namespace"], metadata["name"]


def owner_of(child: Object) -> Key | None:
    """The cluster that an object belongs to, by the label that Flink gives all of a cluster's objects."""
    metadata = child["metadata"]
    app = (metadata.get("labels") or {}).get("app")
    return (metadata["namespace"], app) if app else None


def cluster_of(session_job: Object) -> Key | None:
    """The session cluster that the spec of a FlinkSessionJob names."""
    name = (session_job.get("spec") or {}).get("deploymentName")
    return (session_job["metadata"]["namespace"], name) if isinstance(name, str) and name else None


def job_of(snapshot: Object) -> Key | None:
    """The namespace of a FlinkStateSnapshot, and the job that it names as `kind/name`."""
    reference = (snapshot.get("spec") or {}).get("jobReference") or {}
    kind, name = reference.get("kind"), reference.get("name")
    named = isinstance(kind, str) and isinstance(name, str) and kind and name
    return (snapshot["metadata"]["namespace"], f"{kind}/{name}") if named else None


def is_open(snapshot: Object) -> bool:
    """Whether what happens to its job concerns a FlinkStateSnapshot: one that has come to its end waits for nothing."""
    return "deletionTimestamp" in snapshot["metadata"] or (snapshot.get("status") or {}).get("state") not in set(ENDED)


def has_news(old: Object | None, new: Object | None) -> bool:
    """Whether anything but the version of an object differs."""
    if old is None or new is None:
        return True
    return _content(old) != _content(new)


def _content(obj: Object) -> tuple[Any, Any, Any]:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "resourceVersion"}
    return metadata, obj.get("spec"), obj.get("status")
