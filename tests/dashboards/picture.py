"""A dashboard as a picture, drawn from the answers to its queries: what people see, for the documentation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tests.dashboards.panel import Dashboard, Panel, Query, Shape

Series = tuple[dict[str, str], list[tuple[float, float]]]
"""Labels, and values by time."""
Ask = Callable[[Query], Sequence[Series]]

_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_COLUMNS = 3
_SHOWN = 6
_UNITS: dict[str, tuple[float, str]] = {
    "bytes": (2**20, " MiB"),
    "ms": (1, " ms"),
    "s": (1, " s"),
    "cps": (1, "/s"),
    "percentunit": (0.01, " %"),
}


def draw(dashboard: Dashboard, ask: Ask, file: Path) -> None:
    """Draws every panel and writes the file."""
    panels = list(dashboard.panels())
    rows = math.ceil(len(panels) / _COLUMNS)
    figure = Figure(figsize=(15, 2.6 * rows), layout="constrained")
    figure.suptitle(dashboard.title)
    axes = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for panel, axis in zip(panels, axes, strict=False):
        _draw_panel(panel, [(query, series) for query in panel.queries for series in ask(query)], axis)
    for axis in axes[len(panels) :]:
        axis.axis("off")
    figure.savefig(file, dpi=70)


def _draw_panel(panel: Panel, found: Sequence[tuple[Query, Series]], axis: Axes) -> None:
    size, unit = _UNITS.get(panel.unit, (1, ""))
    axis.set_title(f"{panel.title}{f' ({unit.strip()})' if unit else ''}", fontsize=9, loc="left")
    if not found:
        axis.text(0.5, 0.5, "no data", ha="center", va="center", transform=axis.transAxes)
        axis.axis("off")
    elif panel.shape is Shape.LINES:
        _lines(found, size, axis)
    else:
        lines = [f"{name_of(query, labels)}  {values[-1][1] / size:,.4g}{unit}".strip() for query, (labels, values) in found[:_SHOWN]]
        axis.text(0.03, 0.9, "\n".join(lines), va="top", fontsize=11 if panel.shape is Shape.TABLE else 16, transform=axis.transAxes)
        axis.axis("off")


def _lines(found: Sequence[tuple[Query, Series]], size: float, axis: Axes) -> None:
    end = max(values[-1][0] for _, (_, values) in found)
    for query, (labels, values) in found[:_SHOWN]:
        axis.plot(
            [at - end for at, _ in values], [value / size for _, value in values], label=name_of(query, labels) or None, linewidth=1.2
        )
    axis.set_ylim(bottom=0)
    axis.tick_params(labelsize=7)
    if any(name_of(query, labels) for query, (labels, _) in found):
        axis.legend(fontsize=6, loc="upper left")


def name_of(query: Query, labels: dict[str, str]) -> str:
    """The series' name as Grafana makes it: a label that the series has not is nothing."""
    return _PLACE.sub(lambda place: labels.get(place[1], ""), query.legend).strip()[-45:]
