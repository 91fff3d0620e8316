"""Logging: one JSON object a line in pods, readable text on a terminal, and no secret in either.

Call sites write `log.info("savepoint completed", location=...)`: a constant phrase, and its variables as keys.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
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


def set_up_logging(level: LogLevel, line_format: LogFormat, stream: TextIO = sys.stderr) -> None:
    """Sends what structlog and the standard library's loggers (aiohttp, asyncio, warnings) say to `stream`, in one form."""
    renderer = _renderer(line_format, stream)
    structlog.configure(
        processors=[*_PROCESSORS, _redact, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level.value),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter_of_standard_library(renderer))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)


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
    return orjson.dumps(ordered, default=str).decode()


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
