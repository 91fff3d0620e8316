"""An informer: keeps a store equal to a collection of the API server, and tells who wants to know what changed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping

import structlog

from flinkop.clock import Clock, SystemClock
from flinkop.errors import ApiUnavailable, FlinkopError, Forbidden, NotFound
from flinkop.kube.resource import Resource
from flinkop.metrics import LISTS, WATCHES
from flinkop.runtime.backoff import Backoff, BackoffSettings
from flinkop.runtime.reflector import Collection, Reflector
from flinkop.runtime.store import Indexer, Key, Object, Store, key_of
from flinkop.runtime.watcher import Change, Changed, Complete, Removed, Restarted

_log = structlog.get_logger(__name__)
_UNHEALTHY_AFTER = 180.0
_RESTED = 5.0
_MISSING_PAUSE = 30.0
_BACKOFF = BackoffSettings(initial=0.1, maximum=10.0, jitter=0.5)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

Callback = Callable[[Object | None, Object | None], None]
"""Gets the old and the new form of an object that changed; None where there is none."""

__all__ = ["Callback", "Collection", "Informer"]


class Informer:
    """One collection, one store. `trim` decides what of an object is kept in memory; it may change the object in place.

    Callbacks are called within the turn of the event loop that changed the store, so they see it as they were told.

    An `optional` collection that does not exist, or may not be listed, counts as empty: that holds nothing else up, and it is asked for
    again.
    """

    def __init__(
        self,
        collection: Collection,
        trim: Callable[[Object], Object] = lambda obj: obj,
        indexers: Mapping[str, Indexer] | None = None,
        clock: Clock | None = None,
        *,
        optional: bool = False,
    ) -> None:
        self.store = Store(indexers)
        self._collection, self._trim, self._clock = collection, trim, clock or SystemClock()
        self._callbacks: list[Callback] = []
        self._synced = asyncio.Event()
        self._incoming: dict[Key, Object] | None = None
        self._reflector = Reflector(collection, self._apply, lambda: random.randint(300, 600))
        self._backoff: Backoff[None] = Backoff(_BACKOFF, random.random)
        self._heard_at = self._clock.monotonic()
        self._trouble = "no answer yet"
        self._optional, self._is_missing = optional, False

    @property
    def resource(self) -> Resource:
        """What is informed about."""
        return self._collection.resource

    @property
    def healthy(self) -> bool:
        """Whether it has heard from the API server in the last three minutes; a quiet watch is heard from every minute and a half."""
        return self.silence < _UNHEALTHY_AFTER

    @property
    def silence(self) -> float:
        """For how many seconds nothing has been heard."""
        return self._clock.monotonic() - self._heard_at

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
            ApiUnavailable: it took longer than `seconds`; says what the trouble was.
        """
        try:
            async with asyncio.timeout(seconds):  # not wait_for, which loses a cancellation that comes together with the result
                await self._synced.wait()
        except TimeoutError:
            raise ApiUnavailable(f"{self.resource.plural}: not listed within {seconds:.0f} s: {self._trouble}") from None

    async def run(self) -> None:
        """Runs until cancelled; trouble is waited out with growing pauses."""
        while True:
            began = self._clock.monotonic()
            page, error = await self._run_once()
            if not page:
                await asyncio.sleep(self._pause(self._clock.monotonic() - began, error))

    async def _run_once(self) -> tuple[bool, FlinkopError | None]:
        try:
            page = await self._reflector.run_once()
        except FlinkopError as error:
            if self._optional and isinstance(error, NotFound | Forbidden):
                return self._without_it(error)
            self._trouble = str(error)
            _log.warning("watch interrupted", resource=self.resource.plural, error=type(error).__name__, cause=self._trouble)
            WATCHES.labels(self.resource.plural, type(error).__name__).inc()
            return False, error
        if not page:
            WATCHES.labels(self.resource.plural, "Ended").inc()
        return page, None

    def _without_it(self, error: FlinkopError) -> tuple[bool, FlinkopError]:
        if not self._is_missing:
            _log.warning("kind not served", resource=self.resource.plural, error=type(error).__name__, cause=str(error))
        self._is_missing, self._heard_at = True, self._clock.monotonic()
        if isinstance(error, NotFound):  # what was of a kind goes with it
            self._incoming = {}
            self._swap()
        self.store.available = False
        self._synced.set()
        return False, error

    def _pause(self, lived: float, error: FlinkopError | None) -> float:
        """Seconds until the next request. A watch that lived for a while is taken up at once; one that ends at once, or fails, must not
        be asked for in a loop. Only a watch that lived makes earlier failures forgotten: a server that lists and then refuses to watch
        must not be asked for list after list."""
        asked = getattr(error, "retry_after", None) or 0.0
        if lived >= _RESTED:
            self._backoff.reset(None)
            return asked
        return max(self._backoff.next(None), asked, _MISSING_PAUSE if self._is_missing else 0.0)

    def _apply(self, changes: list[Change]) -> None:
        self._heard_at, self._is_missing = self._clock.monotonic(), False
        for change in changes:
            match change:
                case Restarted():
                    self._incoming = {}
                case Changed(obj):
                    self._put(self._trimmed(obj))
                case Removed(obj):
                    self._remove(key_of(obj), self._trimmed(obj))
                case Complete():
                    LISTS.labels(self.resource.plural).inc()
                    self.store.available = True
                    self._swap()

    def _put(self, obj: Object) -> None:
        if self._incoming is None:
            self._notify(self.store.put(obj), obj)
        else:
            self._incoming[key_of(obj)] = obj

    def _remove(self, key: Key, last: Object) -> None:
        if self._incoming is None:
            self._notify(self.store.remove(key) or last, None)
        else:
            self._incoming.pop(key, None)

    def _swap(self) -> None:
        """What came in since the list began becomes the content at once; keys that vanished meanwhile are told as well."""
        changes = self.store.replace(self._incoming or {})
        self._incoming = None
        for old, new in changes:
            self._notify(old, new)
        self._synced.set()

    def _notify(self, old: Object | None, new: Object | None) -> None:
        for callback in self._callbacks:
            callback(old, new)

    def _trimmed(self, obj: Object) -> Object:
        metadata = obj["metadata"]
        metadata.pop("managedFields", None)
        annotations = metadata.get("annotations")
        if annotations and annotations.pop(_LAST_APPLIED, None) is not None and not annotations:
            del metadata["annotations"]
        return self._trim(obj)
