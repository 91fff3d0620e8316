"""The kinds that the operator serves, as data: names, models, and what the API server shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flinkop.api.flinkapplication import FlinkApplicationSpec, FlinkApplicationStatus
from flinkop.api.flinkcluster import FlinkClusterSpec, FlinkClusterStatus
from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinkdeploymentstatus import FlinkDeploymentStatus
from flinkop.api.flinksessionjob import FlinkSessionJobSpec
from flinkop.api.flinksessionjobstatus import FlinkSessionJobStatus
from flinkop.api.flinkstatesnapshot import FlinkStateSnapshotSpec, FlinkStateSnapshotStatus
from flinkop.api.model import ApiModel

GROUP = "flink.apache.org"
VERSION = "v1beta1"
"""Of the established kinds."""

SIMPLE_VERSION = "v1"
"""Of the kinds in the simple style."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `kubectl get`. Those with priority 1 are shown with `-o wide`."""

    name: str
    json_path: str
    type: str = "string"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of custom resource. `scale` holds the paths of the scale subresource, if there is one."""

    name: str
    plural: str
    short_name: str | None
    spec: type[ApiModel]
    status: type[ApiModel]
    description: str
    columns: tuple[Column, ...]
    scale: Mapping[str, str] | None = None
    version: str = VERSION

    @property
    def api_version(self) -> str:
        """As manifests write it: `flink.apache.org/v1beta1`."""
        return f"{GROUP}/{self.version}"


_PHASE = Column("Phase", ".status.phase")
_READY = Column("Ready", '.status.conditions[?(@.type=="Ready")].status')
_AGE = Column("Age", ".metadata.creationTimestamp", type="date")
_REASON = Column("Reason", ".status.reason")
_SINCE = Column("Since", '.status.conditions[?(@.type=="Ready")].lastTransitionTime', type="date")
_MESSAGE = Column("Message", ".status.message", priority=1)
_RESTORED_FROM = Column("Restored From", ".status.restore.source", priority=1)
_JOBS = Column("Jobs", ".status.jobs", type="integer")
_TASK_MANAGERS = Column("Task Managers", ".status.taskManagers", type="integer")

# The established columns come first: scripts count on their places. Then whether it is well, what it does, and since when it is (not) well.
_OF_JOBS = (
    Column("Job Status", ".status.jobStatus.state"),
    Column("Lifecycle State", ".status.lifecycleState"),
    _PHASE,
    _READY,
    _REASON,
    _SINCE,
    _AGE,
)

FLINK_DEPLOYMENT = Kind(
    name="FlinkDeployment",
    plural="flinkdeployments",
    short_name="flinkdep",
    spec=FlinkDeploymentSpec,
    status=FlinkDeploymentStatus,
    description="A Flink cluster: with a job an application cluster, without one a session cluster.",
    columns=(*_OF_JOBS, _RESTORED_FROM, _MESSAGE),
    scale={
        "specReplicasPath": ".spec.taskManager.replicas",
        "statusReplicasPath": ".status.taskManager.replicas",
        "labelSelectorPath": ".status.taskManager.labelSelector",
    },
)

FLINK_SESSION_JOB = Kind(
    name="FlinkSessionJob",
    plural="flinksessionjobs",
    short_name="sessionjob",
    spec=FlinkSessionJobSpec,
    status=FlinkSessionJobStatus,
    description="A job on a session cluster, which is a FlinkDeployment without a job.",
    columns=(*_OF_JOBS, Column("Cluster", ".spec.deploymentName", priority=1), _RESTORED_FROM, _MESSAGE),
)

FLINK_STATE_SNAPSHOT = Kind(
    name="FlinkStateSnapshot",
    plural="flinkstatesnapshots",
    short_name="flinksnp",
    spec=FlinkStateSnapshotSpec,
    status=FlinkStateSnapshotStatus,
    description="A savepoint or checkpoint of a job: asking for it makes it, and what became of it is in the status.",
    columns=(
        Column("Path", ".status.path"),
        Column("Result Timestamp", ".status.resultTimestamp"),
        Column("Snapshot State", ".status.state"),
        _READY,
        _REASON,
        _SINCE,
        _AGE,
        _MESSAGE,
    ),
)

FLINK_CLUSTER = Kind(
    name="FlinkCluster",
    plural="flinkclusters",
    short_name=None,
    spec=FlinkClusterSpec,
    status=FlinkClusterStatus,
    description="A Flink cluster that jobs share, in the simple style.",
    columns=(_PHASE, _READY, _JOBS, _TASK_MANAGERS, _REASON, _SINCE, _AGE, _MESSAGE),
    version=SIMPLE_VERSION,
)

FLINK_APPLICATION = Kind(
    name="FlinkApplication",
    plural="flinkapplications",
    short_name="flinkapp",
    spec=FlinkApplicationSpec,
    status=FlinkApplicationStatus,
    description="A Flink job, on a FlinkCluster or on a cluster of its own, in the simple style.",
    columns=(
        _PHASE,
        _READY,
        _JOBS,
        _TASK_MANAGERS,
        _REASON,
        _SINCE,
        _AGE,
        Column("Cluster", ".spec.flinkCluster.name", priority=1),
        _RESTORED_FROM,
        _MESSAGE,
    ),
    version=SIMPLE_VERSION,
)

KINDS: tuple[Kind, ...] = (FLINK_DEPLOYMENT, FLINK_SESSION_JOB, FLINK_STATE_SNAPSHOT, FLINK_CLUSTER, FLINK_APPLICATION)
"""What is installed and worked on."""

COMING: tuple[Kind, ...] = ()
"""What can be read and checked, and is not installed: a definition without a controller would promise what does not happen."""

ALL: tuple[Kind, ...] = (*KINDS, *COMING)
