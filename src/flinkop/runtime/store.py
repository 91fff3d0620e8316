"""Objects by key, with indexes: one informer writes, everybody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Key = tuple[str, str]
Object = dict[str, Any]
Indexer = Callable[[Object], Iterable[str]]


def key_of(obj: Mapping[str, Any]) -> Key:
    """(namespace, name) of an object."""
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


class Store:
    """Objects must not be changed by readers."""

    def __init__(self, indexers: Mapping[str, Indexer] | None = None) -> None:
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

    def by_index(self, index: str, value: str) -> list[Object]:
        """The objects for which the indexer `index` gives `value`."""
        return [self._objects[key] for key in sorted(self._indexes[index].get(value, ()))]

    def put(self, obj: Object) -> Object | None:
        """Stores the object; gives the one that it replaces."""
        key = key_of(obj)
        old = self.remove(key)
        self._objects[key] = obj
        for name, indexer in self._indexers.items():
            for value in indexer(obj):
                self._indexes[name].setdefault(value, set()).add(key)
        return old

    def remove(self, key: Key) -> Object | None:
        """Removes the object; gives it."""
        old = self._objects.pop(key, None)
        if old is not None:
            self._unindex(key, old)
        return old

    def _unindex(self, key: Key, old: Object) -> None:
        for name, indexer in self._indexers.items():
            index = self._indexes[name]
            for value in indexer(old):
                keys = index.get(value, set())
                keys.discard(key)
                if not keys:
                    index.pop(value, None)


class NamespacedStores:
    """The stores of one kind, one for each watched namespace, or one for all of them under None."""

    def __init__(self, stores: Mapping[str | None, Store]) -> None:
        self._stores = stores

    def __len__(self) -> int:
        return sum(map(len, self._stores.values()))

    def get(self, key: Key) -> Object | None:
        """The object of that key."""
        store = self._of(key[0])
        return store.get(key) if store else None

    def by_index(self, index: str, key: Key) -> list[Object]:
        """The objects of the key's namespace for which the indexer `index` gives the key, written `namespace/name`."""
        store = self._of(key[0])
        return store.by_index(index, "/".join(key)) if store else []

    def _of(self, namespace: str) -> Store | None:
        return self._stores.get(namespace) or self._stores.get(None)
