"""Options: a key, older names, a type, a default."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import pytest

from flinkop.errors import InvalidSpec
from flinkop.flinkconf.duration import parse_duration
from flinkop.flinkconf.option import InvalidOption, MapOption, Option, any_port, boolean, count, decimal, integer, one_of, port
from flinkop.flinkconf.syntax import parse_map


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


INTERVAL = Option("new.interval", timedelta(minutes=1), parse_duration, ("old.interval", "older.interval"))


@pytest.mark.parametrize(
    ("conf", "seconds"),
    [
        ({}, 60),
        ({"new.interval": "5 s"}, 5),
        ({"old.interval": "6 s"}, 6),
        ({"older.interval": "7 s", "old.interval": "6 s"}, 6),
        ({"older.interval": "7 s", "old.interval": "6 s", "new.interval": "5 s"}, 5),
    ],
    ids=["the default", "the key", "an older name", "the older names in their order", "the key wins"],
)
def test_the_first_name_that_is_set_counts(conf: dict[str, str], seconds: int) -> None:
    assert INTERVAL.read(conf) == timedelta(seconds=seconds)
    assert INTERVAL.is_set(conf) is bool(conf)


def test_a_bad_value_is_told_with_the_name_that_was_written() -> None:
    with pytest.raises(InvalidOption) as refused:
        INTERVAL.read({"old.interval": "soon"})
    assert str(refused.value) == ("flinkConfiguration.old.interval: 'soon' is not a duration; write for example 10 s, 5 min, 1 d or PT10S")
    assert refused.value.key == "old.interval"
    assert isinstance(refused.value, InvalidSpec)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("FALSE", False), (" True ", True)])
def test_booleans_are_read_in_any_case(text: str, value: bool) -> None:
    assert boolean(text) is value


@pytest.mark.parametrize(
    ("parse", "text", "remedy"),
    [
        (boolean, "yes", "write true or false"),
        (integer, "1.5", "write for example 50"),
        (integer, "", "write for example 50"),
        (integer, "1_000", "write for example 50"),
        (integer, "٣", "write for example 50"),
        (integer, "2147483648", "is too large; write at most 2147483647"),
        (integer, "9" * 5000, "99…' is too large; write at most 2147483647"),
        (count, "0", "'0' is too few; write 1 or more"),
        (count, "-2", "write 1 or more"),
        (count, "two", "write for example 50"),
        (port, "0", "write a number from 1 to 65535"),
        (port, "65536", "write one number up to 65535, no range"),
        (any_port, "-1", "write one number up to 65535, no range"),
        (any_port, "8081-8085", "write one number up to 65535, no range"),
        (decimal, "half", "write for example 1.5"),
        (decimal, "nan", "write for example 1.5"),
        (decimal, "inf", "write for example 1.5"),
        (decimal, "1e400", "write for example 1.5"),
        (decimal, "1_0.0", "write for example 1.5"),
        (one_of(Colour), "GREEN", "write RED or BLUE"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_other_texts_are_refused_with_what_to_write(parse: object, text: str, remedy: str) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match=remedy):
        parse(text)


def test_enums_are_read_in_any_case() -> None:
    assert one_of(Colour)("blue") is Colour.BLUE


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (integer, " -7 ", -7),
        (integer, "2147483647", 2147483647),
        (count, "1", 1),
        (port, "65535", 65535),
        (any_port, "0", 0),
        (decimal, " .5", 0.5),
        (decimal, "-1.5e-3", -0.0015),
        (decimal, "2.", 2.0),
    ],
)
def test_numbers_are_read(parse: object, text: str, value: float) -> None:
    assert callable(parse)
    assert parse(text) == value


LABELS = MapOption("app.labels", {}, parse_map)


@pytest.mark.parametrize(
    ("conf", "value"),
    [
        ({}, {}),
        ({"app.labels": "a:b,c:d"}, {"a": "b", "c": "d"}),
        ({"app.labels.a": "b", "app.labels.c.d": "e:f"}, {"a": "b", "c.d": "e:f"}),
        ({"app.labels": "a:b", "app.labels.c": "d"}, {"a": "b"}),
        ({"app.label": "x", "app.labelset": "x", "other.app.labels.a": "x"}, {}),
    ],
    ids=["not set", "one text", "nested", "the text wins", "other keys"],
)
def test_a_map_is_one_text_or_nested_keys(conf: dict[str, str], value: dict[str, str]) -> None:
    assert LABELS.read(conf) == value


def test_a_bad_map_is_refused() -> None:
    with pytest.raises(InvalidOption, match=r"flinkConfiguration.app.labels: is not a map"):
        LABELS.read({"app.labels": "a"})
