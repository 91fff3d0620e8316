"""What a decision may ask to be done. Each action is idempotent: performing it again after a crash changes nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.observed import Bounds
from flinkop.lifecycle.restore import RestorePoint


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """Makes sure that deletion waits for the operator."""


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Lets the deletion of the resource end."""


@dataclass(frozen=True, slots=True)
class StartCluster:
    """Creates the JobManager Deployment of this start, and what belongs to it. One that exists is success."""

    generation: int
    job_id: str
    restore: RestorePoint
    job_result_store_id: str


@dataclass(frozen=True, slots=True)
class StartSession:
    """Creates the JobManager Deployment of this start of a session cluster, and what belongs to it. One that exists is success."""

    generation: int
    job_result_store_id: str


@dataclass(frozen=True, slots=True)
class SubmitJob:
    """Runs a jar that the JobManager of a session cluster has, as the job with this id. One that is there already is success."""

    job_id: str
    jar_id: str
    restore: RestorePoint


@dataclass(frozen=True, slots=True)
class DeleteJobManager:
    """Deletes the JobManager Deployment with this uid, and no other."""

    uid: str


@dataclass(frozen=True, slots=True)
class StartTaskManagers:
    """Creates the TaskManager Deployment of a standalone cluster that runs, by the spec it runs. One that exists is success."""

    generation: int


@dataclass(frozen=True, slots=True)
class ScaleTaskManagers:
    """Has the TaskManager Deployment with this uid run so many."""

    uid: str
    replicas: int


@dataclass(frozen=True, slots=True)
class DeleteTaskManagers:
    """Deletes the TaskManager Deployment with this uid, and no other."""

    uid: str


@dataclass(frozen=True, slots=True)
class Rescale:
    """Tells Flink how parallel each vertex of the running job may be."""

    job_id: str
    bounds: Mapping[str, Bounds]


@dataclass(frozen=True, slots=True)
class StopWithSavepoint:
    """Asks Flink to stop the job with a savepoint. The same trigger id twice is one savepoint."""

    job_id: str
    trigger_id: str
    drain: bool


@dataclass(frozen=True, slots=True)
class TriggerSavepoint:
    """Asks Flink for a savepoint of the job, which goes on. The same trigger id twice is one savepoint."""

    job_id: str
    trigger_id: str


@dataclass(frozen=True, slots=True)
class TriggerCheckpoint:
    """Asks Flink for a checkpoint of the job. The same trigger id twice is one checkpoint."""

    job_id: str
    trigger_id: str


@dataclass(frozen=True, slots=True)
class DisposeSavepoint:
    """Asks Flink to delete the files of a savepoint."""

    location: str


@dataclass(frozen=True, slots=True)
class CreateSnapshot:
    """Creates the FlinkStateSnapshot of that name. One that is there is success. With `exists` it stands for the savepoint at `path`."""

    name: str
    is_savepoint: bool
    type: TriggerType
    format: str
    path: str | None
    exists: bool
    disposes: bool


@dataclass(frozen=True, slots=True)
class DeleteSnapshot:
    """Deletes the FlinkStateSnapshot with this uid, and no other of its name."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Asks Flink to cancel the job. One that has ended is success."""

    job_id: str


@dataclass(frozen=True, slots=True)
class DeleteHaMetadata:
    """Deletes the config maps of Flink's high availability. Only when no JobManager is left."""


@dataclass(frozen=True, slots=True)
class RemoveJobGraphs:
    """Removes stored job graphs from the metadata, so that a new start uses the new spec. Only when no JobManager is left."""


@dataclass(frozen=True, slots=True)
class ApplyIngress:
    """Makes the Ingress what the spec says. `digest` is that of what is wanted."""

    digest: str


@dataclass(frozen=True, slots=True)
class DeleteIngress:
    """Deletes the Ingress of the resource."""


Action = (
    AddFinalizer
    | RemoveFinalizer
    | StartCluster
    | StartSession
    | SubmitJob
    | DeleteJobManager
    | StartTaskManagers
    | ScaleTaskManagers
    | DeleteTaskManagers
    | Rescale
    | StopWithSavepoint
    | TriggerSavepoint
    | TriggerCheckpoint
    | DisposeSavepoint
    | CreateSnapshot
    | DeleteSnapshot
    | CancelJob
    | DeleteHaMetadata
    | RemoveJobGraphs
    | ApplyIngress
    | DeleteIngress
)
