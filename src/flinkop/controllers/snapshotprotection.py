"""Which savepoints jobs still go back to: pure functions over resources with a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flinkop.lifecycle.dispose import place_of


def find_user(path: str, resources: Iterable[Mapping[str, Any]]) -> str | None:
    """The resource whose job may be started from that savepoint, or goes back to it, in words; None when none is.

    What is being deleted needs nothing any more.
    """
    place = place_of(path)
    for resource in resources:
        metadata = resource["metadata"]
        if "deletionTimestamp" not in metadata and any(place_of(one) == place for one in _paths(resource)):
            return f"{resource.get('kind')} {metadata['name']}"
    return None


def _paths(resource: Mapping[str, Any]) -> list[str]:
    """The savepoint of a stop, what the present start was restored from, what that goes back to, and what the spec asks for."""
    status, spec = resource.get("status") or {}, resource.get("spec") or {}
    found = (
        _at(status, "jobStatus", "upgradeSavepointPath"),
        _at(status, "handover", "upgradeSavepointPath"),
        _at(status, "restore", "path"),
        _at(status, "start", "basePath"),
        _at(spec, "job", "initialSavepointPath"),
    )
    return [path for path in found if path]


def _at(tree: Mapping[str, Any], branch: str, leaf: str) -> str | None:
    value = (tree.get(branch) or {}).get(leaf)
    return value if isinstance(value, str) else None
