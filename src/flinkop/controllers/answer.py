"""Flink's answers in the words of the lifecycle: pure functions, the only place that knows both models."""

from __future__ import annotations

from typing import assert_never

from flinkop.flink.model import AsyncOperation, CheckpointStatistics, Completed, Failed, InProgress, JobFailure, JobOverview, Unknown
from flinkop.lifecycle.observed import (
    TERMINAL,
    Checkpoints,
    Job,
    JobException,
    JobState,
    Snapshot,
    SnapshotCompleted,
    SnapshotFailed,
    SnapshotInProgress,
    SnapshotUnknown,
)


def read_job(overview: JobOverview) -> Job:
    """The job; RUNNING counts only when all of its tasks run, as the established operator has it."""
    state = JobState(overview.state.value)
    if state is JobState.RUNNING and not overview.all_tasks_running:
        state = JobState.CREATED
    waits = overview.waits_for_slots and state not in {JobState.RUNNING, *TERMINAL}
    return Job(overview.job_id, overview.name, state, overview.start_time, overview.last_modification, waits)


def read_exception(failure: JobFailure) -> JobException:
    """An entry of the job's exception history."""
    return JobException(failure.at, failure.causes, failure.places, failure.task)


def read_snapshot(operation: AsyncOperation) -> Snapshot:
    """The outcome of a trigger."""
    match operation:
        case InProgress():
            return SnapshotInProgress()
        case Completed(location):
            return SnapshotCompleted(location)
        case Failed(cause):
            return SnapshotFailed(cause)
        case Unknown():
            return SnapshotUnknown()
    assert_never(operation)


def read_checkpoints(statistics: CheckpointStatistics) -> Checkpoints:
    """What is known of the job's checkpoints."""
    return Checkpoints(
        count=statistics.completed,
        path=statistics.latest_path,
        completed_at=statistics.latest_completed_at,
        restored_path=statistics.restored_path,
        stop_path=statistics.stop_path,
        known=statistics.known,
    )
