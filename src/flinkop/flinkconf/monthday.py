"""The days of a month that one element of a cron expression names. Days of the week as Quartz counts them: 1 is Sunday, 7 Saturday."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

_WEEK = 7
_SUNDAY, _SATURDAY = 1, 7


@dataclass(frozen=True, slots=True)
class Month:
    """One month of one year: how many days it has, and the day of the week of its first."""

    length: int
    first_weekday: int

    @classmethod
    def of(cls, year: int, month: int) -> Month:
        """That month."""
        return cls(monthrange(year, month)[1], date(year, month, 1).isoweekday() % _WEEK + 1)

    def weekday(self, day: int) -> int:
        """The day of the week of that day."""
        return (self.first_weekday - 1 + day - 1) % _WEEK + 1

    def on_weekday(self, weekday: int) -> list[int]:
        """All its days with that day of the week, in order."""
        return list(range((weekday - self.first_weekday) % _WEEK + 1, self.length + 1, _WEEK))

    def nearest_working_day(self, day: int) -> int:
        """The day from Monday to Friday that is nearest to `day`, and in this month."""
        match self.weekday(day):
            case weekday if weekday == _SATURDAY:
                return day - 1 if day > 1 else day + 2
            case weekday if weekday == _SUNDAY:
                return day + 1 if day < self.length else day - 2
            case _:
                return day


@dataclass(frozen=True, slots=True)
class Days:
    """`1`, `10-20`, `*/5`: these days."""

    days: frozenset[int]

    def of(self, month: Month) -> set[int]:
        """Those that the month has."""
        return {day for day in self.days if day <= month.length}


@dataclass(frozen=True, slots=True)
class LastDay:
    """`L`, and `L-3`: so many days before the last; `LW`, `L-3W`: the working day that is nearest to it."""

    before: int = 0
    working: bool = False

    def of(self, month: Month) -> set[int]:
        """That day, if the month has it."""
        day = month.length - self.before
        if day < 1:
            return set()
        return {month.nearest_working_day(day) if self.working else day}


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """`15W`: the working day that is nearest to it."""

    day: int

    def of(self, month: Month) -> set[int]:
        """That day, if the month has it."""
        return {month.nearest_working_day(self.day)} if self.day <= month.length else set()


@dataclass(frozen=True, slots=True)
class Weekdays:
    """`MON`, `2-6`: every such day."""

    weekdays: frozenset[int]

    def of(self, month: Month) -> set[int]:
        """All of them."""
        return {day for weekday in self.weekdays for day in month.on_weekday(weekday)}


@dataclass(frozen=True, slots=True)
class LastWeekday:
    """`6L`: the last Friday."""

    weekday: int

    def of(self, month: Month) -> set[int]:
        """That day."""
        return {month.on_weekday(self.weekday)[-1]}


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """`6#3`: the third Friday."""

    weekday: int
    number: int

    def of(self, month: Month) -> set[int]:
        """That day, if the month has it."""
        return set(month.on_weekday(self.weekday)[self.number - 1 : self.number])


DayRule = Days | LastDay | WorkingDay | Weekdays | LastWeekday | NthWeekday
