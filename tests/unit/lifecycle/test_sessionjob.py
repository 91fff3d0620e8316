"""The life of a job on a session cluster: submitted once, stopped with its state, never run twice."""

from __future__ import annotations

import json
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
    OTHER_JOB_ID,
    SAVEPOINT,
    SPEC,
    a_desired,
    a_job,
    a_record,
    a_start,
    a_starting_record,
    a_suspended_record,
    a_suspension,
    an_ended_record,
    an_upgrade,
    ha,
    kinds,
    reasons,
)

from flinkop.lifecycle.action import CancelJob, RemoveFinalizer, StopWithSavepoint, SubmitJob
from flinkop.lifecycle.observed import (
    Answered,
    Checkpoints,
    Job,
    JobState,
    NotAsked,
    Refusal,
    SnapshotCompleted,
    SnapshotInProgress,
    SnapshotUnknown,
    Unreachable,
)
from flinkop.lifecycle.phase import TRANSITIONS, Phase
from flinkop.lifecycle.question import Question
from flinkop.lifecycle.record import Health, JobRecord, Record
from flinkop.lifecycle.restore import RestorePoint, RestoreSource
from flinkop.lifecycle.sessionjob.decide import HANDLERS, decide_session_job
from flinkop.lifecycle.sessionjob.question import needs_jar, session_job_questions
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState, Jar, JarFailed, JarPending, JarReady, Room, SessionObserved
from flinkop.lifecycle.step import Cancelling, Submitting, TakingSavepoint, WaitingToRetry, WaitingToStop

READY = Cluster(ClusterState.READY, "ready", serves=True)
GONE = Cluster(ClusterState.MISSING, "FlinkDeployment shared does not exist.")
JAR = JarReady("jar-1")
RETRY = WaitingToRetry(NOW - timedelta(minutes=1), generation=2, attempt=1, not_before=NOW)
WITHOUT_HA = {"deployed_high_availability": False}


def seen(**changes: Any) -> SessionObserved:
    """One look at a running job on a session cluster that is well."""
    return replace(SessionObserved(cluster=READY, rest=Answered(), job=a_job(), jar=JAR), **changes)


def ended(state: JobState, **changes: Any) -> SessionObserved:
    """One look at a job that has ended long ago, and left a checkpoint."""
    return seen(**{"job": a_job(state), "checkpoints": Checkpoints(count=7, path=CHECKPOINT), **changes})


def submitted(**changes: Any) -> Record:
    """The record of a submission of ten seconds ago of which nothing was seen yet."""
    since = NOW - timedelta(seconds=10)
    fresh: dict[str, Any] = {
        "phase": Phase.DEPLOYING,
        "step": Submitting(since),
        "start": a_start(since=since),
        "job": JobRecord(JOB_ID, "job", JobState.RECONCILING),
        "was_ready": False,
        "stable": None,
    }
    return a_record(**{**fresh, **changes})


def stopping(step: Any, **changes: Any) -> Record:
    """The record of an upgrade."""
    return a_record(**{"phase": Phase.UPGRADING, "step": step, "health": Health.PROGRESSING, **changes})


STOPPED = stopping(None, job=JobRecord(JOB_ID, "job", JobState.FINISHED), savepoint_path=SAVEPOINT)


def test_every_phase_that_a_session_job_can_be_in_has_a_handler() -> None:
    assert HANDLERS.keys() == TRANSITIONS.keys() - {Phase.ROLLING_BACK}


def test_a_new_job_is_submitted_with_an_id_that_is_recorded_first() -> None:
    decision = decide_session_job(Record(), seen(job=None), a_desired(), FRESH)
    assert decision.actions == (SubmitJob(FRESH.job_id, "jar-1", RestorePoint(RestoreSource.EMPTY)),)
    assert (decision.record.phase, decision.record.job.job_id, decision.record.step) == (Phase.DEPLOYING, FRESH.job_id, Submitting(NOW))
    assert reasons(decision) == ["Submit"]


@pytest.mark.parametrize(
    ("changes", "reason", "health"),
    [
        pytest.param({"cluster": GONE}, "ClusterMissing", Health.STALLED, id="no cluster"),
        pytest.param({"cluster": Cluster(ClusterState.NOT_SESSION, "x")}, "NotASessionCluster", Health.STALLED, id="another kind of one"),
        pytest.param({"cluster": Cluster(ClusterState.NOT_READY, "x")}, "WaitingForCluster", Health.PROGRESSING, id="one that starts"),
        pytest.param({"cluster": Cluster(ClusterState.DELETING, "x", True)}, "ClusterDeleting", Health.STALLED, id="one that goes"),
        pytest.param({"rest": Unreachable("hangs")}, "JobManagerNotAnswering", Health.PROGRESSING, id="silence"),
        pytest.param({"jar": JarPending("Fetching the jar.")}, "FetchingJar", Health.PROGRESSING, id="a jar on its way"),
        pytest.param({"jar": JarFailed("no such host")}, "JarUnavailable", Health.STALLED, id="a jar that cannot be had"),
    ],
)
@pytest.mark.parametrize("record", [Record(), a_suspended_record(), STOPPED], ids=["new", "suspended", "stopped"])
def test_what_keeps_a_job_from_being_submitted_is_told(record: Record, changes: dict[str, Any], reason: str, health: Health) -> None:
    decision = decide_session_job(record, seen(job=None, **changes), a_desired(), FRESH)
    assert (decision.record.phase, decision.record.reason, decision.record.health) == (record.phase, reason, health)
    assert SubmitJob not in kinds(decision)
    again = decide_session_job(decision.record, seen(job=None, **changes), a_desired(), FRESH)
    assert (again.record, again.events) == (decision.record, ()), "nothing more is written"


