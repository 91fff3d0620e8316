"""`FlinkDeployment.status`: what the operator knows about a cluster. Written by the operator only.

Beside what all resources with a job have: the JobManager, the TaskManagers, and, ours, `rollback` and `restartWindow`. The API server
drops what is not described here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict

from flinkop.api.model import ApiModel
from flinkop.api.status import JobResourceStatus


class JobManagerDeploymentStatus(StrEnum):
    """Where the JobManager's Deployment is."""

    READY = "READY"
    DEPLOYED_NOT_READY = "DEPLOYED_NOT_READY"
    DEPLOYING = "DEPLOYING"
    MISSING = "MISSING"
    ERROR = "ERROR"


class TaskManagerStatus(ApiModel):
    """The TaskManagers, for the scale subresource."""

    replicas: int | None = None
    """How many TaskManagers the deployed spec asks for; 0 when suspended."""

    label_selector: str | None = None
    """Selects the TaskManager pods."""


class RollbackStatus(ApiModel):
    """The spec that did not become stable, and gave way to the last one that was."""

    generation: int | None = None
    """Its generation."""

    cause: str | None = None
    """Why it was given up."""

    deployed: bool | None = None
    """Whether the last stable spec was started."""


class FlinkDeploymentStatus(JobResourceStatus):
    """What the operator knows about the cluster."""

    rollback: RollbackStatus | None = None
    """The spec that was given up for the last stable one."""

    cluster_info: dict[str, str] = Field(default_factory=dict)
    """Flink's version, and the resources that the cluster uses."""

    job_manager_deployment_status: Annotated[JobManagerDeploymentStatus | None, Strict(False)] = None
    """Where the JobManager's Deployment is."""

    task_manager: TaskManagerStatus | None = None
    """The TaskManagers, for the scale subresource."""
