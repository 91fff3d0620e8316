"""A session cluster whose high availability does not carry its jobs over has them stopped before it is deployed anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import SAVEPOINT
from tests.unit.lifecycle.builder import a_desired as a_wanted_job
from tests.unit.lifecycle.builder import a_record as a_job_record
from tests.unit.lifecycle.builder import an_upgrade as a_changed_job
from tests.unit.lifecycle.test_session import FRESH, JOB, JOBMANAGER, NOW, UPGRADE, a_desired, a_record, an_observed
from tests.unit.lifecycle.test_sessionjob import FRESH as JOB_FRESH
from tests.unit.lifecycle.test_sessionjob import NOW as JOB_NOW
from tests.unit.lifecycle.test_sessionjob import ended, seen, submitted

from flinkop.lifecycle.action import CancelJob, DeleteJobManager, StopWithSavepoint, SubmitJob
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.desired import Desired, Settings
from flinkop.lifecycle.jobsfirst import HEARD
from flinkop.lifecycle.observed import HaMetadata, Job, JobState, Observed, Referring, SnapshotFailed, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record, Start
from flinkop.lifecycle.sessionjob.decide import decide_session_job
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState, JarFailed
from flinkop.lifecycle.step import Cancelling, StoppingJobs, Submitting, TakingSavepoint, TearingDown, WaitingToStop

LONG_AGO = NOW - timedelta(hours=1)
A_WHILE_AGO = NOW - timedelta(seconds=20)
MANAGED = Referring("pageviews-job", JOB.job_id)
STRANGER = Job("e" * 32, "somebody's", JobState.RUNNING, 1, 1)
WITH_HA = a_desired().settings
WITHOUT_HA = Settings(high_availability=False, savepoint_directory=None)
STARTS = replace(JOBMANAGER, available=False, was_available=None)
LEAVING = Cluster(ClusterState.NOT_READY, "Session cluster shared is about to be deployed anew.", serves=True, leaves=True)


def changed(**changes: Any) -> Desired:
    """The wish for a changed cluster without high availability."""
    return a_desired(**{"change": UPGRADE, "settings": WITHOUT_HA, "deployed_high_availability": False, **changes})


def pass_of(record: Record, observed: Observed, desired: Desired) -> Decision:
    return decide(record, observed, desired, FRESH)


def with_jobs(*jobs: Job, **changes: Any) -> Observed:
    return an_observed(session_jobs=jobs, referring=(MANAGED, Referring("never-started")), **changes)


def test_it_waits_for_the_jobs_that_run_on_it_and_names_them() -> None:
    decision = pass_of(a_record(), with_jobs(JOB), changed())
    record = decision.record
    assert (record.phase, record.reason, record.step, record.health) == (
        Phase.RUNNING,
        "StoppingJobs",
        StoppingJobs(NOW),
        Health.PROGRESSING,
    )
    assert (decision.actions, "pageviews-job" in record.message, "never-started" in record.message) == ((), True, False)
    assert pass_of(record, with_jobs(JOB), changed()).record == record, "nothing more is written"


def test_it_is_deployed_anew_once_none_of_them_runs() -> None:
    decision = pass_of(a_record(step=StoppingJobs(A_WHILE_AGO)), with_jobs(STRANGER), changed())
    assert (type(decision.record.step), decision.actions) == (TearingDown, (DeleteJobManager(JOBMANAGER.uid),))


def test_it_waits_until_what_a_job_left_is_recorded() -> None:
    stopped = an_observed(referring=(replace(MANAGED, unsettled=True),))
    assert pass_of(a_record(step=StoppingJobs(A_WHILE_AGO)), stopped, changed()).record.step == StoppingJobs(A_WHILE_AGO)


def test_that_no_job_runs_is_believed_when_all_that_went_on_at_the_announcement_is_over() -> None:
    """The status of the cluster wakes its own pass at once: that one may be faster than a pass of a job, which is about to submit."""
    announced = pass_of(a_record(), with_jobs(), changed())
    assert (announced.record.step, announced.actions) == (StoppingJobs(NOW), ())
    at_once = decide(announced.record, with_jobs(), changed(), replace(FRESH, now=NOW + timedelta(milliseconds=20)))
    assert (at_once.record, at_once.actions) == (announced.record, ())
    assert type(decide(announced.record, with_jobs(), changed(), replace(FRESH, now=NOW + HEARD)).record.step) is TearingDown


def test_jobs_that_do_not_stop_are_told_of_and_waited_for() -> None:
    record = pass_of(a_record(step=StoppingJobs(LONG_AGO)), with_jobs(JOB), changed()).record
    assert (record.step, record.health) == (StoppingJobs(LONG_AGO), Health.STALLED)
    assert "upgradeMode stateless" in record.message


def test_a_change_that_is_taken_back_lets_the_jobs_go_on() -> None:
    record = pass_of(
        a_record(step=StoppingJobs(NOW)), with_jobs(JOB), a_desired(settings=WITHOUT_HA, deployed_high_availability=False)
    ).record
    assert (record.step, record.reason) == (None, "ClusterReady")


@pytest.mark.parametrize(
    ("record", "observed", "desired"),
    [
        pytest.param(a_record(), with_jobs(JOB), a_desired(change=UPGRADE), id="high availability carries them over"),
        pytest.param(a_record(), an_observed(session_jobs=(STRANGER,)), changed(), id="no resource names it"),
        pytest.param(
            a_record(phase=Phase.DEPLOYING, was_ready=False), Observed(STARTS, referring=(MANAGED,)), changed(), id="it was never ready"
        ),
        pytest.param(
            a_record(phase=Phase.DEPLOYING, step=WaitingToStop(LONG_AGO)),
            with_jobs(rest=Unreachable("no answer in time")),
            changed(),
            id="its JobManager has not answered for long",
        ),
        pytest.param(a_record(), Observed(referring=(MANAGED,)), changed(), id="it has no JobManager"),
    ],
)
def test_nothing_is_waited_for_where(record: Record, observed: Observed, desired: Desired) -> None:
    assert pass_of(record, observed, desired).record.phase is Phase.UPGRADING


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"settings": WITH_HA}, id="that begins with the new spec"),
        pytest.param({"deployed_high_availability": True}, id="that ends with the new spec"),
        pytest.param({"settings": WITH_HA, "deployed_high_availability": True, "version_changed": True}, id="of another Flink"),
    ],
)
def test_high_availability_does_not_carry_jobs_over(changes: dict[str, Any]) -> None:
    assert pass_of(a_record(), with_jobs(JOB), changed(**changes)).record.reason == "StoppingJobs"


def test_a_jobmanager_that_stops_to_answer_is_given_the_time_to_do_so_again() -> None:
    silent = with_jobs(rest=Unreachable("no answer in time"))
    first = pass_of(a_record(start=Start(LONG_AGO, 1, "store"), step=StoppingJobs(LONG_AGO)), silent, changed())
    assert (first.record.phase, first.record.reason, first.actions) == (Phase.DEPLOYING, "StoppingJobs", ())
    assert pass_of(first.record, silent, changed()).record.message == first.record.message
    assert "deployed anew all the same" in first.record.message


@pytest.mark.parametrize(
    ("record", "phase"),
    [
        pytest.param(a_record(step=WaitingToStop(LONG_AGO)), Phase.DEPLOYING, id="it had waited for the API server"),
        pytest.param(
            a_record(phase=Phase.DEPLOYING, step=WaitingToStop(LONG_AGO), start=Start(LONG_AGO, 1, "store", lost_at=A_WHILE_AGO)),
            Phase.DEPLOYING,
            id="it had waited for the API server, and then for this",
        ),
        pytest.param(
            a_record(phase=Phase.DEPLOYING, step=WaitingToStop(LONG_AGO), start=Start(LONG_AGO, 1, "store", lost_at=LONG_AGO)),
            Phase.UPGRADING,
            id="it has not answered for long",
        ),
    ],
)
def test_the_time_that_a_silent_jobmanager_has_begins_with_its_silence(record: Record, phase: Phase) -> None:
    assert pass_of(record, with_jobs(rest=Unreachable("no answer in time")), changed()).record.phase is phase


@pytest.mark.parametrize(
    ("step", "wish", "kept"),
    [
        pytest.param(None, a_desired(change=UPGRADE), WaitingToStop, id="with high availability"),
        pytest.param(StoppingJobs(NOW - HEARD), changed(deployed_high_availability=True), StoppingJobs, id="after its jobs were stopped"),
    ],
)
def test_it_is_not_stopped_while_flink_clears_a_job_away_that_has_ended(step: Any, wish: Desired, kept: type) -> None:
    """Its files go before its graph: a JobManager that finds the one without the other does not start, and neither does the next."""
    record = a_record(step=step)
    observed = with_jobs(ha=HaMetadata(graphs_of=frozenset({MANAGED.job_id or ""})))
    waits = pass_of(record, observed, wish)
    assert (waits.record.reason, type(waits.record.step), waits.actions) == ("StoppingJobs", kept, ())
    assert "Flink clears the high-availability metadata of jobs that have ended: pageviews-job." in waits.record.message
    assert pass_of(waits.record, observed, wish).record == waits.record
    cleared = with_jobs(ha=HaMetadata(graphs_of=frozenset({STRANGER.job_id})))
    for_ever = replace(record, step=replace(waits.record.step, since=LONG_AGO))  # type: ignore[type-var]
    for again in (pass_of(waits.record, cleared, wish), pass_of(for_ever, observed, wish)):
        assert isinstance(again.record.step, TearingDown)


# what a job makes of it


@pytest.mark.parametrize(
    ("mode", "action", "step"),
    [("savepoint", StopWithSavepoint, TakingSavepoint), ("last-state", CancelJob, Cancelling), ("stateless", CancelJob, Cancelling)],
)
def test_a_job_stops_as_its_mode_says_when_its_cluster_goes(mode: str, action: type, step: type) -> None:
    wish = a_wanted_job(leaves=True, upgrade_mode=mode)
    decision = decide_session_job(a_job_record(), seen(cluster=LEAVING, jar=None), wish, JOB_FRESH)
    assert (decision.record.phase, type(decision.record.step)) == (Phase.UPGRADING, step)
    assert [type(one) for one in decision.actions] == [action]
    assert "session cluster is deployed anew" in decision.record.message


def test_state_is_moved_to_another_flink_with_a_savepoint_though_the_mode_is_last_state() -> None:
    wish = a_wanted_job(leaves=True, upgrade_mode="last-state", version_changed=True)
    decision = decide_session_job(a_job_record(), seen(cluster=LEAVING, jar=None), wish, JOB_FRESH)
    assert [type(one) for one in decision.actions] == [StopWithSavepoint]


def test_it_waits_for_the_cluster_and_goes_on_from_where_it_was_stopped() -> None:
    stopped = a_job_record(phase=Phase.UPGRADING, step=None, savepoint_path=SAVEPOINT)
    stopped = replace(stopped, job=replace(stopped.job, state=JobState.FINISHED))
    waits = decide_session_job(stopped, ended(JobState.FINISHED, cluster=LEAVING, jar=None), a_wanted_job(leaves=True), JOB_FRESH)
    assert (waits.record.reason, waits.actions) == ("WaitingForCluster", ())
    back = decide_session_job(waits.record, seen(job=None), a_wanted_job(), JOB_FRESH)
    submission = next(one for one in back.actions if isinstance(one, SubmitJob))
    assert (submission.restore.path, back.record.reconciled) == (SAVEPOINT, stopped.reconciled)


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.DEPLOYING])
def test_a_job_that_has_ended_by_itself_is_not_started_again_for_that(phase: Phase) -> None:
    observed = ended(JobState.FINISHED, cluster=LEAVING, jar=None)
    assert decide_session_job(a_job_record(phase=phase), observed, a_wanted_job(leaves=True), JOB_FRESH).record.phase is Phase.FINISHED


def test_a_job_whose_savepoint_fails_says_that_its_cluster_waits_for_it() -> None:
    """Nobody has changed its spec: without that its status is a riddle, and so is that of the cluster which names it."""
    stopping = a_job_record(phase=Phase.UPGRADING, step=TakingSavepoint(NOW, "t"), health=Health.PROGRESSING)
    failed = seen(cluster=LEAVING, jar=None, savepoint=SnapshotFailed("no space left"))
    record = decide_session_job(stopping, failed, a_wanted_job(leaves=True), JOB_FRESH).record
    assert (record.phase, record.reason) == (Phase.RUNNING, "SavepointFailed")
    assert "its session cluster, which is to be deployed anew, waits for it" in record.message
    assert "session cluster" not in decide_session_job(stopping, failed, a_changed_job(), JOB_FRESH).record.message


def test_the_event_of_a_stop_says_that_it_is_for_the_cluster() -> None:
    decision = decide_session_job(a_job_record(), seen(cluster=LEAVING, jar=None), a_wanted_job(leaves=True), JOB_FRESH)
    assert [(one.reason, "session cluster" in one.message) for one in decision.events] == [("Suspended", True)]


def test_a_job_that_cannot_be_stopped_goes_on_and_says_why() -> None:
    observed = seen(cluster=LEAVING, jar=None)
    wish = a_wanted_job(leaves=True, upgrade_mode="last-state", checkpoints_retained=False)
    record = decide_session_job(a_job_record(), observed, wish, JOB_FRESH).record
    assert (record.phase, record.reason) == (Phase.RUNNING, "UpgradeWaiting")
    assert record.message.startswith("The session cluster waits to be deployed anew, and the job cannot be stopped for that: ")
    assert "externalized-checkpoint-retention" in record.message


@pytest.mark.parametrize(
    ("wish", "is_a_way_out"),
    [({"suspended": True}, False), ({"upgrade_mode": "stateless"}, True), ({"deleting": True}, True)],
    ids=["suspended", "stateless", "deleted"],
)
def test_the_ways_out_that_a_cluster_names_for_a_job_that_cannot_be_stopped_are_such(wish: dict[str, Any], is_a_way_out: bool) -> None:
    held = {"leaves": True, "upgrade_mode": "last-state", "checkpoints_retained": False}
    decision = decide_session_job(a_job_record(), seen(cluster=LEAVING, jar=None), a_wanted_job(**{**held, **wish}), JOB_FRESH)
    assert any(isinstance(action, CancelJob) for action in decision.actions) is is_a_way_out
    told = pass_of(a_record(step=StoppingJobs(LONG_AGO)), with_jobs(JOB), changed()).record.message
    assert "suspend" not in told.lower()


def test_a_changed_job_does_not_wait_for_its_jar_when_its_cluster_goes() -> None:
    wish = a_changed_job(leaves=True)
    decision = decide_session_job(a_job_record(), seen(cluster=LEAVING, jar=None), wish, JOB_FRESH)
    assert decision.record.phase is Phase.UPGRADING
    assert decide_session_job(a_job_record(), seen(jar=JarFailed("x")), a_changed_job(), JOB_FRESH).record.phase is Phase.RUNNING


def test_a_submission_of_which_nothing_was_seen_is_not_repeated_on_a_cluster_that_goes() -> None:
    begun = JOB_NOW - timedelta(hours=2)
    late = submitted(start=Start(begun, 1, "store"), step=Submitting(begun))
    decision = decide_session_job(late, seen(cluster=LEAVING, job=None, jar=None), a_wanted_job(leaves=True), JOB_FRESH)
    assert (decision.record.reason, decision.actions) == ("SubmissionGivenUp", ())
