"""Rollback: a spec that does not become stable gives way to the last one that was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FRESH,
    FROM_SAVEPOINT,
    LATE,
    NEW_SPEC,
    NO_METADATA,
    NOW,
    REFUSED,
    SPEC,
    a_desired,
    a_jobmanager,
    a_rejected_record,
    a_start,
    an_ended_record,
    an_observed,
    an_upgrade,
    ha,
    kinds,
    nothing_left,
    observed_job,
    reasons,
    suspended,
)

from flinkop.lifecycle.action import DeleteHaMetadata, DeleteJobManager, StartCluster
from flinkop.lifecycle.condition import conditions
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import JobState, NotAsked, Observed, Trouble
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.question import Question, questions
from flinkop.lifecycle.record import Health, Record, Rollback
from flinkop.lifecycle.specdiff import Change, Effect
from flinkop.lifecycle.step import HaFate, TearingDown

NOT_READY = an_observed(jobmanager=a_jobmanager(available=False), rest=NotAsked(), job=None, ha=NO_METADATA)
RESTARTING = observed_job(JobState.RESTARTING, ha=ha(0))
ENDED_JUST_NOW = observed_job(JobState.FAILED, checkpoints=None)
REFUSED_START = an_ended_record(restore=REFUSED, reconciled=NEW_SPEC, stable=SPEC)
ENDED = {state: an_ended_record(state, start=LATE, reconciled=NEW_SPEC) for state in (JobState.FINISHED, JobState.CANCELED)}
ROLLBACK = Rollback(2, NEW_SPEC, "it broke")


def the_newest(**changes: Any) -> Desired:
    """What was written is what is deployed."""
    return a_desired(**{"generation": 2, "spec": NEW_SPEC, "rollback": True, **changes})


def the_stable(**changes: Any) -> Desired:
    """The last stable spec in the place of the newest."""
    change = Change(Effect.UPGRADE, ("job.args",))
    return a_desired(**{"generation": 2, "spec": SPEC, "change": change, "rollback": True, "rolled_back": True, **changes})


@pytest.mark.parametrize(
    ("record", "observed"),
    [
        pytest.param(a_rejected_record(), NOT_READY, id="its JobManager never got ready"),
        pytest.param(a_rejected_record(), replace(NOT_READY, trouble=Trouble("ImagePullBackOff", "no image")), id="it has no image"),
        pytest.param(a_rejected_record(was_ready=True, savepoint_path=None), RESTARTING, id="its job restarts, and has made no checkpoint"),
        pytest.param(a_rejected_record(was_ready=True), observed_job(JobState.RESTARTING), id="its job restarts, and has checkpoints"),
        pytest.param(
            an_ended_record(start=a_start(since=NOW, generation=2), reconciled=NEW_SPEC, savepoint_path=None),
            observed_job(JobState.FAILED),
            id="its job failed",
        ),
    ],
)
def test_a_spec_that_does_not_become_stable_is_rolled_back(record: Record, observed: Observed) -> None:
    decision = decide(record, observed, the_newest(), FRESH)

    assert decision.record.phase is Phase.ROLLING_BACK
    assert (kinds(decision), reasons(decision)) == ([DeleteJobManager], ["Rollback"])
    assert decision.record.step == TearingDown(NOW, HaFate.KEEP)
    assert decision.record.rollback is not None
    assert (decision.record.rollback.generation, decision.record.rollback.rejected) == (2, NEW_SPEC)
    assert decision.record.rollback.cause in decision.record.message


@pytest.mark.parametrize(
    ("record", "observed", "desired"),
    [
        pytest.param(a_rejected_record(), NOT_READY, the_newest(rollback=False), id="the option is off"),
        pytest.param(a_rejected_record(start=a_start(since=NOW)), NOT_READY, the_newest(), id="there is time left"),
        pytest.param(a_rejected_record(stable=None), NOT_READY, the_newest(), id="nothing was ever stable"),
        pytest.param(a_rejected_record(stable=NEW_SPEC), NOT_READY, the_newest(), id="it was stable"),
        pytest.param(a_rejected_record(stable=suspended(SPEC)), NOT_READY, the_newest(), id="the stable one was suspended"),
        pytest.param(a_rejected_record(stable={**SPEC, "flinkVersion": "v1_19"}), NOT_READY, the_newest(), id="another Flink version"),
        pytest.param(a_rejected_record(), an_observed(), the_newest(), id="its job runs at last"),
        pytest.param(a_rejected_record(rollback=ROLLBACK), NOT_READY, the_newest(rolled_back=True), id="it was rolled back before"),
        pytest.param(a_rejected_record(was_ready=True), ENDED_JUST_NOW, the_newest(), id="what its job left is not known yet"),
        pytest.param(ENDED[JobState.FINISHED], observed_job(JobState.FINISHED), the_newest(), id="its job finished"),
        pytest.param(ENDED[JobState.CANCELED], observed_job(JobState.CANCELED), the_newest(), id="its job was cancelled"),
        pytest.param(
            a_rejected_record(was_ready=True, savepoint_path=None),
            replace(RESTARTING, ha=NO_METADATA),
            the_newest(),
            id="no state is known to be safe",
        ),
        pytest.param(
            REFUSED_START,
            nothing_left(ha=NO_METADATA),
            the_newest(),
            id="no start was safe",
        ),
    ],
)
def test_nothing_is_rolled_back_when(record: Record, observed: Observed, desired: Desired) -> None:
    assert decide(record, observed, desired, FRESH).record.phase is not Phase.ROLLING_BACK


def test_where_nothing_else_is_known_the_cause_is_the_time() -> None:
    decision = decide(a_rejected_record(), NOT_READY, the_newest(), FRESH)
    assert decision.record.rollback is not None
    assert decision.record.rollback.cause.startswith("its job did not run within 300 s")


def test_a_job_that_finished_before_it_was_seen_running_was_stable() -> None:
    record = a_rejected_record(was_ready=True, start=a_start(since=NOW))
    assert decide(record, observed_job(JobState.FINISHED), the_newest(), FRESH).record.stable == NEW_SPEC
    assert decide(record, observed_job(JobState.CANCELED), the_newest(), FRESH).record.stable == SPEC


def test_a_failed_job_is_rolled_back_from_the_path_it_left_and_not_from_older_metadata() -> None:
    failed = an_ended_record(reconciled=NEW_SPEC, stable=SPEC, savepoint_path=CHECKPOINT, start=LATE, restore=FROM_SAVEPOINT)
    rolling = decide(failed, observed_job(JobState.FAILED, ha=ha(2)), the_newest(), FRESH).record
    assert rolling.step == TearingDown(NOW, HaFate.REMOVE)
    cleaned = decide(rolling, nothing_left(ha=ha(2, job_graphs=0)), the_stable(), FRESH)
    assert kinds(cleaned) == [DeleteHaMetadata]
    started = decide(cleaned.record, nothing_left(ha=NO_METADATA), the_stable(), FRESH).actions[-1]
    assert isinstance(started, StartCluster)
    assert started.restore.path == CHECKPOINT


def test_a_newer_spec_is_tried_rather_than_an_old_one() -> None:
    assert decide(a_rejected_record(), NOT_READY, an_upgrade(generation=3, rollback=True), FRESH).record.phase is Phase.UPGRADING


def test_the_stable_spec_is_started_from_the_state_that_the_rejected_one_was_started_from() -> None:
    record = a_rejected_record(phase=Phase.ROLLING_BACK, step=TearingDown(NOW, HaFate.KEEP), rollback=ROLLBACK)
    decision = decide(record, nothing_left(ha=NO_METADATA), the_stable(), FRESH)

    assert decision.record.phase is Phase.DEPLOYING
    assert (decision.record.reconciled, decision.record.rollback) == (SPEC, replace(ROLLBACK, deployed=True))
    assert isinstance(decision.actions[-1], StartCluster)
    assert decision.actions[-1].restore == FROM_SAVEPOINT.point


def test_a_rollback_waits_until_the_rejected_cluster_is_gone() -> None:
    record = a_rejected_record(phase=Phase.ROLLING_BACK, step=TearingDown(NOW, HaFate.KEEP), rollback=ROLLBACK)
    decision = decide(record, replace(nothing_left(), jobmanager_pods=1), the_stable(), FRESH)
    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.ROLLING_BACK, "StoppingCluster", ())


def test_a_jobmanager_that_gets_ready_at_the_last_moment_gets_another_chance() -> None:
    """Its job may make state from now on: it has to be stopped in order."""
    record = a_rejected_record(phase=Phase.ROLLING_BACK, step=TearingDown(NOW, HaFate.KEEP), rollback=ROLLBACK)
    decision = decide(record, an_observed(ha=NO_METADATA), the_stable(), FRESH)
    assert (decision.record.phase, decision.record.rollback, decision.actions) == (Phase.DEPLOYING, None, ())


ROLLED_BACK = a_rejected_record(
    phase=Phase.RUNNING, reconciled=SPEC, was_ready=True, savepoint_path=None, start=LATE, rollback=replace(ROLLBACK, deployed=True)
)


def test_a_job_that_was_rolled_back_runs_and_is_not_what_was_asked_for() -> None:
    decision = decide(ROLLED_BACK, an_observed(), the_stable(change=a_desired().change), FRESH)

    assert (decision.record.phase, decision.record.reason, decision.record.health) == (Phase.RUNNING, "RolledBack", Health.STALLED)
    assert "it broke" in decision.record.message
    states = {condition.type: condition.status for condition in conditions(decision.record)}
    assert states == {"Ready": False, "Reconciling": False, "Stalled": True, "Running": True}


def test_a_job_that_was_rolled_back_is_at_rest() -> None:
    desired = the_stable(change=a_desired().change)
    first = decide(ROLLED_BACK, an_observed(), desired, FRESH)
    again = decide(first.record, an_observed(), desired, FRESH)
    assert (again.record, again.actions, again.events) == (first.record, (), ())


def test_a_changed_spec_ends_a_rollback() -> None:
    decision = decide(ROLLED_BACK, an_observed(), an_upgrade(generation=3, rollback=True), FRESH)
    assert (decision.record.phase, decision.record.rollback) == (Phase.UPGRADING, None)


def test_going_back_to_the_stable_spec_by_hand_ends_a_rollback_without_a_restart() -> None:
    decision = decide(ROLLED_BACK, an_observed(), a_desired(generation=3, rollback=True), FRESH)
    assert (decision.record.phase, decision.record.reason, decision.record.rollback) == (Phase.RUNNING, "JobRunning", None)
    assert decision.record.health is Health.SETTLED


def test_metadata_are_asked_for_only_where_a_rollback_may_need_them() -> None:
    assert Question.HA_METADATA in questions(a_rejected_record(), the_newest(), jobmanager_exists=True)
    assert Question.HA_METADATA not in questions(ROLLED_BACK, the_stable(change=a_desired().change), jobmanager_exists=True)


def test_the_last_checkpoint_of_the_rejected_job_is_what_the_stable_one_starts_from() -> None:
    failed = an_ended_record(
        phase=Phase.ROLLING_BACK,
        reconciled=NEW_SPEC,
        stable=SPEC,
        start=LATE,
        step=TearingDown(NOW, HaFate.KEEP),
        rollback=ROLLBACK,
        job=replace(a_rejected_record().job, state=JobState.FAILED),
    )
    decision = decide(failed, nothing_left(ha=NO_METADATA), the_stable(), FRESH)
    assert decision.record.restore is not None
    assert decision.record.restore.point is not None
    assert decision.record.restore.point.path == CHECKPOINT


def test_the_job_of_a_session_is_nobodys_to_roll_back_but_its_cluster_is() -> None:
    stable = {"flinkVersion": "v1_20", "job": None}
    record = a_rejected_record(reconciled={**stable, "image": "bad"}, stable=stable)
    decision = decide(record, NOT_READY, the_newest(session=True, spec=record.reconciled), FRESH)
    assert decision.record.phase is Phase.ROLLING_BACK
