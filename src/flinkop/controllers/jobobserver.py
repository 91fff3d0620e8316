"""Asks a JobManager about one job what the next decision needs: the same for an application and for a job on a session cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from flinkop.controllers.answer import read_checkpoints, read_job, read_snapshot
from flinkop.controllers.knowledge import Knowledge
from flinkop.errors import FlinkRejected
from flinkop.flink.client import FlinkClient
from flinkop.flink.model import JobOverview
from flinkop.lifecycle.observed import (
    TERMINAL,
    Answered,
    Bounds,
    Job,
    JobState,
    Observed,
    RescaleRefused,
    Scale,
    Snapshot,
    SnapshotFailed,
    SnapshotUnknown,
)
from flinkop.lifecycle.question import Question
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.step import TakingSavepoint

_TROUBLED = frozenset({JobState.FAILED, JobState.FAILING, JobState.RESTARTING})

Seen = TypeVar("Seen", bound=Observed)


class JobObserver:
    """Looks at the job whose id is recorded, among all of a JobManager."""

    def __init__(self, flink: FlinkClient) -> None:
        self._flink = flink

    async def look(self, url: str, record: Record, seen: Seen, asked: Question, knowledge: Knowledge, jobs: list[JobOverview]) -> Seen:
        """`seen` with what the JobManager says; `jobs` is its overview.

        Raises:
            FlinkUnreachable, FlinkRejected: it gives no usable answer.
        """
        job = find_job(jobs, record.job.job_id)
        seen = await self._outcomes(url, record, replace(seen, rest=Answered(), job=job), asked, knowledge)
        return seen if job is None else await self._details(url, seen, asked, knowledge, job)

    async def _details(self, url: str, seen: Seen, asked: Question, knowledge: Knowledge, job: Job) -> Seen:
        if job.state in _TROUBLED:
            seen = replace(seen, failure=await self._flink.failure_cause(url, job.job_id))
        if Question.CHECKPOINTS in asked or job.state in TERMINAL:
            seen = replace(seen, checkpoints=read_checkpoints(await self._flink.checkpoints(url, job.job_id)))
        if Question.SCALE in asked:
            seen = replace(seen, scale=await self._scale(url, job, knowledge))
        if Question.RESTARTS in asked:
            seen = replace(seen, restarts=await self._flink.restarts(url, job.job_id))
        if job.state is JobState.RUNNING and Question.CLUSTER_INFO in asked:
            seen = replace(seen, cluster_info=await self._flink.cluster_info(url))
        return seen

    async def _outcomes(self, url: str, record: Record, seen: Seen, asked: Question, knowledge: Knowledge) -> Seen:
        job_id, savepoint, checkpoint = record.job.job_id or "", _savepoint_trigger(record), record.checkpoints.trigger
        if savepoint is not None and Question.SAVEPOINT in asked:
            outcome = await self._flink.savepoint_status(url, job_id, savepoint)
            seen = replace(seen, savepoint=_with_refusal(read_snapshot(outcome), savepoint, knowledge))
        if checkpoint is not None and Question.REQUESTED_CHECKPOINT in asked:
            outcome = await self._flink.checkpoint_status(url, job_id, checkpoint.trigger_id)
            seen = replace(seen, requested_checkpoint=_with_refusal(read_snapshot(outcome), checkpoint.trigger_id, knowledge))
        return seen

    async def _scale(self, url: str, job: Job, knowledge: Knowledge) -> Scale | RescaleRefused | None:
        if knowledge.refused_rescale is not None:
            return RescaleRefused(knowledge.refused_rescale)
        if job.state is not JobState.RUNNING:
            return None
        try:
            requirements = await self._flink.resource_requirements(url, job.job_id)
        except FlinkRejected as refused:
            return RescaleRefused(str(refused))
        bounds = {vertex: Bounds(lower, upper) for vertex, (lower, upper) in requirements.items()}
        return Scale(bounds, await self._flink.vertex_parallelism(url, job.job_id))


def _savepoint_trigger(record: Record) -> str | None:
    """The savepoint that is being taken: that of a stop, or one that lets the job go on."""
    if isinstance(record.step, TakingSavepoint):
        return record.step.trigger_id
    return record.savepoints.trigger.trigger_id if record.savepoints.trigger is not None else None


def _with_refusal(outcome: Snapshot, trigger_id: str, knowledge: Knowledge) -> Snapshot:
    """A request that the JobManager has refused will never be known to it."""
    refused = knowledge.refused_trigger
    if isinstance(outcome, SnapshotUnknown) and refused is not None and refused.trigger_id == trigger_id:
        return SnapshotFailed(refused.cause)
    return outcome


def find_job(jobs: list[JobOverview], job_id: str | None) -> Job | None:
    """The job of that id."""
    return next((read_job(job) for job in jobs if job.job_id == job_id), None)
