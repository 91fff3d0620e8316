"""An informer: keeps a store equal to a collection of the API server, and tells who wants to know what changed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from flinkop.clock import Clock, SystemClock
from flinkop.errors import ApiUnavailable, FlinkopError
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import Resource
from flinkop.metrics import WATCHES
from flinkop.runtime.backoff import Backoff, BackoffSettings
from flinkop.runtime.store import Indexer, Object, Store, key_of
from flinkop.runtime.watcher import Change, Changed, Listed, Removed, Replaced, Watcher

_log = structlog.get_logger(__name__)
_UNHEALTHY_AFTER = 180.0
_RESTED = 5.0

Callback = Callable[[Object | None, Object | None], None]
"""Gets the old and the new form of an object that changed; None where there is none."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as a source of a watcher."""

    client: KubeClient
    resource: Resource
    namespace: str | None = None
    label_selector: str | None = None

    async def list_page(self, query: Mapping[str, str]) -> Object:
        """One page of the list."""
        return await self.client.list_page(self.resource, self.namespace, {**query, **self._selectors()})

    def watch(self, query: Mapping[str, str]) -> AsyncIterator[Object]:
        """The events of one watch."""
        return self.client.watch(self.resource, self.namespace, {**query, **self._selectors()})

    def _selectors(self) -> dict[str, str]:
        return {"labelSelector": self.label_selector} if self.label_selector else {}


class Informer:
    """One collection, one store. `trim` decides what of an object is kept in memory."""

    def __init__(
        self,
        collection: Collection,
        trim: Callable[[Object], Object] = lambda obj: obj,
        indexers: Mapping[str, Indexer] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.store = Store(indexers)
        self._collection, self._clock = collection, clock or SystemClock()
        self._callbacks: list[Callback] = []
        self._synced = asyncio.Event()
        self._watcher = Watcher(collection, trim, self._apply, lambda: random.randint(300, 600))
        self._backoff: Backoff[str] = Backoff(BackoffSettings(initial=0.1, maximum=30.0), random.random)
        self._fine_at = self._clock.monotonic()

    @property
    def resource(self) -> Resource:
        """What is informed about."""
        return self._collection.resource

    @property
    def healthy(self) -> bool:
        """Whether it has heard from the API server in the last three minutes."""
        return self._clock.monotonic() - self._fine_at < _UNHEALTHY_AFTER

    @property
    def synced(self) -> bool:
        """Whether the store has been filled once."""
        return self._synced.is_set()

    def on_change(self, callback: Callback) -> None:
        """Calls `callback(old, new)` for every change."""
        self._callbacks.append(callback)

    async def wait_until_synced(self, seconds: float) -> None:
        """Waits until the store is filled.

        Raises:
            ApiUnavailable: it took longer than `seconds`.
        """
        try:
            await asyncio.wait_for(self._synced.wait(), seconds)
        except TimeoutError:
            raise ApiUnavailable(f"{self._collection.resource.plural}: not listed within {seconds:.0f} s") from None

    async def run(self) -> None:
        """Runs until cancelled; trouble is waited out with growing pauses."""
        while True:
            began = self._clock.monotonic()
            try:
                await self._watcher.run_once()
                self._fine_at = self._clock.monotonic()
                reason = "ended"
            except FlinkopError as error:
                reason = type(error).__name__
                _log.warning("watch interrupted", resource=self._collection.resource.plural, cause=str(error))
            WATCHES.labels(self._collection.resource.plural, reason).inc()
            await self._pause(began, reason)

    async def _pause(self, began: float, reason: str) -> None:
        """A watch that lived a while is taken up again at once; one that ends at once must not be asked for in a loop."""
        lived = self._clock.monotonic() - began
        if lived >= _RESTED or (reason == "ended" and not isinstance(self._watcher.state, Listed)):
            self._backoff.reset("")
            return
        await asyncio.sleep(self._backoff.next(""))

    def _apply(self, change: Change) -> None:
        self._fine_at = self._clock.monotonic()
        match change:
            case Replaced(objects):
                self._replace(objects)
                self._synced.set()
            case Changed(obj):
                self._notify(self.store.put(obj), obj)
            case Removed(obj):
                self._notify(self.store.remove(key_of(obj)) or obj, None)

    def _replace(self, objects: tuple[Object, ...]) -> None:
        """Swaps the content within one turn of the event loop; keys that vanished meanwhile are told as well."""
        vanished = self.store.keys() - {key_of(obj) for obj in objects}
        changes: list[tuple[Object | None, Object | None]] = [(self.store.remove(key), None) for key in sorted(vanished)]
        for obj in objects:
            old = self.store.put(obj)
            if old is None or _version(old) != _version(obj):
                changes.append((old, obj))
        for old, new in changes:
            self._notify(old, new)

    def _notify(self, old: Object | None, new: Object | None) -> None:
        for callback in self._callbacks:
            callback(old, new)


def _version(obj: Mapping[str, Any]) -> str | None:
    version: str | None = obj["metadata"].get("resourceVersion")
    return version
