"""A job on a session cluster that ended unseen, and that its JobManager has forgotten, is told from one that was lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.lifecycle.builder import (
    FRESH,
    JOB_ID,
    NO_METADATA,
    NOW,
    SAVEPOINT,
    a_desired,
    a_job,
    a_record,
    a_redeployment,
    a_start,
    a_suspension,
    an_upgrade,
    ha,
    kinds,
    reasons,
)
from tests.unit.lifecycle.test_sessionjob import JAR, READY

from flinkop.lifecycle.action import SubmitJob
from flinkop.lifecycle.decision import EventType
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Answered, HaMetadata, JobState, NotAsked, Observed, Rest, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobRecord, Record
from flinkop.lifecycle.restore import RestorePoint, RestoreSource
from flinkop.lifecycle.sessionjob.decide import decide_session_job
from flinkop.lifecycle.sessionjob.forgotten import is_forgotten
from flinkop.lifecycle.sessionjob.question import needs_age_of_jobmanager
from flinkop.lifecycle.sessionjob.seen import SessionObserved
from flinkop.lifecycle.specdiff import Change, Effect

HOURS = timedelta(hours=1)
BEGAN = NOW - 3 * HOURS
MILLISECONDS = int(BEGAN.timestamp() * 1000)
SINCE = BEGAN - HOURS
STATELESS: dict[str, Any] = {"upgrade_mode": "stateless", "deployed_high_availability": False}
STATEFUL: dict[str, Any] = {"deployed_high_availability": False}


def a_missing_record(**changes: Any) -> Record:
    """A job that ran, and was not there at the look before."""
    job = JobRecord(JOB_ID, "job", JobState.RECONCILING, MILLISECONDS, MILLISECONDS)
    return a_record(**{"phase": Phase.DEPLOYING, "reason": "JobNotFound", "health": Health.PROGRESSING, "job": job, **changes})


def unknown(**changes: Any) -> SessionObserved:
    """The JobManager, which is older than the job, does not know it."""
    return replace(SessionObserved(cluster=READY, rest=Answered(), jar=JAR, jobmanager_since=SINCE), **changes)


SEEN_ON_ITS_WAY = a_missing_record(job=JobRecord(JOB_ID, "job", JobState.RECONCILING), start=a_start(since=BEGAN))


@pytest.mark.parametrize(
    ("record", "observed", "wish", "forgotten"),
    [
        pytest.param(a_missing_record(), unknown(), STATELESS, True, id="older than the job"),
        pytest.param(a_missing_record(), unknown(jobmanager_since=BEGAN - timedelta(seconds=5)), STATELESS, True, id="clearly older"),
        pytest.param(a_missing_record(), unknown(jobmanager_since=BEGAN - timedelta(seconds=4)), STATELESS, False, id="perhaps older"),
        pytest.param(a_missing_record(), unknown(jobmanager_since=BEGAN + HOURS), STATELESS, False, id="another process"),
        pytest.param(a_missing_record(), unknown(jobmanager_since=None), STATELESS, False, id="nobody knows which process"),
        pytest.param(SEEN_ON_ITS_WAY, unknown(), STATELESS, True, id="older than the submission of a job never seen running"),
        pytest.param(SEEN_ON_ITS_WAY, unknown(jobmanager_since=BEGAN), STATELESS, False, id="perhaps not older than the submission"),
        pytest.param(replace(SEEN_ON_ITS_WAY, start=None), unknown(), STATELESS, False, id="nobody knows when the job began"),
        pytest.param(a_missing_record(), unknown(job=a_job()), STATELESS, False, id="it is there"),
        pytest.param(a_missing_record(), unknown(ha=NO_METADATA), {}, True, id="it has no metadata left"),
        pytest.param(a_missing_record(), unknown(ha=ha()), {}, False, id="its metadata bring it back"),
        pytest.param(a_missing_record(), unknown(), {}, False, id="its metadata were not looked at"),
    ],
)
def test_a_job_is_forgotten_when_the_jobmanager_that_does_not_know_it_is_older(
    record: Record, observed: SessionObserved, wish: dict[str, Any], forgotten: bool
) -> None:
    assert is_forgotten(record, observed, a_desired(**wish)) is forgotten


@given(st.integers(-100, 100), st.integers(-4, 4), st.integers(1, 100))
def test_a_job_that_ran_under_another_process_is_not_taken_for_forgotten_where_clocks_differ_by_seconds(
    age: int, skew: int, later: int
) -> None:
    """The other process began `later` than the job, in the time of a node whose clock differs, in whole seconds that are rounded down."""
    began = BEGAN + timedelta(seconds=age, milliseconds=999)
    since = (began + timedelta(seconds=later + skew)).replace(microsecond=0)
    record = a_missing_record(job=JobRecord(JOB_ID, "job", JobState.RECONCILING, int(began.timestamp() * 1000)))
    assert not is_forgotten(record, unknown(jobmanager_since=since), a_desired(**STATELESS))


@pytest.mark.parametrize(
    ("wish", "observed", "ways_out"),
    [
        pytest.param(STATELESS, unknown(), ["To run it again, raise spec.restartNonce."], id="stateless"),
        pytest.param(
            {**STATELESS, "deployed_high_availability": True},
            unknown(ha=NO_METADATA),
            ["To run it again, raise spec.restartNonce."],
            id="with HA",
        ),
        pytest.param(
            {"checkpoint_directory": "s3://c", "deployed_high_availability": False},
            unknown(),
            [
                f"s3://c/{JOB_ID}",
                "spec.job.initialSavepointPath",
                "spec.job.savepointRedeployNonce",
                "stateless and raise spec.restartNonce",
            ],
            id="with state",
        ),
    ],
)
def test_a_forgotten_job_is_not_run_again_and_people_are_told_why(
    wish: dict[str, Any], observed: SessionObserved, ways_out: list[str]
) -> None:
    decision = decide_session_job(a_missing_record(), observed, a_desired(**wish), FRESH)
    after, (event,) = decision.record, decision.events
    assert (after.phase, after.reason, after.health, after.step) == (Phase.FAILED, "JobNotFound", Health.STALLED, None)
    assert (decision.actions, event.reason, event.type, event.message) == ((), "Missing", EventType.WARNING, after.message)
    assert f"does not know job {JOB_ID} any more, although it has run since before the job began" in after.message
    assert "jobstore.expiration-time" in after.message
    assert [way for way in ways_out if way not in after.message] == []
    assert after.failure == after.message


def test_a_job_that_is_not_there_is_looked_for_once_more_before_it_counts_as_forgotten() -> None:
    """The caches may be a moment behind a JobManager that has restarted."""
    first = decide_session_job(a_missing_record(phase=Phase.RUNNING), unknown(), a_desired(**STATELESS), FRESH).record
    assert (first.phase, first.reason, first.job.start_time) == (Phase.DEPLOYING, "JobNotFound", MILLISECONDS)
    second = decide_session_job(first, unknown(), a_desired(**STATELESS), FRESH)
    assert (second.record.phase, second.actions) == (Phase.FAILED, ())


REST = decide_session_job(a_missing_record(), unknown(), a_desired(**STATELESS), FRESH).record
IGNORED = Change(Effect.IGNORE, ("job.savepointTriggerNonce",))


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param(a_desired(**STATELESS), id="nothing is changed"),
        pytest.param(a_desired(generation=2, change=IGNORED, **STATELESS), id="what restarts no job is changed"),
        pytest.param(a_desired(restart_failed=True, **STATELESS), id="failed jobs are started again"),
    ],
)
@pytest.mark.parametrize("since", [SINCE, NOW, None], ids=["the same JobManager", "another one", "which one is not known"])
def test_a_forgotten_job_rests(wish: Desired, since: Any) -> None:
    decision = decide_session_job(REST, unknown(jobmanager_since=since), wish, FRESH)
    assert (decision.record, decision.actions, decision.events) == (replace(REST, generation=wish.generation), (), ())


@pytest.mark.parametrize(
    ("wish", "restored"),
    [
        pytest.param(
            an_upgrade(change=Change(Effect.UPGRADE, ("restartNonce",)), **STATELESS), RestorePoint(RestoreSource.EMPTY), id="empty"
        ),
        pytest.param(a_redeployment(**STATEFUL), RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT), id="from a path"),
        pytest.param(an_upgrade(change=Change(Effect.UPGRADE, ("restartNonce",)), **STATEFUL), None, id="state that is not known"),
    ],
)
def test_a_forgotten_job_runs_again_when_somebody_asks_for_it(wish: Desired, restored: RestorePoint | None) -> None:
    asked = decide_session_job(REST, unknown(), wish, FRESH).record
    decision = decide_session_job(asked, unknown(), wish, FRESH)
    if restored is None:
        assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.FAILED, "RestoreFailed", ())
        return
    (action,) = decision.actions
    assert isinstance(action, SubmitJob)
    assert (action.restore, action.job_id, decision.record.phase) == (restored, FRESH.job_id, Phase.DEPLOYING)


def test_a_forgotten_job_makes_way_for_a_spec_that_waits_already() -> None:
    upgrade = decide_session_job(a_missing_record(), unknown(), an_upgrade(**STATELESS), FRESH).record
    assert upgrade.phase is Phase.UPGRADING
    assert kinds(decide_session_job(upgrade, unknown(), an_upgrade(**STATELESS), FRESH)) == [SubmitJob]
    suspension = decide_session_job(a_missing_record(), unknown(), a_suspension(**STATELESS), FRESH).record
    assert decide_session_job(suspension, unknown(), a_suspension(**STATELESS), FRESH).record.phase is Phase.SUSPENDED


def test_a_forgotten_job_can_be_deleted() -> None:
    decision = decide_session_job(REST, unknown(), a_desired(deleting=True, savepoint_on_deletion=True, **STATELESS), FRESH)
    assert [kind.__name__ for kind in kinds(decision)] == ["RemoveFinalizer"]


def test_a_job_that_was_lost_is_submitted_again() -> None:
    lost = decide_session_job(a_missing_record(), unknown(jobmanager_since=NOW), a_desired(**STATELESS), FRESH)
    assert (lost.record.phase, lost.record.reason, reasons(lost)) == (Phase.UPGRADING, "JobLost", ["Missing"])


@pytest.mark.parametrize(
    ("phase", "was_ready", "rest", "job", "asked"),
    [
        pytest.param(Phase.DEPLOYING, True, Answered(), None, True, id="a job that was there is missing"),
        pytest.param(Phase.DEPLOYING, True, Answered(), a_job(), False, id="it is there"),
        pytest.param(Phase.DEPLOYING, False, Answered(), None, False, id="it never was"),
        pytest.param(Phase.DEPLOYING, True, Unreachable("hangs"), None, False, id="nobody tells"),
        pytest.param(Phase.DEPLOYING, True, NotAsked(), None, False, id="nobody was asked"),
        pytest.param(Phase.RUNNING, True, Answered(), None, False, id="it is looked for once more first"),
        pytest.param(Phase.FAILED, True, Answered(), None, False, id="at rest"),
    ],
)
def test_how_old_the_jobmanager_is_matters_only_while_a_job_is_missing(
    phase: Phase, was_ready: bool, rest: Rest, job: Any, asked: bool
) -> None:
    record = a_record(phase=phase, was_ready=was_ready)
    assert needs_age_of_jobmanager(record, Observed(rest=rest, job=job, ha=HaMetadata())) is asked
