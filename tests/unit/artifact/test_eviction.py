"""Which files are deleted when there are too many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flinkop.artifact.eviction import KeptFile, choose_evictions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


def a_file(name: str, minutes_ago: float, size: int = 10) -> KeptFile:
    return KeptFile(Path(name), size, NOW - timedelta(minutes=minutes_ago))


def evicted(total: int, *files: KeptFile) -> list[str]:
    return [str(path) for path in choose_evictions(files, total, NOW, TEN_MINUTES)]


def test_nothing_goes_while_there_is_room() -> None:
    assert evicted(20, a_file("a", 100), a_file("b", 100)) == []


def test_the_one_that_was_used_longest_ago_goes_first_and_no_more_than_needed() -> None:
    assert evicted(20, a_file("b", 20), a_file("a", 30), a_file("c", 0)) == ["a"]
    assert evicted(10, a_file("b", 20), a_file("a", 30), a_file("c", 0)) == ["a", "b"]


def test_what_may_be_in_use_stays_even_when_that_is_too_much() -> None:
    assert evicted(5, a_file("a", 10), a_file("b", 0)) == []