def test_the_successor_of_a_stopped_job_goes_on_from_its_savepoint() -> None:
    decision = decide_session_job(STOPPED, ended(JobState.FINISHED), an_upgrade(), FRESH)
    assert decision.actions == (SubmitJob(FRESH.job_id, "jar-1", RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT)),)
    assert decision.record.reconciled == NEW_SPEC


@pytest.mark.parametrize("observed", [ended(JobState.FINISHED), seen(job=None)], ids=["known as ended", "forgotten"])
def test_its_jar_is_asked_for_whether_or_not_the_old_job_is_still_known(observed: SessionObserved) -> None:
    assert needs_jar(STOPPED, observed, an_upgrade())
    assert not needs_jar(STOPPED, observed, a_suspension())
    assert not needs_jar(a_record(), observed, a_desired())


@pytest.mark.parametrize(
    ("room", "words"),
    [
        pytest.param(Room(2, 0, 4), "0 of the session cluster's 4 are free", id="others have them"),
        pytest.param(Room(9, 4, 4), "the session cluster has 4 in all now", id="there are never so many"),
        pytest.param(Room(9, 0, 0), "0 of the session cluster's 0 are free", id="its TaskManagers are yet to come"),
    ],
)
def test_a_job_that_waits_for_slots_says_whether_others_have_them(room: Room, words: str) -> None:
    told = decide_session_job(STOPPED, seen(job=None, room=room), an_upgrade(), FRESH).record
    assert (told.reason, words in told.message) == ("WaitingForSlots", True), told.message


RUNS = {"running": (a_record(), a_job()), "starting": (a_starting_record(was_ready=True), a_job(JobState.CREATED))}


@pytest.mark.parametrize("jar", [JarFailed("HTTP status 404"), JarPending("Fetching the jar.")], ids=["missing", "on its way"])
@pytest.mark.parametrize("mode", ["savepoint", "last-state", "stateless"])
@pytest.mark.parametrize(("record", "job"), RUNS.values(), ids=list(RUNS))
def test_the_old_job_goes_on_until_the_jar_of_the_new_one_is_there(record: Record, job: Job, mode: str, jar: Jar) -> None:
    wish = an_upgrade(upgrade_mode=mode)
    assert needs_jar(record, seen(job=job), wish)
    waiting = decide_session_job(record, seen(job=job, jar=jar), wish, FRESH)
    assert (waiting.record.phase, waiting.record.reason, kinds(waiting)) == (record.phase, "UpgradeWaiting", [])
    assert ("404" in waiting.record.message) is isinstance(jar, JarFailed)
    assert decide_session_job(waiting.record, seen(jar=JAR), wish, FRESH).record.phase is Phase.UPGRADING


def test_a_job_whose_new_jar_is_missing_says_after_a_while_what_to_do() -> None:
    record = a_record(step=WaitingToStop(NOW - timedelta(minutes=6)))
    late = decide_session_job(record, seen(jar=JarFailed("HTTP status 404")), an_upgrade(), FRESH).record
    assert late.health is Health.STALLED
    assert "Correct spec.job.jarURI" in late.message
    assert "initialSavepointPath" not in late.message


def test_a_job_that_is_suspended_needs_no_jar() -> None:
    assert not needs_jar(a_record(), seen(), a_suspension())
    stopping = decide_session_job(a_record(), seen(jar=None), a_suspension(), FRESH)
    assert stopping.record.phase is Phase.UPGRADING


def test_a_submission_that_is_not_seen_is_repeated_with_the_same_id_and_not_at_once() -> None:
    early = decide_session_job(submitted(), seen(job=None), a_desired(), FRESH)
    assert early.actions == ()
    late = replace(FRESH, now=NOW + timedelta(minutes=1))
    assert decide_session_job(submitted(), seen(job=None), a_desired(), late).actions == (
        SubmitJob(JOB_ID, "jar-1", RestorePoint(RestoreSource.EMPTY)),
    )


def test_a_job_that_shows_up_runs() -> None:
    decision = decide_session_job(submitted(), seen(), a_desired(), FRESH)
    assert (decision.record.phase, decision.record.health, decision.record.step) == (
        Phase.RUNNING,
        Health.SETTLED,
        None,
    )


def test_a_job_for_which_the_cluster_has_no_slots_says_so_once_it_takes_too_long() -> None:
    """Before that its TaskManagers may just be on their way, and what is told with each start is written with each start."""
    observed, late = seen(job=a_job(JobState.CREATED, waits_for_slots=True)), replace(FRESH, now=NOW + timedelta(minutes=6))
    assert "slots" not in decide_session_job(submitted(), observed, a_desired(), FRESH).record.message
    told = decide_session_job(submitted(), observed, a_desired(), late).record
    assert told.health is Health.STALLED
    assert "Tasks of it wait for slots, and the session cluster has too few that are free: end other jobs" in told.message
    has_them = seen(job=a_job(JobState.CREATED))
    assert "slots" not in decide_session_job(submitted(), has_them, a_desired(), late).record.message
    lost_them = decide_session_job(a_record(), seen(job=a_job(JobState.RESTARTING, waits_for_slots=True)), a_desired(), late).record
    assert "Tasks of it wait for slots" in lost_them.message


