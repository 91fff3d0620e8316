"""The last decisions about a resource, kept in its `status`: a restart of the operator does not lose them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_KEPT = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is, in the words of its status, and why. Both are None before the first decision."""

    phase: str | None
    reason: str | None


_WORDS = ("fromPhase", "toPhase", "reason")


def remember(kept: Iterable[Mapping[str, Any]] | None, was: Place, new: Place, begin: str, now: str) -> list[Mapping[str, Any]] | None:
    """The decisions with the one that led from `was` to `new`, if these differ; None for no decisions. `begin` is the first phase.

    One that was made before is counted, and takes its place as the newest: a job that fails in a loop would drive out all others.
    """
    decisions = list(kept or ())
    if was != new:
        made = {"at": now, "fromPhase": was.phase or begin, "toPhase": new.phase, "reason": new.reason}
        alike, others = ([one for one in decisions if _is_like(one, made) is wanted] for wanted in (True, False))
        decisions = [*others, _counted(made, alike)]
    return decisions[-_KEPT:] or None


def _is_like(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(word) == other[word] for word in _WORDS)


def _counted(made: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The decision with the number of all like it: of several where an older version kept each."""
    if not before:
        return made
    first = before[0].get("firstAt") or before[0].get("at")
    return {**made, "firstAt": first, "count": 1 + sum(one.get("count") or 1 for one in before)}
