"""Amounts as people read them: in the largest unit that they fill, as Grafana shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """One of its unit is `size` of what the metric counts in."""

    size: float
    unit: str


_TIMES = ((1, "ms"), (1000, "s"), (60_000, "min"), (3_600_000, "h"), (86_400_000, "d"))
_SCALES: Mapping[str, tuple[Scale, ...]] = {
    "bytes": tuple(Scale(2 ** (10 * power), unit) for power, unit in enumerate(("B", "KiB", "MiB", "GiB", "TiB"))),
    "ms": tuple(Scale(size, unit) for size, unit in _TIMES),
    "s": tuple(Scale(size / 1000, unit) for size, unit in _TIMES),
    "cps": (Scale(1, "/s"),),
    "percentunit": (Scale(0.01, "%"),),
}


def scale_of(unit: str, largest: float) -> Scale:
    """The scale on which values up to `largest` are short numbers; `unit` is Grafana's name."""
    scales = _SCALES.get(unit, (Scale(1, ""),))
    return next((scale for scale in reversed(scales) if scale.size <= largest), scales[0])


def words(value: float, unit: str) -> str:
    """The value with its unit."""
    scale = scale_of(unit, value)
    number = value / scale.size
    return f"{number:,.0f} {scale.unit}".strip() if number >= 100 else f"{number:.3g} {scale.unit}".strip()
