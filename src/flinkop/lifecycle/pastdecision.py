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

    When there are too many, the oldest that was made again later is counted there: a job that fails in a loop drives out no others.
    """
    decisions = list(kept or ())
    if was != new:
        decisions.append({"at": now, "fromPhase": was.phase or begin, "toPhase": new.phase, "reason": new.reason})
    while len(decisions) > _KEPT:
        decisions = _one_less(decisions)
    return decisions or None


def _one_less(decisions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    for number, one in enumerate(decisions):
        again = next((later for later in range(number + 1, len(decisions)) if _are_alike(one, decisions[later])), None)
        if again is not None:
            between = decisions[number + 1 : again]
            return [*decisions[:number], *between, _counted(one, decisions[again]), *decisions[again + 1 :]]
    return list(decisions[1:])


def _are_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(word) == other.get(word) for word in _WORDS)


def _counted(before: Mapping[str, Any], one: Mapping[str, Any]) -> Mapping[str, Any]:
    """The later of two that are alike, with the number of both."""
    first = before.get("firstAt") or before.get("at")
    return {**one, "firstAt": first, "count": (before.get("count") or 1) + (one.get("count") or 1)}
