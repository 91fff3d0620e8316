"""The first step of a stop: the plan of `choose_stop` becomes a recorded step and its first action."""

from __future__ import annotations

from typing import assert_never

from flinkop.lifecycle.action import CancelJob, StopWithSavepoint
from flinkop.lifecycle.decision import Decision, Event, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import go, stay
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import Effect
from flinkop.lifecycle.step import Cancelling, TakingSavepoint, TearingDown, WaitingToRetry
from flinkop.lifecycle.stop import CancelPlan, NotNow, StopWithSavepointPlan, TearDownPlan, choose_stop
from flinkop.lifecycle.teardown import delete_jobmanager


def begin_stop(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Goes to Upgrading with the stop that is possible now, or stays and says what it waits for."""
    plan = choose_stop(record, observed, desired, fresh.now)
    events = _announce(desired)
    match plan:
        case StopWithSavepointPlan(why):
            return _take_savepoint(record, desired, fresh, why, events)
        case CancelPlan(why):
            job_id = record.job.job_id or ""
            return go(
                record,
                Phase.UPGRADING,
                "CancellingJob",
                _sentence(why),
                CancelJob(job_id),
                events=events,
                step=Cancelling(fresh.now),
            )
        case TearDownPlan(ha, why):
            step = TearingDown(fresh.now, ha)
            return go(
                record,
                Phase.UPGRADING,
                "StoppingCluster",
                _sentence(why),
                *delete_jobmanager(observed),
                events=events,
                step=step,
            )
        case NotNow(why):
            message = f"The new spec has to wait: {why}."
            return stay(record, "UpgradeWaiting", message, requeue_after=desired.settings.progress_interval)
    assert_never(plan)


def savepoint_action(record: Record, step: TakingSavepoint, desired: Desired) -> StopWithSavepoint:
    """The trigger that is recorded: asking twice with the same id is asking once."""
    return StopWithSavepoint(record.job.job_id or "", step.trigger_id, desired.settings.drain and desired.deleting)


def _take_savepoint(record: Record, desired: Desired, fresh: Fresh, why: str, events: tuple[Event, ...]) -> Decision:
    attempt = record.step.attempt + 1 if isinstance(record.step, WaitingToRetry) else 1
    step = TakingSavepoint(fresh.now, fresh.trigger_id, attempt)
    return go(
        record,
        Phase.UPGRADING,
        "TakingSavepoint",
        f"Stopping the job with a savepoint: {why}.",
        savepoint_action(record, step, desired),
        requeue_after=desired.settings.progress_interval,
        events=events,
        step=step,
    )


def _announce(desired: Desired) -> tuple[Event, ...]:
    suspended = Event("Suspended", "Suspending existing deployment.")
    if desired.change.effect < Effect.UPGRADE:
        return (suspended,)
    paths = ", ".join(f"spec.{path}" for path in desired.change.paths)
    return Event("SpecChanged", f"{desired.change.effect.name} change(s) detected: {paths}"), suspended


def _sentence(why: str) -> str:
    return f"Stopping the cluster: {why}."
