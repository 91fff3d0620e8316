"""The jars that the operator has fetched: asked for without waiting, fetched in the background, kept by digest."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from flinkop.artifact.eviction import KeptFile, choose_evictions
from flinkop.artifact.localfile import open_file
from flinkop.artifact.objectstore import object_chunks
from flinkop.artifact.policy import ArtifactPolicy, is_restricted
from flinkop.artifact.sink import Sink
from flinkop.artifact.source import FIELD, Http, InImage, LocalFile, ObjectStore, parse_source, place_of
from flinkop.artifact.web import CHUNK, WebFetcher
from flinkop.artifact.work import BackgroundWork, Done, Failed, Pending
from flinkop.clock import Clock
from flinkop.errors import ArtifactUnavailable, InvalidSpec
from flinkop.flinkconf.duration import format_duration

LARGEST_TOTAL = 2 * 1024**3
"""Beyond this many bytes, files that nobody looked for are deleted."""

_AT_ONCE, _AT_ONCE_FROM_ONE = 16, 4
_UNUSED = timedelta(minutes=10)
# A jar whose digest nobody named may change where it comes from: whoever begins to look again gets it anew.
_UNWATCHED = timedelta(minutes=1)
_FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """A jar. `sha256` is what its digest has to be, if that is known; `headers` are secret, and sent by http and https only."""

    uri: str
    sha256: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Fetching:
    """It is on its way: look again."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """It is there. `size` is in bytes."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """It cannot be had; it is tried again when somebody looks after `again_at`."""

    cause: str
    again_at: datetime


Key = tuple[str, str | None, str]


class ArtifactStore:
    """Must be made while the event loop runs. What an earlier process left behind is deleted at once."""

    def __init__(self, policy: ArtifactPolicy, clock: Clock, is_restricted: Callable[[str], bool] = is_restricted) -> None:
        self._policy, self._clock = policy, clock
        self._web = WebFetcher(policy, is_restricted)
        self._work: BackgroundWork[Key, Fetched] = BackgroundWork(clock)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._turns_of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        _delete_leftovers(policy.fetched_directory)

    def on_change(self, callback: Callable[[Hashable], None]) -> None:
        """Has `callback` called with each waiter when what it waits for is there, or has failed."""
        self._work.on_change(callback)

    def look(self, request: FetchRequest, waiter: Hashable | None = None) -> Fetching | Fetched | FetchFailed:
        """What there is of a jar, now; a fetch is begun where one is due."""
        key = (request.uri, request.sha256, _digest_of(request.headers))
        self._forget_outdated(key)
        match self._work.look(key, lambda: self._fetch(request), waiter):
            case Pending():
                return Fetching()
            case Done(fetched, _):
                return fetched
            case Failed(cause, again_at):
                return FetchFailed(cause, again_at)

    async def close(self) -> None:
        """Ends fetches and connections."""
        await self._work.close()
        await self._web.close()

    def _forget_outdated(self, key: Key) -> None:
        found = self._work.result(key)
        if found is None:
            return
        done, looked_at = found
        now = self._clock.now()
        is_outdated = key[1] is None and (now - looked_at > _UNWATCHED or now - done.at > _UNUSED)
        if is_outdated or not done.value.path.exists():
            self._work.forget(key)

    async def _fetch(self, request: FetchRequest) -> Fetched:
        self._policy.check_scheme(request.uri)
        chunks = self._chunks(request)
        async with self._turn_at(request.uri), self._turns:
            try:
                async with asyncio.timeout(self._policy.timeout.total_seconds()):
                    fetched = await self._receive(chunks, request.sha256)
            except TimeoutError:
                raise ArtifactUnavailable(f"fetching the jar took longer than {format_duration(self._policy.timeout)}") from None
            await self._evict()
        return fetched

    def _turn_at(self, uri: str) -> asyncio.Semaphore:
        """A server that hangs holds up no more than what comes from it."""
        return self._turns_of.setdefault(place_of(parse_source(uri)), asyncio.Semaphore(_AT_ONCE_FROM_ONE))

    def _chunks(self, request: FetchRequest) -> AsyncGenerator[bytes, None]:
        match parse_source(request.uri):
            case Http(url):
                return self._web.chunks(url, request.headers)
            case ObjectStore(url):
                return object_chunks(url)
            case LocalFile(path):
                return _file_chunks(path, self._policy)
            case InImage():
                raise InvalidSpec(f"{FIELD}: a jar of the session cluster's image is not fetched")

    async def _receive(self, chunks: AsyncGenerator[bytes, None], sha256: str | None) -> Fetched:
        sink = await asyncio.to_thread(Sink, self._policy.fetched_directory, self._policy.largest)
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    await asyncio.to_thread(sink.write, chunk)
            path = await asyncio.to_thread(sink.keep, sha256)
        finally:
            sink.discard()
        return Fetched(path, sink.sha256, sink.size)

    async def _evict(self) -> None:
        """Files that no entry speaks of any more go too: their entries were replaced by newer ones, or forgotten."""
        for key, _ in list(self._work.idle(_FORGOTTEN)):
            self._work.forget(key)
        used_at: dict[Path, datetime] = {}
        for fetched, looked_at in self._work.results():
            used_at[fetched.path] = max(looked_at, used_at.get(fetched.path, looked_at))
        await asyncio.to_thread(_delete_excess, self._policy.fetched_directory, used_at, self._clock.now())


def _delete_excess(directory: Path, used_at: Mapping[Path, datetime], now: datetime) -> None:
    """A file without a use is being kept at this moment, or is nobody's."""
    kept = [KeptFile(path, path.stat().st_size, used_at.get(path, _changed_at(path))) for path in directory.glob("*.jar")]
    for path in choose_evictions(kept, LARGEST_TOTAL, now, _UNUSED):
        path.unlink(missing_ok=True)


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _delete_leftovers(directory: Path) -> None:
    for pattern in ("*.jar", "*.part"):
        for path in directory.glob(pattern):
            with suppress(OSError):
                path.unlink()


async def _file_chunks(path: str, policy: ArtifactPolicy) -> AsyncGenerator[bytes, None]:
    with await asyncio.to_thread(open_file, path, policy) as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


def _digest_of(headers: Mapping[str, str]) -> str:
    return hashlib.sha256(repr(sorted(headers.items())).encode()).hexdigest()
