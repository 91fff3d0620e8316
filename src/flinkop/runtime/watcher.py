"""The watcher: a state machine that turns lists and watches into one stream of changes. Each state owns only what is valid in it.

The shape is that of kube-rs' `watcher`: Empty, Listing, Listed, Watching; an expired version leads back to Empty.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

from flinkop.errors import Expired, Rejected

Object = dict[str, Any]
_PAGE = "500"
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"


@dataclass(frozen=True, slots=True)
class Replaced:
    """The whole collection as it is now."""

    objects: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One object was added or changed."""

    object: Object


@dataclass(frozen=True, slots=True)
class Removed:
    """One object is gone."""

    object: Object


Change = Replaced | Changed | Removed


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing is known. `streams` is False once the server has refused a streamed list."""

    streams: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """Pages are being read; `continue_token` leads to the next one."""

    objects: tuple[Object, ...]
    continue_token: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The whole list is known at `version`."""

    version: str
    streams: bool = False


State = Empty | Listing | Listed


class Source(Protocol):
    """A collection of the API server, with its selectors."""

    async def list_page(self, query: Mapping[str, str]) -> Object:
        """One page of the list."""
        ...

    def watch(self, query: Mapping[str, str]) -> AsyncIterator[Object]:
        """The events of one watch."""
        ...


@dataclass(slots=True)
class Watcher:
    """`run_once` performs one state and gives the next; `emit` gets the changes as they come. It never sleeps.

    `trim` sees every object on its way in, so that what is not needed is never kept.
    """

    source: Source
    trim: Callable[[Object], Object]
    emit: Callable[[Change], None]
    timeout_seconds: Callable[[], int]
    state: State = field(default_factory=Empty)

    async def run_once(self) -> None:
        """One step: a page, a streamed list with the watch behind it, or a watch. Raises what the source raises, but for Expired."""
        try:
            self.state = await self._step(self.state)
        except Expired:
            self.state = Empty(streams=_may_stream(self.state))

    async def _step(self, state: State) -> State:
        match state:
            case Empty(streams=True):
                return await self._stream_list()
            case Empty():
                return await self._list_page((), None)
            case Listing(objects, token):
                return await self._list_page(objects, token)
            case Listed(version):
                return await self._watch(state, version)

    async def _list_page(self, objects: tuple[Object, ...], token: str | None) -> State:
        page = await self.source.list_page({"limit": _PAGE, **({"continue": token} if token else {})})
        kept = (*objects, *map(self._trimmed, page.get("items") or ()))
        token = page["metadata"].get("continue")
        if token:
            return Listing(kept, token)
        self.emit(Replaced(kept))
        return Listed(page["metadata"]["resourceVersion"])

    async def _stream_list(self) -> State:
        query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", **self._watch_query()}
        kept: list[Object] = []
        try:
            async with aclosing(self.source.watch(query)) as events:  # type: ignore[type-var]
                async for event in events:
                    if _ends_initial_events(event):
                        self.emit(Replaced(tuple(kept)))
                        return await self._follow(events, Listed(_version(event), streams=True))
                    if event["type"] == "ADDED":
                        kept.append(self._trimmed(event["object"]))
        except Rejected:
            return Empty(streams=False)
        return Empty()

    async def _watch(self, state: Listed, version: str) -> State:
        query = {"resourceVersion": version, **self._watch_query()}
        async with aclosing(self.source.watch(query)) as events:  # type: ignore[type-var]
            return await self._follow(events, state)

    async def _follow(self, events: AsyncIterator[Object], state: Listed) -> State:
        """The state moves with every event, so that a watch that breaks is taken up where it broke."""
        self.state = state
        async for event in events:
            self._take(event)
            self.state = Listed(_version(event), state.streams)
        return self.state

    def _take(self, event: Object) -> None:
        match event["type"]:
            case "ADDED" | "MODIFIED":
                self.emit(Changed(self._trimmed(event["object"])))
            case "DELETED":
                self.emit(Removed(self._trimmed(event["object"])))

    def _watch_query(self) -> dict[str, str]:
        return {"allowWatchBookmarks": "true", "timeoutSeconds": str(self.timeout_seconds())}

    def _trimmed(self, obj: Object) -> Object:
        obj["metadata"].pop("managedFields", None)
        (obj["metadata"].get("annotations") or {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
        return self.trim(obj)


def _may_stream(state: State) -> bool:
    match state:
        case Empty(streams) | Listed(streams=streams):
            return streams
        case Listing():
            return False


def _version(event: Object) -> str:
    version: str = event["object"]["metadata"]["resourceVersion"]
    return version


def _ends_initial_events(event: Object) -> bool:
    if event["type"] != "BOOKMARK":
        return False
    annotations = event["object"]["metadata"].get("annotations") or {}
    return annotations.get(_INITIAL_EVENTS_END) == "true"
