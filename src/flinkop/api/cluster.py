"""The parts of a Flink cluster's spec: JobManager, TaskManagers, their resources, and the way in from outside."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from flinkop.api.model import ApiModel, PodTemplate, Quantity


class DeploymentMode(StrEnum):
    """Who creates the TaskManagers."""

    NATIVE = "native"
    STANDALONE = "standalone"


class Resource(ApiModel):
    """CPU and memory of a Flink process, in Flink's words."""

    cpu: float | None = None
    """Cores, for example 0.5."""

    memory: str | None = None
    """The total memory of the process, in Flink's form (`2048m`, `2g`: always powers of two) or as a Kubernetes quantity
    (`2Gi`)."""

    ephemeral_storage: str | None = None
    """Local disk, as a Kubernetes quantity (`10Gi`)."""


class ResourceClaim(ApiModel):
    """A resource claim of the pod that the container uses."""

    name: str | None = None
    """The name of an entry of the pod's `resourceClaims`."""

    request: str | None = None
    """The name of one request of that claim; all of it when not set."""


class ResourceRequirements(ApiModel):
    """Requests and limits in Kubernetes' words. Wins over `resource`."""

    requests: dict[str, Quantity] = Field(default_factory=dict)
    """What is set aside: `cpu`, `memory` and others. Flink sizes its memory by this."""

    limits: dict[str, Quantity] = Field(default_factory=dict)
    """What may be used at most; at least the requests."""

    claims: list[ResourceClaim] = Field(default_factory=list)
    """The resource claims that the container uses."""


def _absent_when_empty(requirements: ResourceRequirements | None) -> ResourceRequirements | None:
    """Charts write `resources: {}` where nobody has set them: that wins over nothing."""
    says_something = requirements is not None and (requirements.requests or requirements.limits or requirements.claims)
    return requirements if says_something else None


_Requirements = Annotated[ResourceRequirements | None, AfterValidator(_absent_when_empty)]


class JobManagerSpec(ApiModel):
    """The JobManager: it coordinates the job."""

    resource: Resource | None = None
    """CPU and memory of each JobManager, in Flink's words."""

    resources: _Requirements = None
    """Requests and limits in Kubernetes' words. Wins over `resource`."""

    replicas: int = 1
    """How many JobManagers run. More than one are standbys, and need high availability. Default: 1."""

    pod_template: PodTemplate | None = None
    """A pod, or a part of one, that is laid over `spec.podTemplate` for JobManagers."""


class TaskManagerSpec(ApiModel):
    """The TaskManagers: they do the work."""

    resource: Resource | None = None
    """CPU and memory of each TaskManager, in Flink's words."""

    resources: _Requirements = None
    """Requests and limits in Kubernetes' words. Wins over `resource`."""

    replicas: int | None = None
    """How many TaskManagers run. With a job it decides the parallelism: replicas times slots. When it is not set, Flink asks
    for as many as the job needs."""

    pod_template: PodTemplate | None = None
    """A pod, or a part of one, that is laid over `spec.podTemplate` for TaskManagers."""


class IngressTls(ApiModel):
    """TLS for some hosts."""

    hosts: list[str] = Field(default_factory=list)
    """The hosts that the certificate is for."""

    secret_name: str | None = None
    """The Secret that holds certificate and key."""


class IngressSpec(ApiModel):
    """An Ingress for Flink's web page and REST API."""

    template: str | None = None
    """Host and path, with `{{name}}` and `{{namespace}}` filled in: `{{name}}.{{namespace}}.flink.example.com`."""

    class_name: str | None = None
    """The IngressClass."""

    annotations: dict[str, str] = Field(default_factory=dict)
    """Annotations of the Ingress."""

    labels: dict[str, str] = Field(default_factory=dict)
    """Labels of the Ingress."""

    tls: list[IngressTls] = Field(default_factory=list)
    """TLS settings of the Ingress."""
