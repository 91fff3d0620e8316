"""How a job is brought to a stop. Source: official operator, choice of the upgrade mode (section 2.6 of its feature census)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    MILLISECONDS,
    NO_METADATA,
    NOW,
    REFUSED,
    a_job,
    a_record,
    a_redeployment,
    a_starting_record,
    an_ended_record,
    an_observed,
    an_upgrade,
    ha,
    nothing_left,
    observed_job,
    settings,
)

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Checkpoints, JobState, Observed, Unreachable
from flinkop.lifecycle.record import JobRecord, Record
from flinkop.lifecycle.step import HaFate
from flinkop.lifecycle.stop import CancelPlan, NotNow, StopWithSavepointPlan, TearDownPlan, choose_stop, fate_after_end

SAVEPOINT_PLAN, CANCEL, REMOVE, WAIT = StopWithSavepointPlan, CancelPlan, TearDownPlan, NotNow
RESTARTING = observed_job(JobState.RESTARTING)
SILENT = an_observed(rest=Unreachable("no answer"), job=None)
LAST_STATE = an_upgrade(upgrade_mode="last-state")
DELETES = an_upgrade(upgrade_mode="last-state", checkpoints_retained=False)
WITHOUT_HA = {"high_availability": False, "deployed_high_availability": False}
OLD = Checkpoints(count=1, path=CHECKPOINT, completed_at=MILLISECONDS - 60_000)


@pytest.mark.parametrize(
    ("desired", "observed", "plan"),
    [
        pytest.param(an_upgrade(upgrade_mode="stateless"), an_observed(), REMOVE, id="stateless"),
        pytest.param(an_upgrade(upgrade_mode="stateless"), SILENT, REMOVE, id="stateless, silent"),
        pytest.param(a_redeployment(), an_observed(), REMOVE, id="redeploy: newer state is left behind"),
        pytest.param(
            a_redeployment(suspended=True), an_observed(), SAVEPOINT_PLAN, id="redeploy, but suspended: nothing is thrown away yet"
        ),
        pytest.param(a_redeployment(initial_savepoint_path=None), an_observed(), SAVEPOINT_PLAN, id="redeploy from nowhere is none"),
        pytest.param(an_upgrade(), an_observed(), SAVEPOINT_PLAN, id="savepoint"),
        pytest.param(an_upgrade(), RESTARTING, REMOVE, id="savepoint, not running: falls back to the last state"),
        pytest.param(an_upgrade(), SILENT, REMOVE, id="savepoint, silent: falls back"),
        pytest.param(an_upgrade(last_state_fallback=False), RESTARTING, WAIT, id="savepoint, no fallback"),
        pytest.param(an_upgrade(last_state_fallback=False, version_changed=True), RESTARTING, REMOVE, id="but for another version"),
        pytest.param(an_upgrade(), replace(RESTARTING, ha=NO_METADATA), WAIT, id="savepoint, not running, no metadata"),
        pytest.param(an_upgrade(**WITHOUT_HA), RESTARTING, WAIT, id="savepoint, not running, no high availability"),
        pytest.param(an_upgrade(high_availability=False), RESTARTING, WAIT, id="the new spec could not read the metadata"),
        pytest.param(LAST_STATE, an_observed(), REMOVE, id="last-state"),
        pytest.param(DELETES, replace(an_observed(), ha=NO_METADATA), WAIT, id="last-state, but a cancelled job would leave nothing"),
        pytest.param(replace(DELETES, settings=settings(cancel_for_last_state=True)), an_observed(), REMOVE, id="metadata are safer then"),
        pytest.param(LAST_STATE, RESTARTING, REMOVE, id="last-state, not running"),
        pytest.param(LAST_STATE, SILENT, REMOVE, id="last-state, silent"),
        pytest.param(replace(LAST_STATE, version_changed=True), an_observed(), SAVEPOINT_PLAN, id="last-state, another version"),
        pytest.param(replace(LAST_STATE, version_changed=True), RESTARTING, CANCEL, id="last-state, another version, not running"),
        pytest.param(replace(LAST_STATE, version_changed=True), SILENT, REMOVE, id="last-state, another version, silent"),
        pytest.param(
            an_upgrade(upgrade_mode="last-state", version_changed=True, savepoint_directory=None),
            an_observed(),
            CANCEL,
            id="last-state, another version, nowhere to put a savepoint",
        ),
        pytest.param(
            an_upgrade(upgrade_mode="last-state", cancel_for_last_state=True), an_observed(), CANCEL, id="cancelling is preferred"
        ),
        pytest.param(an_upgrade(upgrade_mode="last-state", cancel_for_last_state=True), SILENT, REMOVE, id="but cannot be asked for"),
        pytest.param(LAST_STATE, an_observed(ha=NO_METADATA), CANCEL, id="last-state, no metadata"),
        pytest.param(LAST_STATE, observed_job(JobState.CANCELLING, ha=NO_METADATA), WAIT, id="last-state, no metadata, being cancelled"),
        pytest.param(LAST_STATE, replace(SILENT, ha=NO_METADATA), WAIT, id="last-state, no metadata, silent"),
        pytest.param(LAST_STATE, an_observed(job=None, ha=NO_METADATA), WAIT, id="last-state, no metadata, job not known"),
        pytest.param(an_upgrade(), nothing_left(ha=NO_METADATA), REMOVE, id="no JobManager: nothing to wait for"),
        pytest.param(an_upgrade(), observed_job(JobState.FAILED), WAIT, id="ended: its end is recorded first"),
    ],
)
def test_the_plan_is_the_safest_that_is_possible_now(desired: Desired, observed: Observed, plan: type) -> None:
    assert type(choose_stop(a_record(), observed, desired, NOW)) is plan


@pytest.mark.parametrize(
    ("checkpoints", "start_time", "plan"),
    [
        pytest.param(OLD, 1, SAVEPOINT_PLAN, id="too old"),
        pytest.param(replace(OLD, completed_at=MILLISECONDS - 5_000), 1, REMOVE, id="young enough"),
        pytest.param(Checkpoints(), MILLISECONDS - 5_000, REMOVE, id="none yet, but a young job"),
        pytest.param(Checkpoints(), 1, SAVEPOINT_PLAN, id="none for long"),
        pytest.param(None, 1, REMOVE, id="not known"),
    ],
)
def test_a_last_checkpoint_that_is_too_old_is_replaced_by_a_savepoint(checkpoints: Any, start_time: int, plan: type) -> None:
    desired = an_upgrade(upgrade_mode="last-state", max_checkpoint_age=timedelta(seconds=30))
    observed = an_observed(job=a_job(start_time=start_time), checkpoints=checkpoints)

    assert type(choose_stop(a_record(), observed, desired, NOW)) is plan


def test_a_cluster_that_never_got_ready_has_no_state_to_wait_for() -> None:
    assert type(choose_stop(a_starting_record(), SILENT, an_upgrade(**WITHOUT_HA), NOW)) is TearDownPlan


@pytest.mark.parametrize("desired", [an_upgrade(), LAST_STATE, an_upgrade(upgrade_mode="stateless")])
def test_metadata_are_kept_until_the_next_start_is_chosen(desired: Desired) -> None:
    """Who changes the upgrade mode back in time has lost nothing."""
    plan = choose_stop(a_record(), RESTARTING, desired, NOW)

    assert isinstance(plan, TearDownPlan)
    assert plan.ha is HaFate.KEEP


@pytest.mark.parametrize(
    ("record", "fate"),
    [
        pytest.param(an_ended_record(), HaFate.REMOVE, id="failed, its checkpoint is recorded"),
        pytest.param(an_ended_record(JobState.FINISHED), HaFate.REMOVE, id="finished: what they name is deleted"),
        pytest.param(an_ended_record(JobState.CANCELED), HaFate.KEEP, id="cancelled, its checkpoint is not known"),
        pytest.param(an_ended_record(savepoint_path=None), HaFate.KEEP, id="failed, its checkpoint is not known"),
        pytest.param(an_ended_record(job=JobRecord(state=JobState.RECONCILING), restore=REFUSED), HaFate.KEEP, id="its end was not seen"),
    ],
)
def test_metadata_of_an_ended_job_go_only_when_its_newest_state_is_known(record: Record, fate: HaFate) -> None:
    assert fate_after_end(record) is fate
    assert choose_stop(record, an_observed(ha=ha()), an_upgrade(), NOW) == TearDownPlan(fate, "the job has ended")


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        pytest.param(observed_job(JobState.RESTARTING, ha=NO_METADATA), "the job is RESTARTING", id="state"),
        pytest.param(an_observed(job=None, ha=NO_METADATA), "does not know the job", id="not known"),
        pytest.param(replace(SILENT, ha=NO_METADATA), "does not answer", id="silent"),
    ],
)
def test_the_reason_to_wait_says_how_the_job_is(observed: Observed, words: str) -> None:
    plan = choose_stop(a_record(), observed, an_upgrade(), NOW)

    assert isinstance(plan, NotNow)
    assert words in plan.why
