"""The watcher: turns lists and watches of a collection into one stream of changes.

It is a state machine without I/O. `ask(state)` says what to ask the API server for, `step(state, answer)` takes one answer and gives the
changes and the next state. Each state owns only the data that is valid in it. The states and their ways are those of kube-rs'
`watcher`:

    Empty ---- streamed list opened ----> Streaming ---- "initial events end" ----> Watching
      |                                                                              |  ^
      '------- first page --> Listing --- last page --> Listed --- watch opened -----|--'
                              (loop)                      ^------- watch ended ------'

Whatever the server has forgotten (410) or refuses leads back to Empty; a watch that breaks is taken up where it broke, without a new
list. A streamed list that the server refuses, or that does not come to its end, is followed by a paged one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from flinkop.errors import Expired, FlinkopError, Rejected, TerminalError

Object = dict[str, Any]
_PAGE_SIZE = "500"
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new list begins: the changes up to `Complete` describe the collection from nothing."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An object was added or changed, or is part of the list."""

    object: Object


@dataclass(frozen=True, slots=True)
class Removed:
    """An object is gone."""

    object: Object


@dataclass(frozen=True, slots=True)
class Complete:
    """The list is complete: what it did not name is gone."""


Change = Restarted | Changed | Removed | Complete


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing is known. `streams` is False once the server has refused a streamed list."""

    streams: bool = True


@dataclass(frozen=True, slots=True)
class Streaming:
    """A streamed list is coming in."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Pages are coming in; `continue_token` leads to the next one."""

    continue_token: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The collection is known as of `version`, and no watch is open."""

    version: str


@dataclass(frozen=True, slots=True)
class Watching:
    """A watch is open; all up to `version` has been seen."""

    version: str


State = Empty | Streaming | Listing | Listed | Watching


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Asks for one page."""

    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """Asks for a watch."""

    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `continue_token` is empty on the last one."""

    objects: list[Object]
    version: str
    continue_token: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The server has accepted the watch."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the open watch."""

    type: str
    object: Object


@dataclass(frozen=True, slots=True)
class Ended:
    """The server ended the watch, as it does every few minutes."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The request failed, or the watch broke."""

    error: FlinkopError


Answer = Page | Opened | Event | Ended | Failed


def ask(state: State, watch_seconds: int) -> ListRequest | WatchRequest:
    """What to ask for in `state`. `watch_seconds` is after how long the server is to end a watch."""
    watch = {"allowWatchBookmarks": "true", "timeoutSeconds": str(watch_seconds)}
    match state:
        case Empty(streams=True) | Streaming():
            return WatchRequest({"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", **watch})
        case Empty():
            return ListRequest({"limit": _PAGE_SIZE})
        case Listing(token):
            return ListRequest({"limit": _PAGE_SIZE, "continue": token})
        case Listed(version) | Watching(version):
            return WatchRequest({"resourceVersion": version, **watch})
    assert_never(state)


def step(state: State, answer: Answer) -> tuple[list[Change], State]:
    """What `answer` says about the collection, and the state after it."""
    match answer:
        case Page(objects, version, token):
            return _take_page(state, objects, version, token)
        case Opened():
            return ([], Watching(state.version)) if isinstance(state, Listed | Watching) else ([Restarted()], Streaming())
        case Event(kind, obj):
            return _take_event(state, kind, obj)
        case Ended():
            return [], Listed(state.version) if isinstance(state, Watching) else Empty(streams=False)
        case Failed(error):
            return [], _after_failure(state, error)
    assert_never(answer)


def _take_page(state: State, objects: list[Object], version: str, token: str) -> tuple[list[Change], State]:
    changes: list[Change] = [] if isinstance(state, Listing) else [Restarted()]
    changes += map(Changed, objects)
    if token:
        return changes, Listing(token)
    return [*changes, Complete()], Listed(version)


def _take_event(state: State, kind: str, obj: Object) -> tuple[list[Change], State]:
    version: str = obj["metadata"]["resourceVersion"]
    if kind == "BOOKMARK":
        return _take_bookmark(state, version, obj)
    change = Removed(obj) if kind == "DELETED" else Changed(obj)
    return [change], state if isinstance(state, Streaming) else Watching(version)


def _take_bookmark(state: State, version: str, obj: Object) -> tuple[list[Change], State]:
    if not isinstance(state, Streaming):
        return [], Watching(version)
    annotations = obj["metadata"].get("annotations") or {}
    if annotations.get(_INITIAL_EVENTS_END) == "true":
        return [Complete()], Watching(version)
    return [], state


def _after_failure(state: State, error: FlinkopError) -> State:
    match state, error:
        case Empty(streams=True), Rejected():
            return Empty(streams=False)
        case _, Expired() | TerminalError():
            return Empty()
        case Streaming(), _:
            return Empty(streams=False)
        case Watching(version), _:
            return Listed(version)
    return state
