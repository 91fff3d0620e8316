"""One configuration option: its key, how its text is read, and what holds when it is not set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from flinkop.errors import InvalidSpec

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_LARGEST_INTEGER = 2**31 - 1
_LARGEST_NUMBER = 1e15  # far beyond any use, and near enough that arithmetic with it stays exact
_LARGEST_PORT = 65535
_LONGEST_SHOWN = 60
_DIGITS = re.compile("[+]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


class InvalidOption(InvalidSpec):
    """The value of the option `key` cannot be used. `problem` says what is wrong and, after a semicolon, what to write."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"flinkConfiguration.{key}: {problem}")
        self.key = key
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """An option of Flink or of the operator.

    `parse` raises ValueError that says what is wrong and what to write. `fallback_keys` are older names, which count when
    `key` is absent, in their order. `system_only` options are read from the operator's own configuration, not a resource's.
    """

    key: str
    default: T
    parse: Callable[[str], T]
    fallback_keys: tuple[str, ...] = ()
    system_only: bool = False
    description: str = ""

    def read(self, conf: Mapping[str, str]) -> T:
        """The value in `conf`, or the default. Raises InvalidOption, which names the key that was read."""
        key = self.key_in(conf)
        if key is None:
            return self.default
        try:
            return self.parse(conf[key])
        except ValueError as error:
            raise InvalidOption(key, str(error)) from None

    def key_in(self, conf: Mapping[str, str]) -> str | None:
        """The key under which `conf` sets this option, or None when it does not."""
        if self.key in conf:
            return self.key
        for key in self.fallback_keys:  # a pass reads hundreds of options: a generator would be most of what that costs
            if key in conf:
                return key
        return None

    def is_set(self, conf: Mapping[str, str]) -> bool:
        """Whether `conf` sets this option under any of its names."""
        return self.key_in(conf) is not None


@dataclass(frozen=True, slots=True)
class MapOption(Option[Mapping[str, str]]):
    """An option whose value is a map: in one text under its key, or else each pair under `key.name`, as nested YAML gives it.

    Source: Flink's Configuration, which reads maps both ways, from 1.16 to 2.3.
    """

    def read(self, conf: Mapping[str, str]) -> Mapping[str, str]:
        """The map in `conf`, or the default. Raises InvalidOption."""
        prefix = f"{self.key}."
        nested = {} if self.is_set(conf) else {key.removeprefix(prefix): value for key, value in conf.items() if key.startswith(prefix)}
        return nested or Option.read(self, conf)


def boolean(text: str) -> bool:
    """Flink's booleans: `true` and `false` in any case."""
    match text.strip().lower():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise ValueError(f"'{text}' is not a boolean; write true or false")


def integer(text: str) -> int:
    """A whole number, as large as Java's int."""
    number = _whole_number(text)
    if number is None and _DIGITS.fullmatch(text.strip()):
        raise ValueError(f"{_quoted(text)} is too large; write at most {_LARGEST_INTEGER}")
    if number is None:
        raise ValueError(f"{_quoted(text)} is not a whole number; write for example 50")
    return number


def count(text: str) -> int:
    """How many there are: a whole number of at least 1."""
    number = integer(text)
    if number < 1:
        raise ValueError(f"{_quoted(text)} is too few; write 1 or more")
    return number


def port(text: str) -> int:
    """A port."""
    number = any_port(text)
    if number == 0:
        raise ValueError("'0' is not a port; write a number from 1 to 65535")
    return number


def any_port(text: str) -> int:
    """A port, or 0 when any will do. Flink takes ranges elsewhere, but not on Kubernetes, where Services name the port."""
    number = _whole_number(text)
    if number is None or not 0 <= number <= _LARGEST_PORT:
        raise ValueError(f"{_quoted(text)} is not a port; write one number up to {_LARGEST_PORT}, no range")
    return number


def _whole_number(text: str) -> int | None:
    """None when it is not one, or beyond Java's int. Python would take underscores and the digits of all scripts too."""
    trimmed = text.strip()
    if not re.fullmatch("[+-]?[0-9]{1,19}", trimmed) or abs(int(trimmed)) > _LARGEST_INTEGER:
        return None
    return int(trimmed)


def decimal(text: str) -> float:
    """A number; neither infinite nor NaN, which nothing can be done with."""
    trimmed = text.strip()
    if not _NUMBER.fullmatch(trimmed) or abs(float(trimmed)) > _LARGEST_NUMBER:
        raise ValueError(f"{_quoted(text)} is not a number; write for example 1.5")
    return float(trimmed)


def _quoted(text: str) -> str:
    return f"'{text}'" if len(text) <= _LONGEST_SHOWN else f"'{text[:_LONGEST_SHOWN]}…'"


def one_of(values: type[E]) -> Callable[[str], E]:
    """A parser for the values of an enum, in any case."""
    by_name = {str(value.value).upper(): value for value in values}

    def parse(text: str) -> E:
        if text.strip().upper() not in by_name:
            raise ValueError(f"'{text}' is not one of the values; write {' or '.join(by_name)}")
        return by_name[text.strip().upper()]

    return parse
