"""A job that should have ended and has not: it is cancelled before another is submitted, so that no two of one resource run."""

from __future__ import annotations

from datetime import timedelta

from flinkop.lifecycle.action import CancelJob
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import go
from flinkop.lifecycle.observed import TERMINAL
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.sessionjob.seen import SessionObserved
from flinkop.lifecycle.step import Cancelling
from flinkop.lifecycle.stop import CANCELLABLE

UNTIL_ASKED_AGAIN = timedelta(seconds=5)
"""A look may be older than the end of the job, and a request to cancel takes a moment."""


def end_what_remains(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision | None:
    """Goes to Upgrading to cancel the job that the cluster still runs under the recorded id; None when there is none.

    Flink brings back a job whose end was lost together with its JobManager.
    """
    job = observed.job
    if job is None or job.state in TERMINAL:
        return None
    message = f"Job {job.job_id} is still there: it has to end first."
    interval = desired.settings.progress_interval
    return go(record, Phase.UPGRADING, "CancellingJob", message, step=Cancelling(fresh.now), requeue_after=interval)


def ask_to_cancel(observed: SessionObserved) -> tuple[CancelJob, ...]:
    """The request, where the job is in a state in which Flink takes one."""
    job = observed.job
    return (CancelJob(job.job_id),) if job is not None and job.state in CANCELLABLE else ()
