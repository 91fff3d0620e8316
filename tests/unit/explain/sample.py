"""Objects of a resource in trouble, as the API server gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.unit.lifecycle.builder import FROM_SAVEPOINT, NOW, a_record, a_record_tearing_down, an_ended_record

from flinkop.lifecycle.record import Record
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.status import write_snapshot_status
from flinkop.lifecycle.statuswriter import Scale, write_status

ASKED_AT = datetime(2025, 3, 1, 12, 10, tzinfo=UTC)

WELL = a_record()
FAILED = an_ended_record()
STOPPING = a_record_tearing_down(reason="StoppingCluster", restore=FROM_SAVEPOINT)


def a_resource(record: Record | None = WELL, **metadata: Any) -> dict[str, Any]:
    """A FlinkDeployment with that record; without one nobody has looked at it."""
    status = {"observedGeneration": -1} if record is None else write_status(record, {}, Scale("", 0), NOW)
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "metadata": {"namespace": "team", "name": "job", "uid": "u", "generation": 1, **metadata},
        "spec": {"flinkVersion": "v1_20", "flinkConfiguration": {"s3.secret-key": "hunter2", "taskmanager.numberOfTaskSlots": "2"}},
        "status": status,
    }


def a_snapshot(record: SnapshotRecord, name: str = "before", **spec: Any) -> dict[str, Any]:
    """A FlinkStateSnapshot with that record, of the job."""
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkStateSnapshot",
        "metadata": {"namespace": "team", "name": name, "uid": name, "generation": 1},
        "spec": {"jobReference": {"kind": "FlinkDeployment", "name": "job"}, **(spec or {"savepoint": {}})},
        "status": write_snapshot_status(record, {}, NOW),
    }


def an_event(
    reason: str = "Submit", message: str = "Starting deployment.", at: str = "2025-03-01T12:00:00Z", **fields: Any
) -> dict[str, Any]:
    return {"metadata": {}, "type": "Normal", "reason": reason, "message": message, "lastTimestamp": at, **fields}


def a_deployment(ready: int = 1, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "job", **metadata}, "spec": {"replicas": 1}, "status": {"readyReplicas": ready}}


def a_service(name: str = "job-rest", kind: str = "ClusterIP", address: str | None = None, **metadata: Any) -> dict[str, Any]:
    """One for the JobManager."""
    status = {"loadBalancer": {"ingress": [{"hostname": address}]}} if address else {}
    spec = {"type": kind, "ports": [{"name": "rest", "port": 8081}], "selector": {"app": "job", "component": "jobmanager"}}
    return {"metadata": {"name": name, **metadata}, "spec": spec, "status": status}


def a_pod(container: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    containers = [{"name": "flink-main-container", "ready": True, **(container or {})}]
    return {
        "metadata": {"name": "job-1", "labels": {"app": "job", "component": "jobmanager", "pod-template-hash": "1"}},
        "spec": {"nodeName": "n1"},
        "status": {"phase": "Running", "containerStatuses": containers, **status},
    }
