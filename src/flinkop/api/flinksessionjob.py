"""`FlinkSessionJob.spec`: a job on a session cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from flinkop.api.flinkconfiguration import FlinkConfiguration
from flinkop.api.job import JobSpec
from flinkop.api.model import ApiModel
from flinkop.api.reading import read_model

__all__ = ["FlinkSessionJobSpec", "JobSpec", "parse_sessionjob_spec"]


class FlinkSessionJobSpec(ApiModel):
    """The job, and the session cluster it runs on."""

    deployment_name: str | None = None
    """The FlinkDeployment that is the session cluster, in the same namespace. It cannot be changed later."""

    job: JobSpec | None = None
    """The job."""

    restart_nonce: int | None = None
    """A change of this number restarts the job; the upgrade mode says with which state."""

    flink_configuration: FlinkConfiguration = Field(default_factory=dict)
    """Flink's configuration of this job, over that of the cluster (from Flink 1.17), and this operator's options for the resource
    (`kubernetes.operator.*`)."""

    def to_wire(self) -> dict[str, Any]:
        """Plain JSON values under the names of the wire: defaults filled in, configuration flat."""
        return self.model_dump(mode="json", by_alias=True)


def parse_sessionjob_spec(raw: Mapping[str, Any]) -> FlinkSessionJobSpec:
    """Reads `spec` as the API server stores it, or as `to_wire` wrote it. Raises WrongFields, as `read_model` does."""
    return read_model(FlinkSessionJobSpec, raw)
