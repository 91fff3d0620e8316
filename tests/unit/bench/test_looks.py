"""How often JobManagers were looked at."""

from __future__ import annotations

import math

from tests.bench.looks import attention


def test_the_mean_is_over_all_jobmanagers_also_those_nobody_looked_at() -> None:
    found = attention({"a": [1.0, 16.0, 31.0, 46.0]}, ["a", "b"], seconds=60)
    assert found.per_minute == 2.0
    assert found.never == 1


def test_jobmanagers_that_nobody_asked_about_do_not_count() -> None:
    assert attention({"a": [1.0, 2.0], "hanging": [1.0, 50.0]}, ["a"], seconds=60).gap_p99 == 1.0


def test_the_gap_is_between_looks_at_the_same_jobmanager() -> None:
    assert attention({"a": [0.0, 15.0], "b": [7.0, 22.0]}, ["a", "b"], seconds=60).gap_p99 == 15.0


def test_the_order_in_which_looks_were_noted_does_not_matter() -> None:
    assert attention({"a": [15.0, 0.0]}, ["a"], seconds=60).gap_p99 == 15.0


def test_without_two_looks_at_anybody_the_gap_is_infinite() -> None:
    assert math.isinf(attention({"a": [1.0]}, ["a"], seconds=60).gap_p99)
