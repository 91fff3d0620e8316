"""What a pass of a session job has to find out beyond the caches."""

from __future__ import annotations

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.health import checks_health
from flinkop.lifecycle.observed import Answered, JobState, Observed
from flinkop.lifecycle.phase import STARTED, Phase
from flinkop.lifecycle.question import Question, job_questions
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.step import Cancelling

_NEVER_SUBMITTED = frozenset({Phase.CREATED, Phase.SUSPENDED})
_NOT_SEEN_RUNNING = frozenset({JobState.RECONCILING, JobState.INITIALIZING, JobState.CREATED})
_MAY_LACK_ITS_JOB = frozenset({Phase.DEPLOYING, Phase.UPGRADING, Phase.DELETING})


def session_job_questions(record: Record, desired: Desired) -> Question:
    """What its JobManager is asked. A resting job asks for no more than the overview that all jobs of the cluster share."""
    if record.phase in _NEVER_SUBMITTED and not desired.deleting:
        return Question.JOB
    asked = job_questions(record, desired) | Question.JOB
    if checks_health(record, desired):
        asked |= Question.CHECKPOINTS | Question.RESTARTS
    if _stops_what_may_be_recovered(record, desired):
        asked |= Question.CHECKPOINTS
    return asked


def _stops_what_may_be_recovered(record: Record, desired: Desired) -> bool:
    """Such a job may be cancelled when its JobManager knows what it goes on from."""
    stops = isinstance(record.step, Cancelling) or (desired.has_to_stop and record.phase in STARTED and record.was_ready)
    return stops and record.job.state in _NOT_SEEN_RUNNING


def needs_metadata(record: Record, observed: Observed, desired: Desired) -> bool:
    """Whether those of high availability tell that a job that is not there will come back."""
    return desired.deployed_high_availability and observed.job is None and record.phase in _MAY_LACK_ITS_JOB and record.was_ready


def needs_age_of_jobmanager(record: Record, observed: Observed) -> bool:
    """Whether that tells if a job that is not there was lost: with a JobManager that is older than the job it ended."""
    return record.phase is Phase.DEPLOYING and record.was_ready and observed.job is None and isinstance(observed.rest, Answered)


def needs_jar(record: Record, observed: Observed, desired: Desired) -> bool:
    """Whether the job is about to be submitted, or the one before it, which may still be known when it has ended, to be stopped for it."""
    if desired.suspended or desired.deleting:
        return False
    match record.phase:
        case Phase.CREATED | Phase.SUSPENDED:
            return True
        case Phase.UPGRADING:
            return record.step is None
        case Phase.DEPLOYING:
            return desired.wants_restart or (not record.was_ready and observed.job is None)
        case Phase.RUNNING:
            return desired.wants_restart
        case _:
            return False
