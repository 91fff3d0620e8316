"""Failed and Finished: the job has ended. A change of the spec still takes effect, and an option has a failed job started again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from flinkop.lifecycle.deadline import behind, clock
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import follow_job
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.restart import counted, origin, restarts_at
from flinkop.lifecycle.sessionjob.seen import SessionObserved


def on_ended(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Upgrading when another spec is wanted, to Running when Flink itself brought the job back."""
    if record.phase is Phase.FAILED and observed.job_is_running and observed.job is not None:
        return follow_job(record, observed, desired, observed.job)
    if _tries_again(record, desired):
        return go(record, Phase.UPGRADING, "JobStopped", "The job has ended; its successor is next.", step=None, requeue_after=IMMEDIATELY)
    at = restarts_at(record, desired)
    if at is not None and fresh.now >= at:
        return _restart(record, desired)
    return _rest(record, at, observed, desired, fresh)


def _tries_again(record: Record, desired: Desired) -> bool:
    """A start that was refused is not tried again with the spec it was refused for. A job that has run, and may have finished, runs again
    only for a change that restarts jobs."""
    if record.restore is not None and record.restore.point is None:
        return desired.generation != record.generation
    return desired.wants_restart


def _restart(record: Record, desired: Desired) -> Decision:
    message = f"The job failed and is started again {origin(record, desired)}. Cause: {record.failure or 'not known'}"
    event = Event("RestartFailedJob", message, EventType.WARNING, Component.JOB)
    ended = datetime.fromtimestamp((record.job.update_time or 0) / 1000, UTC)
    return go(counted(record, ended), Phase.UPGRADING, "JobStopped", message, step=None, events=(event,), requeue_after=IMMEDIATELY)


def _rest(record: Record, restart: datetime | None, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    if restart is None:
        health = Health.SETTLED if record.phase is Phase.FINISHED else Health.STALLED
        return Decision(replace(record, health=health), requeue_after=desired.settings.rest_interval if observed.is_silent else None)
    ended = datetime.fromtimestamp((record.job.update_time or 0) / 1000, UTC)
    again = f"It is started again at {clock(restart, ended)} (kubernetes.operator.job.restart.failed)."
    message = behind(record.failure or record.message, again)
    return stay(record, record.reason, message, health=Health.STALLED, requeue_after=restart - fresh.now)
