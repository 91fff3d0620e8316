"""What writing the operator's log costs: its own lines, written once more by the same code. `python -m tests.bench.relog` reads them."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog
from tests.cluster.process import run

from flinkop.log import LogFormat, LogLevel, set_up_logging

_TIMES = 5
_ADDED = ("timestamp", "level", "event")


def measure_cpu(log: str) -> tuple[int, float]:
    """How many lines there are in the log, and the CPU seconds that writing them takes. In a process of its own: it changes the logging."""
    count, seconds = run(sys.executable, "-m", "tests.bench.relog", stdin=log).split()
    return int(count), float(seconds)


def read(log: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The lines of the operator; what something else has written among them is left out."""
    for line in log:
        try:
            fields = json.loads(line)
        except ValueError:
            continue
        if isinstance(fields, dict) and "event" in fields and "level" in fields:
            yield fields


def write(lines: Iterable[Mapping[str, Any]]) -> None:
    """Says the same once more."""
    logger = structlog.get_logger()
    for line in lines:
        getattr(logger, line["level"])(line["event"], **{name: value for name, value in line.items() if name not in _ADDED})


def main() -> None:
    """Prints the number of lines and the CPU seconds: the least of some tries, for what disturbs only adds."""
    lines = list(read(sys.stdin))
    with Path(os.devnull).open("w") as nowhere:
        set_up_logging(LogLevel.INFO, LogFormat.JSON, nowhere)
        print(len(lines), min(_cpu_of(lines) for _ in range(_TIMES)))


def _cpu_of(lines: list[dict[str, Any]]) -> float:
    began = time.process_time()
    write(lines)
    return time.process_time() - began


if __name__ == "__main__":
    main()
