"""What is logged at the level `debug`."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from flinkop.log import LogFormat, Logging, LogLevel


@contextmanager
def captured_details(level: LogLevel = LogLevel.DEBUG) -> Iterator[list[MutableMapping[str, Any]]]:
    """The lines that are logged meanwhile in a process of that level, with what is bound to them."""
    root = logging.getLogger()
    before = root.level
    log = Logging(level, LogFormat.JSON, io.StringIO())
    try:
        with capture_logs([merge_contextvars]) as lines:
            yield lines
    finally:
        log.change(LogLevel.INFO, LogFormat.JSON)
        root.setLevel(before)
