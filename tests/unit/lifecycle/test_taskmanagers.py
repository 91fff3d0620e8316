"""The TaskManagers of a standalone cluster: their number is kept, a lost Deployment is made again, and none outlives its cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    NEW_SPEC,
    NOW,
    SPEC,
    a_desired,
    a_job,
    a_jobmanager,
    a_record,
    a_record_tearing_down,
    a_starting_record,
    a_suspended_record,
    an_observed,
    an_upgrade,
    kinds,
    nothing_left,
    reasons,
)

from flinkop.lifecycle.action import (
    DeleteJobManager,
    DeleteTaskManagers,
    RemoveFinalizer,
    ScaleTaskManagers,
    StartCluster,
    StartTaskManagers,
)
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired, Scaling
from flinkop.lifecycle.observed import JobState, NotAsked, Observed, TaskManagers
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import Change, Effect

TWO = TaskManagers("workers", 2)
SCALED = {**SPEC, "mode": "standalone", "taskManager": {"replicas": 3}}
BEFORE = {**SPEC, "mode": "standalone", "taskManager": {"replicas": 2}}


def a_wish(**changes: Any) -> Desired:
    """A standalone cluster of two TaskManagers."""
    return a_desired(**{"standalone": True, "taskmanagers": 2, **changes})


def seen(taskmanagers: TaskManagers | None = TWO, **changes: Any) -> Observed:
    """One look at a standalone cluster whose job runs."""
    return an_observed(taskmanagers=taskmanagers, taskmanager_pods=2, **changes)


NOT_READY = {"jobmanager": a_jobmanager(available=False), "rest": NotAsked(), "job": None}


@pytest.mark.parametrize(
    ("record", "observed", "actions"),
    [
        pytest.param(a_record(), seen(), [], id="all is well"),
        pytest.param(a_record(), seen(None), [StartTaskManagers(1)], id="they are gone"),
        pytest.param(a_record(), seen(replace(TWO, replicas=5)), [ScaleTaskManagers("workers", 2)], id="somebody else scaled them"),
        pytest.param(a_record(), seen(replace(TWO, replicas=5, terminating=True)), [], id="they are being deleted"),
        pytest.param(a_starting_record(), seen(None, **NOT_READY), [StartTaskManagers(1)], id="a start broke off"),
        pytest.param(a_record(), seen(None, jobmanager=a_jobmanager(terminating=True)), [], id="the JobManager is being deleted"),
    ],
)
def test_the_taskmanagers_are_kept(record: Record, observed: Observed, actions: list[Any]) -> None:
    decision = decide(record, observed, a_wish(), FRESH)
    assert [action for action in decision.actions if not isinstance(action, StartCluster)] == actions


def test_a_native_cluster_has_none_to_keep() -> None:
    assert decide(a_record(), an_observed(), a_desired(), FRESH).actions == ()


def test_another_number_of_them_restarts_nothing_and_counts_at_once() -> None:
    scaling = Change(Effect.SCALE, ("taskManager.replicas",))
    wish = a_wish(generation=2, spec=SCALED, change=scaling, scaling=Scaling.REPLICAS, taskmanagers=3)
    decision = decide(a_record(reconciled=BEFORE, stable=BEFORE), seen(), wish, FRESH)

    assert (decision.record.phase, decision.actions, reasons(decision)) == (Phase.RUNNING, (ScaleTaskManagers("workers", 3),), ["Scaling"])
    assert (decision.record.reconciled, decision.record.stable, decision.record.generation) == (SCALED, SCALED, 2)


@pytest.mark.parametrize(("taskmanagers", "actions"), [(TWO, []), (None, [StartTaskManagers(1)])], ids=["they are there", "they are gone"])
def test_while_a_spec_waits_those_of_the_old_one_are_kept_and_not_scaled(taskmanagers: TaskManagers | None, actions: list[Any]) -> None:
    """Without them the old job would never get to where it can be stopped."""
    waits = an_upgrade(standalone=True, taskmanagers=7)
    decision = decide(a_record(), seen(taskmanagers, job=a_job(JobState.INITIALIZING), ha=None), waits, FRESH)
    assert (decision.record.reason, list(decision.actions)) == ("UpgradeWaiting", actions)


def test_an_upgrade_removes_both_deployments() -> None:
    decision = decide(a_record(), seen(), an_upgrade(standalone=True, upgrade_mode="last-state", spec=NEW_SPEC), FRESH)
    assert kinds(decision) == [DeleteJobManager, DeleteTaskManagers]


@pytest.mark.parametrize(
    "left",
    [{"taskmanagers": TWO}, {"taskmanagers": replace(TWO, terminating=True)}, {"taskmanager_pods": 1}],
    ids=["their Deployment", "one that is going", "a pod"],
)
def test_no_cluster_starts_beside_taskmanagers_of_the_old_one(left: dict[str, Any]) -> None:
    """They would offer themselves to the new JobManager, with the old image."""
    decision = decide(a_record_tearing_down(), nothing_left(**left), an_upgrade(standalone=True), FRESH)
    assert decision.record.phase is Phase.UPGRADING
    assert "TaskManagers" in decision.record.message
    assert StartCluster not in kinds(decision)


def test_taskmanagers_that_are_left_of_a_suspended_job_are_removed() -> None:
    decision = decide(a_suspended_record(), nothing_left(taskmanagers=TWO), a_wish(suspended=True), FRESH)
    assert (decision.record.phase, kinds(decision)) == (Phase.UPGRADING, [DeleteTaskManagers])


def test_a_lost_jobmanager_takes_the_taskmanagers_with_it() -> None:
    lost = decide(a_record(), replace(nothing_left(), taskmanagers=TWO, taskmanager_pods=2), a_wish(), FRESH).record
    decision = decide(lost, replace(nothing_left(), taskmanagers=TWO, taskmanager_pods=2), a_wish(), FRESH)
    assert kinds(decision) == [DeleteTaskManagers]


def test_a_deletion_waits_for_them_but_not_for_ever() -> None:
    deleting = replace(a_record_tearing_down(), phase=Phase.DELETING)
    left = nothing_left(taskmanager_pods=1)
    assert RemoveFinalizer not in kinds(decide(deleting, left, a_wish(deleting=True), FRESH))
    late = replace(FRESH, now=NOW + a_desired().settings.cleanup_timeout)
    assert RemoveFinalizer in kinds(decide(deleting, left, a_wish(deleting=True), late))


def test_a_deletion_that_comes_back_late_removes_them_before_it_lets_go() -> None:
    deleting = replace(a_record_tearing_down(), phase=Phase.DELETING)
    late = replace(FRESH, now=NOW + a_desired().settings.cleanup_timeout)
    left = nothing_left(taskmanagers=TWO, taskmanager_pods=2)
    assert kinds(decide(deleting, left, a_wish(deleting=True), late)) == [DeleteTaskManagers]
    going = replace(left, taskmanagers=replace(TWO, terminating=True))
    assert RemoveFinalizer in kinds(decide(deleting, going, a_wish(deleting=True), late))