def test_a_changed_spec_waits_until_the_submission_before_it_cannot_come_any_more() -> None:
    early = decide_session_job(submitted(), seen(job=None), an_upgrade(), FRESH)
    assert early.record.phase is Phase.DEPLOYING
    late = replace(FRESH, now=NOW + timedelta(minutes=11))
    decision = decide_session_job(submitted(), seen(job=None), an_upgrade(), late)
    assert (decision.record.phase, decision.record.abandoned) == (Phase.UPGRADING, (JOB_ID,))


def test_one_that_comes_all_the_same_is_cancelled_before_anything_else_is_submitted() -> None:
    record = replace(STOPPED, abandoned=(OTHER_JOB_ID,))
    decision = decide_session_job(record, seen(job=None, strays=(OTHER_JOB_ID,)), an_upgrade(), FRESH)
    assert decision.actions == (CancelJob(OTHER_JOB_ID),)


@pytest.mark.parametrize(
    ("wish", "action", "step"),
    [
        pytest.param(
            an_upgrade(), StopWithSavepoint(JOB_ID, FRESH.trigger_id, False), TakingSavepoint(NOW, FRESH.trigger_id), id="savepoint"
        ),
        pytest.param(an_upgrade(upgrade_mode="last-state"), CancelJob(JOB_ID), Cancelling(NOW), id="last-state"),
        pytest.param(an_upgrade(upgrade_mode="stateless"), CancelJob(JOB_ID), Cancelling(NOW), id="stateless"),
        pytest.param(
            a_suspension(), StopWithSavepoint(JOB_ID, FRESH.trigger_id, False), TakingSavepoint(NOW, FRESH.trigger_id), id="suspension"
        ),
    ],
)
def test_a_running_job_is_stopped_as_its_mode_says(wish: Any, action: Any, step: Any) -> None:
    decision = decide_session_job(a_record(), seen(), wish, FRESH)
    assert (decision.record.phase, decision.actions, decision.record.step) == (Phase.UPGRADING, (action,), step)


@pytest.mark.parametrize(
    ("step", "told"),
    [(None, ["SpecChanged", "Suspended"]), (replace(RETRY, generation=1), ["SpecChanged", "Suspended"]), (RETRY, ["Suspended"])],
    ids=["the first try", "a newer spec than was tried", "another try"],
)
def test_a_changed_spec_is_news_once_however_often_it_is_tried(step: WaitingToRetry | None, told: list[str]) -> None:
    assert reasons(decide_session_job(a_record(step=step), seen(), an_upgrade(), FRESH)) == told


@pytest.mark.parametrize(
    ("record", "observed", "path"),
    [
        pytest.param(
            stopping(TakingSavepoint(NOW, "trigger")),
            ended(JobState.FINISHED, savepoint=SnapshotCompleted(SAVEPOINT)),
            SAVEPOINT,
            id="savepoint",
        ),
        pytest.param(stopping(Cancelling(NOW)), ended(JobState.CANCELED), CHECKPOINT, id="cancelled"),
    ],
)
def test_what_a_stopped_job_left_is_recorded(record: Record, observed: SessionObserved, path: str) -> None:
    decision = decide_session_job(record, observed, an_upgrade(), FRESH)
    assert (decision.record.phase, decision.record.step, decision.record.savepoint_path) == (Phase.UPGRADING, None, path)


def test_a_savepoint_that_takes_long_is_waited_for_and_then_told() -> None:
    record, observed = stopping(TakingSavepoint(NOW, "trigger")), seen(savepoint=SnapshotInProgress())
    assert decide_session_job(record, observed, an_upgrade(), FRESH).record.health is Health.PROGRESSING
    late = replace(FRESH, now=NOW + timedelta(minutes=11))
    assert decide_session_job(record, observed, an_upgrade(), late).record.health is Health.STALLED


def test_a_savepoint_that_takes_too_long_is_given_up_for_the_last_checkpoint_where_the_mode_is_last_state() -> None:
    record, observed = stopping(TakingSavepoint(NOW, "trigger")), seen(savepoint=SnapshotInProgress())
    late, wish = replace(FRESH, now=NOW + timedelta(minutes=11)), replace(an_upgrade(), upgrade_mode="last-state")
    waiting = decide_session_job(record, observed, wish, FRESH).record
    assert isinstance(waiting.step, TakingSavepoint)
    assert "then the job is cancelled for its last checkpoint" in waiting.message
    deleted = decide_session_job(record, observed, replace(wish, checkpoints_retained=False), late)
    assert isinstance(deleted.record.step, TakingSavepoint), "there would be no checkpoint to go on from"
    given_up = decide_session_job(record, observed, wish, late)
    assert (given_up.record.step, given_up.record.reason) == (Cancelling(late.now), "CancellingJob")
    later = replace(FRESH, now=late.now + timedelta(seconds=6))
    assert kinds(decide_session_job(given_up.record, seen(), wish, later)) == [CancelJob]


@pytest.mark.parametrize(
    "cluster", [GONE, Cluster(ClusterState.DELETING, "Session cluster shared is being deleted.")], ids=["gone", "going"]
)
def test_what_became_of_the_cluster_is_told_while_the_savepoint_is_waited_for(cluster: Cluster) -> None:
    record, observed = stopping(TakingSavepoint(NOW, "trigger")), seen(cluster=cluster, rest=NotAsked(), job=None)
    assert cluster.message in decide_session_job(record, observed, an_upgrade(), FRESH).record.message


