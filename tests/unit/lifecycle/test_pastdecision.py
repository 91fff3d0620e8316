"""The last decisions in a status: bounded, the newest last, and where there are too many, one entry for those that are alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flinkop.lifecycle.pastdecision import Place, remember

REASONS = [f"reason-{number}" for number in range(14)]


def remembered(reasons: Iterable[str], before: Iterable[Mapping[str, Any]] = ()) -> list[Mapping[str, Any]]:
    """What is kept of decisions within one phase, of which each is made a moment after the one before."""
    kept, was = list(before), Place("Running", "begin")
    for moment, reason in enumerate(reasons):
        new = Place("Running", reason)
        kept, was = list(remember(kept, was, new, "Created", str(moment)) or ()), new
    return kept


def test_a_decision_that_is_made_once_has_no_count() -> None:
    assert remembered(["a"]) == [{"at": "0", "fromPhase": "Running", "toPhase": "Running", "reason": "a"}]


def test_a_loop_does_not_drive_out_what_was_before_it() -> None:
    kept = remembered(["upgraded", *(("failed", "restarted") * 100)])
    told = [(one["reason"], one.get("count"), one.get("firstAt"), one["at"]) for one in kept]
    assert told[:4] == [
        ("upgraded", None, None, "0"),
        ("restarted", 96, "2", "192"),
        ("failed", 97, "1", "193"),
        ("restarted", None, None, "194"),
    ]
    assert told[-1] == ("restarted", None, None, "200")


def test_as_long_as_there_is_room_each_stands_where_it_was_made() -> None:
    assert [one["reason"] for one in remembered(["a", "b", "a", "b"])] == ["a", "b", "a", "b"]


def test_the_same_reason_in_another_phase_is_another_decision() -> None:
    kept = remember(None, Place(None, None), Place("Running", "a"), "Created", "0")
    kept = remember(kept, Place("Running", "a"), Place("Failed", "a"), "Created", "1")
    assert [(one["fromPhase"], one["toPhase"]) for one in kept or ()] == [("Created", "Running"), ("Running", "Failed")]


@given(st.lists(st.sampled_from(REASONS)))
def test_the_ten_newest_that_differ_are_there_and_the_newest_is_last(reasons: list[str]) -> None:
    made = [reason for reason, before in zip(reasons, [None, *reasons], strict=False) if reason != before]
    newest = set(list(dict.fromkeys(reversed(made)))[:10])
    kept = [one["reason"] for one in remembered(reasons)]
    assert set(kept) == newest
    assert kept[-1:] == made[-1:]
    assert len(kept) == min(len(made), 10)


@given(st.lists(st.sampled_from(REASONS[:10])))
def test_of_what_is_made_again_and_again_none_is_lost_from_the_counts(reasons: list[str]) -> None:
    made = [reason for reason, before in zip(reasons, [None, *reasons], strict=False) if reason != before]
    assert sum(one.get("count", 1) for one in remembered(reasons)) == len(made)


@given(st.lists(st.sampled_from(REASONS)))
def test_they_stand_in_the_order_of_time(reasons: list[str]) -> None:
    moments = [int(one["at"]) for one in remembered(reasons)]
    assert moments == sorted(moments)
