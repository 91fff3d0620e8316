"""The TaskManagers of a standalone cluster: the operator keeps their number, and makes their Deployment again where it is lost."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.action import Action, ScaleTaskManagers, StartCluster, StartSession, StartTaskManagers
from flinkop.lifecycle.decision import Component, Decision, Event
from flinkop.lifecycle.desired import Desired, Scaling
from flinkop.lifecycle.observed import Observed, TaskManagers
from flinkop.lifecycle.phase import STARTED
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import Effect, take_over
from flinkop.lifecycle.step import TearingDown


def keep_taskmanagers(decision: Decision, observed: Observed, desired: Desired) -> Decision:
    """What the TaskManagers of a standalone cluster need, beside what was decided for the job. A new number of them counts at once."""
    if not desired.standalone or not _is_alive(decision, observed):
        return decision
    if observed.taskmanagers is None:
        # also where another spec waits: without them the job may never get to where it can be stopped
        decision = replace(decision, actions=(*decision.actions, _start_again(decision.record, desired)))
    return decision if desired.wants_restart else _scale(decision, observed.taskmanagers, desired)


def _is_alive(decision: Decision, observed: Observed) -> bool:
    """A start makes the TaskManagers itself, and a cluster that goes needs none."""
    record, jobmanager = decision.record, observed.jobmanager
    if record.phase not in STARTED or isinstance(record.step, TearingDown) or jobmanager is None or jobmanager.terminating:
        return False
    return not any(isinstance(action, StartCluster | StartSession) for action in decision.actions)


def _start_again(record: Record, desired: Desired) -> Action:
    return StartTaskManagers(record.start.generation if record.start is not None else desired.generation)


def _scale(decision: Decision, found: TaskManagers | None, desired: Desired) -> Decision:
    scaled = replace(decision, record=_scaled(decision.record, desired))
    if found is None or found.terminating or found.replicas == desired.taskmanagers:
        return scaled
    action = ScaleTaskManagers(found.uid, desired.taskmanagers)
    event = Event("Scaling", f"TaskManagers: {found.replicas} to {desired.taskmanagers}", component=Component.JOB)
    return replace(scaled, actions=(*scaled.actions, action), events=(*scaled.events, event))


def _scaled(record: Record, desired: Desired) -> Record:
    """From here on the spec that is recorded asks for the number that is wanted."""
    if desired.scaling is not Scaling.REPLICAS or record.reconciled is None:
        return record
    accepted = take_over(record.reconciled, desired.spec, Effect.SCALE)
    return replace(record, reconciled=accepted, stable=accepted if record.stable == record.reconciled else record.stable)
