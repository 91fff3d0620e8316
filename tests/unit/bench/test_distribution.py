"""Percentiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bench.distribution import percentile, summarize

NUMBERS = st.lists(st.floats(0, 1e6), min_size=1)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        pytest.param([7], 50, 7, id="of one value it is that value"),
        pytest.param([7], 99, 7, id="and so is every other"),
        pytest.param([4, 1, 3, 2], 50, 2, id="half of the values do not exceed the median"),
        pytest.param(range(1, 101), 95, 95, id="the 95th of a hundred"),
        pytest.param(range(1, 31), 95, 29, id="of thirty the last but one"),
        pytest.param(range(1, 101), 100, 100, id="the maximum"),
        pytest.param([3, 1], 0, 1, id="the minimum"),
    ],
)
def test_a_percentile_is_one_of_the_values(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


@given(NUMBERS, st.floats(0, 100))
def test_as_many_values_as_asked_for_do_not_exceed_a_percentile(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert sum(value <= found for value in values) >= len(values) * percent / 100
    assert found in values


def test_a_summary_names_the_median_the_tail_and_the_extremes() -> None:
    assert summarize(range(1, 101)) == {"count": 100, "p50": 50, "p95": 95, "p99": 99, "max": 100}


def test_a_summary_of_nothing_says_so() -> None:
    assert summarize([]) == {"count": 0}
