"""Which other resources belong to one: the cluster of a job, the jobs on a cluster, the snapshots of a job. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.api.kind import FLINK_APPLICATION, FLINK_CLUSTER, FLINK_DEPLOYMENT, FLINK_SESSION_JOB, FLINK_STATE_SNAPSHOT, Kind
from flinkop.api.label import is_label_value
from flinkop.explain.target import NotATarget, Target, kind_of
from flinkop.lifecycle.statesnapshot.label import JOB_NAME

Object = Mapping[str, Any]


def cluster_of(target: Target, resource: Object) -> str | None:
    """The name of the Flink cluster on which the job of a resource runs; None for a snapshot."""
    if target.kind is FLINK_STATE_SNAPSHOT:
        return None
    reference = reference_of(target, resource)
    if reference is not None:
        return reference.name
    return None if target.kind is FLINK_SESSION_JOB else target.name


def reference_of(target: Target, resource: Object) -> Target | None:
    """The other resource that one depends on."""
    spec = resource.get("spec") or {}
    if target.kind is FLINK_SESSION_JOB:
        return _target(FLINK_DEPLOYMENT, target, spec.get("deploymentName"))
    if target.kind is FLINK_APPLICATION:
        return _target(FLINK_CLUSTER, target, (spec.get("flinkCluster") or {}).get("name"))
    if target.kind is not FLINK_STATE_SNAPSHOT:
        return None
    reference = spec.get("jobReference") or {}
    try:
        return _target(kind_of(reference["kind"]), target, reference.get("name"))
    except (KeyError, NotATarget):
        return None


def _target(kind: Kind, beside: Target, name: str | None) -> Target | None:
    return Target(kind, beside.namespace, name) if name else None


def kind_of_jobs(target: Target, resource: Object) -> Kind | None:
    """The kind of the jobs that share the cluster; None for what is no such cluster."""
    if target.kind is FLINK_CLUSTER:
        return FLINK_APPLICATION
    is_session = target.kind is FLINK_DEPLOYMENT and not (resource.get("spec") or {}).get("job")
    return FLINK_SESSION_JOB if is_session else None


def refers_to(kind: Kind, one: Object, target: Target) -> bool:
    """Whether a resource of the kind depends on the one that is meant."""
    other = reference_of(Target(kind, target.namespace, ""), one)
    return other is not None and (other.kind, other.name) == (target.kind, target.name)


def has_snapshots(target: Target, resource: Object) -> bool:
    """Whether it has a job that a FlinkStateSnapshot can name."""
    return target.kind in (FLINK_SESSION_JOB, FLINK_APPLICATION) or (
        target.kind is FLINK_DEPLOYMENT and kind_of_jobs(target, resource) is None
    )


def selector_of_snapshots(target: Target) -> str | None:
    """Finds the snapshots of a job by label; None where its name is too long to be one."""
    return f"{JOB_NAME}={target.name}" if is_label_value(target.name) else None
