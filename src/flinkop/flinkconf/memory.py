"""Memory sizes, in bytes: Flink's grammar first, then Kubernetes quantities, as the established operator reads them."""

from __future__ import annotations

import re
from decimal import Decimal

_MEBIBYTE = 1024**2
_MAX_LONG = 2**63 - 1

# Flink's MemorySize.MemoryUnit. All are powers of 1024, also `k`, `m` and `g`.
_FLINK_UNITS = {
    **dict.fromkeys(("", "b", "bytes"), 1),
    **dict.fromkeys(("k", "kb", "kibibytes"), 1024),
    **dict.fromkeys(("m", "mb", "mebibytes"), 1024**2),
    **dict.fromkeys(("g", "gb", "gibibytes"), 1024**3),
    **dict.fromkeys(("t", "tb", "tebibytes"), 1024**4),
}

_QUANTITY_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    **{letter: Decimal(1000**power) for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": Decimal(1024**power) for power, letter in enumerate("KMGTPE", 1)},
}

# Bounded, so that a number of a thousand digits, or one with a thousand zeros, is refused rather than computed with.
_NUMBER_AND_UNIT = re.compile(r"([0-9]{1,19})\s*(.*)", re.DOTALL)
_QUANTITY = re.compile(r"([+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40}))(?:[eE]([+-]?[0-9]{1,2})|([numkMGTPE]?|[KMGTPE]i))")

_FORMATS = (("t", 1024**4), ("g", 1024**3), ("m", _MEBIBYTE), ("k", 1024))


def parse_memory(text: str) -> int:
    """Bytes of `2048m`, `2 gb`, `1024` (bytes) or `2Gi`, `1.5Gi`. Raises ValueError for anything else, or above 2^63 - 1."""
    size = _parse_flink_size(text)
    return _in_range(text, _parse_loose_quantity(text) if size is None else size, "2048m, 2g or 2Gi")


def parse_flink_memory(text: str) -> int:
    """Bytes of a size in Flink's own grammar, the only one that Flink's configuration takes. Raises ValueError otherwise."""
    return _in_range(text, _parse_flink_size(text), "2048m or 2g")


def _in_range(text: str, size: int | None, examples: str) -> int:
    if size is None or not 0 <= size <= _MAX_LONG:
        raise ValueError(f"'{text}' is not a memory size; write for example {examples}")
    return size


def _parse_flink_size(text: str) -> int | None:
    match = _NUMBER_AND_UNIT.fullmatch(text.strip())
    unit = _FLINK_UNITS.get(match[2].lower()) if match else None
    return int(match[1]) * unit if match and unit else None


def _parse_loose_quantity(text: str) -> int | None:
    """The established operator takes quantities in any case, with blanks, and with a `B` at the end: `2 gib` is `2Gi`."""
    upper = text.upper().replace(" ", "").removesuffix("B").replace("I", "i")
    try:
        return int(parse_quantity(f"{upper[:-1]}k" if upper.endswith("K") else upper))
    except ValueError:
        return None


def parse_quantity(text: str) -> Decimal:
    """The value of a Kubernetes quantity: `500m` is 0.5, `2Gi` 2147483648, `1e3` 1000. Raises ValueError when it is not one."""
    match = _QUANTITY.fullmatch(text)
    if match is None or (match[3] or "") not in _QUANTITY_SUFFIXES:
        raise ValueError(f"'{text}' is not a Kubernetes quantity; write for example 500m, 1.5 or 2Gi")
    if match[2]:
        return Decimal(match[1]).scaleb(int(match[2]))
    return Decimal(match[1]) * _QUANTITY_SUFFIXES[match[3] or ""]


def to_mebibytes(size: int) -> int:
    """Whole MiB of `size` bytes, rounded down, as Flink's client writes container memory."""
    return size // _MEBIBYTE


def format_memory(size: int) -> str:
    """`size` bytes in Flink's form with the largest unit that divides it: `600m`, `1025k`, `7b`."""
    return next((f"{size // unit}{name}" for name, unit in _FORMATS if size and size % unit == 0), f"{size}b")
