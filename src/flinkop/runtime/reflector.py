"""A reflector asks what the watcher's state machine wants asked, and feeds it the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from flinkop.errors import FlinkopError
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import Resource
from flinkop.runtime.watcher import (
    Answer,
    Change,
    Empty,
    Ended,
    Event,
    Failed,
    ListRequest,
    Object,
    Opened,
    Page,
    State,
    WatchRequest,
    ask,
    step,
)


class Source(Protocol):
    """Where lists and watches come from."""

    async def list_page(self, query: Mapping[str, str]) -> Object:
        """One page of the list, as the API server gives it."""
        ...

    def watch(self, query: Mapping[str, str]) -> AbstractAsyncContextManager[AsyncIterator[Object]]:
        """One watch and its events."""
        ...


@dataclass(frozen=True, slots=True)
class Collection:
    """The objects of one kind, in one namespace or (None) in all, that match the selectors."""

    client: KubeClient
    resource: Resource
    namespace: str | None = None
    label_selector: str | None = None
    field_selector: str | None = None

    async def list_page(self, query: Mapping[str, str]) -> Object:
        """One page of the list."""
        return await self.client.list_page(self.resource, self.namespace, {**query, **self._selectors()})

    def watch(self, query: Mapping[str, str]) -> AbstractAsyncContextManager[AsyncIterator[Object]]:
        """One watch and its events."""
        return self.client.watch(self.resource, self.namespace, {**query, **self._selectors()})

    def _selectors(self) -> dict[str, str]:
        named = {"labelSelector": self.label_selector, "fieldSelector": self.field_selector}
        return {name: selector for name, selector in named.items() if selector}


class Reflector:
    """It never sleeps and never tries again: that is the caller's. `apply` gets the changes as they come, in order.

    An empty list of changes is a sign of life: the server has accepted a watch or sent a bookmark.
    """

    def __init__(self, source: Source, apply: Callable[[list[Change]], None], watch_seconds: Callable[[], int]) -> None:
        self._source, self._apply, self._watch_seconds = source, apply, watch_seconds
        self.state: State = Empty()

    async def run_once(self) -> bool:
        """One request and all that comes of it: a page, or a watch to its end. Whether it was a page, so that more is to be asked at once.

        Raises:
            FlinkopError: what the source raised; the state already accounts for it.
        """
        try:
            match ask(self.state, self._watch_seconds()):
                case ListRequest(query):
                    self._advance(_page(await self._source.list_page(query)))
                    return True
                case WatchRequest(query):
                    await self._watch(query)
                    return False
        except FlinkopError as error:
            _, self.state = step(self.state, Failed(error))
            raise

    async def _watch(self, query: Mapping[str, str]) -> None:
        async with self._source.watch(query) as events:
            self._advance(Opened())
            async for event in events:
                self._advance(Event(event["type"], event["object"]))
        self._advance(Ended())

    def _advance(self, answer: Answer) -> None:
        changes, self.state = step(self.state, answer)
        self._apply(changes)


def _page(answer: Object) -> Page:
    metadata = answer["metadata"]
    return Page(answer.get("items") or [], metadata["resourceVersion"], metadata.get("continue") or "")
