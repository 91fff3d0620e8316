"""A FlinkDeployment in which nothing is wrong, to be changed by one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.validation.flinkdeployment import validate_flinkdeployment
from flinkop.validation.violation import Violation

_HEALTHY: dict[str, Any] = {
    "image": "flink:1.20",
    "flinkVersion": "v1_20",
    "serviceAccount": "flink",
    "flinkConfiguration": {},
    "jobManager": {"resource": {"memory": "2048m", "cpu": 1}},
    "taskManager": {"resource": {"memory": "2048m", "cpu": 1}},
    "job": {"jarURI": "local:///opt/flink/usrlib/job.jar", "parallelism": 2},
}

DIRECTORIES = {"state.checkpoints.dir": "s3://c", "state.savepoints.dir": "s3://s"}
HIGH_AVAILABILITY = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://ha"}


def a_spec(**changes: Any) -> FlinkDeploymentSpec:
    """The healthy spec with top-level fields replaced; `job` is changed field by field, and removed by None."""
    raw = {**_HEALTHY, **changes}
    if changes.get("job"):
        raw["job"] = {**_HEALTHY["job"], **changes["job"]}
    return parse_spec(raw)


def effective(spec: FlinkDeploymentSpec) -> dict[str, str]:
    """The little of the effective configuration that rules need: what the resource says of memory and arguments."""
    conf = {"kubernetes.namespace": "default", "kubernetes.cluster-id": "app", **spec.flink_configuration}
    for component, process in (("jobmanager", spec.job_manager), ("taskmanager", spec.task_manager)):
        if process.resource and process.resource.memory and (process.resources is None or "memory" in process.resources.requests):
            conf[f"{component}.memory.process.size"] = process.resource.memory
    if spec.job and spec.job.parallelism > 0:
        conf["parallelism.default"] = str(spec.task_manager.replicas or spec.job.parallelism)
    if spec.job and spec.job.args:
        conf["$internal.application.program-args"] = ";".join(spec.job.args)
    return conf


def violations_of(
    spec: FlinkDeploymentSpec,
    name: str = "app",
    previous: FlinkDeploymentSpec | None = None,
    defaults: Mapping[str, str] | None = None,
) -> tuple[Violation, ...]:
    """What is wrong with the spec, in a cluster with these defaults."""
    return validate_flinkdeployment(name, "default", spec, {**(defaults or {}), **effective(spec)}, previous)


def sentences_of(spec: FlinkDeploymentSpec, **context: Any) -> list[str]:
    """The violations as people read them, warnings marked."""
    return [f"{'' if violation.is_error else 'warning '}{violation}" for violation in violations_of(spec, **context)]
