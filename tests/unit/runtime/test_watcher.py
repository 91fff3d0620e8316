"""The watcher's state machine: every state, every answer."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.errors import ApiUnavailable, Expired, FlinkopError, Forbidden, NotFound, Rejected
from flinkop.runtime.watcher import (
    Answer,
    Change,
    Changed,
    Complete,
    Empty,
    Ended,
    Event,
    Failed,
    Listed,
    Listing,
    ListRequest,
    Opened,
    Page,
    Removed,
    Restarted,
    State,
    Streaming,
    Watching,
    WatchRequest,
    ask,
    step,
)


def an_object(version: str = "7", name: str = "a", **annotations: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": version, "annotations": annotations}}


OBJECT = an_object()
LIST_ENDS = an_object("9", **{"k8s.io/initial-events-end": "true"})

STEPS: dict[str, tuple[State, Answer, list[Change], State]] = {
    "a streamed list is accepted": (Empty(), Opened(), [Restarted()], Streaming()),
    "a streamed list brings an object": (Streaming(), Event("ADDED", OBJECT), [Changed(OBJECT)], Streaming()),
    "an object changes while the list is streamed": (Streaming(), Event("MODIFIED", OBJECT), [Changed(OBJECT)], Streaming()),
    "an object goes while the list is streamed": (Streaming(), Event("DELETED", OBJECT), [Removed(OBJECT)], Streaming()),
    "a plain bookmark does not end a streamed list": (Streaming(), Event("BOOKMARK", OBJECT), [], Streaming()),
    "the marked bookmark ends a streamed list": (Streaming(), Event("BOOKMARK", LIST_ENDS), [Complete()], Watching("9")),
    "a streamed list that ends early is not tried again at once": (Streaming(), Ended(), [], Empty(streams=False)),
    "a streamed list that breaks is not tried again at once": (Streaming(), Failed(ApiUnavailable("")), [], Empty(streams=False)),
    "a streamed list is refused": (Empty(), Failed(Rejected("")), [], Empty(streams=False)),
    "the server is away": (Empty(), Failed(ApiUnavailable("")), [], Empty()),
    "the kind is not there": (Empty(), Failed(NotFound("")), [], Empty()),
    "a paged list is refused as well": (Empty(streams=False), Failed(Rejected("")), [], Empty()),
    "a list of one page": (Empty(streams=False), Page([OBJECT], "8", ""), [Restarted(), Changed(OBJECT), Complete()], Listed("8")),
    "the first page of several": (Empty(streams=False), Page([OBJECT], "8", "t"), [Restarted(), Changed(OBJECT)], Listing("t")),
    "a page in the middle": (Listing("t"), Page([OBJECT], "8", "u"), [Changed(OBJECT)], Listing("u")),
    "the last page": (Listing("u"), Page([OBJECT], "8", ""), [Changed(OBJECT), Complete()], Listed("8")),
    "an empty list": (Empty(streams=False), Page([], "8", ""), [Restarted(), Complete()], Listed("8")),
    "a page that broke is asked for again": (Listing("t"), Failed(ApiUnavailable("")), [], Listing("t")),
    "a continue token that is too old": (Listing("t"), Failed(Expired("")), [], Empty()),
    "a continue token that is refused": (Listing("t"), Failed(Rejected("")), [], Empty()),
    "a watch is accepted": (Listed("8"), Opened(), [], Watching("8")),
    "a watch is not accepted now": (Listed("8"), Failed(ApiUnavailable("")), [], Listed("8")),
    "a watch from a version that is too old": (Listed("8"), Failed(Expired("")), [], Empty()),
    "a watch that is refused": (Listed("8"), Failed(Forbidden("")), [], Empty()),
    "an object is added": (Watching("5"), Event("ADDED", OBJECT), [Changed(OBJECT)], Watching("7")),
    "an object is changed": (Watching("5"), Event("MODIFIED", OBJECT), [Changed(OBJECT)], Watching("7")),
    "an object is removed": (Watching("5"), Event("DELETED", OBJECT), [Removed(OBJECT)], Watching("7")),
    "a bookmark moves the version": (Watching("5"), Event("BOOKMARK", OBJECT), [], Watching("7")),
    "a watch ends": (Watching("5"), Ended(), [], Listed("5")),
    "a watch breaks": (Watching("5"), Failed(ApiUnavailable("")), [], Listed("5")),
    "a watch learns that its version is too old": (Watching("5"), Failed(Expired("")), [], Empty()),
}


@pytest.mark.parametrize(("before", "answer", "changes", "after"), STEPS.values(), ids=STEPS)
def test_step(before: State, answer: Answer, changes: list[Change], after: State) -> None:
    assert step(before, answer) == (changes, after)


COMMON = {"allowWatchBookmarks": "true", "timeoutSeconds": "300"}
STREAM = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}


@pytest.mark.parametrize(
    ("state", "request_"),
    [
        pytest.param(Empty(), WatchRequest({**STREAM, **COMMON}), id="nothing known: a streamed list"),
        pytest.param(Empty(streams=False), ListRequest({"limit": "500"}), id="streams refused: the first page"),
        pytest.param(Listing("t"), ListRequest({"limit": "500", "continue": "t"}), id="the next page"),
        pytest.param(Listed("8"), WatchRequest({"resourceVersion": "8", **COMMON}), id="listed: a watch from there"),
        pytest.param(Watching("8"), WatchRequest({"resourceVersion": "8", **COMMON}), id="cut off while watching: a watch from there"),
    ],
)
def test_ask(state: State, request_: ListRequest | WatchRequest) -> None:
    assert ask(state, 300) == request_


ERRORS: tuple[FlinkopError, ...] = (ApiUnavailable(""), Expired(""), Rejected(""), NotFound(""), Forbidden(""))
WATCH_ANSWERS = [
    Ended(),
    *map(Failed, ERRORS),
    *(Event(kind, obj) for kind in ("ADDED", "DELETED", "BOOKMARK") for obj in (OBJECT, LIST_ENDS)),
]
PAGES = [Page([OBJECT], "8", token) for token in ("", "t")]


def legal_answers(state: State) -> list[Answer]:
    """What can come in a state: watches are opened before they bring events."""
    if isinstance(state, Streaming | Watching):
        return list(WATCH_ANSWERS)
    accepted: list[Answer] = [Opened()] if isinstance(ask(state, 300), WatchRequest) else list(PAGES)
    return [*accepted, *map(Failed, ERRORS)]


@given(st.lists(st.integers(0, 99), min_size=5, max_size=30))
def test_changes_always_come_as_a_list_that_is_completed_or_started_anew_and_then_single_changes(picks: list[int]) -> None:
    state: State = Empty()
    is_listing = is_known = False
    for pick in picks:
        answers = legal_answers(state)
        changes, state = step(state, answers[pick % len(answers)])
        for change in changes:
            match change:
                case Restarted():
                    is_listing = True
                case Complete():
                    assert is_listing
                    is_listing, is_known = False, True
                case Changed() | Removed():
                    assert is_listing or is_known
        assert not (isinstance(state, Listed | Watching) and is_listing), "a list must be complete before a watch goes on from it"


def test_from_every_state_a_server_that_works_leads_to_watching() -> None:
    works: list[Answer] = [Opened(), Page([OBJECT], "8", ""), Event("BOOKMARK", LIST_ENDS)]
    for state in (Empty(), Empty(streams=False), Streaming(), Listing("t"), Listed("8")):
        for _ in range(3):
            possible = legal_answers(state)
            state = next((step(state, answer)[1] for answer in works if answer in possible), state)
        assert isinstance(state, Watching)


def test_a_server_that_fails_in_every_way_never_makes_a_step_that_is_not_there() -> None:
    states: list[State] = [Empty(), Empty(streams=False), Streaming(), Listing("t"), Listed("8"), Watching("8")]
    for state, error in itertools.product(states, ERRORS):
        changes, after = step(state, Failed(error))
        assert changes == []
        assert after in [*states, Listed("8")]
