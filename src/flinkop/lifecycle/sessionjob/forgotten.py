"""A job that ended while nobody looked, and that its JobManager has forgotten since: it was not lost, and is not run a second time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flinkop.lifecycle.decision import Component, Decision, Event, EventType
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import go
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.restore import checkpoint_folder
from flinkop.lifecycle.sessionjob.seen import SessionObserved

# Kubernetes tells whole seconds, and the clocks of nodes differ: a job counts as younger than its JobManager only when it clearly is
_SKEW = timedelta(seconds=5)


def is_forgotten(record: Record, observed: SessionObserved, desired: Desired) -> bool:
    """Whether a job that was there, and is not there any more, ran in the very process that does not know it: then it has ended there.

    The start time of a job is that of its last recovery, so one that ran under another process is older than this one.
    """
    began, since = _began(record), observed.jobmanager_since
    if began is None or since is None or observed.job is not None or _may_come_back(observed, desired):
        return False
    return began >= since + _SKEW


def _may_come_back(observed: SessionObserved, desired: Desired) -> bool:
    """With high availability the metadata of a job go with its end."""
    return desired.deployed_high_availability and (observed.ha is None or observed.ha.exists)


def _began(record: Record) -> datetime | None:
    """Of a job that was seen only on its way to RUNNING, no start time is recorded: it began after it was submitted."""
    if record.job.start_time is not None:
        return datetime.fromtimestamp(record.job.start_time / 1000, UTC)
    return record.start.since if record.start is not None else None


def rest_forgotten(record: Record, desired: Desired) -> Decision:
    """Goes to Failed. Nobody can tell how the job ended, so people decide whether it runs again."""
    message = (
        f"The JobManager does not know job {record.job.job_id} any more, although it has run since before the job began: the job ended "
        "unseen, and Flink forgets ended jobs after jobstore.expiration-time (one hour by default). Whether it finished or failed is not "
        f"known, so it is not run again by itself. {_ways_out(record, desired)}"
    )
    return go(
        record,
        Phase.FAILED,
        "JobNotFound",
        message,
        health=Health.STALLED,
        events=(Event("Missing", message, EventType.WARNING, Component.JOB),),
        job=replace(record.job, state=JobState.RECONCILING),
        step=None,
        failure=message,
    )


def _ways_out(record: Record, desired: Desired) -> str:
    if desired.stateless:
        return "To run it again, raise spec.restartNonce."
    folder = checkpoint_folder(record.job.job_id or "", desired.settings.checkpoint_directory)
    return (
        f"To run it again from its state, set spec.job.initialSavepointPath to a savepoint or a checkpoint that was retained in {folder}, "
        "and raise spec.job.savepointRedeployNonce; from empty state, set spec.job.upgradeMode to stateless and raise spec.restartNonce."
    )
