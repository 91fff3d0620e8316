"""Stopping with a savepoint, for an upgrade, a suspension or a deletion: what the trigger's outcome means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from flinkop.lifecycle.observed import (
    Answered,
    JobState,
    Observed,
    SavepointCompleted,
    SavepointFailed,
    SavepointInProgress,
    SavepointUnknown,
)
from flinkop.lifecycle.step import TakingSavepoint


@dataclass(frozen=True, slots=True)
class Pending:
    """Nothing to do but wait; `why` is for people."""

    why: str


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
class EndedWithout:
    """The job has ended, and no savepoint of this stop is known."""

    cause: str


Outcome = Pending | AskAgain | Stopped | KeptRunning | EndedWithout

_CLOCK_SKEW_MS = 60_000


def read_outcome(step: TakingSavepoint, observed: Observed) -> Outcome:
    """What has become of the stop, from the trigger's status, the job's state and the JobManager's memory of checkpoints."""
    if not isinstance(observed.rest, Answered) or observed.savepoint is None:
        return Pending("The JobManager does not answer; waiting to hear what became of the savepoint.")
    match observed.savepoint:
        case SavepointInProgress():
            return Pending("The savepoint is in progress.")
        case SavepointCompleted(location):
            return Stopped(location)
        case SavepointFailed(cause):
            return _after_failure(observed, cause, step)
        case SavepointUnknown():
            return _after_forgetting(observed, step)
    assert_never(observed.savepoint)


def _after_failure(observed: Observed, cause: str, step: TakingSavepoint) -> Outcome:
    """A stop that fails because the job had ended before may still be the second asking for a stop that worked."""
    match observed.job.state if observed.job else None:
        case JobState.FINISHED | JobState.FAILED | JobState.CANCELED:
            return _find_in_memory(observed, step, cause)
        case _:
            return KeptRunning(cause)


def _after_forgetting(observed: Observed, step: TakingSavepoint) -> Outcome:
    match observed.job.state if observed.job else None:
        case JobState.FINISHED | JobState.FAILED | JobState.CANCELED:
            return _find_in_memory(observed, step, "the job ended and its JobManager has forgotten the savepoint")
        case JobState.RUNNING:
            return AskAgain()
        case None if observed.ha is None or not observed.ha.checkpoints:
            return EndedWithout("the JobManager knows neither the job nor the savepoint")
        case _:
            return Pending("The JobManager has restarted; waiting for the job to run again.")


def _find_in_memory(observed: Observed, step: TakingSavepoint, cause: str) -> Outcome:
    """Results of triggers are kept for five minutes only (`rest.async.store-duration`), checkpoint statistics for longer."""
    checkpoints = observed.checkpoints
    if checkpoints is None:
        return Pending("The job has ended; asking its JobManager for the savepoint.")
    asked_at = step.since.timestamp() * 1000 - _CLOCK_SKEW_MS
    if checkpoints.stop_path and (checkpoints.stop_triggered_at or 0) >= asked_at:
        return Stopped(checkpoints.stop_path)
    finished = observed.job is not None and observed.job.state is JobState.FINISHED
    if not finished and checkpoints.newest_path:
        return Stopped(checkpoints.newest_path)
    return EndedWithout(cause)
