"""Upgrading: the old job is being stopped, or has stopped and its successor is about to be submitted."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.begin import savepoint_action
from flinkop.lifecycle.deadline import Deadline, behind, for_cancelling, for_savepoint
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import state_left
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import TERMINAL, JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobRecord, Record
from flinkop.lifecycle.restore import retained_checkpoints
from flinkop.lifecycle.savepoint import AskAgain, Ended, KeptRunning, Pending, Stopped, Vanished, read_outcome
from flinkop.lifecycle.sessionjob.candidate import candidate_words
from flinkop.lifecycle.sessionjob.remaining import UNTIL_ASKED_AGAIN, ask_to_cancel, end_what_remains
from flinkop.lifecycle.sessionjob.seen import SessionObserved
from flinkop.lifecycle.sessionjob.stop import is_being_recovered
from flinkop.lifecycle.sessionjob.submit import obstacle, submit_when_ready
from flinkop.lifecycle.step import Cancelling, TakingSavepoint
from flinkop.lifecycle.stop import can_be_cancelled_safely
from flinkop.lifecycle.suspended import accepted_spec, suspended_words
from flinkop.lifecycle.upgrading import kept_running, likely_places, outcome_unknown, savepoint_place, with_savepoint

_STALLS = "it is Stalled, and still waited for"
_GIVE_UP = "To give it up, set spec.job.upgradeMode to last-state or stateless."


def on_upgrading(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying or Suspended with a restore point, or back to Running when the job could not be stopped."""
    match record.step:
        case TakingSavepoint() as step:
            return _taking_savepoint(record, step, observed, desired, fresh)
        case Cancelling() as step:
            return _cancelling(record, step, observed, desired, fresh)
        case _:
            return submit_or_suspend(record, observed, desired, fresh)


