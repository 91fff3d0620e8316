"""Durations. The rows were checked against the TimeUtils of Flink 1.20 and 2.2."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.flinkconf.duration import format_duration, parse_duration

ROWS = {
    "10 s": timedelta(seconds=10),
    "10s": timedelta(seconds=10),
    " 10  S ": timedelta(seconds=10),
    "10 sec": timedelta(seconds=10),
    "10 secs": timedelta(seconds=10),
    "10 seconds": timedelta(seconds=10),
    "5 min": timedelta(minutes=5),
    "5m": timedelta(minutes=5),
    "5 minutes": timedelta(minutes=5),
    "2 h": timedelta(hours=2),
    "2 hours": timedelta(hours=2),
    "1 d": timedelta(days=1),
    "1 day": timedelta(days=1),
    "1500": timedelta(milliseconds=1500),
    "1500 ms": timedelta(milliseconds=1500),
    "7 millis": timedelta(milliseconds=7),
    "7 µs": timedelta(microseconds=7),
    "7 micros": timedelta(microseconds=7),
    "7999 ns": timedelta(microseconds=7),
    "0": timedelta(0),
    "PT10S": timedelta(seconds=10),
    "pt1h30m": timedelta(hours=1, minutes=30),
    "P1DT1.5S": timedelta(days=1, seconds=1.5),
}


@pytest.mark.parametrize(("text", "length"), ROWS.items(), ids=ROWS.keys())
def test_durations_are_read_as_flink_reads_them(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "s", "-1 s", "1.5 s", "5 mins", "5 us", "ten s", "5 s s", "P", "PT", "PT-5S", "-PT5S", "P1Y", "PT1M1H", "9" * 30 + " d"]
)
def test_what_flink_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write for example 10 s"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=1), "1 d"),
        (timedelta(hours=36), "36 h"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(milliseconds=1500), "1500 ms"),
        (timedelta(microseconds=7), "7 µs"),
        (timedelta(0), "0 ms"),
    ],
)
def test_the_largest_unit_that_divides_is_written(length: timedelta, text: str) -> None:
    assert format_duration(length) == text


@given(st.timedeltas(min_value=timedelta(0)))
def test_a_formatted_duration_reads_back(length: timedelta) -> None:
    assert parse_duration(format_duration(length)) == length
