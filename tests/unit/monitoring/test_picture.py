"""Dashboards as pictures: what is read from them is what Grafana would show."""

from __future__ import annotations

import math

import pytest
from tests.dashboards.amount import words
from tests.dashboards.panel import Dashboard, Panel, Query, Row, Shape
from tests.dashboards.picture import Series, broken, name_of, picture


def a_dashboard(*panels: Panel) -> Dashboard:
    return Dashboard("name", "title", "", (), (Row("", panels),))


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (37310, "ms", "37.3 s"),
        (123, "ms", "123 ms"),
        (889, "s", "14.8 min"),
        (0.25, "s", "250 ms"),
        (1960, "bytes", "1.91 KiB"),
        (0.5, "percentunit", "50 %"),
        (24, "cps", "24 /s"),
        (12345, "short", "12,345"),
        (0, "short", "0"),
    ],
)
def test_an_amount_is_told_in_the_unit_that_it_fills(value: float, unit: str, expected: str) -> None:
    assert words(value, unit) == expected


def test_a_line_ends_where_a_sample_is_missing() -> None:
    assert [at for at, value in broken([(0, 1), (2, 1), (8, 1), (10, 1)], 2) if math.isnan(value)] == [4]
    assert broken([(0, 1), (2, 1)], 2) == [(0, 1), (2, 1)]


def test_a_long_name_keeps_both_ends() -> None:
    name = name_of(Query("up", "{{name}} {{phase}}"), {"name": "jobs/" + "long-" * 20, "phase": "Upgrading"})

    assert (name[:10], name[-10:], len(name)) == ("jobs/long-", " Upgrading", 48)


def test_lines_have_a_time_axis_that_all_share_and_a_scale_that_starts_at_0() -> None:
    answers: dict[str, list[Series]] = {"zero": [({}, [(0, 0), (2, 0)])], "late": [({}, [(8, 5), (10, 7)])]}
    zero, late, *_ = picture(a_dashboard(*(Panel(name, "", (Query(name),)) for name in answers)), lambda query: answers[query.expr]).axes

    assert zero.get_ylim() == (0, 1)
    assert late.get_ylim()[0] == 0
    assert late.get_ylim()[1] > 7
    assert zero.get_xlim() == late.get_xlim() == (-12, 2)
    assert zero.get_xlabel() == "seconds ago"
    assert [zero.xaxis.get_major_formatter()(at) for at in (-10, 0)] == ["10", "0"]


def test_a_table_tells_what_there_is_at_the_end_the_largest_first() -> None:
    found: list[Series] = [({"name": name}, values) for name, values in (("a", [(2, 1)]), ("gone", [(0, 9)]), ("b", [(2, 70)]))]
    panel = Panel("since", "", (Query("x", "{{name}}"),), unit="s", shape=Shape.TABLE)

    assert picture(a_dashboard(panel), lambda _: found).axes[0].texts[0].get_text() == "b  1.17 min\na  1 s"
