"""Created and Suspended: no cluster. What the next start restores from is recorded, and the spec may change meanwhile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    JOB_ID,
    NEW_SPEC,
    NO_METADATA,
    NOW,
    SAVEPOINT,
    SPEC,
    a_desired,
    a_jobmanager,
    a_record_tearing_down,
    a_redeployment,
    a_suspended_record,
    a_suspension,
    an_observed,
    an_upgrade,
    ha,
    kinds,
    nothing_left,
    suspended,
)

from flinkop.lifecycle.action import DeleteHaMetadata, DeleteJobManager, RemoveJobGraphs, StartCluster
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobRecord, Record
from flinkop.lifecycle.restore import RestoreSource
from flinkop.lifecycle.specdiff import Effect, diff_spec
from flinkop.lifecycle.step import HaFate, TearingDown

EMPTY_NAMESPACE = nothing_left(ha=NO_METADATA)
CREATED_SUSPENDED = Record(phase=Phase.SUSPENDED, reason="CreatedSuspended", health=Health.SETTLED)


# created


@pytest.mark.parametrize(
    ("desired", "phase", "source"),
    [
        pytest.param(a_desired(), Phase.DEPLOYING, RestoreSource.EMPTY, id="to run"),
        pytest.param(a_desired(initial_savepoint_path=SAVEPOINT), Phase.DEPLOYING, RestoreSource.SAVEPOINT, id="to run from a savepoint"),
        pytest.param(a_suspension(), Phase.SUSPENDED, None, id="suspended"),
    ],
)
def test_a_new_resource_is_started_or_waits(desired: Desired, phase: Phase, source: RestoreSource | None) -> None:
    after = decide(Record(), EMPTY_NAMESPACE, desired, FRESH).record

    assert after.phase is phase
    assert (after.restore.point.source if after.restore and after.restore.point else None) is source


@pytest.mark.parametrize(
    ("observed", "actions"),
    [
        pytest.param(nothing_left(jobmanager_pods=1, ha=NO_METADATA), [], id="its pod has to go first"),
        pytest.param(nothing_left(ha=ha(0, job_id="other")), [RemoveJobGraphs], id="its job graph would be revived"),
        pytest.param(nothing_left(ha=ha(0, job_graphs=0)), [StartCluster], id="empty metadata do no harm"),
    ],
)
def test_what_an_earlier_resource_of_the_name_left_is_cleared_before_the_first_start(observed: Observed, actions: list[type]) -> None:
    decision = decide(Record(), observed, a_desired(), FRESH)

    assert kinds(decision) == actions
    assert (decision.record.phase is Phase.CREATED) is (actions != [StartCluster])


def test_the_wait_for_a_pod_of_an_earlier_resource_has_a_deadline() -> None:
    first = decide(Record(), nothing_left(jobmanager_pods=1), a_desired(), FRESH).record
    assert first.step == TearingDown(NOW, HaFate.KEEP)

    late = replace(FRESH, now=NOW + a_desired().settings.cleanup_timeout)
    assert decide(first, nothing_left(jobmanager_pods=1), a_desired(), late).record.health is Health.STALLED
    assert decide(first, EMPTY_NAMESPACE, a_desired(), late).record.step is None


def test_a_deployment_of_somebody_else_is_not_deleted() -> None:
    assert kinds(decide(Record(), an_observed(ha=NO_METADATA), a_desired(), FRESH)) == [StartCluster], "which is refused, and says why"


def test_state_that_an_earlier_resource_left_is_given_up_only_for_a_spec_that_says_so() -> None:
    left = nothing_left(ha=ha(3, job_graphs=0))

    kept = decide(Record(), left, a_desired(), FRESH).record
    assert kept.restore is not None
    assert kept.restore.reason == "HaMetadata"
    assert kinds(decide(Record(), left, a_desired(upgrade_mode="stateless"), FRESH)) == [DeleteHaMetadata]


# suspended


def test_a_suspended_job_is_left_alone() -> None:
    decision = decide(a_suspended_record(), EMPTY_NAMESPACE, a_suspension(generation=1), FRESH)

    assert (decision.record, decision.actions, decision.requeue_after) == (a_suspended_record(), (), None)


@pytest.mark.parametrize(
    ("record", "desired", "words"),
    [
        pytest.param(a_suspended_record(), a_suspension(), SAVEPOINT, id="with a savepoint"),
        pytest.param(a_suspended_record(savepoint_path=None), a_suspension(), "its last state", id="with its metadata"),
        pytest.param(a_suspended_record(), a_suspension(upgrade_mode="stateless"), "empty state", id="to begin anew"),
        pytest.param(CREATED_SUSPENDED, a_suspension(), "Created", id="never started"),
    ],
)
def test_what_the_next_start_continues_from_is_said(record: Record, desired: Desired, words: str) -> None:
    after = decide(record, EMPTY_NAMESPACE, desired, FRESH).record

    assert words in after.message
    assert (after.phase, after.health) == (Phase.SUSPENDED, Health.SETTLED)


def test_the_end_of_a_suspension_continues_from_the_savepoint() -> None:
    decision = decide(a_suspended_record(), EMPTY_NAMESPACE, an_upgrade(), FRESH)

    assert (decision.record.phase, decision.record.reconciled, kinds(decision)) == (Phase.DEPLOYING, NEW_SPEC, [StartCluster])
    assert decision.record.restore is not None
    assert decision.record.restore.point is not None
    assert decision.record.restore.point.path == SAVEPOINT


def test_the_end_of_a_suspension_finds_the_state_in_the_metadata() -> None:
    after = decide(a_suspended_record(savepoint_path=None), nothing_left(), an_upgrade(), FRESH).record

    assert after.restore is not None
    assert after.restore.reason == "HaMetadata"


def test_a_spec_that_changes_while_suspended_is_in_force() -> None:
    changed = suspended(NEW_SPEC)

    assert decide(a_suspended_record(), EMPTY_NAMESPACE, a_suspension(spec=changed), FRESH).record.reconciled == changed


def test_a_resource_that_never_ran_keeps_no_spec_to_compare_with() -> None:
    assert decide(CREATED_SUSPENDED, EMPTY_NAMESPACE, a_suspension(), FRESH).record.reconciled is None


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(a_suspended_record(), id="while suspended"),
        pytest.param(a_record_tearing_down(HaFate.REMOVE, savepoint_path=SAVEPOINT), id="together with the suspension"),
    ],
)
def test_a_redeployment_that_is_asked_for_stays_asked_for_until_the_job_is_resumed(record: Record) -> None:
    wish = a_redeployment(initial_savepoint_path="s3://other")
    asked: dict[str, Any] = {**suspended(SPEC), "job": {**suspended(SPEC)["job"], "savepointRedeployNonce": 1}}
    waiting = decide(record, EMPTY_NAMESPACE, a_redeployment(suspended=True, spec=asked), FRESH).record
    assert waiting.phase is Phase.SUSPENDED
    assert waiting.reconciled is not None
    assert diff_spec(waiting.reconciled, wish.spec).effect is Effect.SAVEPOINT_REDEPLOY

    resumed = decide(waiting, EMPTY_NAMESPACE, wish, FRESH).record
    assert resumed.restore is not None
    assert resumed.restore.reason == "RedeployRequested"


@pytest.mark.parametrize(
    ("observed", "desired", "phase", "actions"),
    [
        pytest.param(
            nothing_left(jobmanager_pods=1), an_upgrade(), Phase.UPGRADING, [], id="a pod is left: it is waited for, with a deadline"
        ),
        pytest.param(
            nothing_left(jobmanager_pods=1, pods_overdue=True), an_upgrade(), Phase.SUSPENDED, [RemoveJobGraphs], id="a lost node"
        ),
        pytest.param(nothing_left(jobmanager_pods=1), a_suspension(), Phase.SUSPENDED, [], id="a pod is left, and nothing is wanted"),
        pytest.param(an_observed(), a_suspension(), Phase.UPGRADING, [DeleteJobManager], id="a cluster that should not be there"),
        pytest.param(an_observed(jobmanager=a_jobmanager(terminating=True)), an_upgrade(), Phase.UPGRADING, [], id="a cluster that goes"),
    ],
)
def test_what_is_left_of_the_old_cluster_goes_before_the_next_start(
    observed: Observed, desired: Desired, phase: Phase, actions: list[type]
) -> None:
    metadata = ha(3, job_graphs=1)
    decision = decide(a_suspended_record(savepoint_path=None), replace(observed, ha=metadata), desired, FRESH)

    assert (decision.record.phase, kinds(decision)) == (phase, actions)


def test_a_start_that_finds_no_restore_point_fails_and_says_so() -> None:
    after = decide(a_suspended_record(savepoint_path=None, job=JobRecord(JOB_ID)), EMPTY_NAMESPACE, an_upgrade(), FRESH)

    assert (after.record.phase, after.record.reason, after.actions) == (Phase.FAILED, "RestoreFailed", ())
