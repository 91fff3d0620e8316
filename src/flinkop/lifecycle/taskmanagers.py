"""The TaskManagers of a standalone cluster: the operator keeps their number, and makes their Deployment again where it is lost."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.action import Action, ScaleTaskManagers, StartCluster, StartSession, StartTaskManagers
from flinkop.lifecycle.decision import Component, Decision, Event
from flinkop.lifecycle.desired import Desired, Scaling
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import Effect, take_over
from flinkop.lifecycle.step import TearingDown

_ALIVE = frozenset({Phase.DEPLOYING, Phase.RUNNING})


def keep_taskmanagers(decision: Decision, observed: Observed, desired: Desired) -> Decision:
    """What the TaskManagers of a standalone cluster need, beside what was decided for the job. A new number of them counts at once.

    While a spec that needs a restart waits, the old job needs those that it has.
    """
    if not desired.standalone or not _is_alive(decision, observed):
        return decision
    action = _action(decision.record, observed, desired)
    scaled = replace(decision, record=_scaled(decision.record, desired))
    if action is None:
        return scaled
    return replace(scaled, actions=(*scaled.actions, action), events=(*scaled.events, *_events(action, observed)))


def _is_alive(decision: Decision, observed: Observed) -> bool:
    """A start makes the TaskManagers itself, and a cluster that goes needs none."""
    record, jobmanager = decision.record, observed.jobmanager
    if record.phase not in _ALIVE or isinstance(record.step, TearingDown) or jobmanager is None or jobmanager.terminating:
        return False
    return not any(isinstance(action, StartCluster | StartSession) for action in decision.actions)


def _action(record: Record, observed: Observed, desired: Desired) -> Action | None:
    found = observed.taskmanagers
    if found is None:
        return StartTaskManagers(record.start.generation if record.start is not None else desired.generation)
    if found.terminating or found.replicas == desired.taskmanagers:
        return None
    return ScaleTaskManagers(found.uid, desired.taskmanagers)


def _scaled(record: Record, desired: Desired) -> Record:
    """From here on the spec that is recorded asks for the number that is wanted."""
    if desired.scaling is not Scaling.REPLICAS or record.reconciled is None:
        return record
    accepted = take_over(record.reconciled, desired.spec, Effect.SCALE)
    return replace(record, reconciled=accepted, stable=accepted if record.stable == record.reconciled else record.stable)


def _events(action: Action, observed: Observed) -> tuple[Event, ...]:
    match action:
        case ScaleTaskManagers(_, replicas):
            before = observed.taskmanagers.replicas if observed.taskmanagers is not None else 0
            return (Event("Scaling", f"TaskManagers: {before} to {replicas}", component=Component.JOB),)
        case _:
            return ()
