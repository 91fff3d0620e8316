"""The FlinkStateSnapshots of a job as its own pass sees, makes and deletes them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Any, Protocol

from flinkop.controllers.trigger import Key
from flinkop.controllers.view import read_snapshot_resource
from flinkop.errors import AlreadyExists, Conflict
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import FLINK_STATE_SNAPSHOTS
from flinkop.lifecycle.action import CreateSnapshot, DeleteSnapshot
from flinkop.lifecycle.observed import SnapshotResources
from flinkop.lifecycle.statesnapshot.label import labels_of


class SnapshotStore(Protocol):
    """The part of an informer's store that is read here."""

    def available(self, namespace: str) -> bool:
        """Whether the kind is installed."""
        ...

    def by_index(self, index: str, key: Key) -> list[dict[str, Any]]:
        """The objects whose index has that key."""
        ...


class OwnSnapshots:
    """The snapshots of the jobs of one kind."""

    def __init__(self, store: SnapshotStore, kind: str) -> None:
        self._store, self._kind = store, kind

    def look(self, key: Key) -> SnapshotResources | None:
        """Those of that job; None where snapshots are no resources."""
        namespace, name = key
        if not self._store.available(namespace):
            return None
        found = self._store.by_index("job", (namespace, f"{self._kind}/{name}"))
        return SnapshotResources(name, tuple(map(read_snapshot_resource, found)))


class SnapshotActuator:
    """Makes and deletes snapshots. With a `selector` of labels for the operator's resources, a snapshot has what of them its job has."""

    def __init__(self, kube: KubeClient, selector: str | None = None) -> None:
        self._kube, self._selected = kube, frozenset(re.findall(r"[\w./-]+", selector or ""))

    async def perform(self, action: CreateSnapshot | DeleteSnapshot, job: Mapping[str, Any]) -> None:
        """Performs `action` for the resource `job`.

        Raises:
            TransientError: try again later.
            TerminalError: trying again unchanged will not help.
        """
        if isinstance(action, CreateSnapshot):
            with contextlib.suppress(AlreadyExists):
                await self._kube.create(FLINK_STATE_SNAPSHOTS, self._body(action, job))
            return
        with contextlib.suppress(Conflict):  # another one of that name
            await self._kube.delete(FLINK_STATE_SNAPSHOTS, job["metadata"]["namespace"], action.name, uid=action.uid)

    def _body(self, action: CreateSnapshot, job: Mapping[str, Any]) -> dict[str, Any]:
        """Without an owner: savepoints outlive their job. It is not tried again: a periodic one is, at its next time."""
        metadata = job["metadata"]
        inherited = {key: value for key, value in (metadata.get("labels") or {}).items() if key in self._selected}
        word = "savepoint" if action.is_savepoint else "checkpoint"
        labels = labels_of(word, action.type, None, job["kind"], metadata["name"])
        return {
            "apiVersion": FLINK_STATE_SNAPSHOTS.api_version,
            "kind": FLINK_STATE_SNAPSHOTS.kind,
            "metadata": {"name": action.name, "namespace": metadata["namespace"], "labels": {**inherited, **labels}},
            "spec": {"jobReference": {"kind": job["kind"], "name": metadata["name"]}, word: _detail(action), "backoffLimit": 0},
        }


def _detail(action: CreateSnapshot) -> dict[str, Any]:
    if not action.is_savepoint:
        return {}
    detail = {"formatType": action.format, "disposeOnDelete": action.disposes, "alreadyExists": action.exists, "path": action.path}
    return {key: value for key, value in detail.items() if value is not None}
