"""What a pass sees of the world: values only, gathered by the observer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.api.jobstatus import TriggerType


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


TERMINAL = frozenset({JobState.FAILED, JobState.CANCELED, JobState.FINISHED})


@dataclass(frozen=True, slots=True)
class JobManager:
    """The JobManager Deployment. `was_available`: Kubernetes has seen it ready at least once."""

    uid: str
    generation: int | None
    available: bool
    terminating: bool
    was_available: bool = False


@dataclass(frozen=True, slots=True)
class TaskManagers:
    """The Deployment of a standalone cluster's TaskManagers; `replicas` is how many it is told to run."""

    uid: str
    replicas: int
    terminating: bool = False


@dataclass(frozen=True, slots=True)
class Workers:
    """The TaskManager pods of any cluster that have not ended; `running` is how many of them have all their containers running."""

    pods: int
    running: int


@dataclass(frozen=True, slots=True)
class Crash:
    """One end of a container; `finished_at` tells it from the others."""

    pod: str
    container: str
    exit_code: int
    finished_at: str


@dataclass(frozen=True, slots=True)
class Restart:
    """The JobManager's container has ended once, and was started again by Kubernetes at `since`."""

    crash: Crash
    since: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a pod does not start, in Kubernetes' words. With `crash`, these do not tell the cause, but the container's log may."""

    reason: str
    message: str
    crash: Crash | None = None


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The JobManager's REST endpoint was not asked: there is no ready JobManager."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The JobManager's REST endpoint gave no usable answer."""

    cause: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The JobManager's REST endpoint answered."""


Rest = NotAsked | Unreachable | Answered


@dataclass(frozen=True, slots=True)
class Job:
    """The job with the recorded id, as its JobManager reports it. `waits_for_slots`: it does not run, for tasks of it have no slot yet."""

    job_id: str
    name: str
    state: JobState
    start_time: int
    update_time: int
    waits_for_slots: bool = False


@dataclass(frozen=True, slots=True)
class Referring:
    """A FlinkSessionJob or FlinkApplication that names a session cluster; `job_id` is that of its job, once it has had one.

    `unsettled`: its job runs there or may do so, or has ended and what it left is not recorded yet.
    """

    name: str
    job_id: str | None = None
    unsettled: bool = False


@dataclass(frozen=True, slots=True)
class SnapshotInProgress:
    """The savepoint or checkpoint is being taken."""


@dataclass(frozen=True, slots=True)
class SnapshotCompleted:
    """It is complete at `location`; empty when the place of a checkpoint is not known any more."""

    location: str


@dataclass(frozen=True, slots=True)
class SnapshotFailed:
    """It failed."""

    cause: str


@dataclass(frozen=True, slots=True)
class SnapshotUnknown:
    """The JobManager does not know the trigger id: it was never asked, has restarted, or has forgotten."""


Snapshot = SnapshotInProgress | SnapshotCompleted | SnapshotFailed | SnapshotUnknown
"""What became of a savepoint or checkpoint that was asked for."""


@dataclass(frozen=True, slots=True)
class SnapshotResource:
    """A FlinkStateSnapshot of the job; `created` in epoch milliseconds."""

    name: str
    uid: str
    is_savepoint: bool
    type: TriggerType
    state: SnapshotState | None
    created: int
    path: str | None = None
    error: str | None = None
    deleting: bool = False


