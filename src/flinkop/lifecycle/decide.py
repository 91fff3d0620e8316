"""`decide`: the one function that a pass asks. One handler per phase; a test rejects a phase without one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flinkop.lifecycle.action import AddFinalizer
from flinkop.lifecycle.deadline import ends_at
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.deleting import on_deleting
from flinkop.lifecycle.deploying import on_deploying
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.ended import on_ended
from flinkop.lifecycle.health import watch_health
from flinkop.lifecycle.ingress import ingress_actions, ingress_events, ingress_problem
from flinkop.lifecycle.jobexception import exception_events
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import ENDED, Phase, is_allowed
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.refusedsnapshot import hold_back_refused
from flinkop.lifecycle.rescale import rescale, with_restart_where_refused
from flinkop.lifecycle.rollback import forget_rollback, on_rolling_back, show_rollback
from flinkop.lifecycle.running import on_running
from flinkop.lifecycle.specdiff import Effect, take_over
from flinkop.lifecycle.statistics import without_stale_statistics
from flinkop.lifecycle.suspended import on_created, on_suspended
from flinkop.lifecycle.takesnapshots import take_snapshots
from flinkop.lifecycle.taskmanagers import keep_taskmanagers
from flinkop.lifecycle.upgrading import on_upgrading
from flinkop.lifecycle.wantedchange import corrects_path

Handler = Callable[[Record, Observed, Desired, Fresh], Decision]

HANDLERS: Mapping[Phase, Handler] = {
    Phase.CREATED: on_created,
    Phase.DEPLOYING: on_deploying,
    Phase.RUNNING: on_running,
    Phase.UPGRADING: on_upgrading,
    Phase.SUSPENDED: on_suspended,
    Phase.ROLLING_BACK: on_rolling_back,
    Phase.FAILED: on_ended,
    Phase.FINISHED: on_ended,
    Phase.DELETING: on_deleting,
}


class ForbiddenTransition(AssertionError):
    """A handler left its phase for one that the table of transitions does not name: a bug."""


def decide(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """What to record and do next. Pure: the same values give the same decision.

    Raises:
        ForbiddenTransition: a handler is wrong.
    """
    handler = on_deleting if desired.deleting else HANDLERS[record.phase]
    observed, desired = without_stale_statistics(observed, fresh.now), with_restart_where_refused(record, observed, desired, fresh.now)
    known = forget_rollback(take_over_what_is_ignored(record, desired), desired)
    decision = watch_health(known, handler(known, observed, desired, fresh), observed, desired, fresh)
    decision = keep_taskmanagers(rescale(known, decision, observed, desired, fresh), observed, desired)
    decision = show_rollback(take_snapshots(decision, observed, desired, fresh))
    if not is_allowed(record.phase, decision.record.phase):
        raise ForbiddenTransition(f"{record.phase} to {decision.record.phase}")
    return complete(record, _with_ingress(decision, observed, desired), observed, desired)


def complete(record: Record, decision: Decision, observed: Observed, desired: Desired) -> Decision:
    """What holds for every kind: what is refused is told, and the finalizer comes before the first action."""
    decision = hold_back_refused(decision, observed)
    told = replace(decision, events=(*exception_events(record, decision.record, observed, desired.settings), *decision.events))
    return _with_problems(record, _with_finalizer(_with_refusal(told, observed), desired), desired)


def never_accepted(record: Record, desired_generation: int, problems: tuple[str, ...]) -> Decision:
    """The decision for a resource whose only spec is invalid: nothing is done until it changes."""
    message = "; ".join(problems)
    after = replace(
        record, reason="ValidationError", message=message, health=Health.STALLED, invalid=message, generation=desired_generation
    )
    return Decision(after, events=_refused(record, message))


def not_observed(record: Record, reason: str, cause: str, desired: Desired) -> Decision:
    """The decision where what it would go by cannot be read, usually for want of a permission: nothing is done, and that is told.

    The spec was read all the same, so its generation is the one that this is about. After the end of a job it is not: whether a spec is
    newer than the one that it ended with decides whether it is started again, and nobody has decided that yet.
    """
    told = _with_problems(record, Decision(replace(record, reason=reason, message=cause, health=Health.STALLED)), desired)
    if record.phase not in ENDED:
        return told
    return replace(told, record=replace(told.record, generation=record.generation))


def take_over_what_is_ignored(record: Record, desired: Desired) -> Record:
    """A change that does not concern the cluster is in force at once; an upgrade mode, for instance, must not wait for an upgrade."""
    if record.reconciled is None or desired.change.effect is Effect.NOTHING or corrects_path(record, desired.change, desired.spec):
        return record
    accepted = take_over(record.reconciled, desired.spec, Effect.IGNORE)
    return replace(record, reconciled=accepted, stable=accepted if record.stable == record.reconciled else record.stable)


def _with_ingress(decision: Decision, observed: Observed, desired: Desired) -> Decision:
    """Last of all: nothing that concerns the job waits for it."""
    problem = ingress_problem(decision.record, observed, desired)
    return replace(
        decision,
        record=replace(decision.record, ingress_problem=problem),
        actions=(*decision.actions, *ingress_actions(observed, desired)),
        events=(*decision.events, *ingress_events(decision.record, problem)),
    )


def _with_finalizer(decision: Decision, desired: Desired) -> Decision:
    if desired.has_finalizer or desired.deleting or not decision.actions:
        return decision
    return replace(decision, actions=(AddFinalizer(), *decision.actions))


def _with_refusal(decision: Decision, observed: Observed) -> Decision:
    if observed.refusal is None or not decision.actions:
        return decision
    refusal, record = observed.refusal, decision.record
    failure = record.failure if record.phase in ENDED else refusal.message
    after = replace(record, reason=refusal.reason, message=refusal.message, health=Health.STALLED, failure=failure)
    return replace(decision, record=after)


def _with_problems(before: Record, decision: Decision, desired: Desired) -> Decision:
    invalid = "; ".join(desired.problems) or None
    ends = ends_at(decision.record.step, desired.settings)
    after = replace(decision.record, invalid=invalid, generation=desired.generation, ends_at=ends)
    events = _refused(before, invalid) if invalid else ()
    return replace(decision, record=after, events=(*events, *decision.events))


def _refused(before: Record, message: str) -> tuple[Event, ...]:
    if before.invalid == message:
        return ()
    return (Event("ValidationError", message, EventType.WARNING, Component.OPERATOR),)
