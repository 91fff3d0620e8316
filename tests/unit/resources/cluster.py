"""A cluster with nothing special about it, to be changed by one thing at a time."""

from __future__ import annotations

from typing import Any

from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.resources.application import ClusterObjects, build_application
from flinkop.resources.cluster import Cluster
from flinkop.resources.configuration import DeploymentPlan, build_configuration, with_deployment

V1_16, V1_17, V1_18, V1_19, V1_20 = (FlinkVersion(1, minor) for minor in (16, 17, 18, 19, 20))
V2_0, V2_1, V2_2, V2_3 = (FlinkVersion(2, minor) for minor in (0, 1, 2, 3))
VERSIONS = (V1_16, V1_17, V1_18, V1_19, V1_20, V2_0, V2_1, V2_2, V2_3)

JOB_ID = "0123456789abcdef0123456789abcdef"
HA = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://ha"}

_RAW: dict[str, Any] = {
    "image": "flink:test",
    "serviceAccount": "flink",
    "jobManager": {"resource": {"memory": "1600m", "cpu": 1}},
    "taskManager": {"resource": {"memory": "1728m", "cpu": 1}},
    "job": {"jarURI": "local:///job.jar", "parallelism": 2},
}


def a_spec(version: FlinkVersion = V1_20, **changes: Any) -> FlinkDeploymentSpec:
    """The spec with top-level fields replaced, `job` field by field; a change to None removes."""
    raw = {"flinkVersion": str(version), **_RAW, **changes}
    if changes.get("job"):
        raw["job"] = {**_RAW["job"], **changes["job"]}
    return parse_spec(raw)


def a_plan(**changes: Any) -> DeploymentPlan:
    """The plan of a first start."""
    plan = {"generation": 3, "owner_uid": "uid-1", "job_id": JOB_ID, "savepoint_path": None, "job_result_store_id": "store"}
    return DeploymentPlan(**{**plan, **changes})


def configuration_of(spec: FlinkDeploymentSpec, defaults: dict[str, str] | None = None) -> dict[str, str]:
    """Its effective configuration."""
    return build_configuration("ns", "app", spec, defaults or {})


def objects_of(spec: FlinkDeploymentSpec, **flags: Any) -> ClusterObjects:
    """All objects of its first start."""
    return build_application("ns", "app", spec, with_deployment(configuration_of(spec), a_plan()), **flags)


def a_cluster(version: FlinkVersion = V1_20, **options: str) -> Cluster:
    """A cluster whose configuration is these options, dots and dashes written as `__` and `_`."""
    conf = {name.replace("__", ".").replace("_", "-"): text for name, text in options.items()}
    return Cluster("ns", "app", a_spec(version), conf)