@dataclass(frozen=True, slots=True)
class SnapshotResources:
    """All of the resource with the name `job`."""

    job: str
    found: tuple[SnapshotResource, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """What the JobManager remembers of the job's checkpoints; times in epoch milliseconds.

    `count` is the number of completed ones, `path` the newest of them, savepoints included; `restored_path` what this JobManager
    restored the job from. `stop_path` is the newest savepoint that was to stop the job; whether it did tells the job's state.
    `periodic`: the job takes checkpoints by itself, or that was not asked. Not `known`: the JobManager has no statistics of the job, as of
    one that ended under another process.
    """

    count: int = 0
    path: str | None = None
    completed_at: int | None = None
    restored_path: str | None = None
    stop_path: str | None = None
    periodic: bool = True
    known: bool = True

    @property
    def newest_path(self) -> str | None:
        """The newest state of the job, where that has a path. What it was restored from is older than any checkpoint it has made."""
        return self.path or (None if self.count else self.stop_path or self.restored_path)

    @property
    def none_ever(self) -> bool:
        """The job neither made nor restored a checkpoint: it had no state."""
        return self.count == 0 and self.newest_path is None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How parallel a vertex of a job may be, at least and at most."""

    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Scale:
    """How parallel the vertices of the job may be, and are."""

    bounds: Mapping[str, Bounds]
    parallelism: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RescaleRefused:
    """The JobManager does not rescale this job in place."""

    cause: str


@dataclass(frozen=True, slots=True)
class HaMetadata:
    """The config maps that Flink's Kubernetes high availability keeps for one cluster.

    `job_id` and `checkpoints` are those of the job's config map; `job_graphs` counts stored graphs of the cluster's, and `graphs_of` are
    the ids of the jobs that they are of, as far as their keys tell.
    """

    exists: bool = False
    job_id: str | None = None
    checkpoints: int = 0
    job_graphs: int = 0
    config_maps: int = 0
    graphs_of: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last action could not be performed, and trying it again unchanged will not help."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class RefusedSnapshot:
    """A FlinkStateSnapshot could not be made a short while ago; after `pause` it is tried again."""

    message: str
    pause: timedelta


@dataclass(frozen=True, slots=True)
class RefusedIngress:
    """The Ingress of that digest was not accepted a short while ago; without a digest its deletion was not."""

    digest: str | None
    message: str


@dataclass(frozen=True, slots=True)
class JobException:
    """An exception of the job: when, in epoch milliseconds, its first causes, where it was thrown, and the task."""

    at: int
    causes: tuple[str, ...]
    places: tuple[str, ...] = ()
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """One look at the world.

    `replica_sets` counts those that could still make pods: one that has outlived its Deployment still replaces them.

    `taskmanagers` and their pods are of a standalone cluster only: in a native one both go with the JobManager. `pods_overdue`,
    `taskmanagers_overdue`: there are pods, and each should have reported its end a while ago.

    `crashed` is how a container of the JobManager ended that was started again; that one may do better. It is
    looked for only while such trouble is told of.

    `creating`: a pod waits for its containers to be made, and nothing that is watched tells why.


    `restarts` counts those of the job since its JobManager began; None when that was not asked, or Flink does not tell.

    `session_jobs` are the jobs on a session cluster that have not ended, whoever submitted them; `referring` are the resources that name
    a session cluster which is to be deleted or deployed anew.

    `snapshots` are the FlinkStateSnapshots of the job; None when that kind is not installed.

    `ingress` is the digest on the Ingress of the resource, empty when it has none; None: there is no Ingress.

    `untold` is why the API server has not told whether it would take the cluster that is wanted; None: it would, or was not to be asked.
    """

    jobmanager: JobManager | None = None
    jobmanager_pods: int = 0
    pods_overdue: bool = False
    replica_sets: int = 0
    taskmanagers: TaskManagers | None = None
    taskmanager_pods: int = 0
    taskmanagers_overdue: bool = False
    restart: Restart | None = None
    workers: Workers | None = None
    trouble: Trouble | None = None
    crashed: Trouble | None = None
    creating: bool = False
    rest: Rest = field(default_factory=NotAsked)
    job: Job | None = None
    failure: str | None = None
    exceptions: tuple[JobException, ...] = ()
    savepoint: Snapshot | None = None
    requested_checkpoint: Snapshot | None = None
    checkpoints: Checkpoints | None = None
    restarts: int | None = None
    scale: Scale | RescaleRefused | None = None
    ha: HaMetadata | None = None
    dependents_applied: bool = True
    refusal: Refusal | None = None
    cluster_info: Mapping[str, str] | None = None
    session_jobs: tuple[Job, ...] = ()
    referring: tuple[Referring, ...] = ()
    snapshots: SnapshotResources | None = None
    ingress: str | None = None
    refused_ingress: RefusedIngress | None = None
    refused_snapshot: RefusedSnapshot | None = None
    untold: str | None = None

    @property
    def unmanaged_jobs(self) -> tuple[Job, ...]:
        """The jobs on a session cluster that belong to no resource which names it."""
        managed = {one.job_id for one in self.referring}
        return tuple(job for job in self.session_jobs if job.job_id not in managed)

    @property
    def taskmanagers_are_gone(self) -> bool:
        """No TaskManager is left that was not made by a JobManager."""
        return self.taskmanagers is None and self.taskmanager_pods == 0

    @property
    def jobmanager_is_ready(self) -> bool:
        """There is a JobManager that serves, and nobody is removing it."""
        return self.jobmanager is not None and self.jobmanager.available and not self.jobmanager.terminating

    @property
    def job_is_running(self) -> bool:
        """The JobManager says that the job is RUNNING."""
        return isinstance(self.rest, Answered) and self.job is not None and self.job.state is JobState.RUNNING

    @property
    def job_has_ended(self) -> bool:
        """The JobManager says that the job has come to its end."""
        return isinstance(self.rest, Answered) and self.job is not None and self.job.state in TERMINAL
