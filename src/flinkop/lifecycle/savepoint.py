"""Stopping with a savepoint, for an upgrade, a suspension or a deletion: what the trigger's outcome means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from flinkop.lifecycle.observed import (
    TERMINAL,
    Answered,
    JobState,
    Observed,
    SnapshotCompleted,
    SnapshotFailed,
    SnapshotInProgress,
    SnapshotUnknown,
)


@dataclass(frozen=True, slots=True)
class Pending:
    """Nothing to do but wait; `why` is for people. `in_progress`: the JobManager says that it is at it."""

    why: str
    in_progress: bool = False


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The JobManager has not heard of the trigger and the job runs: ask with the same id."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job has ended and left its state at `path`."""

    path: str


@dataclass(frozen=True, slots=True)
class KeptRunning:
    """The savepoint failed and the job goes on."""

    cause: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The job has ended in another way, and its JobManager knows what it left."""

    cause: str


@dataclass(frozen=True, slots=True)
class Vanished:
    """The JobManager knows neither the job nor the savepoint. `for_good`: the job has ended; else it may still come back."""

    cause: str
    for_good: bool


Outcome = Pending | AskAgain | Stopped | KeptRunning | Ended | Vanished


def read_outcome(observed: Observed) -> Outcome:
    """What has become of the stop, from the trigger's status, the job's state and the JobManager's memory of checkpoints."""
    if not isinstance(observed.rest, Answered) or observed.savepoint is None:
        return Pending("The JobManager does not answer; waiting to hear what became of the savepoint.")
    match observed.savepoint:
        case SnapshotInProgress():
            return Pending("The savepoint is in progress.", in_progress=True)
        case SnapshotCompleted(location):
            return Stopped(location)
        case SnapshotFailed(cause):
            return _after_failure(observed, cause)
        case SnapshotUnknown():
            return _after_forgetting(observed)
    assert_never(observed.savepoint)


def _after_failure(observed: Observed, cause: str) -> Outcome:
    """A stop that fails because the job had ended before may still be the second asking for a stop that worked."""
    if observed.job is None:
        return _vanished(observed)
    if observed.job.state in TERMINAL:
        return _find_in_memory(observed, cause)
    return KeptRunning(cause)


def _after_forgetting(observed: Observed) -> Outcome:
    if observed.job is None:
        return _vanished(observed)
    if observed.job.state in TERMINAL:
        return _find_in_memory(observed, f"the job is {observed.job.state}")
    if observed.job.state is JobState.RUNNING:
        return AskAgain()
    return Pending(f"The savepoint can be taken when the job runs; it is {observed.job.state}.")


def _vanished(observed: Observed) -> Vanished:
    """With high availability a job that has not ended has metadata: its JobManager brings it back. Without, it is started anew."""
    return Vanished("the JobManager knows neither the job nor the savepoint", for_good=observed.ha is not None and not observed.ha.exists)


def _find_in_memory(observed: Observed, cause: str) -> Outcome:
    """Results of triggers are kept for five minutes only (`rest.async.store-duration`), checkpoint statistics for longer."""
    checkpoints = observed.checkpoints
    if checkpoints is None:
        return Pending("The job has ended; asking its JobManager for the savepoint.")
    finished = observed.job is not None and observed.job.state is JobState.FINISHED
    if finished and not checkpoints.known:  # no end by itself: the savepoint that stopped it may well be there
        return Vanished("the job is FINISHED, and its JobManager, which was restarted, does not know the savepoint", for_good=True)
    return Stopped(checkpoints.stop_path) if finished and checkpoints.stop_path else Ended(cause)
