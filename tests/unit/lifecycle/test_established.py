"""The fields that other tools read. Source: official operator, sections 1.6 and 2.2 of its feature census."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.unit.lifecycle.builder import (
    NEW_SPEC,
    NOW,
    REFUSED,
    a_record,
    a_record_tearing_down,
    a_starting_record,
    a_stopping_record,
    a_suspended_record,
    an_ended_record,
)
from tests.unit.lifecycle.test_status import records, written

from flinkop.api.flinkdeploymentstatus import FlinkDeploymentStatus
from flinkop.lifecycle.established import camel_case, lifecycle_state, reconciliation_state
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.step import HaFate, TearingDown

STOPPED = JobRecord("a" * 32, "job", JobState.FINISHED)


@pytest.mark.parametrize(
    ("record", "lifecycle", "reconciliation"),
    [
        pytest.param(Record(), "CREATED", "UPGRADING", id="2: nothing reconciled yet"),
        pytest.param(Record(invalid="wrong"), "FAILED", "UPGRADING", id="2: and an error"),
        pytest.param(a_stopping_record(), "UPGRADING", "DEPLOYED", id="the old job runs: another operator has to look at it first"),
        pytest.param(a_record_tearing_down(), "UPGRADING", "DEPLOYED", id="and so it may as long as the JobManager is there"),
        pytest.param(a_record_tearing_down(job=STOPPED), "UPGRADING", "UPGRADING", id="3: upgrading, the job is stopped"),
        pytest.param(a_record_tearing_down(jobmanager=JobManagerStatus.MISSING), "UPGRADING", "UPGRADING", id="3: upgrading, it is gone"),
        pytest.param(a_suspended_record(), "SUSPENDED", "DEPLOYED", id="5: suspended"),
        pytest.param(
            an_ended_record(JobState.CANCELED, phase=Phase.FINISHED), "SUSPENDED", "DEPLOYED", id="5: cancelled counts as suspended"
        ),
        pytest.param(an_ended_record(), "FAILED", "DEPLOYED", id="6: failed"),
        pytest.param(an_ended_record(restore=REFUSED, job=JobRecord()), "FAILED", "DEPLOYED", id="7: manual restore required"),
        pytest.param(a_record(), "STABLE", "DEPLOYED", id="9: the spec that runs is stable"),
        pytest.param(an_ended_record(JobState.FINISHED), "STABLE", "DEPLOYED", id="9: finished"),
        pytest.param(a_record(stable=NEW_SPEC), "DEPLOYED", "DEPLOYED", id="10: not yet stable"),
        pytest.param(a_starting_record(), "DEPLOYED", "DEPLOYED", id="10: on its way"),
        pytest.param(a_record(phase=Phase.DELETING), "DELETING", "DEPLOYED", id="1: being deleted"),
        pytest.param(
            a_starting_record(step=TearingDown(NOW, HaFate.KEEP), stable=a_record().reconciled),
            "DEPLOYED",
            "DEPLOYED",
            id="a lost cluster is not called stable: users were misled by that",
        ),
    ],
)
def test_the_established_words_follow_from_the_phase(record: Record, lifecycle: str, reconciliation: str) -> None:
    assert (lifecycle_state(record), reconciliation_state(record)) == (lifecycle, reconciliation)


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_an_established_word(phase: Phase) -> None:
    assert lifecycle_state(a_record(phase=phase)).isupper()


@settings(max_examples=40)
@given(records())
def test_every_word_is_one_that_the_definition_allows(record: Record) -> None:
    FlinkDeploymentStatus.model_validate(written(record), by_alias=True, by_name=False)


@pytest.mark.parametrize(("state", "word"), [(JobState.RUNNING, "Running"), (JobState.CANCELED, "Canceled"), (None, "NoJob")])
def test_a_state_is_a_reason_in_camel_case(state: JobState | None, word: str) -> None:
    assert camel_case(state) == word
