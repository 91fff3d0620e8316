"""Objects by key, with indexes: one informer writes, everybody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Key = tuple[str, str]
Object = dict[str, Any]
Indexer = Callable[[Object], Iterable[str]]


def key_of(obj: Mapping[str, Any]) -> Key:
    """(namespace, name) of an object; the namespace of cluster-scoped ones is empty."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


class Store:
    """Objects must not be changed by readers. Every method runs within one turn of the event loop, so readers never see half a change.

    `available` is False while the kind is not installed, or may not be listed: then there are no objects of it.
    """

    def __init__(self, indexers: Mapping[str, Indexer] | None = None) -> None:
        self.available = True
        self._objects: dict[Key, Object] = {}
        self._indexers = dict(indexers or {})
        self._indexes: dict[str, dict[str, set[Key]]] = {name: {} for name in self._indexers}

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, key: Key) -> Object | None:
        """The object of that key."""
        return self._objects.get(key)

    def keys(self) -> set[Key]:
        """All keys."""
        return set(self._objects)

    def objects(self) -> list[Object]:
        """All objects, copied in one go: other threads may ask too."""
        return list(self._objects.values())

    def by_index(self, index: str, value: str) -> list[Object]:
        """The objects for which the indexer `index` gives `value`, by key."""
        return [self._objects[key] for key in sorted(self._indexes[index].get(value, ()))]

    def put(self, obj: Object) -> Object | None:
        """Stores the object; gives the one that it replaces."""
        key = key_of(obj)
        old = self._objects.get(key)
        self._objects[key] = obj
        for name, indexer in self._indexers.items():
            self._reindex(self._indexes[name], key, set(indexer(old)) if old is not None else set(), set(indexer(obj)))
        return old

    def remove(self, key: Key) -> Object | None:
        """Removes the object; gives it."""
        old = self._objects.pop(key, None)
        if old is not None:
            for name, indexer in self._indexers.items():
                self._reindex(self._indexes[name], key, set(indexer(old)), set())
        return old

    def replace(self, objects: Mapping[Key, Object]) -> list[tuple[Object | None, Object | None]]:
        """Makes `objects` the whole content; gives what differs as (old, new), the vanished first. Equal versions are equal objects."""
        changes: list[tuple[Object | None, Object | None]] = [(self.remove(key), None) for key in sorted(self.keys() - objects.keys())]
        for obj in objects.values():
            old = self.put(obj)
            if old is None or _version(old) != _version(obj):
                changes.append((old, obj))
        return changes

    @staticmethod
    def _reindex(index: dict[str, set[Key]], key: Key, before: set[str], after: set[str]) -> None:
        for value in before - after:
            index[value].discard(key)
            if not index[value]:
                del index[value]
        for value in after - before:
            index.setdefault(value, set()).add(key)


def _version(obj: Mapping[str, Any]) -> tuple[str | None, str | None]:
    metadata = obj["metadata"]
    return metadata.get("uid"), metadata.get("resourceVersion")


class NamespacedStores:
    """The stores of one kind, one for each watched namespace, or one for all of them under None."""

    def __init__(self, stores: Mapping[str | None, Store]) -> None:
        self._stores = stores

    def __len__(self) -> int:
        return sum(map(len, self._stores.values()))

    def get(self, key: Key) -> Object | None:
        """The object of that key."""
        store = self._of(key[0])
        return None if store is None else store.get(key)

    def available(self, namespace: str) -> bool:
        """Whether there can be objects of the kind in that namespace."""
        store = self._of(namespace)
        return store is not None and store.available

    def keys(self) -> list[Key]:
        """The keys of all objects."""
        return [key for store in self._stores.values() for key in store.keys()]  # noqa: SIM118 - not a mapping

    def objects(self) -> list[Object]:
        """All objects. Other threads may ask too."""
        return [obj for store in self._stores.values() for obj in store.objects()]

    def by_index(self, index: str, key: Key) -> list[Object]:
        """The objects of the key's namespace for which the indexer `index` gives the key, written `namespace/name`."""
        store = self._of(key[0])
        return [] if store is None else store.by_index(index, "/".join(key))

    def _of(self, namespace: str) -> Store | None:
        return self._stores.get(namespace, self._stores.get(None))
