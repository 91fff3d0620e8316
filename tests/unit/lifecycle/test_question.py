"""What a pass has to find out: at rest that is one request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.lifecycle.builder import (
    NOW,
    a_desired,
    a_record,
    a_record_tearing_down,
    a_starting_record,
    a_stopping_record,
    a_suspended_record,
    an_ended_record,
    an_upgrade,
)

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.question import Question, questions
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.step import Cancelling, TakingSavepoint, WaitingToRetry, WaitingToStop

NONE, JOB, SAVEPOINT, CHECKPOINTS, METADATA = Question.NONE, Question.JOB, Question.SAVEPOINT, Question.CHECKPOINTS, Question.HA_METADATA
REPLICA_SETS = Question.REPLICA_SETS
OLD_CHECKPOINTS = an_upgrade(max_checkpoint_age=timedelta(minutes=1))


@pytest.mark.parametrize(
    ("record", "desired", "exists", "asked"),
    [
        pytest.param(a_record(), a_desired(), True, JOB, id="running"),
        pytest.param(a_record(), a_desired(), False, JOB | METADATA, id="lost"),
        pytest.param(a_record(), an_upgrade(), True, JOB | METADATA, id="running, to be stopped"),
        pytest.param(
            a_record(), OLD_CHECKPOINTS, True, JOB | CHECKPOINTS | METADATA, id="running, to be stopped, by the age of its checkpoint"
        ),
        pytest.param(a_record(step=WaitingToRetry(NOW, 2, 1, NOW)), an_upgrade(), True, JOB | METADATA, id="waiting to retry"),
        pytest.param(a_record(step=WaitingToStop(NOW)), an_upgrade(), True, JOB | METADATA, id="waiting to stop"),
        pytest.param(a_starting_record(), a_desired(), True, JOB, id="starting"),
        pytest.param(a_stopping_record(), an_upgrade(), True, JOB | SAVEPOINT | METADATA, id="taking a savepoint"),
        pytest.param(a_stopping_record(step=Cancelling(NOW)), an_upgrade(), True, JOB | METADATA, id="cancelling"),
        pytest.param(a_record_tearing_down(), an_upgrade(), True, METADATA, id="tearing down"),
        pytest.param(
            a_record_tearing_down(), an_upgrade(), False, METADATA | REPLICA_SETS, id="torn down, but for what may outlive its Deployment"
        ),
        pytest.param(a_suspended_record(), a_desired(), False, METADATA | REPLICA_SETS, id="suspended, and wanted again"),
        pytest.param(an_ended_record(), a_desired(), True, JOB, id="failed"),
        pytest.param(Record(), a_desired(), False, METADATA | REPLICA_SETS, id="created"),
        pytest.param(a_record(), a_desired(deleting=True), True, JOB | METADATA, id="deleted"),
        pytest.param(
            a_stopping_record(), an_upgrade(deleting=True), True, JOB | SAVEPOINT | METADATA, id="deleted while a savepoint is taken"
        ),
    ],
)
def test_only_what_the_next_decision_needs_is_asked(record: Record, desired: Desired, exists: bool, asked: Question) -> None:
    assert questions(record, desired, exists) == asked


@pytest.mark.parametrize(
    ("now", "before", "asked"),
    [(False, False, False), (True, False, True), (False, True, True)],
    ids=["no high availability", "switched on", "switched off"],
)
def test_metadata_are_asked_for_where_there_may_be_some(now: bool, before: bool, asked: bool) -> None:
    found = questions(a_record(), an_upgrade(high_availability=now, deployed_high_availability=before), True)

    assert (METADATA in found) is asked


def test_metadata_are_asked_for_where_an_earlier_start_may_have_left_some() -> None:
    without = {"high_availability": False, "deployed_high_availability": False}

    assert METADATA in questions(a_suspended_record(), a_desired(**without), False)
    assert METADATA in questions(a_record(), a_desired(deleting=True, **without), True)
    assert METADATA not in questions(a_suspended_record(), a_desired(suspended=True, **without), False)


def test_a_trigger_is_asked_about_only_while_its_savepoint_is_taken() -> None:
    record = a_record(step=TakingSavepoint(NOW, "trigger"))

    assert SAVEPOINT in questions(record, a_desired(), True)
    assert SAVEPOINT not in questions(a_record(), a_desired(), True)
