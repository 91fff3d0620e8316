"""What a pass of a FlinkStateSnapshot sees: its job, and what Flink says of what it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from flinkop.lifecycle.observed import Snapshot


class JobPresence(Enum):
    """Whether a snapshot of the job can be taken.

    MISSING: there is no resource of that name. OVER: its job has ended, is suspended or deleted, or it never has one. NOT_YET: it starts,
    is being upgraded, or is in trouble that may pass. RUNNING: now.
    """

    MISSING = auto()
    OVER = auto()
    NOT_YET = auto()
    RUNNING = auto()


@dataclass(frozen=True, slots=True)
class JobSight:
    """The job that the snapshot is of, as its resource shows it. `serves`: it has a JobManager that can be asked."""

    presence: JobPresence
    message: str = ""
    job_id: str | None = None
    serves: bool = False


@dataclass(frozen=True, slots=True)
class DisposalInProgress:
    """Flink is deleting the files."""


@dataclass(frozen=True, slots=True)
class DisposalCompleted:
    """The files are gone."""


@dataclass(frozen=True, slots=True)
class DisposalFailed:
    """Flink could not delete them."""

    cause: str


Disposal = DisposalInProgress | DisposalCompleted | DisposalFailed


@dataclass(frozen=True, slots=True)
class SnapshotSeen:
    """One look. `outcome` is None when Flink was not asked or gave no answer.

    `disposal` is None when nobody asked for it. `needed_by` names a job that may be started from the savepoint.
    """

    job: JobSight
    outcome: Snapshot | None = None
    disposal: Disposal | None = None
    needed_by: str | None = None
