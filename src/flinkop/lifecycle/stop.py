"""How a job is brought to a stop from which it can be started again: one pure choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Answered, JobState, Observed
from flinkop.lifecycle.phase import ENDED
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.step import HaFate


@dataclass(frozen=True, slots=True)
class StopWithSavepointPlan:
    """Stop the job with a savepoint."""

    why: str


@dataclass(frozen=True, slots=True)
class CancelPlan:
    """Cancel the job, then restore from its last checkpoint."""

    why: str


@dataclass(frozen=True, slots=True)
class TearDownPlan:
    """Remove the cluster as it is."""

    ha: HaFate
    why: str


@dataclass(frozen=True, slots=True)
class NotNow:
    """No safe way to stop at this moment: the job is left as it is."""

    why: str


StopPlan = StopWithSavepointPlan | CancelPlan | TearDownPlan | NotNow

_CANCELLABLE = frozenset({JobState.RUNNING, JobState.RESTARTING, JobState.FAILING, JobState.CREATED, JobState.INITIALIZING})


def choose_stop(record: Record, observed: Observed, desired: Desired, now: datetime) -> StopPlan:
    """Picks how to stop. Established rules: official operator, choice of the upgrade mode."""
    if desired.stateless or desired.redeploys_savepoint:
        return TearDownPlan(HaFate.REMOVE, "no state is to be kept")
    if record.phase in ENDED:
        return TearDownPlan(_ha_fate(observed), "the job has ended")
    if not record.was_ready:
        return TearDownPlan(HaFate.KEEP, "the JobManager never got ready")
    if desired.upgrade_mode == "savepoint":
        return _stop_for_savepoint(observed, desired)
    return _stop_for_last_state(observed, desired, now)


def _stop_for_savepoint(observed: Observed, desired: Desired) -> StopPlan:
    if _is_running(observed):
        return StopWithSavepointPlan("spec.job.upgradeMode is savepoint")
    if (desired.settings.last_state_fallback or desired.version_changed) and _metadata_usable(observed, desired):
        return TearDownPlan(HaFate.KEEP, "the job is not running: falling back to its last checkpoint")
    return NotNow("spec.job.upgradeMode is savepoint, and the job is not RUNNING")


def _stop_for_last_state(observed: Observed, desired: Desired, now: datetime) -> StopPlan:
    if desired.version_changed and _is_running(observed) and desired.settings.savepoint_directory:
        return StopWithSavepointPlan("the Flink version changes: a savepoint is the portable form of the state")
    if _checkpoint_too_old(observed, desired, now):
        return StopWithSavepointPlan("the last checkpoint is older than last-state.max.allowed.checkpoint.age")
    if _metadata_usable(observed, desired) and not desired.settings.cancel_for_last_state and not desired.version_changed:
        return TearDownPlan(HaFate.KEEP, "spec.job.upgradeMode is last-state")
    if _is_cancellable(observed):
        return CancelPlan("the last checkpoint is read from the cancelled job")
    if _metadata_usable(observed, desired):
        return TearDownPlan(HaFate.KEEP, "the job cannot be asked: its last checkpoint is used")
    return NotNow("spec.job.upgradeMode is last-state, there are no high-availability metadata, and the job cannot be asked")


def _ha_fate(observed: Observed) -> HaFate:
    """Flink clears the metadata of a job that ended; where it did not, they are the newest state."""
    return HaFate.KEEP if observed.ha is not None and observed.ha.checkpoints else HaFate.REMOVE


def _is_running(observed: Observed) -> bool:
    return isinstance(observed.rest, Answered) and observed.job is not None and observed.job.state is JobState.RUNNING


def _is_cancellable(observed: Observed) -> bool:
    return isinstance(observed.rest, Answered) and observed.job is not None and observed.job.state in _CANCELLABLE


def _metadata_usable(observed: Observed, desired: Desired) -> bool:
    both = desired.settings.high_availability and desired.deployed_high_availability
    return both and observed.ha is not None and observed.ha.exists


def _checkpoint_too_old(observed: Observed, desired: Desired, now: datetime) -> bool:
    limit = desired.settings.max_checkpoint_age
    if limit is None or not _is_running(observed) or observed.checkpoints is None or observed.job is None:
        return False
    newest = max(observed.checkpoints.completed_at or 0, observed.job.start_time)
    return now.timestamp() * 1000 - newest > limit.total_seconds() * 1000
