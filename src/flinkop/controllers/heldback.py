"""Events that were held back, counted until one like them is written, or until Kubernetes would have forgotten them too."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

_KINDS = 100  # different Events of which is counted how often they were held back
_KEPT = 3600.0
"""Seconds: `--event-ttl` of the API server, which counts from the last time. The next like it is then a new Event, which begins at one:
an old count in it would tell that just now happened what happened long ago."""


@dataclass(slots=True)
class _Held:
    times: int
    last: float


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Of one object and component, by the Events' identities. `now` is in seconds of a monotonic clock."""

    _found: OrderedDict[str, _Held] = field(default_factory=OrderedDict)  # in the order of their last times

    def add(self, identity: str, now: float) -> None:
        """One more. Beyond a bound of different ones it is not counted."""
        times = self.take(identity, now)
        if len(self._found) < _KINDS:
            self._found[identity] = _Held(times + 1, now)

    def take(self, identity: str, now: float) -> int:
        """How many there were; they are told now, and forgotten."""
        self._forget_before(now - _KEPT)
        held = self._found.pop(identity, None)
        return held.times if held else 0

    def _forget_before(self, moment: float) -> None:
        while self._found and next(iter(self._found.values())).last <= moment:
            self._found.popitem(last=False)
