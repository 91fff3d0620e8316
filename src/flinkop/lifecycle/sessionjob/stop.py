"""How a job on a session cluster is brought to a stop: with a savepoint, or cancelled. The cluster stays."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.begin import carry_out, is_next_try, keep_waiting
from flinkop.lifecycle.deadline import for_cancelling, for_savepoint
from flinkop.lifecycle.decision import Component, Decision, Event, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import follow_job
from flinkop.lifecycle.move import IMMEDIATELY, go
from flinkop.lifecycle.observed import TERMINAL, JobState, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.sessionjob.seen import JarFailed, JarPending, SessionObserved
from flinkop.lifecycle.stop import (
    CancelPlan,
    NotNow,
    StopPlan,
    StopWithSavepointPlan,
    can_be_cancelled_safely,
    checkpoint_too_old,
    is_cancellable,
    obstacle_of,
    state_of,
)

_CORRECT_JAR = "Correct spec.job.jarURI, or what serves the jar; spec.job.state suspended stops the job without it."
_NOT_INITIALIZED = frozenset({JobState.INITIALIZING, JobState.CREATED})
_LEAVES = "The session cluster waits to be deployed anew, and the job cannot be stopped for that"
_SUSPENDED = Event("Suspended", "Suspending existing deployment.", component=Component.JOB)
_FOR_THE_CLUSTER = replace(_SUSPENDED, message="Suspending existing deployment: its session cluster is deployed anew.")


def begin_stop(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Goes to Upgrading with the stop that is possible now; when none is, the old job is followed, and the new spec waits."""
    job = observed.job
    if job is not None and job.state in TERMINAL:
        followed = follow_job(record, observed, desired, job)
        return _on(followed) if desired.wants_restart and followed.record.phase is not record.phase else followed
    plan = _not_without_jar(observed) or _not_while_it_is_recovered(record, observed, desired) or choose_stop(observed, desired, fresh)
    begun = carry_out(plan, record, observed, desired, fresh, _announce(record, desired))
    if isinstance(begun, Decision):
        return replace(begun, record=replace(begun.record, message=_words(plan, begun.record, desired, fresh)))
    followed = follow_job(record, observed, desired, job) if job is not None else Decision(record)
    return keep_waiting(followed, record, begun if desired.wants_restart else replace(begun, who=_LEAVES), desired, fresh)


def _words(plan: StopPlan, record: Record, desired: Desired, fresh: Fresh) -> str:
    """What is done to the job, and until when it is waited for. Nothing is done to the cluster."""
    then, give_up = "it is Stalled, and still waited for", "To give its state up, set spec.job.upgradeMode to stateless."
    cause = "" if desired.wants_restart else ", for its session cluster is deployed anew"
    match plan:
        case StopWithSavepointPlan(why):
            words = for_savepoint(fresh.now, desired.settings).words(fresh.now, then, give_up)
            return f"Stopping the job with a savepoint{cause}: {why}. {words}"
        case CancelPlan(why):
            words = for_cancelling(fresh.now, desired.settings).words(fresh.now, then, give_up)
            return f"Cancelling the job{cause}: {why}. {words}"
        case _:
            return record.message


def _not_without_jar(observed: SessionObserved) -> NotNow | None:
    """What the new job runs is there before the old one is stopped for it: a jar may be misspelled, or its server away."""
    match observed.jar:
        case JarFailed(cause):
            return NotNow(f"spec.job.jarURI: {cause}", way_out=_CORRECT_JAR)
        case JarPending(why):
            return NotNow(_clause(why), way_out=_CORRECT_JAR)
        case _:
            return None


def _clause(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _not_while_it_is_recovered(record: Record, observed: SessionObserved, desired: Desired) -> NotNow | None:
    """A job that ran before, and is not initialized yet, does not know its checkpoints: cancelled now, it would seem to have none."""
    if desired.gives_up_state or observed.job is None or not is_being_recovered(record, observed):
        return None
    return NotNow(f"the JobManager is recovering the job, which is {observed.job.state} and does not know its checkpoints yet")


def is_being_recovered(record: Record, observed: Observed) -> bool:
    """Whether the job has run before, and its JobManager does not know yet from which checkpoint it goes on.

    One that waits for slots knows it, other than with the adaptive scheduler.
    """
    if observed.job is None or observed.job.state not in _NOT_INITIALIZED:
        return False
    if observed.checkpoints is not None and not observed.checkpoints.none_ever:
        return False
    has_run = record.stable is not None and record.stable == record.reconciled
    return has_run or (record.start is not None and record.start.lost_at is not None)


def choose_stop(observed: Observed, desired: Desired, fresh: Fresh) -> StopPlan:
    """Picks how to stop. Established rules: official operator, choice of the upgrade mode: for last-state a session job is cancelled."""
    if desired.gives_up_state:
        return CancelPlan("no state is to be kept") if is_cancellable(observed) else NotNow(state_of(observed))
    if desired.upgrade_mode == "savepoint":
        return _for_savepoint(observed, desired)
    if desired.version_changed and observed.job_is_running and desired.settings.savepoint_directory:
        return StopWithSavepointPlan("the Flink version changes: a savepoint is the portable form of the state")
    if checkpoint_too_old(observed, desired, fresh.now):
        return StopWithSavepointPlan("the last checkpoint is older than last-state.max.allowed.checkpoint.age")
    if can_be_cancelled_safely(observed, desired):
        return CancelPlan("the last checkpoint is read from the cancelled job")
    return NotNow(f"spec.job.upgradeMode is last-state, and {obstacle_of(observed, desired)}")


def _for_savepoint(observed: Observed, desired: Desired) -> StopPlan:
    if observed.job_is_running:
        return StopWithSavepointPlan("spec.job.upgradeMode is savepoint")
    if desired.settings.last_state_fallback and can_be_cancelled_safely(observed, desired):
        return CancelPlan("the job is not running: falling back to its last checkpoint")
    return NotNow(f"spec.job.upgradeMode is savepoint, and {state_of(observed)}")


def _on(followed: Decision) -> Decision:
    """The job has ended by itself, and what it left is recorded: nothing is left to stop."""
    after = go(followed.record, Phase.UPGRADING, "JobStopped", "The job has ended.", step=None, requeue_after=IMMEDIATELY)
    return replace(after, events=followed.events)


def _announce(record: Record, desired: Desired) -> tuple[Event, ...]:
    if not desired.wants_restart:
        return (_FOR_THE_CLUSTER,)
    if not desired.change.paths or is_next_try(record, desired):
        return (_SUSPENDED,)
    paths = ", ".join(f"spec.{path}" for path in desired.change.paths)
    message = f"{desired.change.effect.name} change(s) detected: {paths}"
    return Event("SpecChanged", message, component=Component.JOB), _SUSPENDED
