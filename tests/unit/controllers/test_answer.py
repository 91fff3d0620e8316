"""Flink's answers in the words of the lifecycle."""

from __future__ import annotations

from typing import Any

import pytest

from flinkop.controllers.answer import read_checkpoints, read_job, read_snapshot
from flinkop.flink import model
from flinkop.lifecycle import observed


def an_overview(state: model.JobState = model.JobState.RUNNING, total: int = 3, running: int = 3, finished: int = 0) -> model.JobOverview:
    return model.JobOverview("id", "name", state, 11, 22, total, running, finished)


@pytest.mark.parametrize("state", model.JobState)
def test_every_state_of_flink_is_one_of_the_lifecycle(state: model.JobState) -> None:
    assert read_job(an_overview(state)) == observed.Job("id", "name", observed.JobState(state.value), 11, 22)


@pytest.mark.parametrize(
    ("tasks", "state"),
    [
        pytest.param({"total": 3, "running": 3}, observed.JobState.RUNNING, id="all run"),
        pytest.param({"total": 3, "running": 2}, observed.JobState.CREATED, id="one does not yet"),
        pytest.param({"total": 3, "running": 0}, observed.JobState.CREATED, id="none does"),
        pytest.param({"total": 3, "running": 1, "finished": 2}, observed.JobState.RUNNING, id="some have finished"),
        pytest.param({"total": 0, "running": 0}, observed.JobState.RUNNING, id="there are none"),
    ],
)
def test_a_job_runs_when_all_of_its_tasks_run(tasks: dict[str, Any], state: observed.JobState) -> None:
    assert read_job(an_overview(**tasks)).state is state


@pytest.mark.parametrize(
    ("tasks", "waits"),
    [
        pytest.param({"scheduled": 1}, True, id="one has no slot"),
        pytest.param({"created": 3}, True, id="none has begun"),
        pytest.param({"created": 2}, False, id="those of a later stage have not begun"),
        pytest.param({}, False, id="all have begun"),
    ],
)
def test_a_job_waits_for_slots_as_long_as_a_task_has_none(tasks: dict[str, int], waits: bool) -> None:
    for state in (model.JobState.CREATED, model.JobState.RUNNING, model.JobState.FINISHED):
        job = read_job(model.JobOverview("id", "name", state, 1, 1, 3, 0, 0, tasks.get("scheduled", 0), tasks.get("created", 0)))
        assert job.waits_for_slots is (waits and state is not model.JobState.FINISHED)
    assert not read_job(an_overview(total=0, running=0)).waits_for_slots, "it runs without any"
    assert read_job(an_overview(model.JobState.INITIALIZING, total=0, running=0)).waits_for_slots


@pytest.mark.parametrize(
    ("operation", "savepoint"),
    [
        (model.InProgress(), observed.SnapshotInProgress()),
        (model.Completed("s3://x"), observed.SnapshotCompleted("s3://x")),
        (model.Failed("disk full"), observed.SnapshotFailed("disk full")),
        (model.Unknown(), observed.SnapshotUnknown()),
    ],
)
def test_the_outcome_of_a_trigger(operation: model.AsyncOperation, savepoint: observed.Snapshot) -> None:
    assert read_snapshot(operation) == savepoint


def test_no_field_of_the_checkpoint_statistics_is_taken_for_another() -> None:
    statistics = model.CheckpointStatistics(1, "latest", 2, "restored", "stop")
    expected = observed.Checkpoints(count=1, path="latest", completed_at=2, restored_path="restored", stop_path="stop")
    assert read_checkpoints(statistics) == expected