def test_a_lost_job_is_waited_for_where_its_metadata_are_there() -> None:
    lost = decide_session_job(a_record(), seen(job=None), a_desired(), FRESH).record
    assert lost.phase is Phase.DEPLOYING
    decision = decide_session_job(lost, seen(job=None, ha=ha()), a_desired(), FRESH)
    assert (decision.record.reason, decision.actions) == ("JobRecovering", ())


def test_a_lost_job_without_metadata_is_not_started_empty() -> None:
    lost = a_record(phase=Phase.DEPLOYING, step=None)
    gone = decide_session_job(lost, seen(job=None, ha=NO_METADATA), a_desired(**WITHOUT_HA), FRESH).record
    assert (gone.phase, gone.reason) == (Phase.UPGRADING, "JobLost")
    decision = decide_session_job(gone, seen(job=None), a_desired(**WITHOUT_HA), FRESH)
    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.FAILED, "RestoreFailed", ())


@pytest.mark.parametrize(
    ("mode", "phase", "reason"),
    [
        pytest.param("savepoint", Phase.FAILED, "RestoreFailed", id="its state is not known, and room would not help"),
        pytest.param("stateless", Phase.UPGRADING, "WaitingForSlots", id="it needs none"),
    ],
)
def test_a_lost_job_that_cannot_be_started_says_so_before_there_is_room_for_it(mode: str, phase: Phase, reason: str) -> None:
    crowded, wish = seen(job=None, room=Room(needed=1, free=0, total=4)), a_desired(upgrade_mode=mode, **WITHOUT_HA)
    decision = decide_session_job(stopping(None), crowded, wish, FRESH)
    assert (decision.record.phase, decision.record.reason, decision.actions) == (phase, reason, ())


def test_a_lost_stateless_job_is_submitted_again() -> None:
    gone = stopping(None)
    assert kinds(decide_session_job(gone, seen(job=None), a_desired(upgrade_mode="stateless"), FRESH)) == [SubmitJob]


def test_a_suspended_job_is_suspended_once_it_has_stopped_and_resumes_from_there() -> None:
    decision = decide_session_job(STOPPED, ended(JobState.FINISHED), a_suspension(), FRESH)
    assert (decision.record.phase, decision.record.savepoint_path) == (Phase.SUSPENDED, SAVEPOINT)
    resumed = decide_session_job(a_suspended_record(), seen(job=None), a_desired(), FRESH)
    assert isinstance(resumed.actions[-1], SubmitJob)
    assert resumed.actions[-1].restore == FROM_SAVEPOINT.point


def test_the_suspension_of_a_job_whose_cluster_is_gone_ends() -> None:
    lost = a_record(phase=Phase.DEPLOYING, step=None)
    stopped = decide_session_job(lost, seen(cluster=GONE, rest=NotAsked(), job=None), a_suspension(), FRESH).record
    assert stopped.phase is Phase.UPGRADING
    assert decide_session_job(stopped, seen(cluster=GONE, rest=NotAsked(), job=None), a_suspension(), FRESH).record.phase is Phase.SUSPENDED


@pytest.mark.parametrize(
    ("record", "observed"),
    [
        pytest.param(Record(), seen(job=None), id="it never was submitted"),
        pytest.param(a_record(), seen(cluster=GONE, rest=NotAsked(), job=None), id="its cluster is gone"),
        pytest.param(a_record(), ended(JobState.CANCELED), id="it has ended"),
        pytest.param(a_record(), seen(job=None, ha=NO_METADATA), id="nobody knows it any more"),
    ],
)
def test_a_deletion_ends_when_nothing_is_left_to_stop(record: Record, observed: SessionObserved) -> None:
    assert RemoveFinalizer in kinds(decide_session_job(record, observed, a_desired(deleting=True), FRESH))


@pytest.mark.parametrize(("option", "action"), [(False, CancelJob), (True, StopWithSavepoint)])
def test_a_deleted_job_is_stopped(option: bool, action: type) -> None:
    wish = a_desired(deleting=True, savepoint_on_deletion=option)
    first = decide_session_job(a_record(), seen(), wish, FRESH)
    assert first.record.phase is Phase.DELETING
    observed = seen() if not option else seen(savepoint=None)
    assert action in kinds(first) or action in kinds(decide_session_job(first.record, observed, wish, FRESH)) or option
    assert RemoveFinalizer not in kinds(first)


def test_a_deletion_waits_for_a_cluster_that_may_come_back_and_not_for_one_that_is_being_deleted() -> None:
    deleting = a_record(phase=Phase.DELETING, step=Cancelling(NOW))
    late = replace(FRESH, now=NOW + timedelta(minutes=6))
    away = seen(cluster=Cluster(ClusterState.NOT_READY, "starting"), rest=NotAsked(), job=None)
    waiting = decide_session_job(deleting, away, a_desired(deleting=True), late)
    assert (waiting.record.health, waiting.actions) == (Health.STALLED, ())
    going = seen(cluster=Cluster(ClusterState.DELETING, "going"), rest=NotAsked(), job=None)
    assert kinds(decide_session_job(deleting, going, a_desired(deleting=True), late)) == [RemoveFinalizer]


def test_a_job_that_its_jobmanager_has_not_brought_back_from_its_metadata_is_not_told_to_be_cancelled_and_ends_with_its_cluster() -> None:
    """Another Flink finds no job in the metadata, and they stay until the cluster goes, which waits for the job's resource."""
    deleting = a_record(phase=Phase.DELETING, step=Cancelling(NOW))
    forgotten = seen(job=None, ha=ha(3))
    waiting = decide_session_job(deleting, forgotten, a_desired(deleting=True), FRESH)
    assert kinds(waiting) == []
    assert "The JobManager does not know the job, and has high-availability metadata of it" in waiting.record.message
    going = replace(forgotten, cluster=Cluster(ClusterState.DELETING, "going", serves=True))
    assert kinds(decide_session_job(deleting, going, a_desired(deleting=True), FRESH)) == [RemoveFinalizer]


