"""Logging: one JSON object a line in pods, readable text on a terminal, and no secret in either.

Call sites write `log.info("savepoint completed", location=...)`: a constant phrase, and its variables as keys.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from flinkop.redaction import HIDDEN, is_sensitive, redact

_FIRST = ("timestamp", "level", "event")


class LogLevel(StrEnum):
    """The least severe level that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line looks."""

    JSON = "json"
    CONSOLE = "console"


def format_for(stream: TextIO) -> LogFormat:
    """Text for people at a terminal, JSON for everything else."""
    return LogFormat.CONSOLE if stream.isatty() else LogFormat.JSON


@dataclass(slots=True)
class _Switches:
    """What is written besides the operator's own lines, and whether details are: they are not even made where nobody reads them."""

    established_lines: bool = False
    details: bool = False


_switches = _Switches()
_log = structlog.get_logger()
_audit = structlog.get_logger()


def log_established(line: str) -> None:
    """Writes a line of the established operator's wording, for tools that search for it; nothing unless that is switched on."""
    if _switches.established_lines:
        _audit.info(line, logger="AuditUtils")


def tells_details() -> bool:
    """Whether lines of the level `debug` are written: what is only for them need not be made."""
    return _switches.details


def log_request(to: str, method: str, path: str, status: int | None, seconds: float) -> None:
    """A line of the level `debug` for a request to another server; without its query. `status` is None when there was no answer."""
    if _switches.details:
        _log.debug("request", to=to, method=method, path=path.partition("?")[0], status=status, milliseconds=round(seconds * 1000, 1))


class Logging:
    """The logging of this process. What `change` is told holds from the next line on."""

    def __init__(self, level: LogLevel, line_format: LogFormat, stream: TextIO) -> None:
        self.level, self.line_format, self._stream = level, line_format, stream
        self.change(level, line_format)

    def change(self, level: LogLevel, line_format: LogFormat, established_lines: bool = False) -> None:
        """The least severe level, the form of a line, and whether lines of the established operator's wording are written too."""
        self.level, self.line_format = level, line_format
        self._least, self._renderer = _severity(level), _renderer(line_format, self._stream)
        _switches.established_lines, _switches.details = established_lines, level is LogLevel.DEBUG
        logging.getLogger().setLevel(self._least)

    def drop_minor(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        """A processor: lines below the level end here."""
        if _SEVERITIES.get(method, logging.CRITICAL) < self._least:
            raise structlog.DropEvent
        return event

    def render(self, logger: WrappedLogger, method: str, event: EventDict) -> Any:
        """A processor: the line as text."""
        return self._renderer(logger, method, event)


_SEVERITIES = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "exception": logging.ERROR,
}


def _severity(level: LogLevel) -> int:
    return _SEVERITIES[level.value]


def set_up_logging(level: LogLevel, line_format: LogFormat, stream: TextIO = sys.stderr) -> Logging:
    """Sends what structlog and the standard library's loggers (aiohttp, asyncio, warnings) say to `stream`, in one form."""
    handler = logging.StreamHandler(stream)
    logging.basicConfig(handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    made = Logging(level, line_format, stream)
    handler.setFormatter(_formatter_of_standard_library(made.render))
    structlog.configure(
        processors=[made.drop_minor, *_PROCESSORS, _redact, made.render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    return made


def _formatter_of_standard_library(renderer: Processor) -> logging.Formatter:
    formatter = structlog.stdlib.ProcessorFormatter
    return formatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *_PROCESSORS],
        processors=[formatter.remove_processors_meta, _redact, renderer],
    )


def _renderer(line_format: LogFormat, stream: TextIO) -> Processor:
    match line_format:
        case LogFormat.JSON:
            return _render_json
        case LogFormat.CONSOLE:
            return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    ordered = {key: event.pop(key) for key in _FIRST if key in event} | dict(event)
    try:
        return orjson.dumps(ordered, default=str).decode()
    except TypeError:  # half a character, of a name that is no UTF-8, or a number of more than 64 bits
        return json.dumps(ordered, default=str)


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return _without_secrets(event)


def _without_secrets(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key): HIDDEN if is_sensitive(str(key)) else _shown(value) for key, value in fields.items()}


def _shown(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return _without_secrets(value)
        case Sequence() if not isinstance(value, str | bytes):
            return [_shown(item) for item in value]
        case _:
            return redact(str(value))


_PROCESSORS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
