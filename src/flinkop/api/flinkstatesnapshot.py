"""`FlinkStateSnapshot`: a savepoint or checkpoint as a resource; `spec` asks for it, `status` tells what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Strict

from flinkop.api.jobstatus import SavepointFormat
from flinkop.api.model import ApiModel
from flinkop.api.reading import read_model
from flinkop.api.status import ReportedStatus


class JobKind(StrEnum):
    """The kinds of resources that have a job."""

    FLINK_DEPLOYMENT = "FlinkDeployment"
    FLINK_SESSION_JOB = "FlinkSessionJob"
    FLINK_APPLICATION = "FlinkApplication"


class SnapshotState(StrEnum):
    """The established word for where a snapshot is."""

    TRIGGER_PENDING = "TRIGGER_PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    ABANDONED = "ABANDONED"


class JobReference(ApiModel):
    """The resource whose job the snapshot is of."""

    kind: Annotated[JobKind | None, Strict(False)] = None
    """`FlinkDeployment`, `FlinkSessionJob` or `FlinkApplication`. A FlinkCluster has no job of its own: name an application on it."""

    name: str | None = None
    """Its name, in the same namespace."""


class SavepointSpec(ApiModel):
    """A savepoint."""

    path: str | None = None
    """The directory to write it to, by default the job's directory for savepoints; with `alreadyExists` the savepoint itself."""

    format_type: Annotated[SavepointFormat, Strict(False)] = SavepointFormat.CANONICAL
    """`CANONICAL`: portable between state backends. `NATIVE`: in the backend's own form, which is faster. Default: CANONICAL."""

    dispose_on_delete: bool = True
    """Whether the savepoint's data are removed when the resource is deleted. Default: true."""

    already_exists: bool = False
    """Nothing is written: the resource stands for a savepoint that exists. Default: false."""


class CheckpointSpec(ApiModel):
    """A checkpoint, which Flink writes where it writes all of the job's; it has no fields."""


class FlinkStateSnapshotSpec(ApiModel):
    """The savepoint or checkpoint that is asked for."""

    job_reference: JobReference | None = None
    """The resource whose job it is of. Not needed for a savepoint that exists."""

    savepoint: SavepointSpec | None = None
    """A savepoint. Write this or `checkpoint`."""

    checkpoint: CheckpointSpec | None = None
    """A checkpoint: write `{}`."""

    backoff_limit: int = -1
    """How often it is tried again after a failure; -1 is without limit. Default: -1."""

    def to_wire(self) -> dict[str, Any]:
        """Plain JSON values under the names of the wire, defaults filled in."""
        return self.model_dump(mode="json", by_alias=True)


class FlinkStateSnapshotStatus(ReportedStatus):
    """What became of the snapshot."""

    state: Annotated[SnapshotState | None, Strict(False)] = None
    """Where it is. `ABANDONED`: the job ended or went away first."""

    trigger_id: str | None = None
    """The id under which Flink was asked for it."""

    trigger_timestamp: str | None = None
    """When Flink was asked for it."""

    result_timestamp: str | None = None
    """When it was complete."""

    path: str | None = None
    """Where it is stored."""

    error: str | None = None
    """Why the last try failed."""

    failures: int | None = None
    """How many tries failed."""

    job_id: str | None = None
    """The job that Flink was asked for it."""

    waiting_since: str | None = None
    """Since when its job is waited for, or, when it is being deleted, the disposal of its files."""

    next_try_at: str | None = None
    """When it is tried again after a failure."""


def parse_snapshot_spec(raw: Mapping[str, Any]) -> FlinkStateSnapshotSpec:
    """Reads `spec` as the API server stores it, or as `to_wire` wrote it. Raises WrongFields, as `read_model` does."""
    return read_model(FlinkStateSnapshotSpec, raw)
