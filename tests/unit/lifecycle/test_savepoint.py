"""What the outcome of a stop with a savepoint means."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.lifecycle.builder import CHECKPOINT, NO_METADATA, SAVEPOINT, an_observed, ha, observed_job

from flinkop.lifecycle.observed import (
    Checkpoints,
    JobState,
    NotAsked,
    Observed,
    Snapshot,
    SnapshotCompleted,
    SnapshotFailed,
    SnapshotInProgress,
    SnapshotUnknown,
    Unreachable,
)
from flinkop.lifecycle.savepoint import AskAgain, Ended, KeptRunning, Pending, Stopped, Vanished, read_outcome

FAILED, UNKNOWN = SnapshotFailed("no space"), SnapshotUnknown()
STOPPED = Checkpoints(count=8, path=SAVEPOINT, stop_path=SAVEPOINT)


def after(savepoint: Snapshot | None, state: JobState = JobState.RUNNING, **changes: Any) -> Observed:
    return observed_job(state, savepoint=savepoint, **changes)


@pytest.mark.parametrize(
    ("observed", "outcome"),
    [
        pytest.param(after(None, rest=Unreachable("no answer")), Pending, id="silent"),
        pytest.param(after(None, rest=NotAsked()), Pending, id="not ready"),
        pytest.param(after(None), Pending, id="not asked"),
        pytest.param(after(SnapshotInProgress()), Pending, id="in progress"),
        pytest.param(after(SnapshotCompleted(SAVEPOINT), JobState.FINISHED), Stopped, id="completed"),
        pytest.param(after(FAILED), KeptRunning, id="failed, the job runs"),
        pytest.param(after(FAILED, JobState.RESTARTING), KeptRunning, id="failed, the job restarts"),
        pytest.param(after(FAILED, JobState.FINISHED, checkpoints=STOPPED), Stopped, id="asked for twice: the first worked"),
        pytest.param(after(FAILED, JobState.FINISHED), Ended, id="failed, the job has finished by itself"),
        pytest.param(after(FAILED, JobState.FAILED), Ended, id="failed with the job"),
        pytest.param(after(FAILED, job=None), Vanished, id="failed, the job is not known"),
        pytest.param(after(UNKNOWN), AskAgain, id="never heard of"),
        pytest.param(after(UNKNOWN, JobState.CREATED), Pending, id="forgotten, the job is coming back"),
        pytest.param(after(UNKNOWN, JobState.FINISHED, checkpoints=STOPPED), Stopped, id="forgotten, but in the statistics"),
        pytest.param(after(UNKNOWN, JobState.FINISHED, checkpoints=None), Pending, id="forgotten, statistics not known"),
        pytest.param(after(UNKNOWN, JobState.CANCELED), Ended, id="cancelled meanwhile"),
        pytest.param(after(UNKNOWN, job=None), Vanished, id="the JobManager has restarted"),
    ],
)
def test_each_outcome_has_one_meaning(observed: Observed, outcome: type) -> None:
    assert type(read_outcome(observed)) is outcome


def test_the_state_is_where_flink_says() -> None:
    assert read_outcome(after(SnapshotCompleted(SAVEPOINT), JobState.FINISHED)) == Stopped(SAVEPOINT)
    assert read_outcome(after(UNKNOWN, JobState.FINISHED, checkpoints=STOPPED)) == Stopped(SAVEPOINT)


def test_a_stop_that_failed_before_newer_checkpoints_is_not_the_state_of_a_job_that_failed() -> None:
    found = Checkpoints(count=9, path=CHECKPOINT, stop_path=SAVEPOINT)

    assert type(read_outcome(after(UNKNOWN, JobState.FAILED, checkpoints=found))) is Ended


def test_only_a_savepoint_that_is_being_taken_is_in_progress() -> None:
    assert read_outcome(after(SnapshotInProgress())) == Pending("The savepoint is in progress.", in_progress=True)
    assert not getattr(read_outcome(after(None)), "in_progress", True)


@pytest.mark.parametrize(
    ("metadata", "for_good"),
    [
        pytest.param(NO_METADATA, True, id="Flink has cleared them: it has ended"),
        pytest.param(ha(0), False, id="they are there: it comes back"),
        pytest.param(None, False, id="no high availability: it is started anew"),
    ],
)
def test_a_job_that_is_not_known_has_ended_only_when_its_metadata_are_gone(metadata: Any, for_good: bool) -> None:
    outcome = read_outcome(an_observed(job=None, savepoint=UNKNOWN, ha=metadata))

    assert isinstance(outcome, Vanished)
    assert outcome.for_good is for_good
