"""Jars on JobManagers: uploaded once per content, found again, and deleted when nobody needs them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from flinkop.artifact.builtjar import BuiltJar
from flinkop.artifact.store import Fetched
from flinkop.artifact.work import BackgroundWork, Done, Failed, Pending
from flinkop.clock import Clock
from flinkop.errors import ArtifactUnavailable, FlinkopError
from flinkop.flink.client import FlinkClient

_AT_ONCE = 16
_UNUSED = timedelta(minutes=2)
_OURS = re.compile(r"([0-9a-f]{64})\.jar")


@dataclass(frozen=True, slots=True)
class Uploading:
    """It is on its way: look again."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """It is on the JobManager."""

    jar_id: str


@dataclass(frozen=True, slots=True)
class UploadFailed:
    """It is not; it is tried again when somebody looks after `again_at`."""

    cause: str
    again_at: datetime


@dataclass(frozen=True, slots=True)
class JobManagerProcess:
    """One JobManager: `cluster` is namespace and name, `uid` differs for each start, since a start loses all jars."""

    cluster: tuple[str, str]
    uid: str


@dataclass(frozen=True, slots=True)
class _Place:
    base_url: str
    jar_id: str


_Key = tuple[JobManagerProcess, str]


class JarUploads:
    """`seconds` bounds an upload. Must be made while the event loop runs."""

    def __init__(self, flink: FlinkClient, clock: Clock, seconds: float) -> None:
        self._flink, self._seconds = flink, seconds
        self._work: BackgroundWork[_Key, _Place] = BackgroundWork(clock)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._locks: WeakValueDictionary[JobManagerProcess, asyncio.Lock] = WeakValueDictionary()
        self._deletions: set[asyncio.Task[None]] = set()

    def on_change(self, callback: Callable[[Hashable], None]) -> None:
        """Has `callback` called with each waiter when what it waits for is there, or has failed."""
        self._work.on_change(callback)

    def look(
        self, process: JobManagerProcess, base_url: str, jar: Fetched | BuiltJar, waiter: Hashable | None = None
    ) -> Uploading | Uploaded | UploadFailed:
        """What there is of a jar on a JobManager, now; an upload is begun where one is due."""
        match self._work.look((process, jar.sha256), lambda: self._place(process, base_url, jar), waiter):
            case Pending():
                return Uploading()
            case Done(place, _):
                return Uploaded(place.jar_id)
            case Failed(cause, again_at):
                return UploadFailed(cause, again_at)

    def forget(self, process: JobManagerProcess, jar_id: str) -> None:
        """The JobManager does not know the jar any more: the next look uploads it again. Flink puts its name at the end of its id."""
        match = _OURS.search(jar_id)
        if match is not None:
            self._work.forget((process, match[1]))

    def sweep(self) -> None:
        """Has those deleted that nobody asked for during two minutes, in the background. Jobs that run do not need them."""
        for key, place in list(self._work.idle(_UNUSED)):
            self._work.forget(key)
            if place is not None:
                self._delete(place)

    async def close(self) -> None:
        """Ends uploads and deletions."""
        await self._work.close()
        for task in self._deletions:
            task.cancel()
        await asyncio.gather(*self._deletions, return_exceptions=True)

    async def _place(self, process: JobManagerProcess, base_url: str, jar: Fetched | BuiltJar) -> _Place:
        """One at a time per JobManager: it has to answer other requests too, none is uploaded twice, and one that hangs takes one turn."""
        async with self._locks.setdefault(process, asyncio.Lock()), self._turns:
            known = await self._jars_of(process, base_url)
            jar_id = known.get(jar.sha256) or await self._upload(base_url, jar)
            return _Place(base_url, jar_id)

    async def _jars_of(self, process: JobManagerProcess, base_url: str) -> dict[str, str]:
        """Ids by digest. Those that an earlier process of the operator uploaded are taken over, to be used or to be swept."""
        found = {match[1]: jar.id for jar in await self._flink.jars(base_url) if (match := _OURS.fullmatch(jar.name))}
        for sha256, jar_id in found.items():
            self._work.learn((process, sha256), _Place(base_url, jar_id))
        return found

    async def _upload(self, base_url: str, jar: Fetched | BuiltJar) -> str:
        content: Path | bytes = jar.content if isinstance(jar, BuiltJar) else jar.path
        try:
            return await self._flink.upload_jar(base_url, content, f"{jar.sha256}.jar", self._seconds)
        except OSError as error:
            raise ArtifactUnavailable(f"the fetched jar cannot be read: {error.strerror}") from None

    def _delete(self, place: _Place) -> None:
        task = asyncio.create_task(self._try_to_delete(place))
        self._deletions.add(task)
        task.add_done_callback(self._deletions.discard)

    async def _try_to_delete(self, place: _Place) -> None:
        """A JobManager that cannot be reached is gone, and its jars with it, or is swept when one is uploaded to it again."""
        with suppress(FlinkopError):
            await self._flink.delete_jar(place.base_url, place.jar_id)
