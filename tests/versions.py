"""docs/versions.md: what `make e2e-versions` found of every Flink version. The run keeps what it found in docs/versions.tsv."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

DATA = Path(__file__).parents[1] / "docs" / "versions.tsv"
DOCUMENT = DATA.with_suffix(".md")

RELEASES = ("1.16.3", "1.17.2", "1.18.1", "1.19.3", "1.20.5", "2.0.2", "2.1.3", "2.2.1", "2.3.0")
"""The newest release of every minor version that is supported."""

STEPS: Mapping[str, str] = {
    "deploy": "from `kubectl apply` to the phase Running, with Kubernetes high availability",
    "count": "the job has processed 100 records",
    "savepoint": "`savepointTriggerNonce`: recorded in status, and there on disk",
    "checkpoint": "`checkpointTriggerNonce`: recorded in status",
    "savepoint upgrade": "`upgradeMode: savepoint`: running the new spec, and counting on from the savepoint",
    "last-state upgrade": "`upgradeMode: last-state`: the same from the high-availability metadata",
    "delete": "to the end of the resource and of everything that belonged to it",
    "standalone": "`mode: standalone`: deployed, running, deleted",
}
"""Every step, in order, and what it is."""

_COLUMNS = ("flink", "java", *STEPS, "date")


@dataclass(slots=True)
class Life:
    """What was found of one version. `java` is what its JobManager says; a step is its seconds, or why it failed or is not there."""

    release: str
    clock: Callable[[], float] = time.monotonic
    java: str = "?"
    steps: dict[str, str] = field(default_factory=dict)

    @property
    def minor(self) -> str:
        """`1.20` of `1.20.5`."""
        return _minor_of(self.release)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Takes the time of a step; a failure is kept in the words of its first line, and goes on."""
        began = self.clock()
        try:
            yield
        except Exception as failure:
            self.steps[name] = f"failed: {_first_line(failure)}"
            raise
        self.steps[name] = f"{self.clock() - began:.0f} s"

    def row(self, now: datetime) -> dict[str, str]:
        """The line of the table. A step that was not come to has no time."""
        found = {name: self.steps.get(name, "not reached") for name in STEPS}
        return {"flink": self.release, "java": self.java, **found, "date": now.date().isoformat()}


def keep(life: Life, data: Path = DATA, document: Path = DOCUMENT) -> None:
    """Puts a version's line in the place of its older one, and writes the document."""
    rows = {_minor_of(row["flink"]): row for row in read_rows(data)}
    rows[life.minor] = life.row(datetime.now(UTC))
    with data.open("w", encoding="utf-8", newline="") as file:
        written = csv.DictWriter(file, _COLUMNS, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
        written.writeheader()
        written.writerows(rows[minor] for minor in sorted(rows, key=_number))
    document.write_text(render_versions(read_rows(data)), encoding="utf-8")


def read_rows(data: Path = DATA) -> list[dict[str, str]]:
    """The lines of the table, oldest version first; none when no run has ended yet."""
    if not data.exists():
        return []
    with data.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


_INTRODUCTION = """\
<!-- Written by `make e2e-versions` from docs/versions.tsv; do not edit. -->

# Flink versions

What the operator does with every minor version that it supports, found with real Flink: `make e2e-versions` runs the same life of a
stateful job on one version after the other, on a local Kubernetes of two nodes. The job fails by itself when a record is lost or repeated.
Times are those of two cores that Flink, the operator and Kubernetes share: they tell that a step ended well, not how fast Flink is.
"""

_END = """\
A failed step is named with the first line of its failure; the steps after it are not reached. A row is replaced when its version is run
again; `pytest -m versions -k 2.2 tests/e2e` runs one. Java is what the JobManager reports. Flink 1.16 to 1.18 run on Java 11 here: 1.16
and 1.17 do not support 17, for 1.18 it is experimental. Checkpoints on demand came with Flink 1.17. The manifest is the same on all
versions but for one key: 1.16 knows `high-availability.type` only as `high-availability`, and the operator refuses a name that Flink
would overlook.

That a job is moved from one version to another, 1.20 to 2.2, is part of `make e2e`.
"""


def render_versions(rows: list[dict[str, str]]) -> str:
    """The text of docs/versions.md."""
    head = f"| Flink | Java | {' | '.join(STEPS)} | date |"
    lines = (f"| {' | '.join(row[column] for column in _COLUMNS)} |" for row in rows)
    explained = (f"- **{name}**: {text}." for name, text in STEPS.items())
    return "\n".join((_INTRODUCTION, head, "|---" * len(_COLUMNS) + "|", *lines, "", *explained, "", _END))


def _minor_of(release: str) -> str:
    return release.rpartition(".")[0]


def _number(minor: str) -> tuple[int, ...]:
    return tuple(map(int, minor.split(".")))


def _first_line(failure: Exception) -> str:
    text = str(failure).partition("\n")[0] or type(failure).__name__
    return text.replace("|", "/").replace("\t", " ")[:160]
