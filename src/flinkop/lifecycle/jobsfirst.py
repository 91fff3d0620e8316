"""Before a session cluster is deployed anew its jobs are stopped, each as its upgrade mode says, where nothing else keeps their state.

High availability keeps it, as long as the new JobManager can read what the old one wrote: a job is kept in the serialized form, and under
the name, that its Flink version has for it. One of 2.2 does not find those of 1.20, and says nothing (tried).

The cluster announces in its status that it goes; each job reads that, stops, and comes back later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flinkop.lifecycle.deadline import for_cancelling, for_readiness, for_savepoint
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Answered, Observed
from flinkop.lifecycle.phase import STARTED, Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.session import some
from flinkop.lifecycle.step import StoppingJobs, WaitingToStop
from flinkop.lifecycle.stop import NotNow

_WAY_OUT = (
    "The status of each tells what holds it. Delete it, or give its state up with spec.job.upgradeMode stateless; or take the change of "
    "the cluster back."
)
_WHO = "The session cluster waits to be deployed anew"
_REASON = "StoppingJobs"

HEARD = timedelta(seconds=5)
"""After so long every pass of a job that began before the announcement has ended, and what it recorded is in the caches."""


def jobs_first(record: Record, observed: Observed, desired: Desired, now: datetime) -> NotNow | None:
    """What keeps a session cluster from being stopped; None when nothing of its jobs would be lost with it, or no more can be saved.

    It is announced before it is believed that no job runs: a pass that began before may submit one, which its resource tells first.
    """
    if not desired.session or not observed.referring or not _has_jobs(record, observed):
        return None
    if _carries_over(desired):
        return _not_before_it_is_cleared(record, observed, desired, now)
    since = record.step.since if isinstance(record.step, StoppingJobs) else now
    if not isinstance(observed.rest, Answered):
        return _not_in_silence(record, desired, now)
    names = _unsettled(observed)
    if not names and now >= since + HEARD:
        return _not_before_it_is_cleared(record, observed, desired, now)
    return _announced(names, since, desired)


def _unsettled(observed: Observed) -> tuple[str, ...]:
    """The names of the resources whose jobs the JobManager runs, or of which it may know what nobody has noted."""
    running = {job.job_id for job in observed.session_jobs}
    return tuple(one.name for one in observed.referring if one.unsettled or one.job_id in running)


def _has_jobs(record: Record, observed: Observed) -> bool:
    return record.phase in STARTED and record.was_ready and observed.jobmanager is not None


def _carries_over(desired: Desired) -> bool:
    return desired.settings.high_availability and desired.deployed_high_availability and not desired.version_changed


def _not_in_silence(record: Record, desired: Desired, now: datetime) -> NotNow | None:
    """A JobManager that has stopped to answer may do so again, and its jobs may run all the while; one that stays away keeps no state."""
    deadline = for_readiness(_silent_since(record, now), desired.settings)
    if deadline.is_over(now):
        return None
    return NotNow(
        "the JobManager does not answer, so that its jobs cannot be stopped with their state",
        then="the cluster is deployed anew all the same",
        who=_WHO,
        reason=_REASON,
        deadline=deadline,
    )


def _silent_since(record: Record, now: datetime) -> datetime:
    """A cluster that is Running had answered in the pass before, whatever else it has been waiting for since when."""
    if record.phase is Phase.RUNNING:
        return now
    lost_at = record.start.lost_at if record.start is not None else None
    return lost_at or (record.step.since if isinstance(record.step, WaitingToStop) else now)


def _not_before_it_is_cleared(record: Record, observed: Observed, desired: Desired, now: datetime) -> NotNow | None:
    """A job that has ended is in the metadata until Flink has cleared it away. Stopped in between, Flink leaves a graph whose files are
    gone, and no JobManager starts on it: "Could not start recovered job" (tried).
    """
    names = _uncleared(observed)
    if not names or not isinstance(observed.rest, Answered):
        return None
    step = record.step if isinstance(record.step, StoppingJobs | WaitingToStop) else WaitingToStop(now)
    deadline = (
        for_savepoint(step.since, desired.settings) if isinstance(step, StoppingJobs) else for_cancelling(step.since, desired.settings)
    )
    if deadline.is_over(now):
        return None
    return NotNow(
        f"Flink clears the high-availability metadata of jobs that have ended: {some(names)}",
        then="the cluster is deployed anew all the same",
        who=_WHO,
        reason=_REASON,
        step=type(step),
        deadline=deadline,
    )


def _uncleared(observed: Observed) -> tuple[str, ...]:
    running = {job.job_id for job in observed.session_jobs}
    graphs = observed.ha.graphs_of if observed.ha is not None else frozenset()
    return tuple(one.name for one in observed.referring if one.job_id in graphs and one.job_id not in running)


def _announced(names: tuple[str, ...], since: datetime, desired: Desired) -> NotNow:
    which = f": {some(names)}" if names else ""
    return NotNow(
        f"its jobs are stopped first, each as its spec.job.upgradeMode says{which}",
        then="it is Stalled, and still waited for",
        way_out=_WAY_OUT,
        who=_WHO,
        reason=_REASON,
        step=StoppingJobs,
        deadline=for_savepoint(since, desired.settings),
    )
