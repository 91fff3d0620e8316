"""Upgrading: the old job is being brought to a restorable stop, for a new spec or a suspension."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from flinkop.lifecycle.action import CancelJob
from flinkop.lifecycle.begin import begin_stop, savepoint_action
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import TERMINAL, Answered, JobState, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.restore import WAYS_OUT
from flinkop.lifecycle.savepoint import AskAgain, EndedWithout, KeptRunning, Pending, Stopped, read_outcome
from flinkop.lifecycle.start import start
from flinkop.lifecycle.step import Cancelling, HaFate, TakingSavepoint, TearingDown, WaitingToRetry
from flinkop.lifecycle.suspended import suspend
from flinkop.lifecycle.teardown import delete_jobmanager, tear_down

_GIVE_UP = "To give it up, set spec.job.upgradeMode to last-state or stateless."
_FIRST_RETRY, _LAST_RETRY = timedelta(minutes=1), timedelta(minutes=16)


def on_upgrading(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying or Suspended with a restore point, or back to Running when the job could not be stopped safely."""
    match record.step:
        case TakingSavepoint() as step:
            return _taking_savepoint(record, step, observed, desired, fresh)
        case Cancelling() as step:
            return _cancelling(record, step, observed, desired, fresh)
        case TearingDown() as step:
            return tear_down(record, step, observed, desired, fresh) or _after_stop(record, observed, desired, fresh)
        case WaitingToRetry() | None:
            return begin_stop(record, observed, desired, fresh)
    assert_never(record.step)


def _after_stop(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    return suspend(record, desired) if desired.suspended else start(record, observed, desired, fresh)


def _taking_savepoint(record: Record, step: TakingSavepoint, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if observed.jobmanager is None:
        return _lost_while_stopping(record, fresh)
    if desired.stateless:
        return _stopped(record, None, observed, fresh, "spec.job.upgradeMode is stateless now: no savepoint is needed.")
    match read_outcome(step, observed):
        case Pending(why):
            return _wait(record, step, why, desired, fresh)
        case AskAgain():
            action = savepoint_action(record, step, desired)
            return stay(record, record.reason, record.message, action, requeue_after=desired.settings.progress_interval)
        case Stopped(path):
            return _stopped(record, path, observed, fresh, f"The job stopped; its state is at {path}.")
        case KeptRunning(cause):
            return _kept_running(record, step, cause, desired, fresh)
        case EndedWithout(cause):
            return _outcome_unknown(record, observed, cause, fresh)


def _wait(record: Record, step: TakingSavepoint, why: str, desired: Desired, fresh: Fresh) -> Decision:
    late = fresh.now >= step.since + desired.settings.checkpoint_timeout + desired.settings.cancel_timeout
    if late:
        why = f"{why} It takes longer than execution.checkpointing.timeout. {_GIVE_UP}"
    health = Health.STALLED if late else Health.PROGRESSING
    if late and desired.upgrade_mode != "savepoint" and desired.settings.high_availability:
        return _give_up_savepoint(record, fresh)
    return stay(record, "TakingSavepoint", why, health=health, requeue_after=desired.settings.progress_interval)


def _give_up_savepoint(record: Record, fresh: Fresh) -> Decision:
    message = "The savepoint did not complete in time: stopping the cluster and keeping its high-availability metadata."
    step = TearingDown(fresh.now, HaFate.KEEP)
    return stay(record, "SavepointGivenUp", message, step=step, requeue_after=IMMEDIATELY)


def _lost_while_stopping(record: Record, fresh: Fresh) -> Decision:
    message = "The JobManager was lost while the savepoint was taken: its last checkpoint is used if there is one."
    return stay(record, "JobManagerMissing", message, step=TearingDown(fresh.now, HaFate.KEEP), requeue_after=IMMEDIATELY)


def _stopped(record: Record, path: str | None, observed: Observed, fresh: Fresh, message: str) -> Decision:
    return stay(
        replace(record, job=replace(record.job, state=JobState.FINISHED)),
        "StoppingCluster",
        message,
        *delete_jobmanager(observed),
        step=TearingDown(fresh.now, HaFate.REMOVE),
        savepoint_path=path,
        had_no_state=False,
    )


def _kept_running(record: Record, step: TakingSavepoint, cause: str, desired: Desired, fresh: Fresh) -> Decision:
    pause = min(_FIRST_RETRY * 2 ** (step.attempt - 1), _LAST_RETRY)
    again_at = fresh.now + pause
    message = f"The savepoint failed, the old job keeps running; next try at {again_at:%H:%M:%S} UTC. Cause: {cause}"
    return go(
        record,
        Phase.RUNNING,
        "SavepointFailed",
        message,
        requeue_after=desired.settings.progress_interval,
        events=(Event("SavepointError", message, EventType.WARNING, Component.OPERATOR),),
        step=WaitingToRetry(fresh.now, desired.generation, step.attempt, again_at),
    )


def _outcome_unknown(record: Record, observed: Observed, cause: str, fresh: Fresh) -> Decision:
    if observed.ha is not None and observed.ha.checkpoints:
        return _lost_while_stopping(record, fresh)
    message = f"The job ended while it was stopped with a savepoint, and the savepoint is not known: {cause}. {WAYS_OUT}"
    return go(
        record,
        Phase.FAILED,
        "SavepointUnknown",
        message,
        health=Health.STALLED,
        events=(Event("UpgradeFailed", message, EventType.WARNING),),
        step=None,
        failure=message,
    )


def _cancelling(record: Record, step: Cancelling, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if observed.jobmanager is None:
        return _lost_while_stopping(record, fresh)
    job = observed.job
    if isinstance(observed.rest, Answered) and job is not None and job.state in TERMINAL and observed.checkpoints is not None:
        path = observed.checkpoints.newest_path
        message = f"The job is {job.state}; its last checkpoint is {path or 'none'}."
        decision = _stopped(record, path, observed, fresh, message)
        none_ever = observed.checkpoints.none_ever
        return replace(decision, record=replace(decision.record, job=replace(record.job, state=job.state), had_no_state=none_ever))
    late = fresh.now >= step.since + desired.settings.cancel_timeout
    return stay(
        record,
        "CancellingJob",
        "Waiting for the job to be cancelled" + (", longer than kubernetes.operator.flink.client.cancel.timeout." if late else "."),
        CancelJob(record.job.job_id or ""),
        health=Health.STALLED if late else Health.PROGRESSING,
        requeue_after=desired.settings.progress_interval,
    )