@pytest.mark.parametrize("record", [a_suspended_record(), an_ended_record()], ids=["suspended", "failed"])
def test_the_deletion_of_a_job_that_has_stopped_does_not_wait_for_ever_for_a_cluster_that_never_comes(record: Record) -> None:
    away = seen(cluster=Cluster(ClusterState.NOT_READY, "starting"), rest=NotAsked(), job=None)
    waiting = decide_session_job(record, away, a_desired(deleting=True), FRESH)
    assert (kinds(waiting), waiting.record.health) == ([], Health.PROGRESSING), "it may have come back"
    assert "then the resource goes" in waiting.record.message
    late = replace(FRESH, now=NOW + timedelta(minutes=6))
    assert kinds(decide_session_job(waiting.record, away, a_desired(deleting=True), late)) == [RemoveFinalizer]
    stray = replace(waiting.record, abandoned=(OTHER_JOB_ID,))
    assert decide_session_job(stray, away, a_desired(deleting=True), late).record.health is Health.STALLED


def test_a_failed_job_whose_spec_changes_is_submitted_from_what_it_left() -> None:
    stopped = decide_session_job(an_ended_record(), ended(JobState.FAILED), an_upgrade(), FRESH).record
    assert stopped.phase is Phase.UPGRADING
    decision = decide_session_job(stopped, ended(JobState.FAILED), an_upgrade(), FRESH)
    assert isinstance(decision.actions[0], SubmitJob)
    assert decision.actions[0].restore.path == CHECKPOINT
    assert SPEC != NEW_SPEC


# what a review found


def test_the_metadata_of_the_old_id_do_not_stand_in_for_its_savepoint() -> None:
    decision = decide_session_job(STOPPED, seen(job=None, ha=ha(3)), an_upgrade(), FRESH)
    assert isinstance(decision.actions[0], SubmitJob)
    assert decision.actions[0].restore == RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT)


@pytest.mark.parametrize(
    "wish", [an_upgrade(), a_desired(upgrade_mode="stateless"), a_suspension()], ids=["upgrade", "stateless", "suspended"]
)
@pytest.mark.parametrize("record", [STOPPED, a_suspended_record()], ids=["upgrading", "suspended"])
def test_a_job_that_should_have_ended_and_is_there_is_cancelled_before_anything_else(record: Record, wish: Any) -> None:
    waiting = decide_session_job(record, seen(), wish, FRESH)
    assert (waiting.record.phase, waiting.record.step, waiting.actions) == (Phase.UPGRADING, Cancelling(NOW), ())
    later = replace(FRESH, now=NOW + timedelta(seconds=6))
    assert decide_session_job(waiting.record, seen(), wish, later).actions == (CancelJob(JOB_ID),)


@pytest.mark.parametrize(
    ("observed", "path"),
    [
        pytest.param(ended(JobState.FINISHED, checkpoints=Checkpoints(stop_path=SAVEPOINT)), SAVEPOINT, id="the look was old"),
        pytest.param(ended(JobState.CANCELED, checkpoints=Checkpoints()), SAVEPOINT, id="it came back and did nothing"),
        pytest.param(ended(JobState.CANCELED, checkpoints=Checkpoints(restored_path=CHECKPOINT)), SAVEPOINT, id="it came back from before"),
        pytest.param(ended(JobState.CANCELED), CHECKPOINT, id="it came back and went on"),
    ],
)
def test_a_job_that_came_back_after_its_stop_leaves_its_newest_state(observed: SessionObserved, path: str) -> None:
    cancelling = replace(STOPPED, step=Cancelling(NOW))
    assert decide_session_job(cancelling, observed, an_upgrade(), FRESH).record.savepoint_path == path


@pytest.mark.parametrize("state", [JobState.CANCELED, JobState.FAILED, JobState.FINISHED])
def test_no_statistics_of_a_job_that_came_back_are_not_no_checkpoint_since(state: JobState) -> None:
    """Its JobManager was lost once more: it may have made a checkpoint after it came back, and its sinks have committed with it."""
    recovered = decide_session_job(STOPPED, seen(ha=ha(3)), an_upgrade(), FRESH).record
    decision = decide_session_job(recovered, ended(state, checkpoints=Checkpoints(known=False)), an_upgrade(), FRESH)
    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.FAILED, "SavepointUnknown", ())
    assert f"it was stopped at {SAVEPOINT}" in decision.record.message


def test_a_submission_that_came_late_and_was_cancelled_before_it_began_has_left_what_it_was_given() -> None:
    late = replace(submitted(savepoint_path=SAVEPOINT, restore=FROM_SAVEPOINT), phase=Phase.UPGRADING, step=Cancelling(NOW))
    unknown = ended(JobState.CANCELED, checkpoints=Checkpoints(known=False))
    assert decide_session_job(late, unknown, an_upgrade(), FRESH).record.savepoint_path == SAVEPOINT


