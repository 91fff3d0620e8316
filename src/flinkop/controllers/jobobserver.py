"""Asks a JobManager about one job what the next decision needs: the same for an application and for a job on a session cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from flinkop.controllers.answer import read_checkpoints, read_exception, read_job, read_snapshot
from flinkop.controllers.knowledge import Knowledge
from flinkop.errors import FlinkRejected, FlinkUnreachable
from flinkop.flink.client import FlinkClient
from flinkop.flink.model import AsyncOperation, JobOverview
from flinkop.lifecycle.jobexception import may_have_failed
from flinkop.lifecycle.observed import (
    TERMINAL,
    Answered,
    Bounds,
    Checkpoints,
    Job,
    JobException,
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
Requests = dict[str, Awaitable[Any]]
"""Fields of `Observed` to the requests that fill them."""


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
        seen = replace(seen, rest=Answered(), job=job)
        if job is not None and job.state in TERMINAL:  # its end counts only together with what it left
            seen = replace(seen, checkpoints=read_checkpoints(await self._flink.checkpoints(url, job.job_id)))
        requests = self._outcomes(url, record, asked, knowledge)
        if job is not None:
            requests |= self._details(url, asked, knowledge, job)
            if may_have_failed(record, job):
                requests["exceptions"] = self._exceptions(url, job)
        return replace(seen, **await _answered(requests))

    def _details(self, url: str, asked: Question, knowledge: Knowledge, job: Job) -> Requests:
        requests: Requests = {}
        if job.state in _TROUBLED:
            requests["failure"] = self._flink.failure_cause(url, job.job_id)
        if Question.CHECKPOINTS in asked and job.state not in TERMINAL:
            requests["checkpoints"] = self._checkpoints(url, job.job_id, asked)
        if Question.SCALE in asked:
            requests["scale"] = self._scale(url, job, knowledge)
        if Question.RESTARTS in asked:
            requests["restarts"] = self._flink.restarts(url, job.job_id)
        if Question.CLUSTER_INFO in asked and job.state is JobState.RUNNING:
            requests["cluster_info"] = self._flink.cluster_info(url)
        return requests

    async def _exceptions(self, url: str, job: Job) -> tuple[JobException, ...]:
        return tuple(map(read_exception, await self._flink.failures(url, job.job_id)))

    def _outcomes(self, url: str, record: Record, asked: Question, knowledge: Knowledge) -> Requests:
        requests: Requests = {}
        job_id, savepoint, checkpoint = record.job.job_id or "", _savepoint_trigger(record), record.checkpoints.trigger
        if savepoint is not None and Question.SAVEPOINT in asked:
            requests["savepoint"] = _outcome(self._flink.savepoint_status, (url, job_id, savepoint), knowledge)
        if checkpoint is not None and checkpoint.resource is None and Question.REQUESTED_CHECKPOINT in asked:
            requests["requested_checkpoint"] = _outcome(self._flink.checkpoint_status, (url, job_id, checkpoint.trigger_id), knowledge)
        return requests

    async def _checkpoints(self, url: str, job_id: str, asked: Question) -> Checkpoints:
        """Only where the health of the job is asked for it matters why there is none."""
        found = read_checkpoints(await self._flink.checkpoints(url, job_id))
        if found.completed_at is not None or Question.RESTARTS not in asked:
            return found
        return replace(found, periodic=await self._flink.takes_checkpoints(url, job_id))

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


async def _answered(requests: Requests) -> dict[str, Any]:
    """The fields that were answered. The others stay unknown: that the job runs is not in doubt for the want of a detail."""
    answers = await asyncio.gather(*requests.values(), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, FlinkUnreachable | FlinkRejected):
            raise answer
    return {field: answer for field, answer in zip(requests, answers, strict=True) if not isinstance(answer, BaseException)}


def _savepoint_trigger(record: Record) -> str | None:
    """The savepoint that is being taken: that of a stop, or one that lets the job go on."""
    if isinstance(record.step, TakingSavepoint):
        return record.step.trigger_id
    trigger = record.savepoints.trigger
    return trigger.trigger_id if trigger is not None and trigger.resource is None else None


async def _outcome(
    ask: Callable[[str, str, str], Awaitable[AsyncOperation]], trigger: tuple[str, str, str], knowledge: Knowledge
) -> Snapshot:
    """A request that the JobManager has refused will never be known to it. `trigger` is the JobManager, the job, and the trigger id.

    The request is made here and not by the caller: a pass may be cancelled in between.
    """
    outcome, refused = read_snapshot(await ask(*trigger)), knowledge.refused_trigger
    if isinstance(outcome, SnapshotUnknown) and refused is not None and refused.trigger_id == trigger[2]:
        return SnapshotFailed(refused.cause)
    return outcome


def find_job(jobs: list[JobOverview], job_id: str | None) -> Job | None:
    """The job of that id."""
    return next((read_job(job) for job in jobs if job.job_id == job_id), None)
