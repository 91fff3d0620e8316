"""Upgrading: the old job is brought to a stop from which it can be restored, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FRESH,
    FROM_SAVEPOINT,
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
    a_stopping_record,
    a_suspension,
    an_observed,
    an_upgrade,
    ha,
    kinds,
    nothing_left,
    observed_job,
    reasons,
    suspended,
)

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import CancelJob, DeleteHaMetadata, DeleteJobManager, RemoveJobGraphs, StartCluster, StopWithSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired
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
from flinkop.lifecycle.restore import RestoreSource
from flinkop.lifecycle.snapshot import Snapshots, Taken
from flinkop.lifecycle.step import Cancelling, HaFate, TakingSavepoint, TearingDown, WaitingToRetry, WaitingToStop

LONG = timedelta(minutes=12)
TAKING = a_stopping_record()
TAKING_LONG = a_stopping_record(step=TakingSavepoint(NOW - LONG, "trigger"))
CANCELLING = a_stopping_record(reason="CancellingJob", step=Cancelling(NOW - timedelta(seconds=1)))
CANCELLING_LONG = replace(CANCELLING, step=Cancelling(NOW - LONG))
IN_PROGRESS = an_observed(savepoint=SnapshotInProgress())
DONE = observed_job(JobState.FINISHED, savepoint=SnapshotCompleted(SAVEPOINT), ha=NO_METADATA)
FAILED = an_observed(savepoint=SnapshotFailed("no space left"))
FORGOTTEN = an_observed(savepoint=SnapshotUnknown())
SILENT = an_observed(rest=Unreachable("no answer"), job=None)
UNKNOWN = an_observed(job=None, savepoint=SnapshotUnknown())
LAST_STATE = an_upgrade(upgrade_mode="last-state")


# the savepoint is taken


def test_the_completed_savepoint_is_recorded_before_the_cluster_is_removed() -> None:
    decision = decide(TAKING, DONE, an_upgrade(), FRESH)

    assert (decision.record.savepoint_path, decision.record.step) == (SAVEPOINT, TearingDown(NOW, HaFate.REMOVE))
    assert (decision.record.job.state, kinds(decision)) == (JobState.FINISHED, [DeleteJobManager])


def test_the_savepoint_of_an_upgrade_enters_the_history() -> None:
    older = Taken(5, "s3://state/older", TriggerType.MANUAL, "CANONICAL")
    before = replace(TAKING, savepoints=Snapshots(last=older, history=(older,)))
    decision = decide(before, DONE, an_upgrade(savepoint_format="NATIVE"), FRESH)
    assert isinstance(TAKING.step, TakingSavepoint)
    taken = Taken(int(TAKING.step.since.timestamp() * 1000), SAVEPOINT, TriggerType.UPGRADE, "NATIVE")

    assert decision.record.savepoints == Snapshots(last=taken, history=(older, taken))


def test_a_failed_savepoint_keeps_the_old_job_running() -> None:
    decision = decide(TAKING, FAILED, an_upgrade(), FRESH)

    assert (decision.record.phase, decision.actions, reasons(decision)) == (Phase.RUNNING, (), ["SavepointError"])
    assert decision.record.step == WaitingToRetry(NOW, generation=2, attempt=1, not_before=NOW + timedelta(minutes=1))
    assert "no space left" in decision.record.message


def test_the_same_failure_again_is_the_same_event_so_that_it_is_counted() -> None:
    tries = (TakingSavepoint(NOW - timedelta(minutes=attempt), "trigger", attempt) for attempt in (1, 2, 5))
    told = [decide(replace(TAKING, step=step), FAILED, an_upgrade(), FRESH).events for step in tries]

    assert told[0] == told[1] == told[2]
    assert "no space left" in told[0][0].message


@pytest.mark.parametrize(("attempt", "minutes"), [(1, 1), (2, 2), (3, 4), (5, 16), (9, 16)])
def test_the_pause_before_the_next_try_grows_up_to_a_limit(attempt: int, minutes: int) -> None:
    step = decide(replace(TAKING, step=TakingSavepoint(NOW, "trigger", attempt)), FAILED, an_upgrade(), FRESH).record.step

    assert isinstance(step, WaitingToRetry)
    assert (step.not_before, step.attempt) == (NOW + timedelta(minutes=minutes), attempt)


def test_a_request_that_was_lost_is_made_again_with_the_same_id() -> None:
    decision = decide(TAKING, FORGOTTEN, an_upgrade(), FRESH)

    assert decision.actions == (StopWithSavepoint(JOB_ID, "trigger", drain=False),)
    assert decision.record.step == TAKING.step


def test_a_request_that_is_never_accepted_calls_for_help() -> None:
    decision = decide(TAKING_LONG, replace(FORGOTTEN, ha=NO_METADATA), an_upgrade(), FRESH)

    assert (decision.record.health, kinds(decision)) == (Health.STALLED, [StopWithSavepoint])


@pytest.mark.parametrize(
    ("record", "observed", "desired", "reason", "health"),
    [
        pytest.param(TAKING, IN_PROGRESS, an_upgrade(), "TakingSavepoint", Health.PROGRESSING, id="in progress"),
        pytest.param(
            TAKING_LONG, IN_PROGRESS, an_upgrade(), "TakingSavepoint", Health.STALLED, id="slow: the mode is savepoint, so it waits"
        ),
        pytest.param(TAKING_LONG, SILENT, an_upgrade(), "SavepointGivenUp", Health.PROGRESSING, id="cannot be asked: fallback"),
        pytest.param(
            TAKING_LONG, SILENT, an_upgrade(last_state_fallback=False), "TakingSavepoint", Health.STALLED, id="cannot be asked, no fallback"
        ),
        pytest.param(TAKING_LONG, IN_PROGRESS, LAST_STATE, "SavepointGivenUp", Health.PROGRESSING, id="slow: last-state gives it up"),
        pytest.param(TAKING, IN_PROGRESS, LAST_STATE, "TakingSavepoint", Health.PROGRESSING, id="but not before its time"),
        pytest.param(
            TAKING_LONG,
            replace(IN_PROGRESS, ha=NO_METADATA),
            LAST_STATE,
            "TakingSavepoint",
            Health.STALLED,
            id="last-state without metadata: nothing else to go on from",
        ),
    ],
)
def test_a_savepoint_is_waited_for_and_given_up_only_for_other_state(
    record: Record, observed: Observed, desired: Desired, reason: str, health: Health
) -> None:
    decision = decide(record, observed, desired, FRESH)

    assert (decision.record.phase, decision.record.reason, decision.record.health) == (Phase.UPGRADING, reason, health)
    assert (decision.record.step == TearingDown(NOW, HaFate.KEEP)) is (reason == "SavepointGivenUp")
    assert decision.record.health is not Health.STALLED or "To give it up" in decision.record.message


@pytest.mark.parametrize(
    ("attempt", "health", "words"),
    [
        pytest.param(1, Health.PROGRESSING, "The savepoint failed, the old job keeps running", id="the first may be an accident"),
        pytest.param(2, Health.STALLED, "The savepoint failed 2 times in a row, the old job keeps running", id="the second is not"),
    ],
)
def test_a_savepoint_that_fails_again_is_somebodys_business(attempt: int, health: Health, words: str) -> None:
    failed = decide(a_stopping_record(step=TakingSavepoint(NOW, "trigger", attempt)), FAILED, an_upgrade(), FRESH).record
    between = decide(failed, an_observed(), an_upgrade(), replace(FRESH, now=NOW + timedelta(seconds=30))).record
    assert {one.health for one in (failed, between)} == {health}
    assert all(one.message.startswith(words) and one.phase is Phase.RUNNING for one in (failed, between))


def test_waiting_changes_nothing_at_the_second_look() -> None:
    first = decide(TAKING, IN_PROGRESS, an_upgrade(), FRESH).record

    assert decide(first, IN_PROGRESS, an_upgrade(), FRESH).record == first


@pytest.mark.parametrize(
    ("record", "observed", "desired", "seconds"),
    [
        pytest.param(TAKING, IN_PROGRESS, an_upgrade(), 1, id="a savepoint is asked about again"),
        pytest.param(CANCELLING, observed_job(JobState.CANCELLING), an_upgrade(), 1, id="and so is a cancellation"),
        pytest.param(TAKING, FAILED, an_upgrade(), 1, id="a job that was kept is followed"),
        pytest.param(TAKING, nothing_left(), an_upgrade(), 0, id="where nothing is deleted nothing will be heard of it"),
        pytest.param(TAKING, DONE, an_upgrade(), None, id="of a deletion one will hear"),
        pytest.param(a_stopping_record(step=None), an_observed(), an_upgrade(), 0, id="a step that is missing is looked for at once"),
    ],
)
def test_nothing_is_waited_for_that_nobody_will_tell_of(record: Record, observed: Observed, desired: Desired, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert decide(record, observed, desired, FRESH).requeue_after == expected


@pytest.mark.parametrize(
    ("record", "observed", "wait"),
    [
        pytest.param(TAKING, replace(IN_PROGRESS, ha=NO_METADATA), timedelta(minutes=11), id="a savepoint: the timeouts of both"),
        pytest.param(CANCELLING, replace(SILENT, ha=NO_METADATA), timedelta(minutes=1), id="a cancellation"),
    ],
)
def test_a_wait_is_too_long_from_its_deadline_on(record: Record, observed: Observed, wait: timedelta) -> None:
    assert isinstance(record.step, TakingSavepoint | Cancelling)
    ends = record.step.since + wait
    before = decide(record, observed, an_upgrade(), replace(FRESH, now=ends - timedelta(seconds=1)))

    assert before.record.health is Health.PROGRESSING
    assert decide(record, observed, an_upgrade(), replace(FRESH, now=ends)).record.health is Health.STALLED


# the job ends, or is lost, while it is being stopped


@pytest.mark.parametrize(
    ("record", "state", "checkpoints", "path", "fate", "had_no_state"),
    [
        pytest.param(TAKING, JobState.FAILED, Checkpoints(count=7, path=CHECKPOINT), CHECKPOINT, HaFate.REMOVE, False, id="failed"),
        pytest.param(TAKING, JobState.FAILED, Checkpoints(), None, HaFate.KEEP, True, id="failed, no checkpoint"),
        pytest.param(TAKING, JobState.FINISHED, Checkpoints(count=7, path=CHECKPOINT), None, HaFate.REMOVE, False, id="finished by itself"),
        pytest.param(
            CANCELLING, JobState.CANCELED, Checkpoints(count=7, path=CHECKPOINT), CHECKPOINT, HaFate.REMOVE, False, id="cancelled"
        ),
        pytest.param(CANCELLING, JobState.CANCELED, Checkpoints(count=3), None, HaFate.KEEP, False, id="cancelled, path not known"),
        pytest.param(CANCELLING, JobState.FINISHED, Checkpoints(count=7, path=CHECKPOINT), None, HaFate.REMOVE, False, id="finished first"),
    ],
)
def test_what_a_job_that_ended_has_left_is_recorded(
    record: Record, state: JobState, checkpoints: Checkpoints, path: str | None, fate: HaFate, had_no_state: bool
) -> None:
    observed = observed_job(state, checkpoints=checkpoints, savepoint=SnapshotUnknown())
    after = decide(record, observed, an_upgrade(), FRESH).record

    assert (after.job.state, after.savepoint_path, after.had_no_state) == (state, path, had_no_state)
    assert after.step == TearingDown(NOW, fate)


@pytest.mark.parametrize("record", [TAKING, CANCELLING], ids=["savepoint", "cancelling"])
def test_when_the_jobmanager_is_lost_its_metadata_are_what_is_left(record: Record) -> None:
    after = decide(record, nothing_left(), an_upgrade(), FRESH).record

    assert (after.reason, after.step, after.savepoint_path) == ("JobManagerMissing", TearingDown(NOW, HaFate.KEEP), None)


@pytest.mark.parametrize(
    ("record", "metadata", "phase"),
    [
        pytest.param(TAKING, NO_METADATA, Phase.FAILED, id="its metadata are cleared: it has ended"),
        pytest.param(TAKING, ha(3), Phase.UPGRADING, id="it comes back"),
        pytest.param(TAKING, None, Phase.UPGRADING, id="without high availability it is started anew"),
        pytest.param(TAKING_LONG, None, Phase.FAILED, id="but not for ever"),
        pytest.param(CANCELLING, NO_METADATA, Phase.FAILED, id="cancelled, and forgotten"),
        pytest.param(CANCELLING, None, Phase.UPGRADING, id="cancelling, perhaps coming back"),
        pytest.param(CANCELLING_LONG, None, Phase.FAILED, id="cancelling, gone"),
    ],
)
def test_a_job_that_is_not_known_any_more_is_waited_for_only_while_it_may_come_back(record: Record, metadata: Any, phase: Phase) -> None:
    assert decide(record, replace(UNKNOWN, ha=metadata), an_upgrade(), FRESH).record.phase is phase


@pytest.mark.parametrize("stopping", [TAKING, CANCELLING])
def test_an_unknown_end_rests_until_the_spec_changes(stopping: Record) -> None:
    decision = decide(stopping, replace(UNKNOWN, ha=NO_METADATA), an_upgrade(), FRESH)
    failed = decision.record
    assert (failed.reason, failed.health, failed.step, failed.failure) == ("SavepointUnknown", Health.STALLED, None, failed.message)
    assert reasons(decision) == ["UpgradeFailed"]
    assert "savepointRedeployNonce" in failed.message
    assert f"s3://state, and its name begins with savepoint-{stopping.job.job_id[:6]}-." in failed.message
    assert failed.job.state is JobState.RECONCILING, "what is not known is not told as RUNNING"

    resting = decide(failed, replace(UNKNOWN, ha=NO_METADATA), an_upgrade(), FRESH)
    assert (resting.record, resting.actions, resting.events) == (failed, (), ())
    assert decide(failed, UNKNOWN, a_redeployment(generation=3), FRESH).record.phase is Phase.UPGRADING


# cancelling


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        pytest.param(JobState.RUNNING, [CancelJob], id="runs: ask again"),
        pytest.param(JobState.RESTARTING, [CancelJob], id="restarts: ask again"),
        pytest.param(JobState.CANCELLING, [], id="is at it"),
        pytest.param(JobState.FAILED, [], id="has ended, statistics not known"),
    ],
)
def test_cancelling_is_asked_for_as_long_as_it_can_help(state: JobState, actions: list[type]) -> None:
    decision = decide(CANCELLING, observed_job(state, checkpoints=None), an_upgrade(), FRESH)

    assert (decision.record.reason, kinds(decision)) == ("CancellingJob", actions)


@pytest.mark.parametrize(
    ("metadata", "reason", "health"),
    [
        pytest.param(ha(3), "CancelGivenUp", Health.PROGRESSING, id="with metadata they are used"),
        pytest.param(NO_METADATA, "CancellingJob", Health.STALLED, id="without them somebody has to help"),
    ],
)
def test_a_job_that_is_not_cancelled_in_time_holds_nothing_up_for_ever(metadata: Any, reason: str, health: Health) -> None:
    after = decide(CANCELLING_LONG, replace(SILENT, ha=metadata), LAST_STATE, FRESH).record

    assert (after.reason, after.health) == (reason, health)
    assert health is not Health.STALLED or "stateless" in after.message


# the spec changes meanwhile


@pytest.mark.parametrize("record", [TAKING, CANCELLING], ids=["savepoint", "cancelling"])
@pytest.mark.parametrize(
    "desired",
    [pytest.param(an_upgrade(upgrade_mode="stateless"), id="stateless now"), pytest.param(a_redeployment(), id="redeploy now")],
)
def test_state_that_is_not_wanted_any_more_is_not_waited_for(record: Record, desired: Desired) -> None:
    decision = decide(record, IN_PROGRESS, desired, FRESH)

    assert (kinds(decision), decision.record.step) == ([DeleteJobManager], TearingDown(NOW, HaFate.KEEP))
    assert decision.record.job.state is not JobState.FINISHED, "who wants it back must not be told that the job finished by itself"


def test_a_spec_that_wants_the_state_back_before_it_is_deleted_gets_it() -> None:
    removing = decide(TAKING, IN_PROGRESS, an_upgrade(upgrade_mode="stateless"), FRESH).record
    after = decide(removing, nothing_left(), an_upgrade(), FRESH).record

    assert after.restore is not None
    assert after.restore.reason == "HaMetadata"


def test_state_that_was_given_up_and_is_wanted_back_too_late_is_not_replaced_by_empty_state() -> None:
    removing = decide(TAKING, IN_PROGRESS, an_upgrade(upgrade_mode="stateless"), FRESH).record
    after = decide(removing, nothing_left(ha=NO_METADATA), an_upgrade(), FRESH).record

    assert (after.phase, after.reason) == (Phase.FAILED, "RestoreFailed")


@pytest.mark.parametrize(
    ("desired", "phase", "reconciled"),
    [
        pytest.param(an_upgrade(), Phase.DEPLOYING, NEW_SPEC, id="as it was"),
        pytest.param(an_upgrade(spec={**NEW_SPEC, "image": "newer"}), Phase.DEPLOYING, {**NEW_SPEC, "image": "newer"}, id="changed again"),
        pytest.param(a_desired(generation=3), Phase.DEPLOYING, SPEC, id="taken back: the stopped job starts again"),
        pytest.param(a_desired(generation=3, problems=("wrong",)), Phase.DEPLOYING, SPEC, id="invalid: the last valid one runs"),
        pytest.param(a_suspension(), Phase.SUSPENDED, suspended(SPEC), id="suspended now"),
    ],
)
def test_after_the_stop_what_is_wanted_then_happens(desired: Desired, phase: Phase, reconciled: Any) -> None:
    stopped = a_record_tearing_down(HaFate.REMOVE, savepoint_path=SAVEPOINT)
    after = decide(stopped, nothing_left(ha=NO_METADATA), desired, FRESH).record

    assert (after.phase, after.reconciled) == (phase, reconciled)
    assert after.savepoint_path == SAVEPOINT, "kept until the next start may have newer state"


def test_a_redeployment_asked_for_while_a_savepoint_waits_wins_and_says_what_it_leaves_behind() -> None:
    stopped = a_record_tearing_down(HaFate.REMOVE, savepoint_path=SAVEPOINT)
    after = decide(stopped, nothing_left(ha=NO_METADATA), a_redeployment(initial_savepoint_path="s3://other"), FRESH).record

    assert after.restore is not None
    assert after.restore.point is not None
    assert (after.restore.point.path, after.savepoint_path) == ("s3://other", None)
    assert [one.path for one in after.restore.rejected] == [SAVEPOINT]


def test_a_redeployment_that_never_got_ready_is_repeated_by_the_next_spec_and_not_replaced_by_older_state() -> None:
    stopped = a_record_tearing_down(HaFate.REMOVE, savepoint_path=SAVEPOINT)
    started = decide(stopped, nothing_left(ha=NO_METADATA), a_redeployment(initial_savepoint_path="s3://other"), FRESH).record
    after = decide(replace(started, phase=Phase.UPGRADING, step=stopped.step), nothing_left(ha=NO_METADATA), an_upgrade(), FRESH).record

    assert after.restore is not None
    assert after.restore.point is not None
    assert after.restore.point.path == "s3://other"


# the old cluster is removed


@pytest.mark.parametrize(
    ("observed", "actions"),
    [
        pytest.param(an_observed(), [DeleteJobManager], id="there: also after a crash before it was deleted"),
        pytest.param(an_observed(jobmanager=a_jobmanager(terminating=True)), [], id="going"),
        pytest.param(nothing_left(jobmanager_pods=1), [], id="its pod is left"),
    ],
)
def test_no_start_before_the_last_pod_is_gone(observed: Observed, actions: list[type]) -> None:
    decision = decide(a_record_tearing_down(), observed, an_upgrade(), FRESH)

    assert (decision.record.phase, kinds(decision)) == (Phase.UPGRADING, actions)
    assert decision.requeue_after == timedelta(seconds=15)


def test_only_the_deployment_that_was_seen_is_deleted() -> None:
    decision = decide(a_record_tearing_down(), an_observed(jobmanager=a_jobmanager(uid="this one")), an_upgrade(), FRESH)

    assert decision.actions == (DeleteJobManager("this one"),)


@pytest.mark.parametrize(
    ("high_availability", "overdue", "phase"),
    [
        pytest.param(True, True, Phase.DEPLOYING, id="with high availability it has lost its leadership"),
        pytest.param(False, True, Phase.UPGRADING, id="without, its job may run"),
        pytest.param(True, False, Phase.UPGRADING, id="it may end yet"),
    ],
)
def test_a_pod_on_a_lost_node_is_waited_for_where_it_could_do_harm(high_availability: bool, overdue: bool, phase: Phase) -> None:
    lost = nothing_left(jobmanager_pods=1, pods_overdue=overdue)
    after = decide(a_record_tearing_down(), lost, an_upgrade(deployed_high_availability=high_availability), FRESH).record

    assert after.phase is phase


def test_a_pod_that_does_not_go_calls_for_help_and_for_which() -> None:
    stuck = replace(a_record_tearing_down(), step=TearingDown(NOW - LONG, HaFate.KEEP))
    decision = decide(stuck, nothing_left(jobmanager_pods=1), an_upgrade(), FRESH)

    assert (decision.record.reason, decision.record.health) == ("OldClusterStuck", Health.STALLED)
    assert "kubectl delete pod" in decision.record.message
    assert decision.requeue_after is not None


@pytest.mark.parametrize(
    ("fate", "metadata", "desired", "actions"),
    [
        pytest.param(HaFate.REMOVE, ha(3), an_upgrade(), [DeleteHaMetadata], id="obsolete: all go, or they would beat the savepoint"),
        pytest.param(HaFate.KEEP, ha(3), an_upgrade(), [RemoveJobGraphs], id="kept: without the old job graph"),
        pytest.param(HaFate.KEEP, ha(3, job_graphs=0), an_upgrade(), [StartCluster], id="kept, and clean"),
        pytest.param(
            HaFate.KEEP, ha(3, job_graphs=0), an_upgrade(upgrade_mode="stateless"), [DeleteHaMetadata], id="given up by the next start"
        ),
        pytest.param(HaFate.KEEP, ha(3, job_graphs=0), a_redeployment(), [DeleteHaMetadata], id="left behind by a redeployment"),
        pytest.param(HaFate.KEEP, ha(3, job_graphs=0), a_suspension(upgrade_mode="stateless"), [], id="a suspended job keeps them"),
        pytest.param(HaFate.REMOVE, NO_METADATA, an_upgrade(), [StartCluster], id="nothing to clean"),
    ],
)
def test_the_metadata_are_what_the_next_start_needs_before_it_begins(
    fate: HaFate, metadata: Any, desired: Desired, actions: list[type]
) -> None:
    record = a_record_tearing_down(fate, savepoint_path=SAVEPOINT)
    decision = decide(record, nothing_left(ha=metadata), desired, FRESH)

    assert kinds(decision) == actions
    assert decision.requeue_after == timedelta(0) or actions in ([StartCluster], [])


def test_a_jobmanager_that_got_ready_before_it_was_removed_is_stopped_in_order() -> None:
    """The operator was away between the decision to remove it and the deletion: the job has been running since."""
    record = a_record_tearing_down(was_ready=False, restore=FROM_SAVEPOINT, savepoint_path=SAVEPOINT)
    revised = decide(record, an_observed(ha=NO_METADATA), an_upgrade(), FRESH)
    assert (revised.record.phase, revised.record.reason, revised.actions) == (Phase.DEPLOYING, "StopRevised", ())
    assert (revised.record.was_ready, revised.record.savepoint_path) == (True, None)

    assert decide(revised.record, an_observed(ha=NO_METADATA), an_upgrade(), FRESH).record.reason == "TakingSavepoint"


def test_it_is_removed_all_the_same_when_no_state_is_wanted() -> None:
    record = a_record_tearing_down(was_ready=False)

    assert kinds(decide(record, an_observed(), an_upgrade(upgrade_mode="stateless"), FRESH)) == [DeleteJobManager]


@pytest.mark.parametrize("step", [None, WaitingToStop(NOW), WaitingToRetry(NOW, 2, 1, NOW)], ids=["none", "waiting", "retry"])
def test_an_upgrade_of_which_no_step_is_recorded_looks_at_the_job_again(step: Any) -> None:
    assert decide(a_stopping_record(step=step), an_observed(), an_upgrade(), FRESH).record.phase is Phase.DEPLOYING


# the next start


def test_the_start_records_all_that_it_uses_before_it_is_made() -> None:
    record = a_record_tearing_down(HaFate.REMOVE, savepoint_path=SAVEPOINT, failure="old trouble", had_no_state=True)
    decision = decide(record, nothing_left(ha=NO_METADATA), an_upgrade(), FRESH)
    after = decision.record

    assert after.restore is not None
    assert after.restore.point is not None
    assert after.start is not None
    assert decision.actions == (StartCluster(2, FRESH.job_id, after.restore.point, FRESH.job_result_store_id),)
    assert (after.restore.point.source, after.restore.point.path) == (RestoreSource.SAVEPOINT, SAVEPOINT)
    assert (after.start.generation, after.start.job_result_store_id, after.job.job_id) == (2, FRESH.job_result_store_id, FRESH.job_id)
    assert (after.was_ready, after.had_no_state, after.step, after.failure) == (False, False, None, None)
    assert reasons(decision) == ["Submit"]


@pytest.mark.parametrize(
    ("metadata", "pinned", "job_id"),
    [
        pytest.param(ha(3, job_graphs=0), None, JOB_ID, id="metadata belong to the old id"),
        pytest.param(ha(3, job_graphs=0), "9" * 32, JOB_ID, id="even where another is pinned"),
        pytest.param(NO_METADATA, "9" * 32, "9" * 32, id="pinned"),
        pytest.param(NO_METADATA, None, FRESH.job_id, id="a new one"),
    ],
)
def test_the_job_id_is_the_one_that_the_state_needs(metadata: Any, pinned: str | None, job_id: str) -> None:
    record = a_record_tearing_down(savepoint_path=None if metadata.checkpoints else SAVEPOINT)

    assert decide(record, nothing_left(ha=metadata), an_upgrade(pinned_job_id=pinned), FRESH).record.job.job_id == job_id


@pytest.mark.parametrize(("attempt", "minutes"), [(1, 1), (2, 2), (5, 16), (6, 16), (50, 16), (2000, 16)])
def test_the_pause_after_a_failed_savepoint_grows_and_is_bounded(attempt: int, minutes: int) -> None:
    record = a_stopping_record(step=TakingSavepoint(NOW, "trigger", attempt))
    after = decide(record, an_observed(savepoint=SnapshotFailed("no disk")), an_upgrade(), FRESH).record

    assert isinstance(after.step, WaitingToRetry)
    assert after.step.not_before == NOW + timedelta(minutes=minutes)