def submit_or_suspend(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """What is wanted once the job has stopped."""
    if not desired.suspended:
        return submit_when_ready(record, observed, desired, fresh)
    remaining = end_what_remains(record, observed, desired, fresh)
    if remaining is not None:
        return remaining
    state = record.job.state if record.job.state is JobState.FINISHED else JobState.SUSPENDED
    return go(
        record,
        Phase.SUSPENDED,
        *suspended_words(record, desired),
        health=Health.SETTLED,
        step=None,
        reconciled=accepted_spec(record, desired),
        job=JobRecord(record.job.job_id, record.job.name, state),
        failure=None,
    )


def _taking_savepoint(record: Record, step: TakingSavepoint, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    if desired.gives_up_state:
        message = "No state is to be kept any more: cancelling the job."
        return stay(record, "CancellingJob", message, *ask_to_cancel(observed), step=Cancelling(fresh.now), requeue_after=IMMEDIATELY)
    deadline = for_savepoint(step.since, desired.settings)
    late, gives_up = deadline.is_over(fresh.now), _may_take_last_checkpoint(observed, desired)
    then = "the job is cancelled for its last checkpoint" if gives_up else _STALLS
    match read_outcome(observed):
        case Stopped(path):
            saved = with_savepoint(record, step, path, observed, desired)
            done = replace(saved, job=replace(saved.job, state=JobState.FINISHED), savepoint_path=path, had_no_state=False)
            return _stopped(done, f"The job stopped; its state is at {path}.")
        case Ended():
            return _ended(record, observed, desired)
        case KeptRunning(cause):
            return kept_running(record, step, cause, desired, fresh)
        case Vanished(cause, for_good) if for_good or late or not desired.deployed_high_availability:
            return outcome_unknown(record, cause, likely_places(record, desired))
        case Vanished(cause):
            return _wait(record, f"Unclear: {cause}.", deadline, desired, fresh)
        case Pending() if not observed.answers:
            return _wait(_noted_loss(record, observed, desired, fresh), _unheard(observed), deadline, desired, fresh)
        case Pending() | AskAgain() if late and gives_up:
            return _give_savepoint_up(record, desired, fresh)
        case Pending(why):
            return _wait(record, why, deadline, desired, fresh, then)
        case AskAgain():
            asked = _wait(record, "Asking the JobManager to stop the job with a savepoint.", deadline, desired, fresh, then)
            return replace(asked, actions=(savepoint_action(record, step, desired),))


def _unheard(observed: SessionObserved) -> str:
    return behind(obstacle(observed)[1], "What became of the savepoint is heard when the JobManager answers.")


def _may_take_last_checkpoint(observed: SessionObserved, desired: Desired) -> bool:
    """Whether the last checkpoint does instead of a savepoint that takes too long, as it does before one is asked for."""
    return desired.upgrade_mode == "last-state" and can_be_cancelled_safely(observed, desired)


def _give_savepoint_up(record: Record, desired: Desired, fresh: Fresh) -> Decision:
    """Should it complete in this moment, the job has ended with it, and that is what is found."""
    words = for_cancelling(fresh.now, desired.settings).words(fresh.now, "it is Stalled, and still asked", "")
    message = f"The savepoint did not complete in time: cancelling the job for its last checkpoint. {words}"
    return stay(record, "CancellingJob", message, step=Cancelling(fresh.now), requeue_after=desired.settings.progress_interval)


def _wait(record: Record, why: str, deadline: Deadline, desired: Desired, fresh: Fresh, then: str = _STALLS) -> Decision:
    message = f"{why} {deadline.words(fresh.now, then, _GIVE_UP)}"
    health = Health.STALLED if deadline.is_over(fresh.now) else Health.PROGRESSING
    return stay(record, "TakingSavepoint", message, health=health, requeue_after=desired.settings.progress_interval)


def _cancelling(record: Record, step: Cancelling, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    if observed.job_has_ended and observed.checkpoints is not None:
        return _ended(record, observed, desired)
    if not observed.answers:
        return _wait_for_cluster(_noted_loss(record, observed, desired, fresh), step, observed, desired, fresh)
    if observed.job is None and not (observed.ha is not None and observed.ha.exists):
        return _vanished(record, desired)
    deadline = for_cancelling(step.since, desired.settings)
    words = deadline.words(fresh.now, "it is Stalled, and still asked", "It is still asked. The JobManager's log tells more.")
    message, late = f"The job is being cancelled. {words}", deadline.is_over(fresh.now)
    may_ask = fresh.now >= step.since + UNTIL_ASKED_AGAIN and (desired.gives_up_state or not is_being_recovered(record, observed))
    actions = ask_to_cancel(observed) if may_ask else ()
    health = Health.STALLED if late else Health.PROGRESSING
    return stay(record, "CancellingJob", message, *actions, health=health, requeue_after=desired.settings.progress_interval)


def _wait_for_cluster(record: Record, step: Cancelling, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    if observed.has_no_cluster and desired.gives_up_state:
        return _stopped(record, "The session cluster is gone, and its job with it.")
    reason, why, health = obstacle(observed)
    deadline = for_cancelling(step.since, desired.settings)
    words = deadline.words(fresh.now, "it is Stalled, and still waited for", "To give the state up, set spec.job.upgradeMode to stateless.")
    late = deadline.is_over(fresh.now)
    return stay(
        record,
        reason,
        behind(f"The job is cancelled when its cluster answers. {why}", words),
        health=Health.STALLED if late else health,
        requeue_after=desired.settings.rest_interval if late else desired.settings.progress_interval,
    )


def _vanished(record: Record, desired: Desired) -> Decision:
    if desired.gives_up_state:
        return _stopped(record, "The job is gone.")
    if _has_ended_for_good(record, desired):
        return _stopped(record, f"The job has ended; it left {record.savepoint_path or 'no checkpoint'}.")
    likely = candidate_words(record, desired) or savepoint_place(record, desired)
    checkpoints = retained_checkpoints(record.job.job_id, desired.settings.checkpoint_directory)
    return outcome_unknown(record, "the JobManager does not know the job any more", likely + checkpoints)


def _has_ended_for_good(record: Record, desired: Desired) -> bool:
    """Its end is recorded, and nothing brings it back."""
    return record.job.state in TERMINAL and not desired.deployed_high_availability


def _noted_loss(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Record:
    """A JobManager that does not answer may be another one when it does, which knows less of the job."""
    if observed.answers or record.start is None or record.job.state is JobState.RECONCILING:
        return record
    if _has_ended_for_good(record, desired):
        return record
    return replace(record, start=replace(record.start, lost_at=fresh.now), job=replace(record.job, state=JobState.RECONCILING))


def _ended(record: Record, observed: SessionObserved, desired: Desired) -> Decision:
    job, checkpoints = observed.job, observed.checkpoints
    assert job is not None
    if checkpoints is None:
        return stay(record, "ReadingLastCheckpoint", f"The job is {job.state}; asking for its last checkpoint.", requeue_after=IMMEDIATELY)
    left = state_left(record, job.state, observed, desired)
    forgotten = f"it is {job.state}, and its JobManager, which was restarted, does not know its checkpoints"
    if record.savepoint_path is not None and checkpoints.count == 0:
        if record.was_ready and not checkpoints.known:
            return outcome_unknown(record, forgotten, candidate_words(record, desired))
        # it was stopped there before, or never got further
        left = {"savepoint_path": record.savepoint_path, "had_no_state": False}
    elif checkpoints.none_ever and not left["had_no_state"] and job.state is not JobState.FINISHED:
        return outcome_unknown(record, forgotten)
    after = replace(record, job=replace(record.job, state=job.state), **left)
    return _stopped(after, f"The job is {job.state}; it left {after.savepoint_path or 'no checkpoint'}.")


def _stopped(record: Record, message: str) -> Decision:
    return stay(record, "JobStopped", message, step=None, requeue_after=IMMEDIATELY)
