"""`FlinkCluster` (`flink.apache.org/v1`): a cluster that jobs share, in the simple style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from flinkop.api.flinkdeploymentstatus import FlinkDeploymentStatus
from flinkop.api.flinkrelease import FlinkRelease
from flinkop.api.model import ApiModel, OpenApi
from flinkop.api.reading import read_model
from flinkop.api.simplecluster import SimpleClusterSpec


class JobDefaults(ApiModel):
    """What holds for jobs on the cluster that do not say otherwise."""

    parallelism: int | None = None
    """How many parallel subtasks each operator of a job gets. Default: 1."""


class FlinkClusterSpec(SimpleClusterSpec):
    """The cluster."""

    flink_version: Annotated[FlinkRelease, OpenApi({"type": "string"})]
    """Flink's version: `v1.20`, `1.20`, `1.20.1` or `v1_20`. A number needs quotes."""

    job: JobDefaults = JobDefaults()
    """What holds for jobs on the cluster that do not say otherwise."""

    restart_nonce: int | None = None
    """A change of this number restarts the cluster."""

    def to_wire(self) -> dict[str, Any]:
        """Plain JSON values under the names of the wire: defaults filled in, configuration flat."""
        return self.model_dump(mode="json", by_alias=True)


class FlinkClusterStatus(FlinkDeploymentStatus):
    """What the operator knows about the cluster."""

    jobs: int | None = None
    """How many jobs run on it."""

    task_managers: int | None = None
    """How many TaskManagers it has."""


def parse_cluster_spec(raw: Mapping[str, Any]) -> FlinkClusterSpec:
    """Reads `spec` as the API server stores it, or as `to_wire` wrote it. Raises WrongFields, as `read_model` does."""
    return read_model(FlinkClusterSpec, raw)