@pytest.mark.parametrize(
    ("record", "wish"),
    [
        pytest.param(a_suspended_record(), a_suspension(), id="suspended"),
        pytest.param(an_ended_record(), a_desired(), id="failed"),
    ],
)
def test_a_jobmanager_that_may_bring_a_stopped_job_back_is_asked_until_it_answers(record: Record, wish: Any) -> None:
    """The pass that its restart calls for comes before it answers, and no other would follow."""
    looks = {
        "silent": seen(rest=Unreachable("no leader yet"), job=None),
        "starting": seen(cluster=Cluster(ClusterState.NOT_READY, "starting"), rest=NotAsked(), job=None),
        "answers": seen(job=None),
        "gone": seen(cluster=GONE, rest=NotAsked(), job=None),
    }
    again = {name: decide_session_job(record, look, wish, FRESH).requeue_after for name, look in looks.items()}
    rest = wish.settings.rest_interval
    assert again == {"silent": rest, "starting": None, "answers": None, "gone": None}


def test_a_job_whose_end_nobody_saw_is_cancelled_should_it_come_back() -> None:
    unknown = a_record(phase=Phase.UPGRADING, step=None, job=JobRecord(JOB_ID, "job", JobState.RECONCILING))
    stateless = a_desired(upgrade_mode="stateless")
    started = decide_session_job(unknown, seen(job=None, ha=ha(3)), stateless, FRESH).record
    assert started.abandoned == (JOB_ID,)
    assert decide_session_job(STOPPED, seen(job=None), an_upgrade(), FRESH).record.abandoned == ()


def test_a_deletion_waits_for_a_submission_that_may_still_come() -> None:
    deleting = a_desired(deleting=True)
    waiting = decide_session_job(submitted(), seen(job=None), deleting, FRESH)
    assert (waiting.record.phase, kinds(waiting)) == (Phase.DELETING, [])
    assert "kubernetes.operator.job.submission.timeout" in waiting.record.message
    assert kinds(decide_session_job(waiting.record, seen(), deleting, FRESH)) == [CancelJob]
    late = replace(FRESH, now=NOW + timedelta(minutes=11))
    assert kinds(decide_session_job(waiting.record, seen(job=None), deleting, late)) == [RemoveFinalizer]
    refused = submitted(reason="SubmissionRejected")
    assert kinds(decide_session_job(refused, seen(job=None), deleting, FRESH)) == [RemoveFinalizer]


@pytest.mark.parametrize(
    ("observed", "told"),
    [
        pytest.param(ended(JobState.FINISHED, savepoint=SnapshotCompleted(SAVEPOINT)), SAVEPOINT, id="taken"),
        pytest.param(seen(job=None, ha=NO_METADATA), "does not know the job", id="the job is gone"),
        pytest.param(seen(cluster=GONE, rest=NotAsked(), job=None), "FlinkDeployment shared does not exist", id="the cluster is gone"),
    ],
)
def test_a_deletion_with_a_savepoint_tells_where_it_is_or_why_there_is_none(observed: SessionObserved, told: str) -> None:
    deleting = a_record(phase=Phase.DELETING, step=TakingSavepoint(NOW, "t"))
    decision = decide_session_job(deleting, observed, a_desired(deleting=True, savepoint_on_deletion=True), FRESH)
    assert kinds(decision) == [RemoveFinalizer]
    assert [told in event.message for event in decision.events] == [True]


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.RESTARTING, JobState.FAILING])
def test_a_deleted_job_that_did_not_stop_though_its_savepoint_was_made_is_cancelled(state: JobState) -> None:
    """Flink starts it again when its tasks fail between the savepoint and their end."""
    deleting, wish = a_record(phase=Phase.DELETING, step=TakingSavepoint(NOW, "t")), a_desired(deleting=True, savepoint_on_deletion=True)
    first = decide_session_job(deleting, seen(job=a_job(state), savepoint=SnapshotCompleted(SAVEPOINT)), wish, FRESH)
    assert (kinds(first), reasons(first)) == ([CancelJob], ["Savepoint"])
    assert SAVEPOINT in first.events[0].message
    last = decide_session_job(first.record, ended(JobState.CANCELED), wish, FRESH)
    assert (kinds(last), reasons(last)) == ([RemoveFinalizer], [])


def test_a_job_that_has_stopped_already_is_deleted_without_another_savepoint() -> None:
    wish = a_desired(deleting=True, savepoint_on_deletion=True)
    for record in (STOPPED, a_suspended_record()):
        decision = decide_session_job(record, ended(JobState.FINISHED), wish, FRESH)
        assert kinds(decision) == [RemoveFinalizer]
        assert "CleanupFailed" not in reasons(decision)


@pytest.mark.parametrize("state", [JobState.INITIALIZING, JobState.CREATED])
@pytest.mark.parametrize("mode", ["savepoint", "last-state"])
def test_a_job_that_is_being_recovered_is_not_cancelled_before_it_knows_its_checkpoints(state: JobState, mode: str) -> None:
    lost = a_record(phase=Phase.DEPLOYING, start=a_start(lost_at=NOW), restore=FROM_SAVEPOINT)
    wish = replace(an_upgrade(), upgrade_mode=mode)
    assert CancelJob not in kinds(decide_session_job(lost, seen(job=a_job(state), ha=ha(3)), wish, FRESH))
    stateless = replace(wish, upgrade_mode="stateless")
    assert CancelJob in kinds(decide_session_job(lost, seen(job=a_job(state), ha=ha(3)), stateless, FRESH))


RECOVERED = {"start": a_start(lost_at=NOW), "job": JobRecord(JOB_ID, "job", JobState.RECONCILING)}
TAKING = TakingSavepoint(NOW, "t" * 32)


