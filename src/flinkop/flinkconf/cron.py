"""Cron expressions in Quartz's grammar: seconds, minutes, hours, day of month, month, day of week, and perhaps years. Times are UTC.

Source: Quartz's CronExpression, which the established operator uses. General cron libraries count days of the week from another
one, and have no `LW`, `L-3` or `6L`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from flinkop.flinkconf.monthday import DayRule, Days, LastDay, LastWeekday, Month, NthWeekday, Weekdays, WorkingDay

_EXAMPLE = "write for example 0 0 3 * * ?, for 3:00 UTC every day"
_SECOND = timedelta(seconds=1)
_FIELDS = (6, 7)
_ANY = "?"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the fields: its values, and the names of the first ones."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    wraps: bool = True

    def value(self, text: str) -> int:
        """The number that `text` writes. Raises ValueError."""
        if text in self.names:
            return self.low + self.names.index(text)
        if not re.fullmatch(r"[0-9]{1,4}", text) or not self.low <= int(text) <= self.high:
            raise ValueError(f"'{text}' is no {self.name}, which is from {self.low} to {self.high}")
        return int(text)

    def range(self, element: str) -> frozenset[int]:
        """`*`, `5`, `5-10`, `22-2`, and each with `/step`. Raises ValueError."""
        span, slash, step = element.partition("/")
        first, dash, last = ("*" if slash and not span else span).partition("-")
        low = self.low if first == "*" else self.value(first)
        high = self.value(last) if dash else self.high if slash or first == "*" else low
        if high < low and self.wraps:
            high += self.high - self.low + 1
        if high < low or (dash and first == "*"):
            raise ValueError(f"'{element}' is no range of {self.name}s")
        return frozenset(self._wrapped(number) for number in range(low, high + 1, self._step(step) if slash else 1))

    def _step(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,4}", text) or not 0 < int(text) <= self.high:
            raise ValueError(f"'/{text}' is no step for {self.name}s")
        return int(text)

    def _wrapped(self, number: int) -> int:
        return (number - self.low) % (self.high - self.low + 1) + self.low


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SECONDS, _MINUTES, _HOURS = _Field("second", 0, 59), _Field("minute", 0, 59), _Field("hour", 0, 23)
_DAY, _MONTH = _Field("day of the month", 1, 31), _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day of the week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
_YEAR = _Field("year", 1970, 2099, wraps=False)


@dataclass(frozen=True, slots=True)
class CronExpression:
    """When something is due. All values are sorted; a day is meant when any of `days` names it."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[DayRule, ...]
    months: tuple[int, ...]
    years: tuple[int, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after `moment`, in UTC; None when there is none any more."""
        begin = moment.astimezone(UTC).replace(microsecond=0) + _SECOND
        for year, month in self._months_from(begin):
            for day in sorted(set().union(*(rule.of(Month.of(year, month)) for rule in self.days))):
                today = datetime(year, month, day, tzinfo=UTC)
                if today.date() < begin.date():
                    continue
                found = self._time_from(begin.time() if today.date() == begin.date() else time.min)
                if found is not None:
                    return today.replace(hour=found.hour, minute=found.minute, second=found.second)
        return None

    def _months_from(self, begin: datetime) -> Iterator[tuple[int, int]]:
        return ((year, month) for year in self.years for month in self.months if (year, month) >= (begin.year, begin.month))

    def _time_from(self, earliest: time) -> time | None:
        """The first time of a day that is not before `earliest`."""
        times = (
            time(hour, minute, second)
            for hour in self.hours
            if hour >= earliest.hour
            for minute in self.minutes
            if (hour, minute) >= (earliest.hour, earliest.minute)
            for second in self.seconds
            if (hour, minute, second) >= (earliest.hour, earliest.minute, earliest.second)
        )
        return next(times, None)


def parse_cron(text: str) -> CronExpression:
    """Reads an expression of six or seven fields. Raises ValueError that says what is wrong and, after a semicolon, what to write."""
    try:
        expression = _parse(text.upper().split())
    except ValueError as error:
        raise ValueError(f"'{text[:_LONGEST]}' is not a cron expression of Quartz: {error}; {_EXAMPLE}") from None
    if not _is_ever_due(expression):
        raise ValueError(f"'{text[:_LONGEST]}' is never due: no such day exists; {_EXAMPLE}")
    return expression


def _is_ever_due(expression: CronExpression) -> bool:
    return expression.next_after(datetime(_YEAR.low, 1, 1, tzinfo=UTC) - _SECOND) is not None


def _parse(fields: list[str]) -> CronExpression:
    if len(fields) not in _FIELDS:
        raise ValueError(f"it has {len(fields)} fields, not 6 or 7")
    seconds, minutes, hours, day, month, weekday = fields[:6]
    if (day == _ANY) is (weekday == _ANY):
        raise ValueError("of day of month and day of week exactly one must be ?")
    return CronExpression(
        _values(_SECONDS, seconds),
        _values(_MINUTES, minutes),
        _values(_HOURS, hours),
        _rules(weekday, _weekday_rule) if day == _ANY else _rules(day, _day_rule),
        _values(_MONTH, month),
        _values(_YEAR, fields[6] if len(fields) == max(_FIELDS) else "*"),
    )


def _values(field: _Field, text: str) -> tuple[int, ...]:
    return tuple(sorted(frozenset().union(*map(field.range, text.split(",")))))


def _rules(text: str, parse: Callable[[str], DayRule]) -> tuple[DayRule, ...]:
    return tuple(map(parse, text.split(",")))


def _day_rule(element: str) -> DayRule:
    if found := re.fullmatch(r"L(?:-([0-9]{1,2}))?(W?)", element):
        return LastDay(int(found[1] or 0), bool(found[2]))
    if found := re.fullmatch(r"([0-9]{1,2})W", element):
        return WorkingDay(_DAY.value(found[1]))
    return Days(_DAY.range(element))


def _weekday_rule(element: str) -> DayRule:
    if found := re.fullmatch(r"([A-Z0-9]{1,3})L", element):
        return LastWeekday(_WEEKDAY.value(found[1]))
    if found := re.fullmatch(r"([A-Z0-9]{1,3})#([1-5])", element):
        return NthWeekday(_WEEKDAY.value(found[1]), int(found[2]))
    return Weekdays(frozenset({max(_WEEKDAY.range("*"))}) if element == "L" else _WEEKDAY.range(element))
