"""Which of the kept files are deleted when there are too many. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of `size` bytes, and when somebody asked for it last."""

    path: Path
    size: int
    used_at: datetime


def choose_evictions(files: Iterable[KeptFile], largest_total: int, now: datetime, unused_for: timedelta) -> list[Path]:
    """Those that were used longest ago, as many as are too much, but none that was used within `unused_for`."""
    found = sorted(files, key=lambda file: file.used_at)
    excess = sum(file.size for file in found) - largest_total
    chosen = []
    for file in found:
        if excess <= 0 or now - file.used_at <= unused_for:
            break
        chosen.append(file.path)
        excess -= file.size
    return chosen
