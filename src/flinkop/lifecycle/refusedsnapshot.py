"""A FlinkStateSnapshot that the API server does not take: no job depends on it, so it is told, and tried again after a pause."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.action import CreateSnapshot
from flinkop.lifecycle.decision import Component, Decision, Event, EventType
from flinkop.lifecycle.observed import Observed


def hold_back_refused(decision: Decision, observed: Observed) -> Decision:
    """Without the creations that were refused a short while ago. What is known of a refusal stands until they are tried again."""
    wanted = [action for action in decision.actions if isinstance(action, CreateSnapshot)]
    if not wanted:
        return _with_problem(decision, None)
    refused = observed.refused_snapshot
    if refused is None:
        return decision
    others = tuple(action for action in decision.actions if action not in wanted)
    after = decision.requeue_after
    look = refused.pause if after is None else min(after, refused.pause)
    return _with_problem(replace(decision, actions=others, requeue_after=look), refused.message)


def _with_problem(decision: Decision, problem: str | None) -> Decision:
    before = decision.record.snapshot_problem
    if problem == before:
        return decision
    told = (Event("SnapshotRefused", problem, EventType.WARNING, Component.OPERATOR),) if problem else ()
    return replace(decision, record=replace(decision.record, snapshot_problem=problem), events=(*decision.events, *told))
