"""What rules look at: a FlinkDeployment, and as much of it as other kinds have too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from flinkop.api.cluster import TaskManagerSpec
from flinkop.api.flinkdeployment import FlinkDeploymentSpec, JobSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.flinkoptions import PARALLELISM
from flinkop.flinkconf.layers import OPERATOR_CONFIGURATION
from flinkop.validation.violation import Violation

# Options that the operator itself fills in, and the fields they come from.
_ORIGINS: Mapping[str, str] = {
    "$internal.application.program-args": "spec.job.args",
    "$internal.application.main": "spec.job.entryClass",
    "parallelism.default": "spec.job.parallelism",
    "kubernetes.jobmanager.replicas": "spec.jobManager.replicas",
    "pipeline.jars": "spec.job.jarURI",
    "execution.savepoint.path": "spec.job.initialSavepointPath",
    "kubernetes.container.image": "spec.image",
    "kubernetes.container.image.ref": "spec.image",
    "kubernetes.service-account": "spec.serviceAccount",
}


class Configured(Protocol):
    """Something with a Flink version and a configuration."""

    @property
    def version(self) -> FlinkVersion:
        """The Flink version."""

    @property
    def own(self) -> Mapping[str, str]:
        """What the resource itself sets."""

    @property
    def conf(self) -> Mapping[str, str]:
        """The effective configuration."""

    def path_of(self, key: str) -> str:
        """Where the option `key` comes from."""


class WithJob(Configured, Protocol):
    """Something that may have a job."""

    @property
    def job(self) -> JobSpec | None:
        """The job."""

    @property
    def previous_job(self) -> JobSpec | None:
        """The job of the spec that was accepted before, if any."""

    @property
    def task_manager(self) -> TaskManagerSpec | None:
        """The TaskManagers, where the resource has its own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A FlinkDeployment: `conf` is its effective configuration, `previous` the spec that was accepted before, if any."""

    name: str
    namespace: str
    spec: FlinkDeploymentSpec
    conf: Mapping[str, str]
    previous: FlinkDeploymentSpec | None = None

    @property
    def version(self) -> FlinkVersion:
        """The Flink version."""
        return self.spec.flink_version

    @property
    def own(self) -> Mapping[str, str]:
        """What the resource itself sets."""
        return self.spec.flink_configuration

    @property
    def job(self) -> JobSpec | None:
        """The job of an application cluster."""
        return self.spec.job

    @property
    def previous_job(self) -> JobSpec | None:
        """The job of the spec that was accepted before."""
        return self.previous.job if self.previous else None

    @property
    def task_manager(self) -> TaskManagerSpec | None:
        """The TaskManagers."""
        return self.spec.task_manager

    def path_of(self, key: str) -> str:
        """Where the option `key` comes from: a field, the resource's own configuration, or the operator's defaults."""
        if key == PARALLELISM.key and self.job is not None and self.spec.task_manager.replicas is not None:
            return "spec.taskManager.replicas"
        return path_of(key, self.own)


def path_of(key: str, own: Mapping[str, str]) -> str:
    """Where an option comes from, where the resource itself sets `own`."""
    return f"spec.flinkConfiguration.{key}" if key in own else _ORIGINS.get(key, f"{OPERATOR_CONFIGURATION} {key}")


Rule = Callable[[Subject], Iterator[Violation]]
