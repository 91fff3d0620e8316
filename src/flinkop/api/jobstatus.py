"""`status.jobStatus`: the job as Flink reported it, and the state it can be restored from."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict

from flinkop.api.model import ApiModel


class JobState(StrEnum):
    """Flink's job states (`org.apache.flink.api.common.JobStatus`)."""

    INITIALIZING = "INITIALIZING"
    CREATED = "CREATED"
    RUNNING = "RUNNING"
    FAILING = "FAILING"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"
    RESTARTING = "RESTARTING"
    SUSPENDED = "SUSPENDED"
    RECONCILING = "RECONCILING"


class TriggerType(StrEnum):
    """Who asked for a savepoint or checkpoint."""

    MANUAL = "MANUAL"
    PERIODIC = "PERIODIC"
    UPGRADE = "UPGRADE"
    UNKNOWN = "UNKNOWN"


class SavepointFormat(StrEnum):
    """How a savepoint is written."""

    CANONICAL = "CANONICAL"
    NATIVE = "NATIVE"
    UNKNOWN = "UNKNOWN"


class CheckpointFormat(StrEnum):
    """How a checkpoint is written."""

    FULL = "FULL"
    INCREMENTAL = "INCREMENTAL"
    UNKNOWN = "UNKNOWN"


class Savepoint(ApiModel):
    """A savepoint."""

    time_stamp: int | None = None
    """When it was asked for, in epoch milliseconds."""

    location: str | None = None
    """Where it is."""

    trigger_type: Annotated[TriggerType | None, Strict(False)] = None
    """Who asked for it."""

    format_type: Annotated[SavepointFormat | None, Strict(False)] = None
    """How it is written."""

    trigger_nonce: int | None = None
    """The nonce that asked for it."""

    resource: str | None = None
    """The FlinkStateSnapshot that is about to stand for it."""


class SavepointInfo(ApiModel):
    """Savepoints recorded in the status. Deprecated: state snapshot resources record them."""

    last_savepoint: Savepoint | None = None
    """The last completed savepoint."""

    trigger_id: str | None = None
    """The savepoint that is being taken."""

    trigger_timestamp: int | None = None
    """When it was asked for, in epoch milliseconds."""

    trigger_type: Annotated[TriggerType | None, Strict(False)] = None
    """Who asked for it."""

    format_type: Annotated[SavepointFormat | None, Strict(False)] = None
    """How it is written."""

    trigger_resource: str | None = None
    """The FlinkStateSnapshot that stands for it."""

    savepoint_history: list[Savepoint] = Field(default_factory=list)
    """Earlier savepoints."""

    last_periodic_savepoint_timestamp: int | None = None
    """When the last periodic savepoint was taken, in epoch milliseconds."""


class Checkpoint(ApiModel):
    """A checkpoint that was asked for."""

    time_stamp: int | None = None
    """When it was asked for, in epoch milliseconds."""

    trigger_type: Annotated[TriggerType | None, Strict(False)] = None
    """Who asked for it."""

    format_type: Annotated[CheckpointFormat | None, Strict(False)] = None
    """How it is written."""

    trigger_nonce: int | None = None
    """The nonce that asked for it."""


class CheckpointInfo(ApiModel):
    """Checkpoints recorded in the status. Deprecated: state snapshot resources record them."""

    last_checkpoint: Checkpoint | None = None
    """The last completed checkpoint that was asked for."""

    trigger_id: str | None = None
    """The checkpoint that is being taken."""

    trigger_timestamp: int | None = None
    """When it was asked for, in epoch milliseconds."""

    trigger_type: Annotated[TriggerType | None, Strict(False)] = None
    """Who asked for it."""

    format_type: Annotated[CheckpointFormat | None, Strict(False)] = None
    """How it is written."""

    trigger_resource: str | None = None
    """The FlinkStateSnapshot that stands for it."""

    last_periodic_checkpoint_timestamp: int | None = None
    """When the last periodic checkpoint was taken, in epoch milliseconds."""


class JobStatus(ApiModel):
    """The job, as Flink reported it last."""

    job_name: str | None = None
    """The job's name in Flink."""

    job_id: str | None = None
    """The job's id in Flink."""

    state: Annotated[JobState | None, Strict(False)] = None
    """The job's state in Flink."""

    start_time: str | None = None
    """When the job started, in epoch milliseconds."""

    update_time: str | None = None
    """When its state changed last, in epoch milliseconds."""

    upgrade_savepoint_path: str | None = None
    """The savepoint or checkpoint from which the next start restores."""

    savepoint_info: SavepointInfo | None = None
    """Savepoints recorded here. Deprecated."""

    checkpoint_info: CheckpointInfo | None = None
    """Checkpoints recorded here. Deprecated."""
