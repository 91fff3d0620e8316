"""From `status` to a record: what a new process knows of a resource."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flinkop.errors import UnreadableStatus
from flinkop.lifecycle.adoption import adopt
from flinkop.lifecycle.jobstatus import read_job
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record, RestartWindow, Rollback, Start
from flinkop.lifecycle.refusedspec import without_refusal
from flinkop.lifecycle.restore import Rejected, RestoreChoice, RestorePoint, RestoreSource
from flinkop.lifecycle.snapshotinfo import read_checkpoints, read_savepoints
from flinkop.lifecycle.step import (
    Cancelling,
    HaFate,
    Rescaling,
    Step,
    StoppingJobs,
    Submitting,
    TakingSavepoint,
    TearingDown,
    WaitingForJobs,
    WaitingToRetry,
    WaitingToStop,
)

_JOB_ID = re.compile("[0-9a-f]{32}")
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, OverflowError, OSError)  # the last two: a time that no calendar has


def read_record(status: Mapping[str, Any]) -> Record:
    """The record that `write_status` wrote; a status without a phase is a new resource's, or another operator's.

    Raises:
        UnreadableStatus: a newer version wrote it, or a person.
    """
    try:
        return _read(status) if "phase" in status else adopt(status)
    except _UNREADABLE as error:
        cause = f"{type(error).__name__}: {error}"
        raise UnreadableStatus(f"status: cannot be read ({cause}); was it written by a newer version? Install that again") from None


def read_for_deletion(status: Mapping[str, Any]) -> Record:
    """What can be known of a resource that is being deleted and whose status cannot be read: nothing is started, and it has to end.

    So has its job, which nothing else would stop on a cluster that it shares: of that the id is enough.
    """
    try:
        found = adopt(status)
    except _UNREADABLE:
        found = Record()
    job = status.get("jobStatus")
    job_id = job.get("jobId") if isinstance(job, Mapping) else None
    if found.start is not None or not isinstance(job_id, str) or not _JOB_ID.fullmatch(job_id):
        return found
    return replace(found, job=JobRecord(job_id), start=Start(_LONG_AGO, 0, ""))


def _read(status: Mapping[str, Any]) -> Record:
    start = status.get("start") or {}
    reconciliation = status.get("reconciliationStatus") or {}
    job = status.get("jobStatus") or {}
    own = status.get("handover")
    path = job.get("upgradeSavepointPath") if own is None else own.get("upgradeSavepointPath")
    stable = _spec(reconciliation.get("lastStableSpec"))
    taken_up = _own_spec(reconciliation.get("lastReconciledSpec"), own)
    rollback = _rollback(status.get("rollback"), taken_up) if stable is not None else None
    invalid = _invalid(status)
    return Record(
        phase=Phase(status["phase"]),
        reason=status.get("reason", ""),
        message=without_refusal(status.get("message", ""), invalid),
        health=_health(status),
        step=_step(status.get("operation")),
        ends_at=_ends_at(status.get("operation")),
        start=_start(start),
        invalid=invalid,
        generation=status.get("observedGeneration", 0),
        job=read_job(job),
        jobmanager=JobManagerStatus(status.get("jobManagerDeploymentStatus", "MISSING")),
        was_ready=start.get("ready", False),
        had_no_state=start.get("withoutState", False),
        savepoint_path=path,
        restore=_restore(status.get("restore")),
        reconciled=stable if rollback is not None and rollback.deployed else taken_up,
        reconciled_at=reconciliation.get("reconciliationTimestamp"),
        stable=stable,
        failure=_failure(status),
        savepoints=read_savepoints(job.get("savepointInfo")),
        checkpoints=read_checkpoints(job.get("checkpointInfo")),
        ingress_problem=_condition(status, "IngressReady").get("message"),
        snapshot_problem=_condition(status, "SnapshotsReady").get("message"),
        rollback=rollback,
        abandoned=tuple(status.get("abandonedJobs") or ()),
        restart_window=_restart_window(status.get("restartWindow")),
        cluster_info=status.get("clusterInfo") or {},
    )


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return next((condition for condition in status.get("conditions") or () if condition["type"] == kind), {})


def _health(status: Mapping[str, Any]) -> Health:
    """`Reconciling` tells it even when a newer spec was refused, for which `Ready` is false and `Stalled` true."""
    reconciling = _condition(status, "Reconciling")
    if reconciling.get("status") == "True":
        return Health.PROGRESSING
    return Health.SETTLED if reconciling.get("reason") == Health.SETTLED else Health.STALLED


def _invalid(status: Mapping[str, Any]) -> str | None:
    stalled = _condition(status, "Stalled")
    return stalled.get("message") if stalled.get("reason") == "ValidationError" else None


def _failure(status: Mapping[str, Any]) -> str | None:
    """What is wrong with a newer spec comes first in `error`; a failure stands behind it."""
    text = status.get("error")
    if text is None:
        return None
    error = json.loads(text)
    found = (error.get("throwableList") or [{}])[0] if _invalid(status) else error
    message = found.get("message")
    return str(message) if message is not None else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _step(value: Mapping[str, Any] | None) -> Step | None:
    if not value:
        return None
    since = _time(value["startedAt"])
    match value["step"]:
        case "TakingSavepoint":
            return TakingSavepoint(since, value["triggerId"], value["attempt"])
        case "Cancelling":
            return Cancelling(since)
        case "TearingDown":
            return TearingDown(since, HaFate(value["highAvailability"]))
        case "WaitingToRetry":
            return WaitingToRetry(since, value["generation"], value["attempt"], _time(value["notBefore"]))
        case "WaitingToStop":
            return WaitingToStop(since)
        case "StoppingJobs":
            return StoppingJobs(since)
        case "Submitting":
            return Submitting(since)
        case "Rescaling":
            return Rescaling(since, value.get("parallelism") or {})
        case "WaitingForJobs":
            return WaitingForJobs(since)
        case unknown:
            raise ValueError(f"status.operation.step: unknown step {unknown!r}")


def _ends_at(value: Mapping[str, Any] | None) -> datetime | None:
    return _time(value["endsAt"]) if value and "endsAt" in value else None


def _start(value: Mapping[str, Any]) -> Start | None:
    if not value:
        return None
    return Start(
        since=_time(value["startedAt"]),
        generation=value["generation"],
        job_result_store_id=value["jobResultStoreId"],
        attempt=value.get("attempt", 0),
        configuration=value.get("configuration"),
        base_path=value.get("basePath"),
        lost_at=_time(value["lostAt"]) if "lostAt" in value else None,
    )


def _rollback(value: Mapping[str, Any] | None, rejected: Mapping[str, Any] | None) -> Rollback | None:
    if not value or rejected is None:
        return None
    return Rollback(value["generation"], rejected, value["cause"], value["deployed"])


def _restart_window(value: Mapping[str, Any] | None) -> RestartWindow | None:
    if not value:
        return None
    since = value.get("startedAt")
    return RestartWindow(value["restarts"], _time(since) if since else None)


def _restore(value: Mapping[str, Any] | None) -> RestoreChoice | None:
    if not value:
        return None
    source = value.get("source")
    point = RestorePoint(RestoreSource(source), value.get("path"), value.get("jobId")) if source else None
    rejected = tuple(Rejected(RestoreSource(r["source"]), r["reason"], r.get("path")) for r in value.get("rejected") or ())
    return RestoreChoice(point, value["reason"], value["message"], rejected)


@lru_cache(maxsize=4096)
def _spec(text: str | None) -> Mapping[str, Any] | None:
    """Cached: the text of a resource at rest is the same in every pass."""
    if text is None:
        return None
    spec: Mapping[str, Any] = json.loads(text)["spec"]
    return spec


def _own_spec(text: str | None, own: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return _spec(text) if own is None else _spec_with_job(text, own.get("jobState"), own.get("upgradeMode"))


@lru_cache(maxsize=4096)
def _spec_with_job(text: str | None, state: str | None, upgrade_mode: str | None) -> Mapping[str, Any] | None:
    """The spec as it was recorded, not as the established operator has to read it."""
    spec = _spec(text)
    return None if spec is None else {**spec, "job": {**spec["job"], "state": state, "upgradeMode": upgrade_mode}}
