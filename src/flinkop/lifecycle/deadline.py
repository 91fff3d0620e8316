"""Until when something is waited for, by which option, and what comes then: in words, and as a time for `status.operation`.

A message names the moment, never the time that is left: one that changed with the clock would be written again and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from flinkop.flinkconf import flinkoptions, operatoroptions
from flinkop.lifecycle.desired import Desired, Settings
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Trigger
from flinkop.lifecycle.snapshotkind import Kind
from flinkop.lifecycle.step import (
    Cancelling,
    Rescaling,
    Step,
    StoppingJobs,
    Submitting,
    TakingSavepoint,
    TearingDown,
    WaitingForJobs,
    WaitingToRetry,
    WaitingToStop,
)

READINESS = operatoroptions.READINESS_TIMEOUT.key
CLEANUP = operatoroptions.RESOURCE_CLEANUP_TIMEOUT.key
CANCEL = operatoroptions.CANCEL_TIMEOUT.key
SUBMISSION = operatoroptions.JOB_SUBMISSION_TIMEOUT.key
SAVEPOINT = f"{flinkoptions.CHECKPOINT_TIMEOUT.key} and {CANCEL}"


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a wait that began at `since`; `options` are the keys that say how long it lasts."""

    since: datetime
    ends: datetime
    options: str

    def is_over(self, now: datetime) -> bool:
        """Whether the wait has had its time."""
        return now >= self.ends

    def words(self, now: datetime, then: str, late: str) -> str:
        """One sentence: until when, and `then` what; after the end `late`, sentences that name the ways out."""
        if self.is_over(now):
            return f"This takes longer than {self.options}. {late}"
        return f"Waiting until {clock(self.ends, self.since)} ({self.options}), then {then}."


def clock(moment: datetime, since: datetime) -> str:
    """`12:05:00 UTC`; with the date when that is not the day of `since`, at which people begin to read it."""
    return f"{moment:%H:%M:%S} UTC" if moment.date() == since.date() else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def behind(fact: str, words: str) -> str:
    """The words behind a fact, which may be somebody else's and end without a full stop."""
    return f"{fact}{'' if is_sentence(fact) else '.'} {words}" if words else fact


def is_sentence(words: str) -> bool:
    """Whether they end as one."""
    return words.endswith((".", "!", "?"))


def for_readiness(since: datetime, settings: Settings) -> Deadline:
    """The job has to run."""
    return Deadline(since, since + settings.readiness_timeout, READINESS)


def for_cleanup(since: datetime, settings: Settings) -> Deadline:
    """What belonged to a cluster has to go."""
    return Deadline(since, since + settings.cleanup_timeout, CLEANUP)


def for_submission(since: datetime, settings: Settings) -> Deadline:
    """A job that was submitted has to show up; later than this it does not come any more."""
    return Deadline(since, since + settings.submission_timeout, SUBMISSION)


def for_cancelling(since: datetime, settings: Settings) -> Deadline:
    """The job has to be cancelled."""
    return Deadline(since, since + settings.cancel_timeout, CANCEL)


def for_savepoint(since: datetime, settings: Settings) -> Deadline:
    """The job has to stop with a savepoint."""
    return Deadline(since, since + settings.checkpoint_timeout + settings.cancel_timeout, SAVEPOINT)


def for_snapshot(kind: Kind, trigger: Trigger, settings: Settings) -> Deadline:
    """A savepoint or checkpoint of a job that goes on has to complete."""
    return for_snapshot_since(kind, datetime.fromtimestamp(trigger.since / 1000, UTC), settings)


def for_snapshot_since(kind: Kind, since: datetime, settings: Settings) -> Deadline:
    """A savepoint or checkpoint that Flink was asked for at `since` has to complete."""
    options = f"{flinkoptions.CHECKPOINT_TIMEOUT.key} and {_grace(kind)}"
    return Deadline(since, since + settings.checkpoint_timeout + kind.grace(settings), options)


def for_job_of_snapshot(kind: Kind, since: datetime, settings: Settings, *, exists: bool) -> Deadline:
    """The job that a snapshot is to be taken of has to run; one whose resource does not exist has to be created."""
    if exists:
        return for_readiness(since, settings)
    return Deadline(since, since + kind.grace(settings), _grace(kind))


def _grace(kind: Kind) -> str:
    return f"kubernetes.operator.{kind.word}.trigger.grace-period"


def readiness_words(record: Record, desired: Desired, now: datetime) -> str:
    """The end of the wait for a start, as a sentence."""
    if record.start is None:
        return ""
    then = "it is Stalled, and still tried"
    if desired.settings.rollback:
        then = f"the last stable spec comes back where that is safe; else {then}"
    late = "It is still tried. The JobManager's log tells more (`kubectl logs`); a changed spec is tried at once."
    return for_readiness(record.start.awaited_since, desired.settings).words(now, then, late)


def ends_at(step: Step | None, settings: Settings) -> datetime | None:
    """When a step has had its time; None where it has none.

    Jobs on a session cluster are waited for as long as they run, and a submission as long as its start.
    """
    match step:
        case TakingSavepoint(since) | StoppingJobs(since):
            return for_savepoint(since, settings).ends
        case Cancelling(since):
            return for_cancelling(since, settings).ends
        case TearingDown(since):
            return for_cleanup(since, settings).ends
        case WaitingToStop(since) | Rescaling(since):
            return for_readiness(since, settings).ends
        case WaitingToRetry():
            return step.not_before
        case WaitingForJobs() | Submitting() | None:
            return None
    assert_never(step)
