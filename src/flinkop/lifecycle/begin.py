"""The first step of a stop: the plan of `choose_stop` becomes a recorded step and its first action."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from flinkop.lifecycle.action import CancelJob, StopWithSavepoint
from flinkop.lifecycle.deadline import for_cancelling, for_readiness, for_savepoint
from flinkop.lifecycle.decision import Decision, Event, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.jobsfirst import jobs_first
from flinkop.lifecycle.move import IMMEDIATELY, go
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import STARTED, Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.specdiff import Effect
from flinkop.lifecycle.step import Cancelling, TakingSavepoint, TearingDown, WaitingToRetry
from flinkop.lifecycle.stop import (
    CancelPlan,
    NotNow,
    StopPlan,
    StopWithSavepointPlan,
    TearDownPlan,
    choose_stop,
    may_give_up_savepoint,
    metadata_are_usable,
)
from flinkop.lifecycle.teardown import delete_cluster, going_words
from flinkop.lifecycle.trial import not_yet_told


def begin_stop(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision | NotNow:
    """Goes to Upgrading with the stop that is possible now. When none is, the caller goes on following the old job; see `keep_waiting`."""
    now = fresh.now
    plan = (
        not_yet_told(record, observed, desired, now)
        or jobs_first(record, observed, desired, now)
        or choose_stop(record, observed, desired, now)
    )
    return carry_out(plan, record, observed, desired, fresh, _announce(record, desired))


def carry_out(
    plan: StopPlan, record: Record, observed: Observed, desired: Desired, fresh: Fresh, events: tuple[Event, ...]
) -> Decision | NotNow:
    """The first step of `plan`."""
    match plan:
        case StopWithSavepointPlan(why):
            return _take_savepoint(record, observed, desired, fresh, why, events)
        case CancelPlan(why):
            job_id = record.job.job_id or ""
            return go(
                record,
                Phase.UPGRADING,
                "CancellingJob",
                f"{_sentence(why)} {cancel_words(Cancelling(fresh.now), observed, desired, fresh.now)}",
                CancelJob(job_id),
                requeue_after=desired.settings.progress_interval,
                events=events,
                step=Cancelling(fresh.now),
            )
        case TearDownPlan(ha, why):
            step = TearingDown(fresh.now, ha)
            return go(
                record,
                Phase.UPGRADING,
                "StoppingCluster",
                f"{_sentence(why)} {going_words(step, desired)}",
                *delete_cluster(observed),
                requeue_after=None if observed.jobmanager else IMMEDIATELY,
                events=events,
                step=step,
            )
        case NotNow():
            return plan
    assert_never(plan)


def keep_waiting(followed: Decision, record: Record, blocked: NotNow, desired: Desired, fresh: Fresh) -> Decision:
    """The old job is followed as if nothing else were wanted; as long as it is under way, people read that the new spec waits."""
    after = followed.record
    if after.phase not in STARTED or isinstance(after.step, TearingDown):
        return followed
    step = record.step if isinstance(record.step, blocked.step) else blocked.step(fresh.now)
    deadline = blocked.deadline or for_readiness(step.since, desired.settings)
    late = deadline.is_over(fresh.now)
    words = deadline.words(fresh.now, blocked.then, f"It is still tried. {blocked.way_out}")
    waiting = replace(
        after,
        step=step,
        reason=blocked.reason,
        message=f"{blocked.who}: {blocked.why}. {words}",
        health=Health.STALLED if late else Health.PROGRESSING,
    )
    return replace(followed, record=waiting, requeue_after=desired.settings.progress_interval)


def savepoint_action(record: Record, step: TakingSavepoint, desired: Desired) -> StopWithSavepoint:
    """The trigger that is recorded: asking twice with the same id is asking once."""
    return StopWithSavepoint(record.job.job_id or "", step.trigger_id, desired.settings.drain and desired.deleting)


def savepoint_words(step: TakingSavepoint, observed: Observed, desired: Desired, now: datetime, in_progress: bool = False) -> str:
    """The end of the wait for the savepoint of an upgrade, as a sentence."""
    gives_up = may_give_up_savepoint(observed, desired, in_progress)
    then = "the cluster is stopped and its last checkpoint used" if gives_up else "it is Stalled, and still waited for"
    late = "To give it up, set spec.job.upgradeMode to last-state (with high availability) or stateless."
    return for_savepoint(step.since, desired.settings).words(now, then, late)


def cancel_words(step: Cancelling, observed: Observed, desired: Desired, now: datetime) -> str:
    """The end of the wait for a job that is being cancelled, as a sentence."""
    usable = metadata_are_usable(observed, desired)
    then = "the cluster is stopped and its last checkpoint used" if usable else "it is Stalled, and still waited for"
    return for_cancelling(step.since, desired.settings).words(now, then, "To give its state up, set spec.job.upgradeMode to stateless.")


def _take_savepoint(record: Record, observed: Observed, desired: Desired, fresh: Fresh, why: str, events: tuple[Event, ...]) -> Decision:
    attempt = record.step.attempt + 1 if isinstance(record.step, WaitingToRetry) else 1
    step = TakingSavepoint(fresh.now, fresh.trigger_id, attempt)
    return go(
        record,
        Phase.UPGRADING,
        "TakingSavepoint",
        f"Stopping the job with a savepoint: {why}. {savepoint_words(step, observed, desired, fresh.now)}",
        savepoint_action(record, step, desired),
        requeue_after=desired.settings.progress_interval,
        events=events,
        step=step,
    )


def is_next_try(record: Record, desired: Desired) -> bool:
    """Whether this spec was tried before: that it has changed is no news any more."""
    return isinstance(record.step, WaitingToRetry) and record.step.generation == desired.generation


def _announce(record: Record, desired: Desired) -> tuple[Event, ...]:
    suspended = Event("Suspended", "Suspending existing deployment.")
    if desired.change.effect < Effect.UPGRADE or is_next_try(record, desired):
        return (suspended,)
    paths = ", ".join(f"spec.{path}" for path in desired.change.paths)
    return Event("SpecChanged", f"{desired.change.effect.name} change(s) detected: {paths}"), suspended


def _sentence(why: str) -> str:
    return f"Stopping the cluster: {why}."
