"""What the rules for FlinkDeployments look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.validation.violation import Violation

# Options that the operator itself fills in, and the fields they come from.
_ORIGINS: Mapping[str, str] = {
    "$internal.application.program-args": "spec.job.args",
    "$internal.application.main": "spec.job.entryClass",
    "pipeline.jars": "spec.job.jarURI",
    "execution.savepoint.path": "spec.job.initialSavepointPath",
    "kubernetes.container.image": "spec.image",
    "kubernetes.container.image.ref": "spec.image",
    "kubernetes.service-account": "spec.serviceAccount",
}


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

    def path_of(self, key: str) -> str:
        """Where the option `key` comes from: a field, the resource's own configuration, or the operator's defaults."""
        if key in self.spec.flink_configuration:
            return f"spec.flinkConfiguration.{key}"
        return _ORIGINS.get(key, f"flinkConfiguration.{key}")


Rule = Callable[[Subject], Iterator[Violation]]
