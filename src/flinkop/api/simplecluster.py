"""The parts of a cluster in the simple style of `flink.apache.org/v1`: what FlinkCluster and FlinkApplication share."""

from __future__ import annotations

from pydantic import Field

from flinkop.api.cluster import IngressSpec
from flinkop.api.flinkconfiguration import FlinkConfiguration
from flinkop.api.model import ApiModel, PodTemplate


class SimpleJobManager(ApiModel):
    """The JobManager: it coordinates the jobs."""

    replicas: int | None = None
    """How many run. More than one are standbys, and need high availability. Default: 1."""

    cpu: float | None = None
    """The processor time of each, in cores: 0.5. Default: 1."""

    memory: str | None = None
    """The memory of each: `2Gi`, `2048m`. Default: 1600m."""

    pod_template: PodTemplate | None = None
    """A pod, or a part of one, on which their pods are built. Flink's container is called `flink-main-container`."""


class SimpleTaskManager(ApiModel):
    """The TaskManagers: they do the work. Write `replicas` for a fixed number, or `min` and `max` for as many as the jobs need."""

    replicas: int | None = None
    """How many run, always. Default: 1, where neither `min` nor `max` is set; of an application of its own, as many as it needs."""

    min: int | None = None
    """How many run at least, where the number follows the jobs (from Flink 1.19). Default: 0."""

    max: int | None = None
    """How many run at most, where the number follows the jobs. Default: no limit."""

    slots: int | None = None
    """How many parallel subtasks each can run. Default: 2."""

    cpu: float | None = None
    """The processor time of each, in cores: 0.5. Default: 1."""

    memory: str | None = None
    """The memory of each: `2Gi`, `2048m`. Default: 1728m."""

    pod_template: PodTemplate | None = None
    """A pod, or a part of one, on which their pods are built. Flink's container is called `flink-main-container`."""


class StorageSpec(ApiModel):
    """Where the state of the jobs is kept. Without it, state ends with the JobManager."""

    checkpoints: str | None = None
    """The directory for checkpoints: `s3://bucket/checkpoints`. Default: `checkpoints` on the volume."""

    savepoints: str | None = None
    """The directory for savepoints. Default: `savepoints` on the volume."""

    high_availability: str | None = None
    """The directory for the data of high availability. Default: `ha` on the volume."""

    volume_claim: str | None = None
    """A PersistentVolumeClaim that all pods mount at /opt/flink/state. With several nodes it must be ReadWriteMany."""

    ephemeral: bool | None = None
    """Checkpoints are kept in the JobManager's memory and end with it, which is enough for tests. Not together with directories."""


class MetricsSpec(ApiModel):
    """Metrics of JobManager and TaskManagers, for Prometheus."""

    enabled: bool = True
    """Whether they are served. Default: true."""

    port: int = 9249
    """The port, on every pod. Default: 9249."""


class SimpleClusterSpec(ApiModel):
    """A cluster in the simple style. Whatever is left out has a default that works."""

    image: str | None = None
    """The image with Flink. Default: Flink's own of the version, `flink:1.20`."""

    image_pull_policy: str | None = None
    """`Always`, `IfNotPresent` or `Never`. Default: IfNotPresent."""

    service_account: str | None = None
    """The ServiceAccount of the pods. It must be allowed to manage pods and config maps. Default: flink."""

    configuration: FlinkConfiguration = Field(default_factory=dict)
    """Flink's configuration, as flat keys or as nested YAML, and this operator's options for the resource (`kubernetes.operator.*`)."""

    job_manager: SimpleJobManager = SimpleJobManager()
    """The JobManager: it coordinates the jobs."""

    task_manager: SimpleTaskManager = SimpleTaskManager()
    """The TaskManagers: they do the work."""

    storage: StorageSpec | None = None
    """Where the state of the jobs is kept."""

    high_availability: bool | None = None
    """Whether jobs go on from their last checkpoint when the JobManager is lost. Default: true where `storage` has a place for its data."""

    ingress: IngressSpec | None = None
    """An Ingress for Flink's web page and REST API."""

    metrics: MetricsSpec | None = None
    """Metrics for Prometheus."""
