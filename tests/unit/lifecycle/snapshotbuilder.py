"""Builders for FlinkStateSnapshots: healthy by default, a keyword says what matters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.lifecycle.builder import NOW

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.desired import Settings
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.snapshotkind import SAVEPOINT
from flinkop.lifecycle.statesnapshot.attempt import whole_seconds
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.seen import JobPresence, JobSight, SnapshotSeen

JOB, OTHER_JOB, TRIGGER = "a" * 32, "b" * 32, "c" * 32
PATH = "s3://bucket/savepoint-1"
SETTINGS = Settings(high_availability=True, savepoint_directory="s3://bucket")

RUNNING = JobSight(JobPresence.RUNNING, job_id=JOB, serves=True)
REPLACED = JobSight(JobPresence.RUNNING, job_id=OTHER_JOB, serves=True)
STARTS = JobSight(JobPresence.NOT_YET, "FlinkDeployment job is Deploying.", job_id=JOB)
OVER = JobSight(JobPresence.OVER, "FlinkDeployment job is Suspended.", job_id=JOB)
MISSING = JobSight(JobPresence.MISSING, "FlinkDeployment job does not exist.")


def a_seen(job: JobSight = RUNNING, **changes: Any) -> SnapshotSeen:
    """A job that runs, and no word of Flink."""
    return SnapshotSeen(job, **changes)


def a_snapshot(**changes: Any) -> SnapshotDesired:
    """A savepoint that somebody asks for."""
    return replace(SnapshotDesired(SAVEPOINT, SETTINGS, disposes=True), **changes)


def in_progress(**changes: Any) -> SnapshotRecord:
    """Flink was asked a moment ago."""
    asked = SnapshotRecord(SnapshotState.IN_PROGRESS, trigger_id=TRIGGER, job_id=JOB, triggered_at=whole_seconds(NOW), generation=1)
    return replace(asked, **changes)


def completed_at(path: str | None = PATH, **changes: Any) -> SnapshotRecord:
    """It is there."""
    return replace(in_progress(state=SnapshotState.COMPLETED, health=Health.SETTLED, path=path, completed_at=whole_seconds(NOW)), **changes)
