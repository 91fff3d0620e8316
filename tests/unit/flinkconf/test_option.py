"""Options: a key, older names, a type, a default."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

import pytest

from flinkop.errors import InvalidSpec
from flinkop.flinkconf.duration import parse_duration
from flinkop.flinkconf.option import InvalidOption, Option, boolean, decimal, integer, one_of


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
        (decimal, "half", "write for example 1.5"),
        (one_of(Colour), "GREEN", "write RED or BLUE"),
    ],
    ids=["boolean", "integer", "no integer", "number", "enum"],
)
def test_other_texts_are_refused_with_what_to_write(parse: object, text: str, remedy: str) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match=remedy):
        parse(text)


def test_enums_are_read_in_any_case() -> None:
    assert one_of(Colour)("blue") is Colour.BLUE
