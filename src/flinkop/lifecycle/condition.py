"""The conditions of a resource, by the rules that generic tools (kstatus, `kubectl wait`, Argo CD, Flux) know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.lifecycle.established import camel_case
from flinkop.lifecycle.ingress import NOT_MANAGED
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.record import Health, JobManagerStatus, Record

# The established reasons of `Running` for a session cluster.
_OF_SESSION: Mapping[JobManagerStatus, str] = {
    JobManagerStatus.READY: "JobManagerReady",
    JobManagerStatus.DEPLOYED_NOT_READY: "DeployedNotReady",
    JobManagerStatus.DEPLOYING: "JobManagerIsDeploying",
    JobManagerStatus.MISSING: "JobManagerDeploymentMissing",
    JobManagerStatus.ERROR: "Error",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, without its times."""

    type: str
    status: bool
    reason: str
    message: str


def conditions(record: Record) -> tuple[Condition, ...]:
    """`Ready`: the newest spec is fulfilled. `Reconciling`: it is being worked on. `Stalled`: somebody's help is needed.

    `Running` is the established one: the job is RUNNING. `IngressReady` stands there only while something is wrong with the Ingress,
    and `SnapshotsReady` while a FlinkStateSnapshot is refused: the job does not depend on them.
    """
    return _ready(record), _reconciling(record), _stalled(record), _running(record), *_ingress(record), *_snapshots(record)


def render(found: Iterable[Condition], before: Iterable[Mapping[str, Any]], generation: int, now: str) -> list[dict[str, Any]]:
    """Conditions as they stand in `status`; `lastTransitionTime` moves only with the status."""
    old = {condition["type"]: condition for condition in before}
    return [_render(condition, old.get(condition.type), generation, now) for condition in found]


def _render(condition: Condition, before: Mapping[str, Any] | None, generation: int, now: str) -> dict[str, Any]:
    status = str(condition.status)
    since = before.get("lastTransitionTime") if before is not None and before.get("status") == status else None
    return {
        "type": condition.type,
        "status": status,
        "reason": condition.reason,
        "message": condition.message,
        "observedGeneration": generation,
        "lastTransitionTime": since or now,
    }


def _ready(record: Record) -> Condition:
    if record.invalid:
        return Condition("Ready", False, "ValidationError", record.invalid)
    return Condition("Ready", record.health is Health.SETTLED, record.reason, record.message)


def _reconciling(record: Record) -> Condition:
    busy = record.health is Health.PROGRESSING
    return Condition("Reconciling", busy, record.reason if busy else record.health.value, record.message if busy else "")


def _stalled(record: Record) -> Condition:
    if record.invalid:
        return Condition("Stalled", True, "ValidationError", record.invalid)
    if record.health is Health.STALLED:
        return Condition("Stalled", True, record.reason, record.message)
    return Condition("Stalled", False, "NotStalled", "")


def _ingress(record: Record) -> tuple[Condition, ...]:
    problem = record.ingress_problem
    reason = "IngressNotManaged" if problem == NOT_MANAGED else "IngressRefused"
    return (Condition("IngressReady", False, reason, problem),) if problem else ()


def _snapshots(record: Record) -> tuple[Condition, ...]:
    problem = record.snapshot_problem
    return (Condition("SnapshotsReady", False, "SnapshotRefused", problem),) if problem else ()


def _running(record: Record) -> Condition:
    if record.reconciled is not None and record.reconciled.get("job") is None:
        reason = _OF_SESSION[record.jobmanager]
        return Condition("Running", record.jobmanager is JobManagerStatus.READY, reason, f"JobManager status {record.jobmanager}")
    state = record.job.state
    return Condition("Running", state is JobState.RUNNING, camel_case(state), f"Job status {state or 'unknown'}")
