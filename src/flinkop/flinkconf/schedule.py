"""When something periodic is due: at an interval, or as a cron expression says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flinkop.flinkconf.cron import CronExpression, parse_cron
from flinkop.flinkconf.duration import parse_duration

_FEWEST_FIELDS = 3  # a duration has at most two words
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again after `interval`, which is above 0."""

    interval: timedelta

    def next_after(self, moment: datetime) -> datetime | None:
        """The time after `moment`; None when the calendar has no such time."""
        return moment + self.interval if self.interval <= _LATEST - moment else None


@dataclass(frozen=True, slots=True)
class Cron:
    """At the times of a cron expression, in UTC."""

    text: str
    expression: CronExpression = field(compare=False, repr=False)

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after `moment`; None when there is none any more."""
        return self.expression.next_after(moment)


Schedule = Every | Cron


def parse_schedule(text: str) -> Schedule | None:
    """A duration, or a cron expression in Quartz's grammar. Nothing, and 0, mean never.

    Raises:
        ValueError: it is neither; the text says what is wrong and, after a semicolon, what to write.
    """
    if not text.strip():
        return None
    if len(text.split()) >= _FEWEST_FIELDS:
        return Cron(" ".join(text.upper().split()), parse_cron(text))
    interval = _interval(text)
    return Every(interval) if interval else None


def _interval(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ValueError(f"{error}, or a cron expression such as 0 0 3 * * ?") from None
