"""What real JobManagers answered, from tests/golden/rest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parents[2] / "golden" / "rest"
VERSIONS = ("1.20.5", "2.2.1")

# The jobs of the recording, by what became of them.
RUNNING = STOPPED = "a" * 32
NESTED = "0" * 31 + "b"
MULTILINE = "1" * 31 + "b"
SUPPRESSED = "2" * 31 + "b"
BAD_SAVEPOINT = "c" * 32
CLOSE_FAILED = "e" * 32
RESTORED = "f" * 32
NOBODYS = "0" * 32


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; `what` says at which point of the recording."""

    what: str
    request: str
    body: Any
    status: int
    answer: Any


@cache
def exchanges(version: str) -> tuple[Exchange, ...]:
    """All of one version, in order."""
    return tuple(Exchange(**row) for row in json.loads((DIRECTORY / f"{version}.json").read_text()))


def exchange(version: str, what: str, request: str) -> Exchange:
    """The one with that name whose request ends so."""
    (found,) = (row for row in exchanges(version) if row.what == what and row.request.endswith(request))
    return found
