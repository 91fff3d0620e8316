"""A dashboard as a picture, drawn from the answers to its queries: what people see, for the documentation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tests.dashboards.amount import scale_of, words
from tests.dashboards.panel import Dashboard, Panel, Query, Shape

Series = tuple[dict[str, str], list[tuple[float, float]]]
"""Labels, and values by time."""
Ask = Callable[[Query], Sequence[Series]]

_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_COLUMNS = 3
_SHOWN = 6
_LONGEST_NAME = 48

Found = Sequence[tuple[Query, Series]]


@dataclass(frozen=True, slots=True)
class Span:
    """The time that all panels of a picture show; values are `step` apart where none is missing."""

    begin: float
    end: float
    step: float


def draw(dashboard: Dashboard, ask: Ask, file: Path) -> None:
    """Draws every panel and writes the file."""
    picture(dashboard, ask).savefig(file, dpi=70)


def picture(dashboard: Dashboard, ask: Ask) -> Figure:
    """Every panel, as `ask` answers its queries: all for the same time."""
    answers = [(panel, [(query, series) for query in panel.queries for series in ask(query)]) for panel in dashboard.panels()]
    span = _span([values for _, found in answers for _, (_, values) in found])
    rows = math.ceil(len(answers) / _COLUMNS)
    figure = Figure(figsize=(15, 2.6 * rows), layout="constrained")
    figure.suptitle(dashboard.title)
    axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for (panel, found), axis in zip(answers, axes, strict=False):
        _draw_panel(panel, found, span, axis)
    for axis in axes[len(answers) :]:
        axis.axis("off")
    return figure


def _span(series: Sequence[Sequence[tuple[float, float]]]) -> Span:
    times = [at for values in series for at, _ in values]
    steps = [after - before for values in series for (before, _), (after, _) in pairwise(values)]
    return Span(min(times, default=0), max(times, default=0), min(steps, default=1))


def _draw_panel(panel: Panel, found: Found, span: Span, axis: Axes) -> None:
    if panel.shape is Shape.LINES and found:
        unit = _lines(panel, found[:_SHOWN], span, axis)
    else:
        unit = ""
        _numbers(panel, [(query, series) for query, series in found if series[1][-1][0] == span.end], axis)
    axis.set_title(f"{panel.title}{f' ({unit})' if unit else ''}", fontsize=9, loc="left")


def _numbers(panel: Panel, found: Found, axis: Axes) -> None:
    """What there is now, the largest first."""
    highest = sorted(found, key=lambda one: one[1][1][-1][1], reverse=True)[:_SHOWN]
    lines = [f"{name_of(query, labels)}  {words(values[-1][1], panel.unit)}".strip() for query, (labels, values) in highest]
    if lines:
        axis.text(0.03, 0.9, "\n".join(lines), va="top", fontsize=11 if panel.shape is Shape.TABLE else 16, transform=axis.transAxes)
    else:
        axis.text(0.5, 0.5, "no data", ha="center", va="center", transform=axis.transAxes)
    axis.axis("off")


def _lines(panel: Panel, found: Found, span: Span, axis: Axes) -> str:
    """Draws them; gives the unit."""
    largest = max(value for _, (_, values) in found for _, value in values)
    scale = scale_of(panel.unit, largest)
    for query, (labels, values) in found:
        times, numbers = zip(*broken(values, span.step), strict=True)
        shown = [number / scale.size for number in numbers]
        axis.plot([at - span.end for at in times], shown, ".-", markersize=2, label=name_of(query, labels) or None, linewidth=1.2)
    axis.set_ylim(0, None if largest > 0 else 1)
    axis.set_xlim(span.begin - span.end - span.step, span.step)
    axis.xaxis.set_major_formatter(lambda at, _: f"{abs(at):.0f}")
    axis.set_xlabel("seconds ago", fontsize=7)
    axis.tick_params(labelsize=7)
    if any(name_of(query, labels) for query, (labels, _) in found):
        axis.legend(fontsize=6, loc="upper left")
    return scale.unit


def broken(values: Sequence[tuple[float, float]], step: float) -> list[tuple[float, float]]:
    """With a value that is no number where one is missing: there the line ends, as Grafana's does."""
    gaps = [(before + step, math.nan) for (before, _), (after, _) in pairwise(values) if after - before > 1.5 * step]
    return sorted([*values, *gaps])


def name_of(query: Query, labels: dict[str, str]) -> str:
    """The series' name as Grafana makes it: a label that the series has not is nothing. Long ones keep both ends."""
    name = _PLACE.sub(lambda place: labels.get(place[1], ""), query.legend).strip()
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}…{name[-half + 1 :]}"
