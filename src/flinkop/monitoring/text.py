"""Prometheus' text format, written directly: objects for each sample would cost ten times the time with thousands of resources.

Source: the format's version 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flinkop.metrics import Family

Sample = tuple[str, float]
"""Labels as `labels_text` gives them, and the value."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def labels_text(names: Sequence[str], values: Sequence[str]) -> str:
    """Labels as they stand between the braces."""
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in zip(names, values, strict=True))


def head(family: Family) -> str:
    """What stands above the family's lines."""
    return f"# HELP {family.name} {family.text}\n# TYPE {family.name} gauge\n"


def line(family: Family, sample: Sample) -> str:
    """One sample."""
    labels, value = sample
    return f"{family.name}{{{labels}}} {value!r}\n"


def render(family: Family, samples: Iterable[Sample]) -> str:
    """The family's head and a line for each sample."""
    return head(family) + "".join([line(family, sample) for sample in samples])
