"""Performs what is asked of a JobManager for one job. Each action may be performed twice."""

from __future__ import annotations

from typing import assert_never

import structlog

from flinkop.errors import FlinkRejected, FlinkUnreachable
from flinkop.flink.client import FlinkClient
from flinkop.lifecycle.action import CancelJob, DisposeSavepoint, Rescale, StopWithSavepoint, TriggerCheckpoint, TriggerSavepoint
from flinkop.lifecycle.desired import Settings

_log = structlog.get_logger(__name__)

JobAction = CancelJob | DisposeSavepoint | Rescale | StopWithSavepoint | TriggerCheckpoint | TriggerSavepoint


class JobActuator:
    """Performs actions against JobManagers."""

    def __init__(self, flink: FlinkClient) -> None:
        self._flink = flink

    async def perform(self, action: JobAction, url: str, settings: Settings) -> None:
        """Performs `action` at the JobManager with that base URL.

        Raises:
            FlinkUnreachable, FlinkRejected: it was not accepted.
        """
        match action:
            case Rescale(job_id, bounds):
                requirements = {vertex: (bound.lower, bound.upper) for vertex, bound in bounds.items()}
                await self._flink.set_resource_requirements(url, job_id, requirements)
            case StopWithSavepoint(job_id, trigger_id, drain):
                directory, form = settings.savepoint_directory, settings.savepoint_format
                await self._flink.stop_with_savepoint(url, job_id, trigger_id, directory, drain, form)
            case TriggerSavepoint(job_id, trigger_id):
                await self._flink.trigger_savepoint(url, job_id, trigger_id, settings.savepoint_directory, settings.savepoint_format)
            case TriggerCheckpoint(job_id, trigger_id):
                await self._flink.trigger_checkpoint(url, job_id, trigger_id, settings.checkpoint_type)
            case DisposeSavepoint(location):
                await self._dispose_savepoint(url, location)
            case CancelJob(job_id):
                await self._flink.cancel_job(url, job_id)
            case _:
                assert_never(action)

    async def _dispose_savepoint(self, url: str, location: str) -> None:
        """Nothing depends on it: files that remain are named, and somebody may remove them."""
        try:
            await self._flink.dispose_savepoint(url, location)
        except (FlinkUnreachable, FlinkRejected) as error:
            _log.warning("savepoint not deleted", location=location, cause=str(error))
