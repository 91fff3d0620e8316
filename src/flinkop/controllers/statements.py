"""The SQL statements that a FlinkApplication keeps in a ConfigMap: read with each look, for no watch would tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.controllers.servedkind import NOTHING_AROUND, Around
from flinkop.errors import Forbidden
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS

_PATH = "spec.job.sql.configMap"
_KEY = "statements.sql"


class Statements:
    """Reads ConfigMaps."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube

    async def look(self, resource: Mapping[str, Any]) -> Around:
        """The statements that the resource names, or why they cannot be had; nothing where it names none, or is being deleted.

        Raises:
            TransientError: the API server cannot answer now.
        """
        reference = _reference(resource)
        if reference is None or "deletionTimestamp" in resource["metadata"]:
            return NOTHING_AROUND
        name, key = reference
        try:
            found = await self._kube.get(CONFIG_MAPS, resource["metadata"]["namespace"], name)
        except Forbidden as refused:
            return Around(problem=f"{_PATH}.name: ConfigMap {name} cannot be read: {refused}; give the operator that permission")
        if found is None:
            return Around(problem=f"{_PATH}.name: ConfigMap {name} does not exist; create it with the key {key}, or correct the name")
        text = (found.get("data") or {}).get(key)
        if not text or not text.strip():
            return Around(problem=f"{_PATH}.key: ConfigMap {name} has no statements under {key}; add them, or name another key")
        return Around(statements=text)


def _reference(resource: Mapping[str, Any]) -> tuple[str, str] | None:
    found = resource.get("spec") or {}
    for field in ("job", "sql", "configMap"):
        found = found.get(field)
        if not isinstance(found, Mapping):
            return None
    name, key = found.get("name"), found.get("key") or _KEY
    return (name, key) if isinstance(name, str) and name and isinstance(key, str) else None
