"""A session cluster's life: no job of its own, and jobs of others that may keep it from being deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flinkop.lifecycle.action import DeleteJobManager, RemoveFinalizer, StartSession
from flinkop.lifecycle.condition import conditions
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired, Settings
from flinkop.lifecycle.established import lifecycle_state
from flinkop.lifecycle.observed import Answered, HaMetadata, Job, JobManager, JobState, Observed, Referring, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record, Start
from flinkop.lifecycle.specdiff import NO_CHANGE, Change, Effect
from flinkop.lifecycle.statusreader import read_record
from flinkop.lifecycle.statuswriter import Scale, write_status
from flinkop.lifecycle.step import HaFate, TearingDown, WaitingForJobs

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
FRESH = Fresh(NOW, "a" * 32, "b" * 32, "c" * 32)
SPEC = {"flinkVersion": "v1_20", "job": None}
JOBMANAGER = JobManager("uid", 1, True, False, NOW)
JOB = Job("d" * 32, "pageviews", JobState.RUNNING, 1, 1)
UPGRADE = Change(Effect.UPGRADE, ("image",))


def a_desired(**changes: Any) -> Desired:
    settings = Settings(high_availability=True, savepoint_directory=None)
    wish = Desired(1, SPEC, NO_CHANGE, False, "stateless", settings, deployed_high_availability=True, session=True)
    return replace(wish, **changes)


def a_record(**changes: Any) -> Record:
    record = Record(Phase.RUNNING, "ClusterReady", reconciled=SPEC, start=Start(NOW, 1, "store"), was_ready=True, generation=1)
    return replace(record, jobmanager=JobManagerStatus.READY, **changes)


def an_observed(**changes: Any) -> Observed:
    return replace(Observed(jobmanager=JOBMANAGER, jobmanager_pods=1, rest=Answered(), ha=HaMetadata()), **changes)


def decided(record: Record, observed: Observed, desired: Desired | None = None) -> Decision:
    return decide(record, observed, desired or a_desired(), FRESH)


def test_it_is_started_without_a_job() -> None:
    decision = decided(Record(), Observed(ha=HaMetadata()))
    assert decision.record.phase is Phase.DEPLOYING
    assert decision.actions == (StartSession(1, "c" * 32),)
    assert decision.record.job.job_id is None


def test_it_is_well_when_its_jobmanager_answers() -> None:
    starting = a_record(phase=Phase.DEPLOYING, reason="ClusterStarting", was_ready=False)
    record = decided(starting, an_observed()).record
    assert (record.phase, record.health, lifecycle_state(record)) == (Phase.RUNNING, Health.SETTLED, "STABLE")
    running = {found.type: found for found in conditions(record)}["Running"]
    assert (running.status, running.reason) == (True, "JobManagerReady")


def test_it_shows_no_state_of_a_job_after_its_jobmanager_was_lost() -> None:
    lost = decided(a_record(), an_observed(rest=Unreachable("hangs"))).record
    back = decided(lost, an_observed()).record
    assert (lost.phase, back.phase, back.job) == (Phase.DEPLOYING, Phase.RUNNING, JobRecord())


def test_at_rest_nothing_changes() -> None:
    settled = decided(a_record(), an_observed()).record
    again = decided(settled, an_observed())
    assert (again.record, again.actions, again.events) == (settled, (), ())


def test_a_start_that_was_cut_off_is_made_again() -> None:
    starting = a_record(phase=Phase.DEPLOYING, was_ready=False)
    assert decided(starting, Observed(ha=HaMetadata())).actions == (StartSession(1, "store"),)


def test_a_changed_spec_deploys_it_anew_and_keeps_the_metadata_of_its_jobs() -> None:
    decision = decided(a_record(), an_observed(), a_desired(change=UPGRADE))
    assert isinstance(decision.record.step, TearingDown)
    assert (decision.record.phase, decision.record.step.ha, decision.actions) == (
        Phase.UPGRADING,
        HaFate.KEEP,
        (DeleteJobManager("uid"),),
    )
    gone = Observed(ha=HaMetadata(exists=True, checkpoints=3, job_graphs=2, config_maps=3))
    assert decided(decision.record, gone, a_desired(change=UPGRADE)).actions == (StartSession(1, "c" * 32),)


def test_a_lost_jobmanager_is_started_again() -> None:
    lost = decided(a_record(), Observed(ha=HaMetadata()))
    assert lost.record.phase is Phase.DEPLOYING
    assert decided(lost.record, Observed(ha=HaMetadata())).actions == (StartSession(1, "c" * 32),)


def test_one_that_does_not_answer_is_waited_for() -> None:
    record = decided(a_record(), an_observed(rest=Unreachable("no answer in time"))).record
    assert (record.phase, record.reason, record.health) == (Phase.DEPLOYING, "JobManagerNotAnswering", Health.PROGRESSING)


def test_it_is_not_deleted_while_jobs_run_on_it() -> None:
    decision = decided(a_record(), an_observed(session_jobs=(JOB,)), a_desired(deleting=True))
    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.DELETING, "JobsRunning", ())
    assert "pageviews" in decision.record.message
    assert "block-on-unmanaged-jobs" in decision.record.message
    assert [event.reason for event in decision.events] == ["CleanupFailed"]
    again = decided(decision.record, an_observed(session_jobs=(JOB,)), a_desired(deleting=True))
    assert (again.record, again.events) == (decision.record, ())


ALLOWED = Settings(high_availability=True, savepoint_directory=None, block_on_unmanaged_jobs=False)
LET_GO = Settings(high_availability=True, savepoint_directory=None, block_on_session_jobs=False)
MANAGED = Referring("sj", JOB.job_id)
STRANGER = Job("e" * 32, "by-hand", JobState.RUNNING, 1, 1)


@pytest.mark.parametrize(
    ("observed", "desired"),
    [
        pytest.param(an_observed(), a_desired(deleting=True), id="no job runs"),
        pytest.param(an_observed(session_jobs=(JOB,)), a_desired(deleting=True, settings=ALLOWED), id="the option allows it"),
        pytest.param(
            an_observed(jobmanager=replace(JOBMANAGER, available=False)), a_desired(deleting=True), id="no JobManager runs any job"
        ),
        pytest.param(
            an_observed(session_jobs=(JOB,), referring=(MANAGED,)),
            a_desired(deleting=True, settings=LET_GO),
            id="the jobs are those of resources that may not hold it",
        ),
    ],
)
def test_its_deletion_goes_on_when_nothing_keeps_it(observed: Observed, desired: Desired) -> None:
    waiting = a_record(phase=Phase.DELETING, step=WaitingForJobs(NOW))
    assert decided(waiting, observed, desired).actions == (DeleteJobManager("uid"),)
    assert decided(a_record(), observed, desired).actions == (DeleteJobManager("uid"),)


@pytest.mark.parametrize("referring", [(MANAGED, Referring("new")), ()])
def test_jobs_of_no_resource_that_names_it_hold_it_and_are_named_alone(referring: tuple[Referring, ...]) -> None:
    jobs = (JOB, STRANGER) if referring else (STRANGER,)
    record = decided(a_record(), an_observed(session_jobs=jobs, referring=referring), a_desired(deleting=True, settings=LET_GO)).record
    assert record.reason == "JobsRunning"
    assert "by-hand" in record.message
    assert "pageviews" not in record.message


def test_resources_that_name_it_hold_it_even_without_a_job() -> None:
    record = decided(a_record(), an_observed(referring=(Referring("new"), MANAGED)), a_desired(deleting=True)).record
    assert "new, sj" in record.message
    assert "block-on-session-jobs" in record.message


def test_a_jobmanager_that_hangs_does_not_hold_a_deletion_for_ever() -> None:
    silent, desired = an_observed(rest=Unreachable("no answer in time")), a_desired(deleting=True)
    began = decided(a_record(), silent, desired)
    assert (began.actions, began.record.health) == ((), Health.STALLED)
    late = a_record(phase=Phase.DELETING, step=WaitingForJobs(NOW - timedelta(minutes=5)))
    assert decided(late, silent, desired).actions == (DeleteJobManager("uid"),)


def test_a_deleted_one_lets_go_when_all_is_gone() -> None:
    torn = a_record(phase=Phase.DELETING, step=TearingDown(NOW, HaFate.REMOVE))
    assert decided(torn, Observed(ha=HaMetadata()), a_desired(deleting=True)).actions == (RemoveFinalizer(),)


def test_its_waiting_for_jobs_is_written_and_read() -> None:
    record = a_record(phase=Phase.DELETING, step=WaitingForJobs(NOW))
    assert read_record(write_status(record, {}, Scale("", 0), NOW)).step == record.step
