"""Expectations: writes of ours that the cache has not shown yet. A pass that would act on a copy older than its own write waits instead.

A resourceVersion is an opaque text: versions are compared for equality only, never for order.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, assert_never

from flinkop.clock import Clock
from flinkop.runtime.store import Key, Object

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Replaced:
    """The object was written on condition that it still had `version`: whatever other version the cache shows is ours or a later one."""

    version: str


@dataclass(frozen=True, slots=True)
class Created:
    """The object was created and got `uid`."""

    uid: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """The object with `uid` was deleted; it may stay a while with a deletionTimestamp."""

    uid: str


Write = Replaced | Created | Deleted


class Reader(Protocol):
    """The part of a store that is read here."""

    def get(self, key: Key) -> Object | None:
        """The object of that key."""
        ...


@dataclass(frozen=True, slots=True)
class _Expectation:
    store: Reader
    object_key: Key
    write: Write
    until: float


class Expectations(Generic[K]):
    """By key of the work queue. Each expectation ends when the store shows the write, or after `lifetime` seconds.

    The lifetime matters only for writes that the cache can never show, such as an object created and deleted between two lists.
    """

    def __init__(self, clock: Clock, lifetime: float = 10.0) -> None:
        self._clock, self._lifetime = clock, lifetime
        self._pending: dict[K, list[_Expectation]] = {}

    def expect(self, key: K, store: Reader, object_key: Key, write: Write) -> None:
        """Notes a write that was made for `key`. Call it with what the API server answered, before anything else is awaited."""
        expectation = _Expectation(store, object_key, write, self._clock.monotonic() + self._lifetime)
        self._pending.setdefault(key, []).append(expectation)

    def is_pending(self, key: K) -> bool:
        """Whether a store is still older than a write that was made for `key`. The event that changes this brings the key back."""
        now = self._clock.monotonic()
        pending = [one for one in self._pending.pop(key, ()) if now < one.until and not is_shown(one.write, one.store.get(one.object_key))]
        if pending:
            self._pending[key] = pending
        return bool(pending)

    def forget(self, key: K) -> None:
        """Drops what was noted for `key`."""
        self._pending.pop(key, None)


def is_shown(write: Write, cached: Mapping[str, Any] | None) -> bool:
    """Whether the cached copy is at least as new as the write."""
    metadata: Mapping[str, Any] = cached["metadata"] if cached else {}
    match write:
        case Replaced(version):
            return metadata.get("resourceVersion") != version
        case Created(uid):
            return metadata.get("uid") == uid
        case Deleted(uid):
            return metadata.get("uid") != uid or "deletionTimestamp" in metadata
    assert_never(write)
