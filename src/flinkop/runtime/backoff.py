"""Pauses between tries that grow with each failure, kept per key."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class BackoffSettings:
    """All in seconds but `factor` and `jitter`; `jitter` is the share of a pause that chance decides."""

    initial: float = 0.2
    factor: float = 2.0
    maximum: float = 60.0
    jitter: float = 0.2


class Backoff(Generic[K]):
    """Counts failures per key. `random` gives numbers in [0, 1)."""

    def __init__(self, settings: BackoffSettings, random: Callable[[], float]) -> None:
        self._settings, self._random = settings, random
        self._failures: dict[K, int] = {}

    def next(self, key: K) -> float:
        """Notes a failure of the key; gives the pause before the next try, in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        return pause(self._settings, failures, self._random())

    def reset(self, key: K) -> None:
        """Notes a success of the key."""
        self._failures.pop(key, None)


def pause(settings: BackoffSettings, failures: int, chance: float) -> float:
    """The pause after `failures` earlier failures: initial x factor^failures, at most `maximum`, less up to `jitter` of it."""
    exponent = min(failures, 64)
    full = min(settings.initial * settings.factor**exponent, settings.maximum)
    return full * (1 - settings.jitter * chance)
