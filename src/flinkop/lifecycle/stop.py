"""How a job is brought to a stop from which it can be started again: one pure choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flinkop.lifecycle.deadline import Deadline
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import TERMINAL, Answered, JobState, Observed
from flinkop.lifecycle.phase import ENDED
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.restore import WAYS_OUT
from flinkop.lifecycle.step import HaFate, StoppingJobs, WaitingToStop


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
    """No safe way to stop at this moment: the job is left as it is. `then` is what comes when that lasts too long.

    `step` is recorded for it, `reason` and `who` told; without a `deadline` it may last as long as a start.
    """

    why: str
    then: str = "it is Stalled, and still tried"
    way_out: str = WAYS_OUT
    who: str = "The new spec has to wait"
    reason: str = "UpgradeWaiting"
    step: type[WaitingToStop | StoppingJobs] = WaitingToStop
    deadline: Deadline | None = None


StopPlan = StopWithSavepointPlan | CancelPlan | TearDownPlan | NotNow

CANCELLABLE = frozenset({JobState.RUNNING, JobState.RESTARTING, JobState.FAILING, JobState.CREATED, JobState.INITIALIZING})


def choose_stop(record: Record, observed: Observed, desired: Desired, now: datetime) -> StopPlan:
    """Picks how to stop. Established rules: official operator, choice of the upgrade mode."""
    if desired.session:
        return TearDownPlan(HaFate.KEEP, "a changed session cluster is deployed anew")
    if desired.gives_up_state:
        return TearDownPlan(HaFate.KEEP, "no state is to be kept")
    if record.phase in ENDED:
        return TearDownPlan(fate_after_end(record), "the job has ended")
    if observed.jobmanager is None:
        return TearDownPlan(HaFate.KEEP, "the JobManager is gone")
    if not record.was_ready:
        return TearDownPlan(HaFate.KEEP, "the JobManager never got ready")
    if observed.job_has_ended:
        return NotNow("the job has ended, and what it left is not recorded yet")
    if desired.upgrade_mode == "savepoint":
        return _stop_for_savepoint(observed, desired)
    return _stop_for_last_state(observed, desired, now)


def choose_restart(observed: Observed, desired: Desired) -> StopPlan:
    """Picks how to stop a job that is not well, so that the same spec can be started from its last state. It is asked for no savepoint."""
    if desired.gives_up_state:
        return TearDownPlan(HaFate.KEEP, "no state is to be kept")
    if metadata_are_usable(observed, desired):
        return TearDownPlan(HaFate.KEEP, "the job is not well, and its last checkpoint is used")
    if can_be_cancelled_safely(observed, desired):
        return CancelPlan("the job is not well, and the last checkpoint is read from the cancelled job")
    return NotNow(
        f"It cannot be started again: there are no high-availability metadata to go on from, and {obstacle_of(observed, desired)}"
    )


def fate_after_end(record: Record) -> HaFate:
    """A job whose end was seen has left its newest state at a path, or, when it finished by itself, none."""
    if record.job.state not in TERMINAL:
        return HaFate.KEEP
    return HaFate.REMOVE if record.savepoint_path is not None or record.job.state is JobState.FINISHED else HaFate.KEEP


def metadata_are_usable(observed: Observed, desired: Desired) -> bool:
    """Whether a start with the new spec can go on from the high-availability metadata of the cluster that runs."""
    both = desired.settings.high_availability and desired.deployed_high_availability
    return both and observed.ha is not None and observed.ha.exists


def may_give_up_savepoint(observed: Observed, desired: Desired, in_progress: bool) -> bool:
    """Whether the last checkpoint does instead of a savepoint that takes too long.

    For the mode savepoint only where the job could not be asked for one: then it is the same fallback as before asking.
    """
    if not metadata_are_usable(observed, desired):
        return False
    return desired.upgrade_mode != "savepoint" or (desired.settings.last_state_fallback and not in_progress)


def _stop_for_savepoint(observed: Observed, desired: Desired) -> StopPlan:
    if observed.job_is_running:
        return StopWithSavepointPlan("spec.job.upgradeMode is savepoint")
    if (desired.settings.last_state_fallback or desired.version_changed) and metadata_are_usable(observed, desired):
        return TearDownPlan(HaFate.KEEP, "the job is not running: falling back to its last checkpoint")
    return NotNow(f"spec.job.upgradeMode is savepoint, and {state_of(observed)}")


def _stop_for_last_state(observed: Observed, desired: Desired, now: datetime) -> StopPlan:
    if desired.version_changed and observed.job_is_running and desired.settings.savepoint_directory:
        return StopWithSavepointPlan("the Flink version changes: a savepoint is the portable form of the state")
    if checkpoint_too_old(observed, desired, now):
        return StopWithSavepointPlan("the last checkpoint is older than last-state.max.allowed.checkpoint.age")
    if metadata_are_usable(observed, desired) and not desired.settings.cancel_for_last_state and not desired.version_changed:
        return TearDownPlan(HaFate.KEEP, "spec.job.upgradeMode is last-state")
    if can_be_cancelled_safely(observed, desired):
        return CancelPlan("the last checkpoint is read from the cancelled job")
    if metadata_are_usable(observed, desired):
        return TearDownPlan(HaFate.KEEP, "the job cannot be asked: its last checkpoint is used")
    why = f"there are no high-availability metadata to go on from, and {obstacle_of(observed, desired)}"
    return NotNow(f"spec.job.upgradeMode is last-state, {why}")


def state_of(observed: Observed) -> str:
    """What keeps the job from being stopped, in words."""
    if not isinstance(observed.rest, Answered):
        return "the JobManager does not answer"
    return f"the job is {observed.job.state}" if observed.job else "the JobManager does not know the job"


def obstacle_of(observed: Observed, desired: Desired) -> str:
    """What keeps the job from being cancelled for its last checkpoint, in words."""
    if is_cancellable(observed) and not desired.checkpoints_retained:
        return "Flink would delete the checkpoints of a cancelled job (execution.checkpointing.externalized-checkpoint-retention)"
    return state_of(observed)


def can_be_cancelled_safely(observed: Observed, desired: Desired) -> bool:
    """Whether its JobManager can be asked to cancel the job, which then leaves its last checkpoint."""
    return is_cancellable(observed) and desired.checkpoints_retained


def is_cancellable(observed: Observed) -> bool:
    """Whether its JobManager can be asked to cancel the job."""
    return isinstance(observed.rest, Answered) and observed.job is not None and observed.job.state in CANCELLABLE


def checkpoint_too_old(observed: Observed, desired: Desired, now: datetime) -> bool:
    """Whether the option asks for a savepoint instead of the last checkpoint."""
    limit = desired.settings.max_checkpoint_age
    if limit is None or not observed.job_is_running or observed.checkpoints is None or observed.job is None:
        return False
    newest = max(observed.checkpoints.completed_at or 0, observed.job.start_time)
    return now.timestamp() * 1000 - newest > limit.total_seconds() * 1000
