"""What a scenario gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """`figures` by the names of tests.bench.figure; `details` for people who want to know more."""

    figures: Mapping[str, float]
    details: Mapping[str, Any] = field(default_factory=dict)
