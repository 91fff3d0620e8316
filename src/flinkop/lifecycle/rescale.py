"""Rescaling a running job in place: its JobManager is told how parallel each vertex may be, and the job is not restarted from outside.

Established rules: official operator, section 2.7. Source of the request: flink-on-kubernetes, section 8.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from flinkop.lifecycle.action import Rescale
from flinkop.lifecycle.deadline import for_readiness
from flinkop.lifecycle.decision import Component, Decision, Event, Fresh
from flinkop.lifecycle.desired import Desired, Scaling
from flinkop.lifecycle.move import stay
from flinkop.lifecycle.observed import Bounds, Observed, RescaleRefused, Scale
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.specdiff import Effect, take_over
from flinkop.lifecycle.step import Rescaling

_THEN = "the job goes on with the slots that there are"
_LATE = "Flink does not take it up, and is still asked. Raising spec.restartNonce restarts the job for it."


def is_rescaled(record: Record, desired: Desired) -> bool:
    """Whether this pass has to ask how parallel the vertices of the job are: also when a rescaling under way is taken back."""
    if record.phase is not Phase.RUNNING or desired.wants_restart:
        return False
    return desired.scaling is Scaling.REQUIREMENTS or isinstance(record.step, Rescaling)


def with_restart_where_refused(record: Record, observed: Observed, desired: Desired, now: datetime) -> Desired:
    """The wish as it can be fulfilled: where Flink does not rescale the job, it is restarted, as for any other change.

    What only goes back to the spec that runs is no reason for a restart.
    """
    if desired.scaling is not Scaling.REQUIREMENTS or not is_rescaled(record, desired) or not _is_refused(record, observed, desired, now):
        return desired
    return replace(desired, change=replace(desired.change, effect=Effect.UPGRADE), scaling=Scaling.NONE)


def rescale(before: Record, decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Carries out a changed parallelism beside what was decided for the running job."""
    if not is_rescaled(before, desired) or decision.record.phase is not Phase.RUNNING:
        return decision
    if observed.job_is_running and isinstance(observed.scale, Scale):
        return _toward(before, decision.record, observed.scale, desired, fresh)
    if isinstance(observed.scale, RescaleRefused):
        return decision
    return replace(decision, record=replace(decision.record, step=before.step))  # not answered: what was under way still is


def _is_refused(record: Record, observed: Observed, desired: Desired, now: datetime) -> bool:
    """One that does not even know, after a long time, what it was told has refused it, too."""
    match observed.scale:
        case RescaleRefused():
            return True
        case Scale(bounds) if isinstance(record.step, Rescaling):
            return _is_late(record.step, desired, now) and wanted_bounds(bounds, _targets(bounds, record.step, desired)) != bounds
        case _:
            return False


def _is_late(step: Rescaling, desired: Desired, now: datetime) -> bool:
    return now >= step.since + desired.settings.readiness_timeout


def _toward(before: Record, record: Record, scale: Scale, desired: Desired, fresh: Fresh) -> Decision:
    step = _remembering(before.step if isinstance(before.step, Rescaling) else Rescaling(fresh.now), scale.bounds, desired)
    targets = _targets(scale.bounds, step, desired)
    wanted = wanted_bounds(scale.bounds, targets)
    deadline, what = for_readiness(step.since, desired.settings), f"Rescaling the running job: {_words(targets)}."
    interval, late = desired.settings.progress_interval, deadline.is_over(fresh.now)
    words = "Rescaling", f"{what} {deadline.words(fresh.now, _THEN, _LATE)}"
    if wanted != scale.bounds:
        events = () if isinstance(before.step, Rescaling) else (Event("Scaling", what, component=Component.JOB),)
        health, action = Health.STALLED if late else Health.PROGRESSING, Rescale(record.job.job_id or "", wanted)
        return stay(record, *words, action, step=step, health=health, requeue_after=interval, events=events)
    if late or all(scale.parallelism.get(vertex) == target for vertex, target in targets.items()):
        return _done(record, desired)
    return stay(record, *words, step=step, requeue_after=interval)


def wanted_bounds(bounds: Mapping[str, Bounds], targets: Mapping[str, int]) -> dict[str, Bounds]:
    """The request has to name every vertex. A target is the most, and the least where that was more."""
    changed = {vertex: Bounds(min(bounds[vertex].lower, target), target) for vertex, target in targets.items()}
    return {**bounds, **changed}


def _done(record: Record, desired: Desired) -> Decision:
    """Where there are too few slots the job runs with those there are, and Flink goes on looking for more."""
    assert record.reconciled is not None
    accepted = take_over(record.reconciled, desired.spec, Effect.SCALE)
    stable = accepted if record.stable == record.reconciled else record.stable
    return Decision(replace(record, step=None, reconciled=accepted, stable=stable), requeue_after=timedelta(0))


def _remembering(step: Rescaling, bounds: Mapping[str, Bounds], desired: Desired) -> Rescaling:
    """What the vertices that are told anything were before. Nothing else says so when their overrides are removed."""
    told = {vertex: bounds[vertex].upper for vertex in desired.parallelism if vertex in bounds and vertex not in step.before}
    return replace(step, before={**step.before, **told}) if told else step


def _targets(bounds: Mapping[str, Bounds], step: Rescaling, desired: Desired) -> dict[str, int]:
    return {vertex: target for vertex, target in {**step.before, **desired.parallelism}.items() if vertex in bounds}


def _words(targets: Mapping[str, int]) -> str:
    return ", ".join(f"{vertex} to {target}" for vertex, target in sorted(targets.items()))
