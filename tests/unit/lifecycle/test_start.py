"""A start records all that it uses, and a start that is refused all that people need to help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FRESH,
    FROM_SAVEPOINT,
    JOB_ID,
    MILLISECONDS,
    NEW_SPEC,
    NO_METADATA,
    NOW,
    SAVEPOINT,
    a_desired,
    a_record,
    a_record_tearing_down,
    a_start,
    a_starting_record,
    an_upgrade,
    ha,
    nothing_left,
    reasons,
)

from flinkop.lifecycle.action import StartCluster
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord
from flinkop.lifecycle.restore import EMPTY, RestoreChoice, RestorePoint, RestoreSource
from flinkop.lifecycle.start import again, base_of, start

GONE = nothing_left(ha=NO_METADATA)


def test_a_start_is_looked_at_again_at_its_deadline_at_the_latest() -> None:
    assert start(a_record_tearing_down(), nothing_left(), an_upgrade(), FRESH).requeue_after == a_desired().settings.readiness_timeout


def test_a_start_begins_a_new_life_of_the_record() -> None:
    after = start(a_record_tearing_down(was_ready=True, had_no_state=True, failure="old"), nothing_left(), an_upgrade(), FRESH).record

    assert (after.health, after.jobmanager, after.job.state) == (Health.PROGRESSING, JobManagerStatus.DEPLOYING, JobState.RECONCILING)
    assert (after.reconciled, after.reconciled_at) == (NEW_SPEC, MILLISECONDS)
    assert (after.was_ready, after.had_no_state, after.failure, after.step) == (False, False, None, None)


def test_a_start_records_the_options_that_the_operator_depends_on_while_the_cluster_runs() -> None:
    desired = an_upgrade(configuration={"rest.port": "9000"})
    after = start(a_record_tearing_down(), nothing_left(), desired, FRESH).record
    assert after.start is not None
    assert after.start.configuration == {"rest.port": "9000"}


def test_the_event_of_a_start_names_the_path_that_is_restored() -> None:
    stopped = a_record_tearing_down(savepoint_path="s3://savepoints/1")
    (event,) = start(stopped, GONE, an_upgrade(), FRESH).events

    assert (event.reason, "s3://savepoints/1" in event.message) == ("Submit", True)


def test_a_start_that_is_refused_rests_with_its_reason_and_everything_that_was_considered() -> None:
    decision = start(a_record_tearing_down(), GONE, an_upgrade(), FRESH)
    after = decision.record

    assert (after.phase, after.reason, after.health, after.jobmanager) == (
        Phase.FAILED,
        "RestoreFailed",
        Health.STALLED,
        JobManagerStatus.MISSING,
    )
    assert after.restore is not None
    assert (after.restore.point, after.failure, after.message) == (None, after.restore.message, after.restore.message)
    assert (after.step, decision.actions, decision.requeue_after, reasons(decision)) == (None, (), None, ["RestoreFailed"])


def test_a_refused_start_names_the_same_again_when_only_the_path_is_set() -> None:
    record, desired = a_record_tearing_down(restore=FROM_SAVEPOINT), an_upgrade(checkpoint_directory="s3://state/chk")
    first = start(record, GONE, desired, FRESH).record
    again = start(first, GONE, replace(desired, initial_savepoint_path="s3://state/new"), FRESH).record

    assert SAVEPOINT in first.message
    assert f"s3://state/chk/{record.job.job_id}:" in first.message
    assert (again.reason, again.message) == ("RestoreFailed", first.message)


def test_a_job_that_finished_by_itself_may_start_empty() -> None:
    finished = a_record_tearing_down(job=JobRecord("x", "job", JobState.FINISHED))
    after = start(finished, GONE, an_upgrade(), FRESH).record

    assert after.restore is not None
    assert after.restore.reason == "JobFinished"


def test_metadata_that_the_new_spec_could_not_read_stop_the_start() -> None:
    after = start(a_record_tearing_down(), nothing_left(ha=ha(3)), an_upgrade(high_availability=False), FRESH).record

    assert after.restore is not None
    assert (after.phase, after.restore.reason) == (Phase.FAILED, "HighAvailabilityOff")


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(replace(a_starting_record(), start=None), id="no start"),
        pytest.param(replace(a_starting_record(), job=JobRecord()), id="no job id"),
        pytest.param(replace(a_starting_record(), restore=None), id="no choice"),
    ],
)
def test_only_a_start_that_is_recorded_completely_is_repeated(record: object) -> None:
    assert again(record) is None  # type: ignore[arg-type]


def test_a_repeated_start_is_the_recorded_one() -> None:
    action = again(a_starting_record())

    assert isinstance(action, StartCluster)
    assert (action.generation, action.job_result_store_id) == (1, "f" * 32)
    assert again(a_record(start=None)) is None


def test_the_moment_of_a_start_is_the_beginning_of_its_deadline() -> None:
    after = start(a_record_tearing_down(), nothing_left(), an_upgrade(), FRESH).record

    assert after.start is not None
    assert after.start.since == NOW


_PATH = "s3://state/savepoint-other"


@pytest.mark.parametrize(
    ("before", "point", "base"),
    [
        pytest.param(None, RestorePoint(RestoreSource.SAVEPOINT, _PATH), _PATH, id="a savepoint"),
        pytest.param(SAVEPOINT, RestorePoint(RestoreSource.SAVEPOINT, _PATH), _PATH, id="another one than before"),
        pytest.param(SAVEPOINT, RestorePoint(RestoreSource.LAST_STATE), SAVEPOINT, id="metadata: the same as before"),
        pytest.param(SAVEPOINT, RestorePoint(RestoreSource.CHECKPOINT, CHECKPOINT), SAVEPOINT, id="a checkpoint: the same as before"),
        pytest.param(SAVEPOINT, EMPTY, None, id="empty state"),
    ],
)
def test_the_savepoint_that_the_state_goes_back_to_is_known(before: str | None, point: RestorePoint, base: str | None) -> None:
    assert base_of(a_record(start=a_start(base_path=before)), point) == base


def test_what_an_older_version_started_from_a_savepoint_goes_back_to_that() -> None:
    assert base_of(a_record(restore=FROM_SAVEPOINT), RestorePoint(RestoreSource.LAST_STATE)) == SAVEPOINT


# a start from `initialSavepointPath` that was asked for

STATELESS = an_upgrade(upgrade_mode="stateless", initial_savepoint_path=SAVEPOINT)
FROM_INITIAL = RestoreChoice(RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT), "InitialSavepoint", "First start.")
"""What a first start restored."""
RAN_WITHOUT_CHECKPOINTS = {"restore": FROM_INITIAL, "was_ready": True, "had_no_state": True}


@pytest.mark.parametrize("reason", ["InitialSavepoint", "RedeployRequested", "StillRequested"])
@pytest.mark.parametrize(
    "seen",
    [
        pytest.param({"was_ready": False}, id="its JobManager never got ready"),
        pytest.param({"was_ready": True, "had_no_state": True, "job": JobRecord(JOB_ID, "job", JobState.FAILED)}, id="failed before it"),
    ],
)
def test_a_savepoint_that_was_asked_for_and_not_reached_is_not_lost_when_the_spec_is_corrected(reason: str, seen: dict[str, Any]) -> None:
    record = a_record_tearing_down(restore=replace(FROM_INITIAL, reason=reason), stable=None, **seen)
    after = start(record, GONE, STATELESS, FRESH).record

    assert after.restore is not None
    assert after.restore.point is not None
    assert (after.restore.point.path, after.restore.reason) == (SAVEPOINT, "StillRequested")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"restore": FROM_INITIAL}, id="its job may have run from it"),
        pytest.param(RAN_WITHOUT_CHECKPOINTS, id="its job ran from it, and makes no checkpoints"),
        pytest.param({"restore": FROM_SAVEPOINT, "was_ready": False}, id="nobody asked for it: it was given up with the mode"),
        pytest.param({"restore": None, "was_ready": False}, id="nothing is known"),
    ],
)
def test_a_stateless_job_starts_empty_otherwise_whatever_its_initial_path_says(changes: dict[str, Any]) -> None:
    after = start(a_record_tearing_down(**changes), GONE, STATELESS, FRESH).record

    assert after.restore is not None
    assert (after.restore.point, after.restore.reason) == (EMPTY, "Stateless")
