"""One configuration option: its key, how its text is read, and what holds when it is not set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from flinkop.errors import InvalidSpec

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


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
        return next((key for key in (self.key, *self.fallback_keys) if key in conf), None)

    def is_set(self, conf: Mapping[str, str]) -> bool:
        """Whether `conf` sets this option under any of its names."""
        return self.key_in(conf) is not None


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
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a whole number; write for example 50") from None


def decimal(text: str) -> float:
    """A number."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a number; write for example 1.5") from None


def one_of(values: type[E]) -> Callable[[str], E]:
    """A parser for the values of an enum, in any case."""
    by_name = {str(value.value).upper(): value for value in values}

    def parse(text: str) -> E:
        if text.strip().upper() not in by_name:
            raise ValueError(f"'{text}' is not one of the values; write {' or '.join(by_name)}")
        return by_name[text.strip().upper()]

    return parse
