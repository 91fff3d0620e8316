"""When objects were seen as somebody waits for them, and when they went."""

from __future__ import annotations

from typing import Any

from tests.bench.sightings import Sightings, exists


def an_object(name: str, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": status}


def test_the_first_sight_counts() -> None:
    sightings = Sightings(exists)
    sightings.note("ADDED", an_object("a"), 1.0)
    sightings.note("MODIFIED", an_object("a"), 2.0)
    assert sightings.seen == {"a": 1.0}


def test_an_object_is_seen_when_it_is_as_somebody_waits_for() -> None:
    sightings = Sightings(lambda found: bool(found["status"].get("ready")))
    sightings.note("ADDED", an_object("a"), 1.0)
    sightings.note("MODIFIED", an_object("a", ready=True), 2.0)
    assert sightings.seen == {"a": 2.0}


def test_what_is_deleted_is_gone() -> None:
    sightings = Sightings(exists)
    sightings.note("ADDED", an_object("a"), 1.0)
    sightings.note("DELETED", an_object("a"), 2.0)
    assert (sightings.seen, sightings.gone) == ({}, {"a": 2.0})


def test_what_comes_back_is_not_gone() -> None:
    sightings = Sightings(exists)
    sightings.note("DELETED", an_object("a"), 1.0)
    sightings.note("ADDED", an_object("a"), 2.0)
    assert (sightings.seen, sightings.gone) == ({"a": 2.0}, {})


def test_what_went_while_a_watch_was_broken_is_gone_once_the_list_is_complete() -> None:
    sightings = Sightings(lambda _: False)
    for kind, found in (("OPENED", {}), ("ADDED", an_object("a")), ("ADDED", an_object("b")), ("LISTED", {})):
        sightings.note(kind, found, 1.0)
    for kind, found in (("OPENED", {}), ("ADDED", an_object("b"))):
        sightings.note(kind, found, 2.0)
    assert sightings.gone == {}
    sightings.note("LISTED", {}, 3.0)
    assert sightings.gone == {"a": 3.0}
