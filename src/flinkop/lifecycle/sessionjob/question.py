"""What a pass of a session job has to find out beyond the caches."""

from __future__ import annotations

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.health import checks_health
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.question import Question, job_questions
from flinkop.lifecycle.record import Record

_NEVER_SUBMITTED = frozenset({Phase.CREATED, Phase.SUSPENDED})
_MAY_LACK_ITS_JOB = frozenset({Phase.DEPLOYING, Phase.UPGRADING, Phase.DELETING})


def session_job_questions(record: Record, desired: Desired) -> Question:
    """What its JobManager is asked. A resting job asks for no more than the overview that all jobs of the cluster share."""
    if record.phase in _NEVER_SUBMITTED and not desired.deleting:
        return Question.JOB
    asked = job_questions(record, desired) | Question.JOB
    if checks_health(record, desired):
        asked |= Question.CHECKPOINTS | Question.RESTARTS
    return asked


def needs_metadata(record: Record, observed: Observed, desired: Desired) -> bool:
    """Whether those of high availability tell that a job that is not there will come back."""
    return desired.deployed_high_availability and observed.job is None and record.phase in _MAY_LACK_ITS_JOB and record.was_ready


def needs_jar(record: Record, observed: Observed, desired: Desired) -> bool:
    """Whether the job is about to be submitted. The one before it may still be known, as one that has ended."""
    if desired.suspended or desired.deleting:
        return False
    match record.phase:
        case Phase.CREATED | Phase.SUSPENDED:
            return True
        case Phase.UPGRADING:
            return record.step is None
        case Phase.DEPLOYING:
            return not record.was_ready and observed.job is None
        case _:
            return False
