"""Exceptions of a job after which it goes on, told as Events. Nothing of them is recorded: what is new tells the time of the last look."""

from __future__ import annotations

from flinkop.lifecycle.decision import Component, Event, EventType
from flinkop.lifecycle.desired import Settings
from flinkop.lifecycle.observed import TERMINAL, Job, JobException, JobState, Observed
from flinkop.lifecycle.record import Record

_BEFORE_RUNNING = frozenset({JobState.INITIALIZING, JobState.CREATED})


def may_have_failed(record: Record, job: Job) -> bool:
    """Whether the job may have an exception that nobody was told of: each one changes its state, and with that the time of its change.

    At rest nothing changes, and nothing is asked. What ended the job is the Event `Error`; a start is not written down before it runs.
    """
    is_start = record.job.state is JobState.RECONCILING and job.state in _BEFORE_RUNNING
    return job.state not in TERMINAL and not is_start and job.update_time != _last_look(record, job)


def _last_look(record: Record, job: Job) -> int | None:
    return record.job.update_time if record.job.job_id == job.job_id else None


def exception_events(record: Record, after: Record, observed: Observed, settings: Settings) -> tuple[Event, ...]:
    """One for each exception since the last look, the oldest first; of many the newest. None where this look is not recorded in `after`:
    they would be told again."""
    job = observed.job
    if job is None or not may_have_failed(record, job) or (after.job.job_id, after.job.update_time) != (job.job_id, job.update_time):
        return ()
    last_look = _last_look(record, job)
    since = job.start_time - 1 if last_look is None else last_look
    new = sorted((one for one in observed.exceptions if one.at > since), key=lambda one: one.at)
    kept = new[max(0, len(new) - max(0, settings.exceptions_limit)) :]
    return tuple(Event("JobException", _text(one, settings), EventType.WARNING, Component.JOB) for one in kept)


def _text(one: JobException, settings: Settings) -> str:
    task = f"{one.task}: " if one.task else ""
    return "\n".join((f"{task}{'; caused by: '.join(one.causes)}", *one.places[: max(0, settings.exceptions_lines)]))
