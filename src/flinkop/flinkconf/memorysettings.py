"""Reads the memory options of one kind of process. All sizes are in bytes."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flinkop.flinkconf.memory import format_memory, parse_flink_memory
from flinkop.flinkconf.option import InvalidOption, Option, decimal

# Older names that Flink still reads.
_FALLBACKS = {
    "taskmanager.memory.managed.size": ("taskmanager.memory.size",),
    "taskmanager.memory.network.min": ("taskmanager.network.memory.min",),
    "taskmanager.memory.network.max": ("taskmanager.network.memory.max",),
    "taskmanager.memory.network.fraction": ("taskmanager.network.memory.fraction",),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A part that is a fraction of something else, but at least `smallest` and at most `largest`."""

    smallest: int
    largest: int
    fraction: float

    def of(self, whole: int) -> int:
        """The part when `whole` contains it."""
        return self._clamped(times(whole, self.fraction))

    def beside(self, rest: int) -> int:
        """The part when `rest` is the whole without it."""
        return self._clamped(times(rest, self.fraction / (1 - self.fraction)))

    def _clamped(self, size: int) -> int:
        return max(self.smallest, min(self.largest, size))


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """The options under `jobmanager.memory.` or `taskmanager.memory.`."""

    conf: Mapping[str, str]
    prefix: str

    def size(self, name: str, default: int) -> int:
        """The size that `name` sets, or the default."""
        size = self.optional_size(name)
        return default if size is None else size

    def optional_size(self, name: str) -> int | None:
        """The size that `name` sets, if it does."""
        key = self.prefix + name
        option: Option[int | None] = Option(key, None, parse_flink_memory, _FALLBACKS.get(key, ()))
        return option.read(self.conf)

    def fraction(self, name: str, default: float) -> float:
        """The fraction that `name` sets, as Flink holds it: in 32 bits. Raises InvalidOption unless it is from 0 to below 1."""
        key = self.prefix + name
        value = Option(key, default, decimal, _FALLBACKS.get(key, ())).read(self.conf)
        held: float = struct.unpack("f", struct.pack("f", value))[0]
        if not 0 <= held < 1:
            raise InvalidOption(key, f"{value} is not a fraction; write a number from 0 to below 1")
        return held

    def share(self, name: str, smallest: int, largest: int, fraction: float) -> Share:
        """What `name.min`, `name.max` and `name.fraction` set. Raises InvalidOption when the minimum is above the maximum."""
        share = Share(self.size(f"{name}.min", smallest), self.size(f"{name}.max", largest), self.fraction(f"{name}.fraction", fraction))
        if share.smallest > share.largest:
            problem = f"{format_memory(share.smallest)} is above {self.prefix}{name}.max, {format_memory(share.largest)}; swap them"
            raise InvalidOption(f"{self.prefix}{name}.min", problem)
        return share


def times(size: int, fraction: float) -> int:
    """`size` times `fraction`, rounded down, in the decimal arithmetic of Flink's MemorySize.multiply."""
    return int(size * Decimal(repr(fraction)))
