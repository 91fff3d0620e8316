"""The steps within a phase. Each holds what only this step needs, and is recorded in `status.operation` before it is acted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class HaFate(StrEnum):
    """What happens to the high-availability metadata when a cluster is torn down.

    `REMOVE`: they are obsolete, for the newest state is elsewhere and recorded. `KEEP`: the next start decides.
    """

    KEEP = "Keep"
    REMOVE = "Remove"


@dataclass(frozen=True, slots=True)
class TakingSavepoint:
    """The job is being stopped with a savepoint. The trigger id is ours, so that asking twice is asking once."""

    since: datetime
    trigger_id: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Cancelling:
    """The job is being cancelled; its last checkpoint becomes the restore point."""

    since: datetime


@dataclass(frozen=True, slots=True)
class TearingDown:
    """The JobManager Deployment and its pods are being removed."""

    since: datetime
    ha: HaFate


@dataclass(frozen=True, slots=True)
class WaitingToRetry:
    """An upgrade to `generation` failed and the old job was kept; it is tried again at `not_before`."""

    since: datetime
    generation: int
    attempt: int
    not_before: datetime


@dataclass(frozen=True, slots=True)
class WaitingToStop:
    """Another spec is wanted, and there is no safe way to stop the job yet."""

    since: datetime


@dataclass(frozen=True, slots=True)
class StoppingJobs:
    """A session cluster is to be deployed anew. As long as this is recorded its jobs stop, and none is submitted."""

    since: datetime


@dataclass(frozen=True, slots=True)
class WaitingForJobs:
    """A session cluster is to be deleted, and jobs still run on it."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Rescaling:
    """The running job is told how parallel to be. `before`: how parallel vertices might be, at most, before they were told otherwise."""

    since: datetime
    before: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submitting:
    """The job was submitted to a session cluster at `since`, and has to show up there."""

    since: datetime


Step = TakingSavepoint | Cancelling | TearingDown | WaitingToRetry | WaitingToStop | StoppingJobs | WaitingForJobs | Rescaling | Submitting
