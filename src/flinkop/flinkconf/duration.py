"""Durations in Flink's grammar (TimeUtils): `10 s`, `5min`, `1 d`, bare numbers (milliseconds) and ISO-8601 (`PT10S`)."""

from __future__ import annotations

import re
from datetime import timedelta

_MICROSECOND = timedelta(microseconds=1)

# Labels of each unit. Flink accepts a plural `s` only after the spelled-out ones.
_UNITS = (
    (timedelta(days=1), ("d",), ("day",)),
    (timedelta(hours=1), ("h",), ("hour",)),
    (timedelta(minutes=1), ("min", "m"), ("minute",)),
    (timedelta(seconds=1), ("s",), ("sec", "second")),
    (timedelta(milliseconds=1), ("", "ms"), ("milli", "millisecond")),
    (_MICROSECOND, ("µs",), ("micro", "microsecond")),
)
_LENGTHS = {label: length for length, short, spelled in _UNITS for label in (*short, *spelled, *(f"{word}s" for word in spelled))}
_NANOSECONDS = ("ns", "nano", "nanos", "nanosecond", "nanoseconds")

_NUMBER_AND_UNIT = re.compile(r"([0-9]+)\s*(.*)", re.DOTALL)
_ISO = re.compile(
    r"P(?:\+?(\d+)D)?(?:T(?=[+\d])(?:\+?(\d+)H)?(?:\+?(\d+)M)?(?:\+?(\d+(?:\.\d{0,9})?)S)?)?",
    re.IGNORECASE,
)

_FORMATS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"), (timedelta(seconds=1), "s"))


def parse_duration(text: str) -> timedelta:
    """The length of time that `text` names, to the microsecond. Raises ValueError when it is not a duration."""
    trimmed = text.strip()
    try:
        return _parse_iso(trimmed) if trimmed[:1] in ("P", "p") else _parse_flink(trimmed)
    except (ValueError, OverflowError):
        raise ValueError(f"'{text}' is not a duration; write for example 10 s, 5 min, 1 d or PT10S") from None


def _parse_flink(text: str) -> timedelta:
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        raise ValueError
    number, unit = int(match[1]), match[2].lower()
    if unit in _NANOSECONDS:
        return number // 1000 * _MICROSECOND
    if unit not in _LENGTHS:
        raise ValueError
    return number * _LENGTHS[unit]


def _parse_iso(text: str) -> timedelta:
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError
    days, hours, minutes, seconds = (float(part) if part else 0.0 for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def format_duration(length: timedelta) -> str:
    """`length` in Flink's grammar with the largest unit that divides it: `5 min`, `90 s`, `1500 ms`. It must not be negative."""
    for unit, label in _FORMATS:
        if length and not length % unit:
            return f"{length // unit} {label}"
    milliseconds, rest = divmod(length, timedelta(milliseconds=1))
    return f"{length // _MICROSECOND} µs" if rest else f"{milliseconds} ms"
