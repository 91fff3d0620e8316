"""Failed and Finished: the job has ended. A change of the spec still takes effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flinkop.lifecycle.action import Action
from flinkop.lifecycle.begin import begin_stop, carry_out
from flinkop.lifecycle.deadline import behind, clock
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import ENDED_WORDS, follow_job
from flinkop.lifecycle.move import stay
from flinkop.lifecycle.observed import TERMINAL, JobState, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, Record
from flinkop.lifecycle.restart import counted, origin, restarts_at
from flinkop.lifecycle.rollback import roll_back
from flinkop.lifecycle.stop import TearDownPlan, fate_after_end
from flinkop.lifecycle.teardown import delete_cluster

_RUNS_AGAIN = Event(
    "JobRunsAgain",
    "The JobManager has restarted, and would run the ended job again from where it once began: removing the JobManager.",
    EventType.WARNING,
    Component.JOB,
)


def on_ended(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Upgrading when another spec is wanted, to Running when Flink itself brought the job back."""
    if observed.job_is_running and observed.job is not None and _may_come_back(record, desired):
        return follow_job(record, observed, desired, observed.job)  # first of all: a running job is stopped in order
    if _tries_again(record, desired):
        begun = begin_stop(record, observed, desired, fresh)
        if isinstance(begun, Decision):
            return begun
    return (
        roll_back(record, observed, desired, fresh) or _restart(record, observed, desired, fresh) or _rest(record, observed, desired, fresh)
    )


def _restart(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision | None:
    """Starts a failed job again where `kubernetes.operator.job.restart.failed` is set and its pause is over; else None."""
    at = restarts_at(record, desired)
    if at is None or desired.wants_restart or fresh.now < at:
        return None
    message = f"The job failed and is started again {origin(record, desired)}. Cause: {record.failure or 'not known'}"
    event = Event("RestartFailedJob", message, EventType.WARNING, Component.JOB)
    plan = TearDownPlan(fate_after_end(record), "the failed job is started again")
    begun = carry_out(plan, counted(record, _ended_at(record)), observed, desired, fresh, (event,))
    return begun if isinstance(begun, Decision) else None


def _tries_again(record: Record, desired: Desired) -> bool:
    """Where only a new spec can help, even one that changes nothing else does: the ways out that the message names are such.

    A start that was refused is not tried again with the spec it was refused for; a job that vanished has not tried a spec that waited.
    """
    is_new = desired.generation != record.generation
    if _is_refused(record):
        return is_new
    vanished = record.phase is Phase.FAILED and record.job.state not in TERMINAL
    return desired.wants_restart or (vanished and is_new)


def _is_refused(record: Record) -> bool:
    return record.restore is not None and record.restore.point is None


def _may_come_back(record: Record, desired: Desired) -> bool:
    """Without high availability a restarted JobManager runs a job from where it once began: what an ended one has left is newer."""
    if record.phase is Phase.FINISHED:
        return False
    return record.job.state not in TERMINAL or record.had_no_state or desired.deployed_high_availability


def _rest(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    runs_again = not _may_come_back(record, desired) and _is_back(observed, desired)
    ends = _ttl_ends(record, desired)
    over = ends is not None and fresh.now >= ends
    alone = observed.jobmanager is None  # somebody deleted it; the TaskManagers of a standalone cluster would run on
    actions: tuple[Action, ...] = delete_cluster(observed) if over or runs_again or alone else ()
    status = record.jobmanager if observed.jobmanager else JobManagerStatus.MISSING
    reason, message = _words(record)
    restart = restarts_at(record, desired)
    if restart is not None:
        again = f"It is started again at {clock(restart, _ended_at(record))} (kubernetes.operator.job.restart.failed)."
        message = behind(message, again)
    return stay(
        record,
        reason,
        message,
        *actions,
        health=Health.SETTLED if record.phase is Phase.FINISHED else Health.STALLED,
        events=(_RUNS_AGAIN,) if runs_again and actions else (),
        requeue_after=restart - fresh.now if restart is not None else _look_again(record, observed, desired, ends, fresh.now),
        jobmanager=status,
    )


def _is_back(observed: Observed, desired: Desired) -> bool:
    """A JobManager that is not ready has restarted or will. With high availability it knows that the job has ended."""
    if observed.jobmanager is None or desired.deployed_high_availability:
        return False
    return not observed.jobmanager.available or (observed.job is not None and observed.job.state not in TERMINAL)


def _words(record: Record) -> tuple[str, str]:
    """Not what was said last: that may have been that an action was refused."""
    if record.phase is Phase.FINISHED:
        return ENDED_WORDS[record.job.state or JobState.FINISHED]
    if record.restore is not None and record.restore.point is None:
        return ("SavepointUnknown" if record.restore.reason == "SavepointUnknown" else "RestoreFailed"), record.restore.message
    return ("JobFailed" if record.job.state is JobState.FAILED else "JobNotFound"), record.failure or record.message


def _look_again(record: Record, observed: Observed, desired: Desired, ends: datetime | None, now: datetime) -> timedelta | None:
    if observed.jobmanager is None:
        return None
    if record.phase is Phase.FAILED and record.job.state not in TERMINAL:
        return desired.settings.rest_interval
    return ends - now if ends is not None and now < ends else None


def _ttl_ends(record: Record, desired: Desired) -> datetime | None:
    """`kubernetes.operator.jm-deployment.shutdown-ttl` after the job's end the JobManager has served its purpose."""
    if record.job.update_time is None or record.job.state not in TERMINAL:
        return None
    return _ended_at(record) + desired.settings.shutdown_ttl


def _ended_at(record: Record) -> datetime:
    return datetime.fromtimestamp((record.job.update_time or 0) / 1000, UTC)
