"""Which of several resources of one name has the cluster of that name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flinkop.controllers import view
from flinkop.controllers.trigger import Key

Object = Mapping[str, Any]


class Store(Protocol):
    """The part of a store that is read here."""

    def get(self, key: Key) -> dict[str, Any] | None:
        """The object of that key."""
        ...


@dataclass(frozen=True, slots=True)
class Claimants:
    """Resources of one kind, and which of them have a cluster of their own."""

    store: Store
    has_cluster: Callable[[Object], bool]


class Rivals:
    """Names are shared by all kinds of clusters. The cluster that is there says whose the name is, else the older resource has it."""

    def __init__(self, claimants: Iterable[Claimants], deployments: Store) -> None:
        self._claimants, self._deployments = tuple(claimants), deployments

    def holder(self, key: Key, uid: str) -> str | None:
        """The other resource that has the name, in words; None when it is that of `uid`."""
        found = [one.store.get(key) for one in self._claimants]
        there = [
            resource for one, resource in zip(self._claimants, found, strict=True) if resource is not None and one.has_cluster(resource)
        ]
        if len(there) < 2:
            return None
        first = self._owner(key, there) or min(there, key=_age)
        return None if first["metadata"]["uid"] == uid else f"{first['kind']} {key[1]}"

    def _owner(self, key: Key, resources: list[dict[str, Any]]) -> Object | None:
        deployment = self._deployments.get(key)
        if deployment is None:
            return None
        return next((one for one in resources if view.is_owned_by(one["metadata"]["uid"], deployment)), None)


def _age(resource: Object) -> tuple[bool, str, str]:
    """One that was seen running comes first: between two starts it has no Deployment that says so."""
    has_run = "lastStableSpec" in ((resource.get("status") or {}).get("reconciliationStatus") or {})
    return not has_run, resource["metadata"].get("creationTimestamp", ""), resource["kind"]
