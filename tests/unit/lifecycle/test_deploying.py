"""Deploying: a cluster is started, or came back and its job has to be seen running again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FRESH,
    FROM_METADATA,
    FROM_SAVEPOINT,
    JOB_ID,
    MILLISECONDS,
    NEW_SPEC,
    NO_METADATA,
    NOW,
    SAVEPOINT,
    a_desired,
    a_job,
    a_jobmanager,
    a_start,
    a_starting_record,
    a_suspension,
    an_observed,
    an_upgrade,
    ha,
    kinds,
    nothing_left,
    observed_job,
    reasons,
)

from flinkop.lifecycle.action import DeleteJobManager, RemoveJobGraphs, StartCluster
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Crash, JobState, NotAsked, Observed, Restart, Trouble, Unreachable, Workers
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.restore import RestoreSource
from flinkop.lifecycle.step import HaFate, TearingDown, WaitingToStop

YOUNG = a_start(since=NOW - timedelta(seconds=59))
OLD = a_start(since=NOW - timedelta(seconds=61))
LATE = a_start(since=NOW - timedelta(minutes=6))
PULL = Trouble("ImagePullBackOff", "no such image")
NOT_READY = an_observed(jobmanager=a_jobmanager(available=False), rest=NotAsked(), job=None, ha=None)
SILENT = an_observed(rest=Unreachable("no answer in time"), job=None, ha=None)
JOBLESS = an_observed(job=None, ha=None)


def ready(**changes: Any) -> Record:
    """A start whose JobManager is ready."""
    return a_starting_record(**{"was_ready": True, "reason": "JobStarting", **changes})


# from the start to the job's first news


@pytest.mark.parametrize(
    ("record", "observed", "reason", "health"),
    [
        pytest.param(a_starting_record(), NOT_READY, "ClusterStarting", Health.PROGRESSING, id="starting: what the start said stays"),
        pytest.param(a_starting_record(reason="x"), NOT_READY, "JobManagerStarting", Health.PROGRESSING, id="starting again"),
        pytest.param(a_starting_record(start=LATE), NOT_READY, "JobManagerStarting", Health.STALLED, id="starting for too long"),
        pytest.param(
            a_starting_record(), replace(NOT_READY, trouble=PULL), "ImagePullBackOff", Health.STALLED, id="a pod that cannot start"
        ),
        pytest.param(a_starting_record(start=OLD), SILENT, "JobStarting", Health.PROGRESSING, id="its first silence is no news"),
        pytest.param(a_starting_record(start=LATE), SILENT, "JobManagerNotAnswering", Health.STALLED, id="ready too late, and silent"),
        pytest.param(ready(start=YOUNG), SILENT, "JobStarting", Health.PROGRESSING, id="silent in the first minute"),
        pytest.param(ready(start=OLD), SILENT, "JobManagerNotAnswering", Health.PROGRESSING, id="silent"),
        pytest.param(ready(reason="x", start=YOUNG), SILENT, "JobManagerNotAnswering", Health.PROGRESSING, id="silent, after other news"),
        pytest.param(ready(reason="x", start=LATE), SILENT, "JobManagerNotAnswering", Health.STALLED, id="silent for too long"),
        pytest.param(ready(start=YOUNG), JOBLESS, "JobStarting", Health.PROGRESSING, id="no job yet"),
        pytest.param(ready(start=OLD), JOBLESS, "JobNotFound", Health.PROGRESSING, id="the job has not come back yet"),
        pytest.param(ready(), observed_job(JobState.INITIALIZING), "JobStarting", Health.PROGRESSING, id="passing states are not written"),
        pytest.param(ready(start=LATE), observed_job(JobState.CREATED), "JobStarting", Health.STALLED, id="its tasks do not run in time"),
        pytest.param(ready(), observed_job(JobState.RESTARTING), "JobRestarting", Health.PROGRESSING, id="the job restarts"),
        pytest.param(ready(start=LATE), observed_job(JobState.RESTARTING), "JobRestarting", Health.STALLED, id="and goes on restarting"),
        pytest.param(
            ready(),
            observed_job(JobState.RESTARTING, trouble=Trouble("Unschedulable", "no room")),
            "Unschedulable",
            Health.STALLED,
            id="a TaskManager cannot start",
        ),
        pytest.param(
            ready(reason="ImagePullBackOff"),
            observed_job(JobState.RESTARTING, trouble=Trouble("ErrImagePull", "no such image")),
            "ImagePullBackOff",
            Health.STALLED,
            id="a TaskManager's image is tried once more",
        ),
    ],
)
def test_what_is_waited_for_is_said_and_a_long_wait_calls_for_help(record: Record, observed: Observed, reason: str, health: Health) -> None:
    decision = decide(record, observed, a_desired(), FRESH)

    assert (decision.record.phase, decision.record.reason, decision.record.health) == (Phase.DEPLOYING, reason, health)
    assert (decision.record.health is Health.STALLED) or decision.requeue_after is not None


def test_an_image_that_is_pulled_and_waited_for_in_turns_is_told_of_once_each_way() -> None:
    record, events, reasons = a_starting_record(), list[str](), list[str]()
    for reason in ("ErrImagePull", "ImagePullBackOff", "ErrImagePull", "ImagePullBackOff"):
        decision = decide(record, replace(NOT_READY, trouble=Trouble(reason, "no such image")), a_desired(), FRESH)
        record = decision.record
        events += [event.reason for event in decision.events]
        reasons.append(record.reason)

    assert events == ["ErrImagePull", "ImagePullBackOff"]
    assert reasons == ["ErrImagePull", *["ImagePullBackOff"] * 3]


@pytest.mark.parametrize("observed", [NOT_READY, SILENT, replace(NOT_READY, trouble=PULL)], ids=["not ready", "silent", "in trouble"])
@pytest.mark.parametrize("start", [a_start(since=NOW), LATE], ids=["in time", "late"])
def test_the_second_look_at_the_same_thing_changes_nothing(observed: Observed, start: Any) -> None:
    first = decide(a_starting_record(start=start), observed, a_desired(), FRESH)
    second = decide(first.record, observed, a_desired(), FRESH)

    assert (second.record, second.events) == (first.record, ())


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        pytest.param(JobState.RUNNING, Phase.RUNNING, id="runs"),
        pytest.param(JobState.FAILED, Phase.FAILED, id="failed"),
        pytest.param(JobState.FINISHED, Phase.FINISHED, id="finished"),
        pytest.param(JobState.CANCELED, Phase.FINISHED, id="was cancelled"),
    ],
)
def test_the_job_decides_what_becomes_of_the_start(state: JobState, phase: Phase) -> None:
    assert decide(ready(), observed_job(state), a_desired(), FRESH).record.phase is phase


def test_a_job_that_is_seen_running_makes_its_spec_the_stable_one() -> None:
    after = decide(ready(had_no_state=True), observed_job(JobState.RUNNING), a_desired(), FRESH).record

    assert (after.stable, after.health, after.jobmanager) == (after.reconciled, Health.SETTLED, JobManagerStatus.READY)
    assert not after.had_no_state, "from now on it makes state"


def test_a_job_that_the_jobmanager_does_not_know_in_time_has_failed_and_the_ways_out_are_named() -> None:
    decision = decide(ready(start=LATE), JOBLESS, a_desired(), FRESH)

    assert (decision.record.phase, decision.record.reason, decision.record.health) == (Phase.FAILED, "JobNotFound", Health.STALLED)
    assert "savepointRedeployNonce" in decision.record.message
    assert decision.requeue_after == a_desired().settings.rest_interval, "it may still come"


@pytest.mark.parametrize(
    ("restarted", "high_availability", "ended"),
    [
        pytest.param(60, True, True, id="restarted, and without its job"),
        pytest.param(31, True, True, id="for long enough"),
        pytest.param(29, True, False, id="it may still recover the job"),
        pytest.param(400, True, False, id="before this start"),
        pytest.param(60, False, False, id="without metadata it runs the program again, which may take its time"),
        pytest.param(None, True, False, id="not restarted"),
    ],
)
def test_a_restarted_jobmanager_without_its_job_tells_that_the_job_has_ended(
    restarted: float | None, high_availability: bool, ended: bool
) -> None:
    restart = Restart(Crash("job-x", "main", 143, ""), NOW - timedelta(seconds=restarted)) if restarted is not None else None
    desired = a_desired(deployed_high_availability=high_availability)
    decision = decide(ready(start=a_start(since=NOW - timedelta(seconds=90))), replace(JOBLESS, restart=restart), desired, FRESH)

    assert (decision.record.phase is Phase.FAILED) == ended
    assert ("exit code 143" in decision.record.message and "--previous" in decision.record.message) == ended


def test_trouble_that_is_over_is_forgotten() -> None:
    troubled = decide(a_starting_record(), replace(NOT_READY, trouble=PULL), a_desired(), FRESH)
    assert (troubled.record.failure, troubled.record.jobmanager, reasons(troubled)) == (
        PULL.message,
        JobManagerStatus.ERROR,
        [PULL.reason],
    )

    assert decide(troubled.record, NOT_READY, a_desired(), FRESH).record.failure is None


CRASH = Trouble("CrashLoopBackOff", "Container main (exit code 1): missing.jar")
WAITS, RUNS_AGAIN = replace(NOT_READY, trouble=CRASH), replace(NOT_READY, crashed=CRASH)


@pytest.mark.parametrize("desired", [a_desired(), a_desired(problems=("spec.job: wrong",))], ids=["as it is", "refused"])
@pytest.mark.parametrize("start", [a_start(since=NOW), LATE], ids=["in time", "late"])
def test_a_container_that_ends_over_and_over_is_told_of_once_also_while_it_runs_in_between(start: Any, desired: Desired) -> None:
    waits = decide(a_starting_record(start=start), WAITS, desired, FRESH).record
    workers = replace(RUNS_AGAIN, trouble=Trouble("Unschedulable", "of a TaskManager"))
    told = [decide(waits, observed, desired, FRESH) for observed in (RUNS_AGAIN, WAITS, workers)]

    assert (waits.reason, waits.message, waits.failure, waits.health) == (CRASH.reason, CRASH.message, CRASH.message, Health.STALLED)
    assert [(one.record, one.events) for one in told] == [(waits, ())] * 3


def test_what_the_newest_crash_tells_takes_the_place_of_what_the_one_before_told() -> None:
    waits = decide(a_starting_record(), WAITS, a_desired(), FRESH).record
    other = decide(waits, replace(NOT_READY, crashed=replace(CRASH, message="no disk")), a_desired(), FRESH).record
    assert (other.reason, other.message, other.failure) == (CRASH.reason, "no disk", "no disk")


def test_a_single_restart_is_no_trouble() -> None:
    decision = decide(ready(), RUNS_AGAIN, a_desired(), FRESH)
    assert (decision.record.reason, decision.record.health, decision.record.failure) == ("JobManagerStarting", Health.PROGRESSING, None)
    assert decision.events == ()


@pytest.mark.parametrize(
    ("observed", "phase", "health"),
    [
        pytest.param(replace(SILENT, crashed=CRASH), Phase.DEPLOYING, Health.PROGRESSING, id="silent"),
        pytest.param(replace(JOBLESS, crashed=CRASH), Phase.DEPLOYING, Health.PROGRESSING, id="without its job"),
        pytest.param(observed_job(JobState.CREATED, crashed=CRASH), Phase.DEPLOYING, Health.PROGRESSING, id="its job starts"),
        pytest.param(observed_job(JobState.RUNNING, crashed=CRASH), Phase.RUNNING, Health.SETTLED, id="its job runs"),
    ],
)
def test_a_jobmanager_that_gets_ready_after_all_is_no_trouble_any_more(observed: Observed, phase: Phase, health: Health) -> None:
    waits = decide(a_starting_record(), WAITS, a_desired(), FRESH).record
    after = decide(waits, observed, a_desired(), FRESH).record
    assert (after.phase, after.health, after.failure, CRASH.message in after.message) == (phase, health, None, False)
    again = decide(after, RUNS_AGAIN, a_desired(), FRESH).record
    assert (again.health, again.failure, CRASH.message in again.message) == (Health.PROGRESSING, None, False), "of long ago"


def test_trouble_that_another_wait_hides_is_told_once() -> None:
    waits = decide(a_starting_record(), WAITS, a_desired(), FRESH).record
    assert decide(replace(waits, reason="UpgradeWaiting"), WAITS, a_desired(), FRESH).events == ()


@pytest.mark.parametrize(
    ("record", "observed", "status"),
    [
        pytest.param(ready(), NOT_READY, JobManagerStatus.DEPLOYING, id="starting"),
        pytest.param(a_starting_record(), replace(NOT_READY, trouble=PULL), JobManagerStatus.ERROR, id="in trouble"),
        pytest.param(a_starting_record(), SILENT, JobManagerStatus.DEPLOYED_NOT_READY, id="silent"),
        pytest.param(a_starting_record(), JOBLESS, JobManagerStatus.DEPLOYED_NOT_READY, id="without its job"),
        pytest.param(ready(start=LATE), JOBLESS, JobManagerStatus.READY, id="without its job for good"),
        pytest.param(ready(), observed_job(JobState.RUNNING), JobManagerStatus.READY, id="with its job"),
    ],
)
def test_the_established_status_of_the_jobmanager_follows(record: Record, observed: Observed, status: JobManagerStatus) -> None:
    changed = replace(record, jobmanager=JobManagerStatus.MISSING)

    assert decide(changed, observed, a_desired(), FRESH).record.jobmanager is status


def test_a_start_is_late_from_its_deadline_on() -> None:
    timeout = a_desired().settings.readiness_timeout
    in_time = decide(a_starting_record(start=a_start(since=NOW - timeout + timedelta(seconds=1))), NOT_READY, a_desired(), FRESH)
    late = decide(a_starting_record(start=a_start(since=NOW - timeout)), NOT_READY, a_desired(), FRESH)

    assert (in_time.record.health, in_time.requeue_after) == (Health.PROGRESSING, timedelta(seconds=1))
    assert (late.record.health, late.requeue_after) == (Health.STALLED, timedelta(seconds=10)), "Events are not watched"


def test_the_first_look_at_a_job_tells_of_a_pod_that_does_not_start() -> None:
    observed = observed_job(JobState.CREATED, trouble=Trouble("Unschedulable", "Pod cannot be scheduled: no room"))
    after = decide(a_starting_record(), observed, a_desired(), FRESH).record
    assert (after.reason, after.health, after.message) == ("Unschedulable", Health.STALLED, "Pod cannot be scheduled: no room")


@pytest.mark.parametrize(
    ("state", "workers", "words"),
    [
        pytest.param(JobState.CREATED, Workers(0, 0), "There is no TaskManager pod: ", id="none"),
        pytest.param(JobState.CREATED, Workers(3, 1), "Of 3 TaskManager pods 1 run: ", id="some wait"),
        pytest.param(JobState.CREATED, Workers(3, 3), "", id="all run"),
        pytest.param(JobState.CREATED, None, "", id="not looked at"),
        pytest.param(JobState.INITIALIZING, Workers(0, 0), "", id="none is needed yet"),
    ],
)
@pytest.mark.parametrize("phase", [Phase.DEPLOYING, Phase.RUNNING])
def test_a_job_that_waits_too_long_tells_of_its_taskmanagers(phase: Phase, state: JobState, workers: Workers | None, words: str) -> None:
    job = replace(a_job(state), update_time=MILLISECONDS - 400_000)
    late, early = a_starting_record(phase=phase, start=LATE, job=JobRecord(JOB_ID, state=state)), a_starting_record()
    after = decide(late, observed_job(state, job=job, workers=workers), a_desired(), FRESH).record
    assert (after.phase, after.health) == (phase, Health.STALLED)
    assert (words or "This takes longer than") in after.message
    assert ("TaskManager" in after.message) is bool(words)
    assert "TaskManager" not in decide(early, observed_job(state, workers=workers), a_desired(), FRESH).record.message


def test_a_job_that_is_not_found_is_reported_with_the_ways_out() -> None:
    decision = decide(ready(start=LATE, step=WaitingToStop(NOW)), JOBLESS, a_desired(), FRESH)

    assert (reasons(decision), decision.record.step, decision.record.failure) == (["Missing"], None, decision.record.message)


# readiness


def test_from_its_first_readiness_on_a_job_may_have_state_that_is_newer_than_what_it_started_from() -> None:
    after = decide(a_starting_record(restore=FROM_SAVEPOINT, savepoint_path=SAVEPOINT), SILENT, a_desired(), FRESH).record

    assert (after.was_ready, after.savepoint_path) == (True, None)


@pytest.mark.parametrize(
    ("restore", "metadata", "noticed"),
    [
        pytest.param(FROM_SAVEPOINT, ha(1), True, id="its own checkpoints"),
        pytest.param(FROM_SAVEPOINT, ha(0), False, id="no checkpoints"),
        pytest.param(FROM_SAVEPOINT, ha(1, job_id="other"), False, id="those of another job"),
        pytest.param(FROM_METADATA, ha(1), False, id="those it was started from"),
    ],
)
def test_checkpoints_tell_that_the_jobmanager_was_ready_although_nobody_saw_it(restore: Any, metadata: Any, noticed: bool) -> None:
    record = a_starting_record(restore=restore, savepoint_path=SAVEPOINT)
    after = decide(record, replace(NOT_READY, ha=metadata), a_desired(), FRESH).record

    assert after.was_ready is noticed


# a start that was interrupted


@pytest.mark.parametrize(
    ("record", "applied", "actions"),
    [
        pytest.param(a_starting_record(), True, [], id="all was made"),
        pytest.param(a_starting_record(), False, [StartCluster], id="nobody knows"),
        pytest.param(ready(), False, [], id="it was ready: all was there"),
    ],
)
def test_after_a_crash_in_a_start_all_of_it_is_made_again(record: Record, applied: bool, actions: list[type]) -> None:
    assert kinds(decide(record, replace(NOT_READY, dependents_applied=applied), a_desired(), FRESH)) == actions


def test_a_start_of_which_nothing_is_to_be_seen_is_made_with_the_recorded_ids() -> None:
    record = a_starting_record()
    decision = decide(record, nothing_left(ha=NO_METADATA), a_desired(), FRESH)

    assert decision.record == record
    assert decision.requeue_after == timedelta(minutes=5) - timedelta(seconds=10), "its deadline"
    assert record.restore is not None
    assert record.start is not None
    assert decision.actions == (StartCluster(1, JOB_ID, record.restore.point, record.start.job_result_store_id),)  # type: ignore[arg-type]


def test_a_jobmanager_that_was_deleted_while_it_started_has_to_be_gone_completely_before_the_next() -> None:
    dying = nothing_left(jobmanager_pods=1, ha=NO_METADATA)
    decision = decide(a_starting_record(), dying, a_desired(), FRESH)
    assert (decision.actions, decision.record.step, decision.requeue_after) == ((), TearingDown(NOW, HaFate.KEEP), timedelta(0))

    assert decide(decision.record, dying, a_desired(), FRESH).actions == ()
    assert kinds(decide(decision.record, nothing_left(ha=NO_METADATA), a_desired(), FRESH)) == [StartCluster]


# the cluster is lost


def test_a_lost_cluster_is_started_again_from_its_metadata() -> None:
    lost = decide(ready(), nothing_left(), a_desired(), FRESH)
    assert (lost.record.step, lost.record.jobmanager) == (TearingDown(NOW, HaFate.KEEP), JobManagerStatus.MISSING)
    assert reasons(lost) == ["Missing", "RecoverDeployment"]

    cleaned = decide(lost.record, nothing_left(ha=ha(job_graphs=1)), a_desired(), FRESH)
    assert kinds(cleaned) == [RemoveJobGraphs], "an old job graph would bring the old spec back"

    again = decide(cleaned.record, nothing_left(), a_desired(), FRESH)
    assert again.record.restore is not None
    assert again.record.restore.point is not None
    assert (again.record.restore.point.source, again.record.job.job_id) == (RestoreSource.LAST_STATE, JOB_ID)


def test_a_lost_cluster_without_metadata_is_not_started_from_empty_state() -> None:
    record = ready(step=TearingDown(NOW, HaFate.KEEP))
    decision = decide(record, nothing_left(ha=NO_METADATA), a_desired(), FRESH)

    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.FAILED, "RestoreFailed", ())


def test_where_recovery_is_switched_off_somebody_has_to_help_and_is_told_so_once() -> None:
    first = decide(ready(jobmanager=JobManagerStatus.READY), nothing_left(), a_desired(recovery=False), FRESH)
    second = decide(first.record, nothing_left(), a_desired(recovery=False), FRESH)

    assert (first.record.reason, first.record.health, first.actions) == ("JobManagerMissing", Health.STALLED, ())
    assert (reasons(first), reasons(second), second.record) == (["Missing"], [], first.record)


@pytest.mark.parametrize(("start", "health"), [(a_start(since=NOW), Health.PROGRESSING), (LATE, Health.STALLED)], ids=["in time", "late"])
def test_the_wait_for_a_deployment_that_somebody_deletes_has_a_deadline(start: Any, health: Health) -> None:
    dying = replace(NOT_READY, jobmanager=a_jobmanager(terminating=True, available=False))
    decision = decide(ready(start=start), dying, a_desired(), FRESH)

    assert (decision.record.reason, decision.record.health) == ("JobManagerTerminating", health)
    assert (decision.requeue_after is None) is (health is Health.STALLED)


# another spec is wanted meanwhile


@pytest.mark.parametrize("desired", [an_upgrade(), a_suspension()], ids=["upgrade", "suspension"])
def test_a_cluster_that_never_got_ready_is_removed_for_a_new_spec(desired: Desired) -> None:
    decision = decide(a_starting_record(), NOT_READY, desired, FRESH)

    assert (decision.record.phase, decision.record.step) == (Phase.UPGRADING, TearingDown(NOW, HaFate.KEEP))
    assert kinds(decision) == [DeleteJobManager]


def test_a_jobmanager_that_is_seen_ready_only_now_is_not_removed_without_its_state() -> None:
    """The operator was away while it started: the job runs, and may have made checkpoints."""
    decision = decide(a_starting_record(), observed_job(JobState.RUNNING, ha=NO_METADATA), an_upgrade(), FRESH)

    assert (decision.record.phase, decision.record.reason) == (Phase.UPGRADING, "TakingSavepoint")


def test_an_upgrade_that_cannot_stop_the_job_follows_it_meanwhile() -> None:
    waiting = decide(ready(), observed_job(JobState.RESTARTING, ha=NO_METADATA), an_upgrade(), FRESH)
    assert (waiting.record.phase, waiting.record.reason, waiting.record.step) == (Phase.DEPLOYING, "UpgradeWaiting", WaitingToStop(NOW))

    ended = decide(waiting.record, observed_job(JobState.FAILED, ha=NO_METADATA), an_upgrade(), FRESH)
    assert (ended.record.phase, ended.record.savepoint_path) == (Phase.FAILED, CHECKPOINT)


def test_a_new_spec_is_not_waited_with_any_more_when_it_is_taken_back() -> None:
    waiting = ready(reason="UpgradeWaiting", step=WaitingToStop(NOW))
    after = decide(waiting, observed_job(JobState.RESTARTING), a_desired(), FRESH).record

    assert (after.step, after.reason) == (None, "JobRestarting")


def test_a_lost_cluster_comes_back_with_the_newest_spec() -> None:
    record = ready(step=TearingDown(NOW, HaFate.KEEP))
    after = decide(record, nothing_left(), an_upgrade(), FRESH).record

    assert (after.phase, after.reconciled) == (Phase.DEPLOYING, NEW_SPEC)


def test_a_suspension_that_comes_while_a_lost_cluster_is_cleared_away_starts_nothing() -> None:
    decision = decide(ready(step=TearingDown(NOW, HaFate.KEEP)), nothing_left(), a_suspension(), FRESH)

    assert (decision.record.phase, kinds(decision)) == (Phase.SUSPENDED, [])


def test_a_deployment_that_was_available_while_nobody_looked_may_have_state() -> None:
    was_available = replace(NOT_READY, jobmanager=a_jobmanager(available=False, was_available=True))

    assert decide(a_starting_record(), was_available, a_desired(), FRESH).record.was_ready
    assert not decide(a_starting_record(), NOT_READY, a_desired(), FRESH).record.was_ready


def test_a_start_waits_for_the_replica_set_of_the_one_before() -> None:
    left = nothing_left(replica_sets=1, ha=NO_METADATA)

    assert kinds(decide(a_starting_record(), left, a_desired(), FRESH)) == []
    assert kinds(decide(Record(), left, a_desired(), FRESH)) == []
    assert StartCluster in kinds(decide(a_starting_record(), nothing_left(ha=NO_METADATA), a_desired(), FRESH))
