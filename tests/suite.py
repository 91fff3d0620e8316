"""Runs the parts of the test suite one after the other, and tells at the end what passed and how long each part took."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.cluster.process import tell

_PYTEST = ("pytest", "--durations=5", "--durations-min=1")
_COUNTS = re.compile(r"^=*\s*((?:\d+ (?:passed|failed|errors?|skipped|deselected|warnings?|xfailed|xpassed)(?:, )?)+) in ", re.MULTILINE)

PARTS: Mapping[str, Sequence[Sequence[str]]] = {
    "lint": (("ruff", "check", "src", "tests"), ("ruff", "format", "--check", "src", "tests")),
    "types": (("mypy",),),
    "contracts": (("lint-imports",),),
    "unit": ((*_PYTEST, "-n", "2", "tests/unit"),),
    "component": ((*_PYTEST, "-m", "not long", "tests/component"),),
    "component-long": ((*_PYTEST, "-n", "2", "-m", "long", "tests/component"),),
    "e2e": ((*_PYTEST, "-v", "-m", "not long and not versions", "tests/e2e"),),
    "e2e-long": ((*_PYTEST, "-v", "-m", "long", "tests/e2e"),),
    "e2e-versions": ((*_PYTEST, "-v", "-m", "versions", "tests/e2e"),),
}
_EXTRA = {"component-long", "e2e-long", "e2e-versions"}
ORDINARY = tuple(part for part in PARTS if part not in _EXTRA)


@dataclass(frozen=True, slots=True)
class Report:
    """How one part ended."""

    part: str
    passed: bool
    seconds: float
    counts: str


def main() -> int:
    """Runs the parts that are named, by default all that CI asks for; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.suite", description=__doc__)
    parser.add_argument("parts", nargs="*", default=ORDINARY, metavar="PART", help=f"of {', '.join(PARTS)}; default: {', '.join(ORDINARY)}")
    reports = [_run(part) for part in parser.parse_args().parts]
    print("\n" + "\n".join(map(_line, reports)), flush=True)
    return 0 if all(report.passed for report in reports) else 1


def _run(part: str) -> Report:
    tell(part)
    began, passed, counts = time.monotonic(), True, ""
    for command in PARTS[part]:
        status, output = _stream(command)
        passed = passed and status == 0
        found = _COUNTS.findall(output)
        counts = found[-1] if found else counts
    return Report(part, passed, time.monotonic() - began, counts)


def _stream(command: Sequence[str]) -> tuple[int, str]:
    """Runs a command; what it prints is shown as it comes, and kept."""
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    return process.returncode, "".join(lines)


def _line(report: Report) -> str:
    minutes, seconds = divmod(round(report.seconds), 60)
    return f"{'ok    ' if report.passed else 'FAILED'}  {report.part:<12} {minutes:3d}:{seconds:02d}  {report.counts}"


if __name__ == "__main__":
    sys.exit(main())
