"""The log as the configuration wants it, from the start on and whenever that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from flinkop.config import OperatorConfig
from flinkop.flinkconf import operatoroptions as options
from flinkop.flinkconf.option import InvalidOption, Option
from flinkop.log import LogFormat, Logging, LogLevel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LogChoice:
    """How the log is to be."""

    level: LogLevel
    line_format: LogFormat
    established_lines: bool = False


class LogFollower:
    """Applies each configuration; `otherwise` holds where it says nothing. A wrong value leaves what it is about as it was."""

    def __init__(self, logging: Logging, otherwise: LogChoice) -> None:
        self._logging, self._otherwise, self._current = logging, otherwise, otherwise

    def follow(self, config: OperatorConfig) -> None:
        """The log is as `config` says from now on."""
        default, current = self._otherwise, self._current
        level = _read(options.LOG_LEVEL, config, current.level.value) or default.level.value
        line_format = _read(options.LOG_FORMAT, config, current.line_format.value) or default.line_format.value
        established = _read(options.LOG_ESTABLISHED_LINES, config, current.established_lines)
        self._current = LogChoice(LogLevel(level), LogFormat(line_format), established)
        self._logging.change(self._current.level, self._current.line_format, established)


def _read(option: Option[T], config: OperatorConfig, current: T) -> T:
    try:
        return option.read(config.base)
    except InvalidOption:
        return current
