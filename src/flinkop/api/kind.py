"""The kinds that the operator serves, as data: names, models, and what the API server shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinkdeploymentstatus import FlinkDeploymentStatus
from flinkop.api.model import ApiModel

GROUP = "flink.apache.org"
VERSION = "v1beta1"


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
    short_name: str
    spec: type[ApiModel]
    status: type[ApiModel]
    description: str
    columns: tuple[Column, ...]
    scale: Mapping[str, str] | None = None


# The established columns come first: scripts count on their places.
FLINK_DEPLOYMENT = Kind(
    name="FlinkDeployment",
    plural="flinkdeployments",
    short_name="flinkdep",
    spec=FlinkDeploymentSpec,
    status=FlinkDeploymentStatus,
    description="A Flink cluster: with a job an application cluster, without one a session cluster.",
    columns=(
        Column("Job Status", ".status.jobStatus.state"),
        Column("Lifecycle State", ".status.lifecycleState"),
        Column("Phase", ".status.phase"),
        Column("Ready", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Age", ".metadata.creationTimestamp", type="date"),
        Column("Reason", ".status.reason", priority=1),
        Column("Restored From", ".status.restore.source", priority=1),
    ),
    scale={
        "specReplicasPath": ".spec.taskManager.replicas",
        "statusReplicasPath": ".status.taskManager.replicas",
        "labelSelectorPath": ".status.taskManager.labelSelector",
    },
)

KINDS: tuple[Kind, ...] = (FLINK_DEPLOYMENT,)
