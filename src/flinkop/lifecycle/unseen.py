"""A job that ended before anybody could look: its JobManager was started again without it."""

from __future__ import annotations

from datetime import datetime, timedelta

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Answered, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record

# what a restarted JobManager takes to recover its job, or to run the program that submits it
_RECOVERS = timedelta(seconds=30)


def ended_unseen(record: Record, observed: Observed, desired: Desired, now: datetime) -> bool:
    """Whether a restarted JobManager is without the job of its start: the metadata would have brought back one that had not ended.

    A job that fails while it initializes takes its JobManager with it. Source: Flink's application mode, tried with 1.20.
    """
    restart, start = observed.restart, record.start
    if record.phase is not Phase.DEPLOYING or not desired.deployed_high_availability or restart is None or start is None:
        return False
    if desired.session or observed.job is not None or not isinstance(observed.rest, Answered):
        return False
    return restart.since > start.awaited_since and now >= restart.since + _RECOVERS


def how_it_ended(observed: Observed) -> str:
    """In words, after "The JobManager does not know the job:"."""
    assert observed.restart is not None
    how = f"its JobManager ended with exit code {observed.restart.crash.exit_code} and was started again without it"
    where = f"`kubectl logs --previous {observed.restart.crash.pod}` tells more"
    return f"{how}: {observed.failure}. {where}" if observed.failure else f"{how}. {where}"