@pytest.mark.parametrize(
    ("step", "record", "state", "checkpoints"),
    [
        pytest.param(Cancelling(NOW), RECOVERED, JobState.CANCELED, Checkpoints(), id="recovered, and not running yet"),
        pytest.param(Cancelling(NOW), {}, JobState.CANCELED, Checkpoints(known=False), id="cancelled under another process"),
        pytest.param(TAKING, RECOVERED, JobState.FAILED, Checkpoints(), id="failed when it was recovered"),
        pytest.param(TAKING, {}, JobState.FAILED, Checkpoints(known=False), id="failed under another process"),
        pytest.param(TAKING, {}, JobState.FINISHED, Checkpoints(known=False), id="stopped under another process"),
    ],
)
def test_no_statistics_of_a_job_that_ran_are_not_no_state(
    step: Any, record: dict[str, Any], state: JobState, checkpoints: Checkpoints
) -> None:
    stopped = stopping(step, restore=FROM_SAVEPOINT, **record)
    decision = decide_session_job(stopped, ended(state, checkpoints=checkpoints, savepoint=SnapshotUnknown()), an_upgrade(), FRESH)
    assert (decision.record.phase, decision.record.reason) == (Phase.FAILED, "SavepointUnknown")
    assert not decide_session_job(decision.record, ended(state, checkpoints=checkpoints), an_upgrade(), FRESH).actions


def test_a_jobmanager_that_is_lost_while_the_job_is_stopped_is_remembered() -> None:
    for step in (TAKING, Cancelling(NOW)):
        after = decide_session_job(stopping(step), seen(rest=Unreachable("hangs"), job=None), an_upgrade(), FRESH).record
        assert (after.start.lost_at if after.start else None, after.job.state) == (NOW, JobState.RECONCILING)
        again = decide_session_job(after, seen(rest=Unreachable("hangs"), job=None), an_upgrade(), replace(FRESH, now=NOW + timedelta(1)))
        assert again.record.start == after.start, "once"


def test_without_high_availability_nobody_waits_for_the_savepoint_of_a_jobmanager_that_is_gone() -> None:
    wish = replace(an_upgrade(), **WITHOUT_HA)
    decision = decide_session_job(stopping(TAKING), seen(job=None, savepoint=SnapshotUnknown()), wish, FRESH)
    assert (decision.record.phase, decision.record.reason) == (Phase.FAILED, "SavepointUnknown")
    folder = f"Checkpoints that were retained are in the folder {JOB_ID} of the job's execution.checkpointing.dir"
    assert folder in decision.record.message, "the likely state, where the savepoint was not completed"


@pytest.mark.parametrize("ha", [False, True], ids=["nothing brings it back", "it may have come further"])
def test_a_job_that_had_ended_and_is_gone_with_its_jobmanager_while_it_is_cancelled_once_more(ha: bool) -> None:
    ended_before = stopping(Cancelling(NOW), job=JobRecord(JOB_ID, "job", JobState.FINISHED), savepoint_path=SAVEPOINT)
    wish = an_upgrade(deployed_high_availability=ha)
    silent = decide_session_job(
        ended_before, seen(cluster=Cluster(ClusterState.NOT_READY, "x"), rest=NotAsked(), job=None), wish, FRESH
    ).record
    after = decide_session_job(silent, seen(job=None, ha=NO_METADATA), wish, FRESH).record
    assert (after.reason, after.savepoint_path) == ("SavepointUnknown" if ha else "JobStopped", SAVEPOINT)


def test_a_job_that_vanished_while_it_was_cancelled_tells_where_its_state_may_lie() -> None:
    decision = decide_session_job(stopping(Cancelling(NOW)), seen(job=None), an_upgrade(), FRESH)
    assert (decision.record.phase, decision.record.reason) == (Phase.FAILED, "SavepointUnknown")
    for place in (f"begins with savepoint-{JOB_ID[:6]}-", f"the folder {JOB_ID} of"):
        assert place in decision.record.message


def test_a_job_that_came_back_after_its_stop_and_vanished_tells_the_path_it_was_stopped_at_and_the_command_to_go_on_from_it() -> None:
    """It is not taken without asking: the job may have made a newer checkpoint after it came back, and sinks have committed with it."""
    recovered = decide_session_job(STOPPED, seen(job=a_job(), ha=ha(3)), an_upgrade(), FRESH).record
    assert (recovered.step, recovered.savepoint_path) == (Cancelling(NOW), SAVEPOINT)
    decision = decide_session_job(recovered, seen(job=None), an_upgrade(), FRESH)
    message = decision.record.message
    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.FAILED, "SavepointUnknown", ())
    patch = json.dumps({"spec": {"job": {"initialSavepointPath": SAVEPOINT, "savepointRedeployNonce": 1}}})
    assert f"it was stopped at {SAVEPOINT}" in message
    assert f"kubectl patch KIND NAME --type merge -p '{patch}'" in message
    assert f"the folder {JOB_ID} of" in message, "where a newer checkpoint would be"
    assert "begins with savepoint-" not in message, "nobody has to look for what is known"
    assert not decide_session_job(decision.record, seen(job=None), an_upgrade(), FRESH).actions

    changed = replace(an_upgrade(), generation=9)
    after = decide_session_job(decision.record, seen(job=None), changed, FRESH).record
    restore = decide_session_job(after, seen(job=None), changed, FRESH).record.restore
    assert restore is not None
    assert restore.point == RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT), "another change of the spec goes on from it, as the docs say"


