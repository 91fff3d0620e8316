"""`FlinkDeployment.spec`: a Flink cluster, with or without a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, Strict

from flinkop.api.cluster import (
    DeploymentMode,
    IngressSpec,
    IngressTls,
    JobManagerSpec,
    Resource,
    ResourceClaim,
    ResourceRequirements,
    TaskManagerSpec,
)
from flinkop.api.flinkconfiguration import FlinkConfiguration
from flinkop.api.flinkversion import KNOWN_VERSIONS, FlinkVersion
from flinkop.api.job import DesiredJobState, JobSpec, UpgradeMode
from flinkop.api.model import ApiModel, OpenApi, PodTemplate
from flinkop.api.reading import read_model

__all__ = [
    "DeploymentMode",
    "DesiredJobState",
    "FlinkDeploymentSpec",
    "IngressSpec",
    "IngressTls",
    "JobManagerSpec",
    "JobSpec",
    "Resource",
    "ResourceClaim",
    "ResourceRequirements",
    "TaskManagerSpec",
    "UpgradeMode",
    "parse_spec",
]


class FlinkDeploymentSpec(ApiModel):
    """The Flink cluster, and the job it runs."""

    image: str | None = None
    """The image with Flink and, usually, the job. Default: Flink's own image of the version."""

    image_pull_policy: str | None = None
    """`Always`, `IfNotPresent` or `Never`. Default: IfNotPresent."""

    service_account: str | None = None
    """The ServiceAccount of the JobManager and TaskManager pods. It must be allowed to manage pods and config maps."""

    flink_version: Annotated[FlinkVersion, OpenApi({"type": "string", "enum": [str(known) for known in KNOWN_VERSIONS]})]
    """The Flink version of the image: `v1_20` for 1.20."""

    mode: Annotated[DeploymentMode, Strict(False)] = DeploymentMode.NATIVE
    """`native`: Flink asks Kubernetes for TaskManagers as it needs them. `standalone`: the operator runs a fixed number.
    Default: native."""

    flink_configuration: FlinkConfiguration = Field(default_factory=dict)
    """Flink's configuration, as flat keys or as nested YAML, and this operator's options for the resource
    (`kubernetes.operator.*`)."""

    log_configuration: dict[str, str] = Field(default_factory=dict)
    """Log configuration files by name: `log4j-console.properties`, `logback-console.xml`."""

    pod_template: PodTemplate | None = None
    """A pod, or a part of one, on which the pods of JobManager and TaskManagers are built. Flink's container is called
    `flink-main-container`; others run beside it."""

    ingress: IngressSpec | None = None
    """An Ingress for Flink's web page and REST API."""

    job_manager: JobManagerSpec = JobManagerSpec()
    """The JobManager: it coordinates the job."""

    task_manager: TaskManagerSpec = TaskManagerSpec()
    """The TaskManagers: they do the work."""

    job: JobSpec | None = None
    """The job of an application cluster. Without it the cluster is a session cluster."""

    restart_nonce: int | None = None
    """A change of this number restarts the cluster; the upgrade mode says with which state."""

    def to_wire(self) -> dict[str, Any]:
        """Plain JSON values under the names of the wire: defaults filled in, configuration flat."""
        return self.model_dump(mode="json", by_alias=True)


def parse_spec(raw: Mapping[str, Any]) -> FlinkDeploymentSpec:
    """Reads `spec` as the API server stores it, or as `to_wire` wrote it. Raises WrongFields, as `read_model` does."""
    return read_model(FlinkDeploymentSpec, raw)
