"""The operator's own programs for Flink: one jar, built from `flinkop/sqlrunner` into the operator's image."""

from __future__ import annotations

import sys
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

PROGRAMS = Path(sys.prefix) / "share" / "flinkop" / "sql-runner.jar"
"""Where the operator's image has it."""

LAUNCHER = "flinkop.Launcher"
LAUNCHER_FILE = "flinkop/Launcher.class"


@dataclass(frozen=True, slots=True)
class Programs:
    """The jar, which runs SQL, and the class in it that launches jars of a session cluster's image."""

    runner: bytes = field(repr=False)
    launcher: bytes = field(repr=False)


def read_programs(path: Path = PROGRAMS) -> Programs | None:
    """None where they were not built: when the operator runs from its sources."""
    if not path.is_file():
        return None
    content = path.read_bytes()
    with zipfile.ZipFile(BytesIO(content)) as jar:
        return Programs(content, jar.read(LAUNCHER_FILE))
