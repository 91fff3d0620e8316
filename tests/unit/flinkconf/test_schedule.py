"""When a schedule is due. The rows of cron expressions were worked out from the documentation of Quartz and a calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.flinkconf.schedule import Cron, Every, parse_schedule

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday

# An expression, and its first times in and after 2026.
DUE = {
    "0/20 * * * * ?": ["01-01 00:00:20", "01-01 00:00:40", "01-01 00:01:00"],
    "*/20 * * * * ?": ["01-01 00:00:20", "01-01 00:00:40"],
    "0 /30 * * * ?": ["01-01 00:30:00", "01-01 01:00:00"],
    "30 5/25 * * * ?": ["01-01 00:05:30", "01-01 00:30:30", "01-01 00:55:30", "01-01 01:05:30"],
    "0 0 3 * * ?": ["01-01 03:00:00", "01-02 03:00:00"],
    "0 0 22-2/2 * * ?": ["01-01 02:00:00", "01-01 22:00:00", "01-02 00:00:00"],
    "0 0,30 8-9 * * ?": ["01-01 08:00:00", "01-01 08:30:00", "01-01 09:00:00", "01-01 09:30:00", "01-02 08:00:00"],
    "0 0 12 ? * WED": ["01-07 12:00:00", "01-14 12:00:00"],
    "0 0 12 ? * 1": ["01-04 12:00:00"],
    "0 0 12 ? * 7": ["01-03 12:00:00"],
    "0 0 12 ? * L": ["01-03 12:00:00"],
    "0 0 12 ? * mon-fri": ["01-01 12:00:00", "01-02 12:00:00", "01-05 12:00:00"],
    "0 0 12 ? * SAT-MON": ["01-03 12:00:00", "01-04 12:00:00", "01-05 12:00:00", "01-10 12:00:00"],
    "0 0 12 ? * 6L": ["01-30 12:00:00", "02-27 12:00:00"],
    "0 0 12 ? * FRIL": ["01-30 12:00:00"],
    "0 0 12 ? * 6#3": ["01-16 12:00:00", "02-20 12:00:00"],
    "0 0 12 ? * 5#5": ["01-29 12:00:00", "04-30 12:00:00"],
    "0 0 12 ? * MON,FRI#1": ["01-02 12:00:00", "01-05 12:00:00"],
    "0 0 12 L * ?": ["01-31 12:00:00", "02-28 12:00:00"],
    "0 0 12 L-3 * ?": ["01-28 12:00:00", "02-25 12:00:00"],
    "0 0 12 LW * ?": ["01-30 12:00:00", "02-27 12:00:00"],
    "0 0 12 15W 2,3,8 ?": ["02-16 12:00:00", "03-16 12:00:00", "08-14 12:00:00"],
    "0 0 12 1W AUG ?": ["08-03 12:00:00"],
    "0 0 12 31W MAY ?": ["05-29 12:00:00"],
    "0 0 12 1,15 NOV-FEB ?": ["01-01 12:00:00", "01-15 12:00:00", "02-01 12:00:00", "02-15 12:00:00", "11-01 12:00:00"],
    "0 0 12 31 * ?": ["01-31 12:00:00", "03-31 12:00:00"],
}


@pytest.mark.parametrize("text", DUE)
def test_a_cron_expression_is_due_when_quartz_says_so(text: str) -> None:
    schedule, moment, found = parse_schedule(text), NEW_YEAR, []
    assert schedule is not None
    for _ in DUE[text]:
        following = schedule.next_after(moment)
        assert following is not None
        moment = following
        found.append(f"{moment:%m-%d %H:%M:%S}")
    assert found == DUE[text]


def test_a_leap_day_and_the_last_year_are_found() -> None:
    leap = parse_schedule("0 0 0 29 2 ?")
    assert leap is not None
    assert leap.next_after(NEW_YEAR) == datetime(2028, 2, 29, tzinfo=UTC)
    once = parse_schedule("0 0 0 1 1 ? 2030-2031")
    assert once is not None
    assert once.next_after(NEW_YEAR) == datetime(2030, 1, 1, tzinfo=UTC)
    assert once.next_after(datetime(2031, 1, 1, tzinfo=UTC)) is None


def test_a_moment_of_another_time_zone_is_the_same_moment() -> None:
    schedule = parse_schedule("0 0 3 * * ?")
    assert schedule is not None
    assert schedule.next_after(datetime(2026, 1, 1, 4, 30, tzinfo=timezone(timedelta(hours=2)))) == datetime(2026, 1, 1, 3, tzinfo=UTC)


WRONG = {
    "0 0 3 * *": "it has 5 fields, not 6 or 7",
    "0 0 3 * * ? * *": "it has 8 fields, not 6 or 7",
    "0 0 3 * * *": "of day of month and day of week exactly one must be ?",
    "0 0 3 ? * ?": "of day of month and day of week exactly one must be ?",
    "60 0 3 * * ?": "'60' is no second, which is from 0 to 59",
    "0 0 24 * * ?": "'24' is no hour, which is from 0 to 23",
    "0 0 3 0 * ?": "'0' is no day of the month, which is from 1 to 31",
    "0 0 3 ? * 0": "'0' is no day of the week, which is from 1 to 7",
    "0 0 3 ? * 8L": "'8' is no day of the week, which is from 1 to 7",
    "0 0 3 ? * 6#6": "'6#6' is no day of the week, which is from 1 to 7",
    "0 0 3 * JANUARY ?": "'JANUARY' is no month, which is from 1 to 12",
    "0 0/0 3 * * ?": "'/0' is no step for minutes",
    "0 0/ 3 * * ?": "'/' is no step for minutes",
    "0 0/61 3 * * ?": "'/61' is no step for minutes",
    "0 5- 3 * * ?": "'' is no minute, which is from 0 to 59",
    "0 *-5 3 * * ?": "'*-5' is no range of minutes",
    "0 ,5 3 * * ?": "'' is no minute, which is from 0 to 59",
    "0 ? 3 * * ?": "'?' is no minute, which is from 0 to 59",
    "0 0 3 * * ? 2031-2030": "'2031-2030' is no range of years",
    "0 ٣ 3 * * ?": "'٣' is no minute, which is from 0 to 59",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_broken_expression_is_refused_with_what_is_wrong_and_what_to_write(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_schedule(text)
    expected = f"'{text}' is not a cron expression of Quartz: {WRONG[text]}; write for example 0 0 3 * * ?, for 3:00 UTC every day"
    assert str(refused.value) == expected


@pytest.mark.parametrize("text", ["0 0 3 30 2 ?", "0 0 3 31 4,6 ?", "0 0 3 L-31 * ?", "0 0 3 29 2 ? 2027"])
def test_an_expression_that_is_never_due_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is never due: no such day exists"):
        parse_schedule(text)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [("1 h", Every(timedelta(hours=1))), ("PT5M", Every(timedelta(minutes=5))), ("0", None), ("0 s", None), ("", None), (" ", None)],
)
def test_a_duration_is_an_interval_and_0_means_never(text: str, schedule: Every | None) -> None:
    assert parse_schedule(text) == schedule


def test_what_is_neither_is_refused_with_both_forms() -> None:
    with pytest.raises(ValueError, match=r"'5 moons' is not a duration; write for example 10 s, .*, or a cron expression such as 0 0 3"):
        parse_schedule("5 moons")


def test_an_interval_beyond_the_calendar_is_never_due() -> None:
    assert Every(timedelta(days=3_000_000)).next_after(NEW_YEAR) is None


def test_equal_schedules_are_equal_whatever_their_spelling() -> None:
    assert parse_schedule("0 0 3 ? * mon") == parse_schedule(" 0 0 3  ? * MON ")
    assert parse_schedule("0 0 3 ? * MON") != parse_schedule("0 0 3 ? * TUE")


def _element(low: int, high: int) -> st.SearchStrategy[str]:
    values = st.integers(low, high)
    return st.one_of(
        st.just("*"),
        values.map(str),
        st.builds("{}-{}".format, values, values),
        st.builds("{}/{}".format, values, st.integers(1, high)),
        st.builds("*/{}".format, st.integers(1, high)),
    )


def _field(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(_element(low, high), min_size=1, max_size=3).map(",".join)


_weekdays = st.one_of(_field(1, 7), st.builds("{}#{}".format, st.integers(1, 7), st.integers(1, 5)), st.integers(1, 7).map("{}L".format))
_days = st.one_of(_field(1, 28), st.sampled_from(["L", "LW", "L-5", "15W", "1W", "28W"]))
_both_days = st.one_of(st.tuples(_days, st.just("?")), st.tuples(st.just("?"), _weekdays))
_expressions = st.builds(
    lambda s, m, h, days, month: f"{s} {m} {h} {days[0]} {month} {days[1]}",
    _field(0, 59),
    _field(0, 59),
    _field(0, 23),
    _both_days,
    _field(1, 12),
)
_schedules = st.one_of(_expressions.map(parse_schedule), st.timedeltas(timedelta(seconds=1), timedelta(days=3650)).map(Every))
_moments = st.integers(946_684_800, 3_471_292_800).map(lambda second: datetime.fromtimestamp(second + 0.5, UTC))


@given(schedule=_schedules, moment=_moments, later=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_next_time_is_strictly_after_and_never_earlier_for_a_later_moment(
    schedule: Every | Cron, moment: datetime, later: timedelta
) -> None:
    first, second = schedule.next_after(moment), schedule.next_after(moment + later)
    assert first is not None
    assert second is not None
    assert moment < first <= second
    assert second > moment + later


@given(schedule=_expressions.map(parse_schedule), moment=_moments)
def test_no_time_of_a_cron_expression_is_skipped(schedule: Cron, moment: datetime) -> None:
    """From any moment before the next time, that is the next time."""
    due = schedule.next_after(moment)
    assert due is not None
    for between in (moment + (due - moment) / 2, due - timedelta(seconds=1)):
        if between >= moment:
            assert schedule.next_after(between) == due


@given(st.text(alphabet="0123456789*?/-,LW#MONJAN ", max_size=40))
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    try:
        schedule = parse_schedule(text)
    except ValueError:
        return
    if schedule is not None:
        schedule.next_after(NEW_YEAR)
