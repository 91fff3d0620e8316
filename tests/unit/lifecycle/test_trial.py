"""Which specs are shown to the API server before anything is stopped for them, and what it means that it has not answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    NOW,
    a_desired,
    a_record,
    a_record_tearing_down,
    a_redeployment,
    a_starting_record,
    a_stopping_record,
    a_suspension,
    an_ended_record,
    an_observed,
    an_upgrade,
    nothing_left,
)

from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import JobState, NotAsked, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.step import WaitingToStop
from flinkop.lifecycle.trial import is_tried

REFUSED: dict[str, Any] = {"invalid": "spec: is refused"}
CAME_BACK = a_starting_record(was_ready=True)
UNTOLD = "the API server does not answer"


@pytest.mark.parametrize(
    ("record", "desired", "tried"),
    [
        pytest.param(a_record(), an_upgrade(), True, id="a new spec beside a job that runs"),
        pytest.param(a_record(), a_redeployment(), True, id="a start from a savepoint beside a job that runs"),
        pytest.param(a_record(), an_upgrade(session=True), True, id="a new spec of a session cluster"),
        pytest.param(CAME_BACK, an_upgrade(), True, id="a new spec while a job comes back"),
        pytest.param(a_record(), a_desired(), False, id="nothing new"),
        pytest.param(a_record(), a_suspension(), False, id="a suspension starts nothing"),
        pytest.param(a_record(), an_upgrade(deleting=True), False, id="neither does a deletion"),
        pytest.param(a_record(), an_upgrade(rolled_back=True), False, id="the last stable spec ran before"),
        pytest.param(a_record(reconciled=None), an_upgrade(), False, id="nothing could stay in force"),
        pytest.param(Record(), a_desired(), False, id="a first start"),
        pytest.param(a_record(phase=Phase.SUSPENDED), an_upgrade(), False, id="a resumption"),
        pytest.param(a_record(phase=Phase.SUSPENDED, **REFUSED), an_upgrade(), False, id="a resumption after a spec that was refused"),
        pytest.param(a_starting_record(), an_upgrade(), False, id="a start that never got ready is not missed"),
        pytest.param(an_ended_record(), an_upgrade(), False, id="nor is a job that failed"),
        pytest.param(a_stopping_record(), an_upgrade(), False, id="what is being stopped"),
        pytest.param(a_starting_record(**REFUSED), an_upgrade(), True, id="refused before, and the old cluster was lost and starts again"),
        pytest.param(an_ended_record(**REFUSED), an_upgrade(), True, id="refused before, and the old job failed"),
        pytest.param(a_record_tearing_down(**REFUSED), an_upgrade(), True, id="refused before, and the old job is started again"),
    ],
)
def test_a_spec_is_tried_where_a_start_with_it_takes_the_place_of_what_would_be_missed(
    record: Record, desired: Desired, tried: bool
) -> None:
    assert is_tried(record, desired) is tried


def test_without_the_answer_the_old_job_goes_on_and_is_followed() -> None:
    decision = decide(a_record(), an_observed(untold=UNTOLD), an_upgrade(), FRESH)

    assert (decision.record.phase, decision.record.reason, decision.actions) == (Phase.RUNNING, "UpgradeWaiting", ())
    assert f"has to wait: the API server does not tell whether it would take the new cluster: {UNTOLD}. " in decision.record.message
    assert decision.record.message.endswith("then the old job is stopped without its answer.")
    assert (decision.record.step, decision.record.job.state) == (WaitingToStop(NOW), JobState.RUNNING)


@pytest.mark.parametrize(
    "desired",
    [an_upgrade(upgrade_mode="stateless"), an_upgrade(session=True), a_redeployment()],
    ids=["stateless", "session", "redeployed"],
)
def test_it_is_waited_for_whatever_becomes_of_the_state(desired: Desired) -> None:
    assert decide(a_record(), an_observed(untold=UNTOLD), desired, FRESH).record.reason == "UpgradeWaiting"


@pytest.mark.parametrize(
    ("record", "observed"),
    [
        pytest.param(a_record(step=WaitingToStop(NOW - a_desired().settings.readiness_timeout)), an_observed(), id="it took too long"),
        pytest.param(a_record(), an_observed(jobmanager=None, rest=NotAsked(), job=None), id="the JobManager is gone"),
        pytest.param(an_ended_record(**REFUSED), nothing_left(), id="the job failed"),
    ],
)
def test_what_is_not_there_to_be_saved_is_not_waited_for_without_an_end(record: Record, observed: Observed) -> None:
    def after(observed: Observed) -> Phase:
        return decide(record, observed, an_upgrade(), FRESH).record.phase

    assert after(replace(observed, untold=UNTOLD)) is after(observed) is Phase.UPGRADING
