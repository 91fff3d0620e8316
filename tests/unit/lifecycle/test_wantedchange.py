"""What a spec changes, of a resource whose start from `initialSavepointPath` never came to run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    JOB_ID,
    NEW_SPEC,
    SAVEPOINT,
    SPEC,
    a_desired,
    a_record,
    a_start,
    a_starting_record,
    an_ended_record,
    observed_job,
)

from flinkop.lifecycle.decide import decide, take_over_what_is_ignored
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobRecord, Record
from flinkop.lifecycle.restore import RestoreChoice, RestorePoint, RestoreSource
from flinkop.lifecycle.specdiff import NO_CHANGE, Change, Effect
from flinkop.lifecycle.wantedchange import change_of

ASKED_FOR = RestoreChoice(RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT), "RedeployRequested", "It was asked for.")
FAILED = an_ended_record(
    restore=ASKED_FOR, stable=None, was_ready=True, had_no_state=True, job=JobRecord(JOB_ID, "job", JobState.FAILED), savepoint_path=None
)


def with_path(path: str | None, **job: Any) -> dict[str, Any]:
    return {**SPEC, "job": {**SPEC["job"], "initialSavepointPath": path, **job}}


@pytest.mark.parametrize(
    ("record", "spec", "effect"),
    [
        pytest.param(FAILED, with_path("s3://right"), Effect.UPGRADE, id="its job failed"),
        pytest.param(a_starting_record(restore=ASKED_FOR), with_path("s3://right"), Effect.UPGRADE, id="its JobManager never got ready"),
        pytest.param(
            FAILED, with_path("s3://right", savepointRedeployNonce=2), Effect.SAVEPOINT_REDEPLOY, id="and another redeployment is asked for"
        ),
        pytest.param(FAILED, with_path(None), Effect.IGNORE, id="the path is taken away"),
        pytest.param(a_record(restore=ASKED_FOR), with_path("s3://right"), Effect.IGNORE, id="its job ran"),
        pytest.param(replace(FAILED, restore=None), with_path("s3://right"), Effect.IGNORE, id="nobody had asked for it"),
    ],
)
def test_a_corrected_path_is_tried_where_the_job_never_ran_from_the_first(record: Record, spec: dict[str, Any], effect: Effect) -> None:
    record = replace(record, reconciled=with_path(SAVEPOINT), stable=with_path(SAVEPOINT) if record.stable else None)
    assert change_of(record, spec).effect is effect


def test_what_was_started_without_a_spec_is_replaced_and_a_first_spec_changes_nothing() -> None:
    assert change_of(Record(start=a_start()), NEW_SPEC) == Change(Effect.UPGRADE, ())
    assert change_of(Record(), NEW_SPEC) == NO_CHANGE


def test_the_corrected_path_waits_with_the_restart_that_it_asks_for() -> None:
    record = replace(FAILED, reconciled=with_path(SAVEPOINT))
    wanted = with_path("s3://right")
    desired = a_desired(spec=wanted, change=change_of(record, wanted), initial_savepoint_path="s3://right", generation=2)
    assert take_over_what_is_ignored(record, desired) == record
    assert decide(record, observed_job(JobState.FAILED), desired, FRESH).record.phase is Phase.UPGRADING
