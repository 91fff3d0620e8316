"""Failed and Finished: the job has ended. A change of the spec still takes effect."""

from __future__ import annotations

from datetime import UTC, datetime

from flinkop.lifecycle.action import Action
from flinkop.lifecycle.begin import begin_stop
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import follow_job
from flinkop.lifecycle.move import stay
from flinkop.lifecycle.observed import JobState, Observed
from flinkop.lifecycle.record import JobManagerStatus, Record
from flinkop.lifecycle.teardown import delete_jobmanager


def on_ended(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Upgrading when another spec is wanted, to Running when Flink itself brought the job back."""
    if desired.wants_restart or _tries_again(record, desired):
        return begin_stop(record, observed, desired, fresh)
    if observed.job is not None and observed.job.state is JobState.RUNNING:
        return follow_job(record, observed, desired, observed.job)
    return _rest(record, observed, desired, fresh)


def _tries_again(record: Record, desired: Desired) -> bool:
    """A start that found no safe restore point is decided anew with every new spec, even one that changes nothing else."""
    refused = record.restore is not None and record.restore.point is None
    return refused and desired.generation != record.generation


def _rest(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    ends = _ttl_ends(record, desired)
    over = ends is not None and fresh.now >= ends
    actions: tuple[Action, ...] = delete_jobmanager(observed) if over else ()
    status = record.jobmanager if observed.jobmanager else JobManagerStatus.MISSING
    wait = ends - fresh.now if ends and not over and observed.jobmanager else None
    return stay(record, record.reason, record.message, *actions, health=record.health, requeue_after=wait, jobmanager=status)


def _ttl_ends(record: Record, desired: Desired) -> datetime | None:
    """`kubernetes.operator.jm-deployment.shutdown-ttl` after the job's end the JobManager has served its purpose."""
    if record.job.update_time is None:
        return None
    return datetime.fromtimestamp(record.job.update_time / 1000, UTC) + desired.settings.shutdown_ttl
