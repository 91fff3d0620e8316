"""Pauses grow with each failure, up to a bound, and chance only shortens them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.runtime.backoff import Backoff, BackoffSettings, pause

SETTINGS = BackoffSettings(initial=1.0, factor=2.0, maximum=10.0, jitter=0.2)


def without_chance() -> float:
    return 0.0


def test_pauses_grow_up_to_the_maximum() -> None:
    backoff: Backoff[str] = Backoff(SETTINGS, without_chance)
    assert [backoff.next("a") for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_a_success_begins_anew() -> None:
    backoff: Backoff[str] = Backoff(SETTINGS, without_chance)
    backoff.next("a")
    backoff.next("a")
    backoff.reset("a")
    assert backoff.next("a") == 1


def test_keys_do_not_know_of_each_other() -> None:
    backoff: Backoff[str] = Backoff(SETTINGS, without_chance)
    backoff.next("a")
    backoff.next("a")
    assert backoff.next("b") == 1


def test_the_success_of_a_key_that_never_failed_is_nothing_special() -> None:
    Backoff[str](SETTINGS, without_chance).reset("a")


@given(failures=st.integers(0, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_chance_shortens_a_pause_by_no_more_than_the_jitter(failures: int, chance: float) -> None:
    full = pause(SETTINGS, failures, 0.0)
    assert full * 0.8 <= pause(SETTINGS, failures, chance) <= full <= SETTINGS.maximum


@given(st.integers(1, 200))
def test_a_later_pause_is_never_shorter(count: int) -> None:
    pauses = [pause(SETTINGS, failures, 0.0) for failures in range(count)]
    assert all(earlier <= later for earlier, later in pairwise(pauses))


def test_a_key_that_fails_for_years_does_not_overflow() -> None:
    assert pause(BackoffSettings(factor=10.0), 10**9, 0.0) == pytest.approx(60.0)
