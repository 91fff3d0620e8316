"""What a FlinkStateSnapshot asks for, boiled down to what decisions ask about."""

from __future__ import annotations

from dataclasses import dataclass

from flinkop.lifecycle.desired import Settings
from flinkop.lifecycle.snapshotkind import SAVEPOINT, Kind


@dataclass(frozen=True, slots=True)
class SnapshotDesired:
    """One snapshot that is wanted. `path` is the directory it is to be written to, or with `exists` the savepoint itself.

    `settings` are those of the job. `problems` say what is wrong with the spec.
    """

    kind: Kind
    settings: Settings
    generation: int = 1
    exists: bool = False
    path: str | None = None
    format: str = "CANONICAL"
    disposes: bool = False
    backoff_limit: int = -1
    names_job: bool = True
    deleting: bool = False
    has_finalizer: bool = True
    problems: tuple[str, ...] = ()

    @property
    def directory(self) -> str | None:
        """Where a savepoint is to be written to."""
        return self.path or self.settings.savepoint_directory

    @property
    def perhaps_at(self) -> str:
        """Where the files of one are whose outcome is not known, as a sentence. Checkpoints are found and deleted by Flink."""
        return f"If it was made, its files are in {self.directory or 'its directory'}." if self.kind is SAVEPOINT else ""

    @property
    def obstacle(self) -> str | None:
        """Why it cannot be taken as things are; None when it can."""
        return None if self.path else self.kind.obstacle(self.settings)
