"""Figures, and whether they meet their aims."""

from __future__ import annotations

import pytest
from tests.bench.figure import FIGURES, Figure, judge

SMALL = Figure("latency", "how long it takes", "ms", established=298, aim=40)
LARGE = Figure("rate", "how fast it is", "1/min", established=621, aim=2000, more_is_better=True)
FOR_COMPARISON = Figure("looks", "how often", "1/min")


@pytest.mark.parametrize(
    ("figure", "value", "is_met"),
    [
        pytest.param(SMALL, 39.9, True, id="less than the aim"),
        pytest.param(SMALL, 40, True, id="the aim itself"),
        pytest.param(SMALL, 40.1, False, id="more than the aim"),
        pytest.param(LARGE, 2000.1, True, id="more, where more is better"),
        pytest.param(LARGE, 2000, True, id="the aim itself, where more is better"),
        pytest.param(LARGE, 1999.9, False, id="less, where more is better"),
        pytest.param(FOR_COMPARISON, 4, None, id="nothing is aimed at"),
    ],
)
def test_an_aim_is_met_on_its_good_side(figure: Figure, value: float, is_met: bool | None) -> None:
    assert figure.is_met(value) is is_met


def test_only_what_was_measured_is_judged_and_in_the_order_of_the_table() -> None:
    judged = judge({"looks": 4.0, "latency": 19.934}, (SMALL, LARGE, FOR_COMPARISON))
    assert [one["name"] for one in judged] == ["latency", "looks"]
    assert judged[0] == {
        "name": "latency",
        "what": "how long it takes",
        "unit": "ms",
        "established": 298,
        "aim": 40,
        "measured": 19.93,
        "met": True,
    }


def test_every_figure_has_a_name_of_its_own() -> None:
    names = [figure.name for figure in FIGURES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("figure", [pytest.param(figure, id=figure.name) for figure in FIGURES if figure.established is not None])
def test_no_aim_is_worse_than_what_is_established(figure: Figure) -> None:
    assert figure.is_met(figure.aim or 0)
    if figure.more_is_better:
        assert (figure.aim or 0) > (figure.established or 0)
    else:
        assert (figure.aim or 0) <= (figure.established or 0)
