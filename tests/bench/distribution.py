"""Percentiles of what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that at least `percent` per cent of all do not exceed. Raises ValueError when there are none."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def summarize(values: Iterable[float]) -> dict[str, float]:
    """Median, tail and extremes, for people to judge a run by."""
    known = list(values)
    named = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    return (
        {"count": len(known), **{name: round(percentile(known, percent), 1) for name, percent in named.items()}} if known else {"count": 0}
    )