def test_the_command_has_a_nonce_that_neither_the_old_nor_the_new_spec_has() -> None:
    cancelling = stopping(
        Cancelling(NOW), savepoint_path=SAVEPOINT, reconciled={**SPEC, "job": {**SPEC["job"], "savepointRedeployNonce": 7}}
    )
    wish = replace(an_upgrade(), spec={**SPEC, "job": {**SPEC["job"], "savepointRedeployNonce": 3}})
    assert '"savepointRedeployNonce": 8' in decide_session_job(cancelling, seen(job=None), wish, FRESH).record.message


def test_a_job_that_came_back_while_it_was_cancelled_is_cancelled_again_when_it_knows_its_checkpoints() -> None:
    cancelling, later = stopping(Cancelling(NOW), **RECOVERED), replace(FRESH, now=NOW + timedelta(seconds=20))
    for state, actions in ((JobState.INITIALIZING, []), (JobState.CREATED, []), (JobState.RUNNING, [CancelJob])):
        assert kinds(decide_session_job(cancelling, seen(job=a_job(state), ha=ha(3)), an_upgrade(), later)) == actions


def test_a_job_that_was_seen_may_have_come_further_than_the_savepoint_it_was_given() -> None:
    starting = submitted(savepoint_path=SAVEPOINT, restore=FROM_SAVEPOINT)
    after = decide_session_job(starting, seen(job=a_job(JobState.INITIALIZING)), a_desired(), FRESH).record
    assert (after.was_ready, after.savepoint_path) == (True, None)


def test_a_submission_is_not_repeated_with_another_spec() -> None:
    later = replace(FRESH, now=NOW + timedelta(seconds=70))
    assert kinds(decide_session_job(submitted(), seen(job=None), a_desired(), later)) == [SubmitJob]
    assert kinds(decide_session_job(submitted(), seen(job=None), an_upgrade(), later)) == []


@pytest.mark.parametrize(("again_after", "is_given_up"), [(0, True), (60, False)])
def test_a_submission_that_was_made_again_is_given_up_when_the_last_one_has_had_its_time(again_after: int, is_given_up: bool) -> None:
    timeout = a_desired().settings.submission_timeout
    begun = NOW - timeout
    record = submitted(start=a_start(since=begun), step=Submitting(begun + timedelta(seconds=again_after)))
    decision = decide_session_job(record, seen(job=None), an_upgrade(), FRESH)
    assert (decision.record.reason == "SubmissionGivenUp") is is_given_up


def test_a_submission_that_was_rejected_is_told_and_a_mended_spec_does_not_wait() -> None:
    refusal = Refusal("SubmissionRejected", "The JobManager did not take the job: no such class")
    told = decide_session_job(submitted(), seen(job=None, refusal=refusal), a_desired(), FRESH).record
    assert (told.reason, told.message, told.health) == ("SubmissionRejected", refusal.message, Health.STALLED)
    assert decide_session_job(told, seen(job=None), an_upgrade(), FRESH).record.reason == "SubmissionGivenUp"


def test_a_job_id_that_is_given_is_that_of_the_first_start_only() -> None:
    pinned = "d" * 32
    first = decide_session_job(Record(), seen(job=None), a_desired(pinned_job_id=pinned), FRESH).record
    assert first.job.job_id == pinned
    assert decide_session_job(STOPPED, seen(job=None), replace(an_upgrade(), pinned_job_id=pinned), FRESH).record.job.job_id != pinned


@pytest.mark.parametrize("mode", ["savepoint", "last-state", "stateless"])
def test_the_stop_of_a_job_is_not_told_as_that_of_its_cluster(mode: str) -> None:
    told = decide_session_job(a_record(), seen(ha=ha(3)), replace(an_upgrade(), upgrade_mode=mode), FRESH).record.message
    assert told.startswith(("Stopping the job", "Cancelling the job"))
    assert "cluster" not in told


@pytest.mark.parametrize("mode", ["savepoint", "last-state"])
def test_a_recovered_job_that_waits_for_slots_can_be_upgraded_when_it_knows_what_it_goes_on_from(mode: str) -> None:
    lost = a_record(phase=Phase.DEPLOYING, start=a_start(lost_at=NOW), job=JobRecord(JOB_ID, "job", JobState.RECONCILING))
    wish, waits = replace(an_upgrade(), upgrade_mode=mode), seen(job=a_job(JobState.CREATED), ha=ha(3))
    assert Question.CHECKPOINTS in session_job_questions(lost, wish)
    assert CancelJob not in kinds(decide_session_job(lost, replace(waits, checkpoints=Checkpoints()), wish, FRESH))
    without_path = replace(waits, checkpoints=Checkpoints(count=3, restored_path=CHECKPOINT))
    assert kinds(decide_session_job(lost, without_path, wish, FRESH)) == [CancelJob], "it has gone on from there already"
    knows = replace(waits, checkpoints=Checkpoints(restored_path=CHECKPOINT))
    cancelling = decide_session_job(lost, knows, wish, FRESH)
    assert kinds(cancelling) == [CancelJob]
    left = ended(JobState.CANCELED, checkpoints=Checkpoints(restored_path=CHECKPOINT))
    assert decide_session_job(cancelling.record, left, wish, FRESH).record.savepoint_path == CHECKPOINT


def test_a_submission_that_the_jobmanager_says_was_none_is_repeated_as_soon_as_the_jar_is_there() -> None:
    assert (
        kinds(decide_session_job(submitted(), seen(job=None, jar=JarPending("Uploading."), not_submitted=True), a_desired(), FRESH)) == []
    )
    assert kinds(decide_session_job(submitted(), seen(job=None, not_submitted=True), a_desired(), FRESH)) == [SubmitJob]
