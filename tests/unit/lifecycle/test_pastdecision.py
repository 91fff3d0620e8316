"""The last decisions in a status: bounded, the newest last, and one entry for those that are alike."""

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
    assert [(one["reason"], one.get("count"), one.get("firstAt"), one["at"]) for one in kept] == [
        ("upgraded", None, None, "0"),
        ("failed", 100, "1", "199"),
        ("restarted", 100, "2", "200"),
    ]


def test_decisions_that_an_older_version_has_kept_one_by_one_are_counted_too() -> None:
    old = [{"at": f"old-{number}", "fromPhase": "Running", "toPhase": "Running", "reason": "a"} for number in range(3)]
    (one,) = remembered(["a"], old)
    assert (one["count"], one["firstAt"], one["at"]) == (4, "old-0", "0")


def test_the_same_reason_in_another_phase_is_another_decision() -> None:
    kept = remember(None, Place(None, None), Place("Running", "a"), "Created", "0")
    kept = remember(kept, Place("Running", "a"), Place("Failed", "a"), "Created", "1")
    assert [(one["fromPhase"], one["toPhase"]) for one in kept or ()] == [("Created", "Running"), ("Running", "Failed")]


@given(st.lists(st.sampled_from(REASONS)))
def test_the_last_ten_that_differ_are_kept_in_their_order_and_no_two_are_alike(reasons: list[str]) -> None:
    made = [reason for reason, before in zip(reasons, [None, *reasons], strict=False) if reason != before]
    newest = list(dict.fromkeys(reversed(made)))[:10]
    assert [one["reason"] for one in reversed(remembered(reasons))] == newest


@given(st.lists(st.sampled_from(REASONS[:10])))
def test_as_long_as_all_are_kept_none_is_lost_from_the_counts(reasons: list[str]) -> None:
    made = [reason for reason, before in zip(reasons, [None, *reasons], strict=False) if reason != before]
    assert sum(one.get("count", 1) for one in remembered(reasons)) == len(made)
