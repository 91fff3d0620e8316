"""The last decisions about a resource, kept in its `status`: a restart of the operator does not lose them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_KEPT = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is, in the words of its status, and why. Both are None before the first decision."""

    phase: str | None
    reason: str | None


def remember(kept: Iterable[Mapping[str, Any]] | None, was: Place, new: Place, begin: str, now: str) -> list[Mapping[str, Any]] | None:
    """The decisions with the one that led from `was` to `new`, if these differ; None for no decisions. `begin` is the first phase."""
    decisions = list(kept or ())
    if was != new:
        decisions.append({"at": now, "fromPhase": was.phase or begin, "toPhase": new.phase, "reason": new.reason})
    return decisions[-_KEPT:] or None
