"""What a pass has to find out beyond the informers' caches: asking costs requests, so only what the next decision needs is asked."""

from __future__ import annotations

from enum import Flag, auto

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.health import checks_health
from flinkop.lifecycle.phase import ENDED, Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.rescale import is_rescaled
from flinkop.lifecycle.rollback import may_roll_back
from flinkop.lifecycle.step import Cancelling, TakingSavepoint, TearingDown, WaitingForJobs

_MAY_START = frozenset({Phase.CREATED, Phase.DEPLOYING, Phase.SUSPENDED})


class Question(Flag):
    """The questions there are."""

    NONE = 0
    JOB = auto()
    SAVEPOINT = auto()
    REQUESTED_CHECKPOINT = auto()
    CHECKPOINTS = auto()
    HA_METADATA = auto()
    REPLICA_SETS = auto()
    RESTARTS = auto()
    SCALE = auto()
    CLUSTER_INFO = auto()


def questions(record: Record, desired: Desired, jobmanager_exists: bool) -> Question:
    """The questions of one pass."""
    asked = job_questions(record, desired)
    if checks_health(record, desired):
        asked |= Question.CHECKPOINTS | Question.RESTARTS
    if is_rescaled(record, desired):
        asked |= Question.SCALE
    if _needs_metadata(record, desired, jobmanager_exists):
        asked |= Question.HA_METADATA
    if not jobmanager_exists and (isinstance(record.step, TearingDown) or record.phase in _MAY_START):
        asked |= Question.REPLICA_SETS
    return asked


def job_questions(record: Record, desired: Desired) -> Question:
    """Those about the job alone."""
    match record.step:
        case TakingSavepoint():
            return Question.JOB | Question.SAVEPOINT
        case Cancelling() | WaitingForJobs():
            return Question.JOB
        case TearingDown():
            return Question.NONE
        case _:
            return _without_step(record, desired)


def _without_step(record: Record, desired: Desired) -> Question:
    if record.phase is Phase.RUNNING:
        return _of_running(record, desired)
    return Question.JOB if record.phase in {Phase.DEPLOYING, *ENDED} else Question.NONE


def _of_running(record: Record, desired: Desired) -> Question:
    asked = Question.JOB
    if (desired.has_to_stop or is_rescaled(record, desired)) and desired.settings.max_checkpoint_age is not None:
        asked |= Question.CHECKPOINTS
    if record.savepoints.trigger is not None:
        asked |= Question.SAVEPOINT
    if record.checkpoints.trigger is not None:
        asked |= Question.REQUESTED_CHECKPOINT
    return asked


def _needs_metadata(record: Record, desired: Desired, jobmanager_exists: bool) -> bool:
    if (record.phase is Phase.SUSPENDED and not desired.suspended) or desired.deleting:
        return True  # whatever high availability it has now, an earlier start may have left some
    if not (desired.settings.high_availability or desired.deployed_high_availability):
        return False
    if record.step is not None or desired.wants_restart or is_rescaled(record, desired):
        return True
    if checks_health(record, desired) or _may_roll_back(record, desired):
        return True
    return record.phase in {Phase.CREATED, Phase.SUSPENDED, Phase.UPGRADING} or not jobmanager_exists


def _may_roll_back(record: Record, desired: Desired) -> bool:
    """Only where it has come to that: a running job is not rolled back."""
    return record.phase in {Phase.DEPLOYING, Phase.FAILED} and may_roll_back(record, desired)
