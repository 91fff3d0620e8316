"""Deleting: everything that belongs to the resource goes, and the deletion always ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FRESH,
    JOB_ID,
    NO_METADATA,
    NOW,
    SAVEPOINT,
    a_desired,
    a_jobmanager,
    a_record,
    a_record_tearing_down,
    a_starting_record,
    a_stopping_record,
    a_suspended_record,
    an_ended_record,
    an_observed,
    ha,
    kinds,
    nothing_left,
    observed_job,
    reasons,
)

from flinkop.lifecycle.action import DeleteHaMetadata, DeleteJobManager, RemoveFinalizer, StopWithSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.observed import (
    Checkpoints,
    JobState,
    Observed,
    SnapshotCompleted,
    SnapshotFailed,
    SnapshotInProgress,
    SnapshotUnknown,
    Unreachable,
)
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.step import HaFate, TakingSavepoint, TearingDown

LONG = timedelta(minutes=12)
FAILED = SnapshotFailed("no space left")


def delete(record: Record, observed: Observed, **changes: Any) -> Decision:
    return decide(record, observed, a_desired(generation=2, deleting=True, **changes), FRESH)


def deleting(step: Any, **changes: Any) -> Record:
    return a_record(**{"phase": Phase.DELETING, "health": Health.PROGRESSING, "step": step, **changes})


def taking(attempt: int = 1, since: Any = NOW) -> Record:
    return deleting(TakingSavepoint(since, "trigger", attempt))


# the cluster is removed


@pytest.mark.parametrize(
    "record", [a_record(), a_starting_record(), a_stopping_record(), a_suspended_record(), an_ended_record()], ids=lambda r: r.phase
)
def test_the_cluster_goes_first(record: Record) -> None:
    decision = delete(record, an_observed())

    assert (decision.record.phase, decision.record.step) == (Phase.DELETING, TearingDown(NOW, HaFate.REMOVE))
    assert (kinds(decision), reasons(decision)) == ([DeleteJobManager], ["Cleanup"])


@pytest.mark.parametrize(
    ("observed", "actions"),
    [
        pytest.param(an_observed(), [DeleteJobManager], id="the Deployment, also after a crash"),
        pytest.param(nothing_left(jobmanager_pods=1), [], id="its pod is waited for"),
        pytest.param(nothing_left(replica_sets=1), [], id="so is what would replace it"),
        pytest.param(nothing_left(), [DeleteHaMetadata], id="then the metadata"),
        pytest.param(nothing_left(ha=NO_METADATA), [RemoveFinalizer], id="then the resource"),
    ],
)
def test_one_thing_goes_after_the_other(observed: Observed, actions: list[type]) -> None:
    assert kinds(delete(deleting(TearingDown(NOW, HaFate.REMOVE)), observed)) == actions


@pytest.mark.parametrize(
    ("overdue", "actions"),
    [
        pytest.param(True, [DeleteHaMetadata, RemoveFinalizer], id="a lost node holds nothing up"),
        pytest.param(False, [], id="a pod that ends just now is waited for"),
    ],
)
def test_a_pod_that_does_not_report_its_end_is_waited_for_until_the_deadline(overdue: bool, actions: list[type]) -> None:
    record = deleting(TearingDown(NOW - LONG, HaFate.REMOVE))
    decision = delete(record, nothing_left(jobmanager_pods=1, pods_overdue=overdue), deployed_high_availability=False)

    assert kinds(decision) == actions


def test_a_replica_set_that_nobody_collects_holds_a_deletion_up_until_the_deadline_only() -> None:
    left = nothing_left(replica_sets=1)

    assert delete(deleting(TearingDown(NOW, HaFate.REMOVE)), left).requeue_after == a_desired().settings.progress_interval
    assert kinds(delete(deleting(TearingDown(NOW - LONG, HaFate.REMOVE)), left)) == [DeleteHaMetadata, RemoveFinalizer]


def test_a_late_deletion_beside_a_strangers_cluster_touches_none_of_its_metadata() -> None:
    beside = nothing_left(ha=ha(config_maps=0, job_graphs=0))

    assert kinds(delete(deleting(TearingDown(NOW - LONG, HaFate.REMOVE)), beside)) == [RemoveFinalizer]


def test_a_deployment_that_is_deleted_in_the_foreground_does_not_wait_for_ever_for_a_pod_on_a_lost_node() -> None:
    """Kubernetes keeps it until its pods are gone, and nobody reports that."""
    left = an_observed(jobmanager=a_jobmanager(terminating=True, available=False), pods_overdue=True)

    assert kinds(delete(deleting(TearingDown(NOW, HaFate.REMOVE)), left)) == []
    assert kinds(delete(deleting(TearingDown(NOW - LONG, HaFate.REMOVE)), left)) == [DeleteHaMetadata, RemoveFinalizer]


def test_a_deployment_that_does_not_go_calls_for_help() -> None:
    stuck = an_observed(jobmanager=a_jobmanager(terminating=True))

    assert delete(deleting(TearingDown(NOW - LONG, HaFate.REMOVE)), stuck).record.health is Health.STALLED


def test_a_resource_that_has_been_let_go_is_not_touched_any_more() -> None:
    record = deleting(TearingDown(NOW, HaFate.REMOVE), generation=2, ends_at=NOW + timedelta(minutes=5))
    decision = delete(record, an_observed(), has_finalizer=False)

    assert (decision.record, decision.actions) == (record, ())


# with a savepoint


@pytest.mark.parametrize(
    ("record", "observed", "actions"),
    [
        pytest.param(a_record(), an_observed(), [StopWithSavepoint], id="runs"),
        pytest.param(a_starting_record(), an_observed(), [StopWithSavepoint], id="runs, and nobody saw it yet"),
        pytest.param(a_record(), observed_job(JobState.RESTARTING), [], id="restarts: waited for"),
        pytest.param(a_record(), an_observed(rest=Unreachable("no"), job=None), [], id="is silent: waited for"),
        pytest.param(a_record(), observed_job(JobState.FINISHED), [DeleteJobManager], id="has finished"),
        pytest.param(an_ended_record(), an_observed(), [DeleteJobManager], id="had failed"),
        pytest.param(a_record(), nothing_left(), [], id="has no JobManager"),
        pytest.param(a_record_tearing_down(), an_observed(), [DeleteJobManager], id="was being removed anyway"),
        pytest.param(a_starting_record(), an_observed(jobmanager=a_jobmanager(available=False)), [DeleteJobManager], id="never got ready"),
    ],
)
def test_a_job_that_may_have_state_is_stopped_with_a_savepoint_where_that_is_asked_for(
    record: Record, observed: Observed, actions: list[type]
) -> None:
    decision = delete(record, observed, savepoint_on_deletion=True)

    assert (decision.record.phase, kinds(decision)) == (Phase.DELETING, actions)


def test_the_savepoint_of_an_upgrade_that_is_under_way_is_used() -> None:
    record = a_stopping_record()

    assert delete(record, an_observed(savepoint=SnapshotInProgress()), savepoint_on_deletion=True).record.step == record.step


def test_a_deletion_drains_where_that_is_asked_for() -> None:
    decision = delete(a_record(), an_observed(), savepoint_on_deletion=True, drain=True)

    assert decision.actions == (StopWithSavepoint(JOB_ID, FRESH.trigger_id, drain=True),)


@pytest.mark.parametrize(
    ("record", "observed", "actions", "reported"),
    [
        pytest.param(taking(), an_observed(savepoint=SnapshotInProgress()), [], [], id="in progress"),
        pytest.param(taking(), an_observed(savepoint=SnapshotUnknown()), [StopWithSavepoint], [], id="never heard of"),
        pytest.param(
            taking(), observed_job(JobState.FINISHED, savepoint=SnapshotCompleted(SAVEPOINT)), [DeleteJobManager], ["Savepoint"], id="done"
        ),
        pytest.param(taking(), an_observed(savepoint=FAILED), [StopWithSavepoint], [], id="failed: tried again"),
        pytest.param(taking(3), an_observed(savepoint=FAILED), [DeleteJobManager], ["CleanupFailed"], id="failed three times"),
        pytest.param(taking(), observed_job(JobState.FINISHED, savepoint=FAILED), [DeleteJobManager], [], id="finished by itself"),
        pytest.param(taking(), observed_job(JobState.FAILED, savepoint=FAILED), [DeleteJobManager], ["CleanupFailed"], id="failed itself"),
        pytest.param(
            taking(),
            an_observed(job=None, savepoint=SnapshotUnknown(), ha=NO_METADATA),
            [DeleteJobManager],
            ["CleanupFailed"],
            id="ended unseen",
        ),
        pytest.param(taking(), an_observed(job=None, savepoint=SnapshotUnknown(), ha=ha()), [], [], id="coming back"),
        pytest.param(taking(), nothing_left(), [], ["CleanupFailed"], id="the JobManager is gone"),
        pytest.param(
            taking(since=NOW - LONG), an_observed(savepoint=SnapshotInProgress()), [DeleteJobManager], ["CleanupFailed"], id="too slow"
        ),
        pytest.param(
            taking(since=NOW - LONG), an_observed(savepoint=SnapshotUnknown()), [DeleteJobManager], ["CleanupFailed"], id="never accepted"
        ),
        pytest.param(
            taking(since=NOW - LONG),
            an_observed(job=None, savepoint=SnapshotUnknown(), ha=ha()),
            [DeleteJobManager],
            ["CleanupFailed"],
            id="never came back",
        ),
    ],
)
def test_the_savepoint_is_waited_for_but_the_deletion_ends(
    record: Record, observed: Observed, actions: list[type], reported: list[str]
) -> None:
    decision = delete(record, observed, savepoint_on_deletion=True)

    assert (kinds(decision), reasons(decision)) == (actions, reported)
    assert decision.actions or decision.requeue_after is not None


def test_every_try_has_an_id_of_its_own() -> None:
    assert delete(taking(), an_observed(savepoint=FAILED), savepoint_on_deletion=True).record.step == TakingSavepoint(
        NOW, FRESH.trigger_id, 2
    )


def test_the_savepoint_is_not_waited_for_any_more_when_the_option_is_taken_away() -> None:
    assert kinds(delete(taking(), an_observed(savepoint=SnapshotInProgress()))) == [DeleteJobManager]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({"checkpoints": Checkpoints(count=7, path=CHECKPOINT)}, CHECKPOINT),
        ({"ha": ha()}, f"the newest checkpoint of job {JOB_ID}"),
        ({"ha": NO_METADATA}, "not known"),
    ],
)
def test_where_no_savepoint_could_be_taken_the_last_known_state_is_named(seen: dict[str, Any], words: str) -> None:
    decision = delete(taking(3), an_observed(savepoint=FAILED, **seen), savepoint_on_deletion=True)

    assert words in decision.record.message
    assert "no space left" in decision.record.message


def test_a_deletion_never_starts_anything() -> None:
    for record in (a_record(), a_starting_record(), a_suspended_record(), a_record_tearing_down()):
        decision = delete(replace(record), nothing_left())
        assert not {"StartCluster"} & {kind.__name__ for kind in kinds(decision)}


@pytest.mark.parametrize(
    ("record", "observed", "named"),
    [
        pytest.param(a_record_tearing_down(), nothing_left(), JOB_ID, id="an upgrade from the last state"),
        pytest.param(a_record_tearing_down(savepoint_path=SAVEPOINT), nothing_left(ha=NO_METADATA), SAVEPOINT, id="an upgrade"),
        pytest.param(a_suspended_record(), nothing_left(ha=NO_METADATA), SAVEPOINT, id="suspended"),
        pytest.param(
            a_record_tearing_down(phase=Phase.ROLLING_BACK),
            an_observed(jobmanager=None, job=None),
            JOB_ID,
            id="a rollback, its pods are there",
        ),
        pytest.param(a_starting_record(step=TearingDown(NOW, HaFate.KEEP), was_ready=True), nothing_left(), JOB_ID, id="a lost JobManager"),
    ],
)
def test_between_two_starts_no_savepoint_can_be_taken_and_that_is_told(record: Record, observed: Observed, named: str) -> None:
    decision = delete(record, observed, savepoint_on_deletion=True)
    assert reasons(decision) == ["Cleanup", "CleanupFailed"]
    assert named in decision.events[-1].message
    assert decision.record.step == TearingDown(NOW, HaFate.REMOVE)
    assert reasons(delete(record, observed)) == ["Cleanup"], "nobody asked for one"
    assert reasons(delete(decision.record, observed, savepoint_on_deletion=True)) == [], "once"


@pytest.mark.parametrize("record", [a_starting_record(), an_ended_record(JobState.FINISHED), an_ended_record()], ids=lambda r: r.phase)
def test_where_there_is_nothing_to_save_nothing_is_said(record: Record) -> None:
    assert reasons(delete(record, nothing_left(ha=NO_METADATA), savepoint_on_deletion=True)) == ["Cleanup"]
