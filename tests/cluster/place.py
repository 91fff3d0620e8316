"""Where the local clusters keep things: all of it outside the work tree, so that a fresh checkout builds nothing again."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def cache() -> Path:
    """What can be made again: binaries, image layers."""
    return _made(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flinkop")


def state() -> Path:
    """What running instances need: their certificates, data, logs."""
    return _made(Path(os.environ.get("FLINKOP_STATE") or "/var/tmp/flinkop"))


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
