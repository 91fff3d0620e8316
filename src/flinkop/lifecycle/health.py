"""The health of a running job: one that restarts over and over, or completes no checkpoint, is started again from its last state.

Established rules: official operator, section 2.10. Nothing is written while the job is well: how old its newest checkpoint is tells Flink,
and a window in which restarts are counted begins with the first of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

from flinkop.lifecycle.begin import carry_out
from flinkop.lifecycle.deadline import clock
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Answered, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record, RestartWindow
from flinkop.lifecycle.restart import counted, origin, pause
from flinkop.lifecycle.stop import NotNow, choose_restart

_WAY_OUT = "To leave it as it is, set kubernetes.operator.cluster.health-check.enabled to false."


def checks_health(record: Record, desired: Desired) -> bool:
    """Whether this pass has to ask for the health of the job."""
    checks = desired.settings.health_check and desired.settings.recovery
    return checks and record.phase is Phase.RUNNING and record.step is None and not desired.session and not desired.wants_restart


def watch_health(before: Record, decision: Decision, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Counts the restarts, and goes to Upgrading, for a start of the same spec, when the job is not well."""
    if not checks_health(before, desired) or decision.record.phase is not Phase.RUNNING or not isinstance(observed.rest, Answered):
        return decision
    length = desired.settings.restarts_window
    record = replace(decision.record, restart_window=_window(decision.record.restart_window, observed.restarts, length, fresh.now))
    illness = _restarts_too_often(record, observed, desired) or _completes_no_checkpoint(observed, desired, fresh.now)
    if illness is None or record.start is None:
        return replace(decision, record=record)
    at = record.start.since + pause(record, fresh.now)
    if fresh.now < at:
        return _told(replace(decision, record=record), illness, clock(at, record.start.since), at - fresh.now)
    return _restart(record, decision, observed, desired, fresh, illness)


def _window(window: RestartWindow | None, restarts: int | None, length: timedelta, now: datetime) -> RestartWindow | None:
    """Flink's count is that of the whole life of the job in this JobManager."""
    if restarts is None or (window is not None and restarts == window.restarts):
        return window
    if window is None or restarts < window.restarts:
        return RestartWindow(restarts)
    if window.since is None:
        return replace(window, since=now)
    return RestartWindow(restarts) if now >= window.since + length else window


def _restarts_too_often(record: Record, observed: Observed, desired: Desired) -> str | None:
    window = record.restart_window
    if window is None or window.since is None or observed.restarts is None:
        return None
    number = observed.restarts - window.restarts
    if number < desired.settings.restarts_threshold:
        return None
    return f"it restarted {number} times since {window.since:%H:%M:%S} UTC (kubernetes.operator.cluster.health-check.restarts.threshold)"


def _completes_no_checkpoint(observed: Observed, desired: Desired, now: datetime) -> str | None:
    allowed = desired.settings.checkpoint_progress_window
    if allowed is None or observed.checkpoints is None or observed.job is None or not observed.checkpoints.periodic:
        return None
    newest = datetime.fromtimestamp(max(observed.checkpoints.completed_at or 0, observed.job.start_time) / 1000, UTC)
    if now < newest + allowed:
        return None
    return f"it completed no checkpoint since {clock(newest, now)} (kubernetes.operator.cluster.health-check.checkpoint-progress.window)"


def _told(decision: Decision, illness: str, at: str, wait: timedelta) -> Decision:
    message = f"The job is not well: {illness}. It is started again at {at}: it was a short while ago. {_WAY_OUT}"
    record = replace(decision.record, reason="JobUnhealthy", message=message, health=Health.STALLED)
    return replace(decision, record=record, requeue_after=min(wait, decision.requeue_after or wait))


def _restart(record: Record, decision: Decision, observed: Observed, desired: Desired, fresh: Fresh, illness: str) -> Decision:
    message = f"The job is not well: {illness}. Starting it again {origin(record, desired)}."
    event = Event("RestartUnhealthyJob", message, EventType.WARNING, Component.JOB)
    started = carry_out(choose_restart(observed, desired), _counted(record, fresh), observed, desired, fresh, (event,))
    match started:
        case NotNow(why):
            message = f"The job is not well: {illness}. {why}. {_WAY_OUT}"
            told = replace(record, reason="JobUnhealthy", message=message, health=Health.STALLED)
            return replace(decision, record=told)
        case Decision():
            return started
    assert_never(started)


def _counted(record: Record, fresh: Fresh) -> Record:
    return replace(counted(record, fresh.now), restart_window=None)
