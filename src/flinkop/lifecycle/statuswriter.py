"""From a record to `status`. Fields this operator does not know are left as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flinkop.lifecycle.condition import conditions, render
from flinkop.lifecycle.established import lifecycle_state, reconciliation_state
from flinkop.lifecycle.handover import hand_over, recorded, taken_up
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.pastdecision import Place, remember
from flinkop.lifecycle.phase import STARTED, Phase
from flinkop.lifecycle.record import JobRecord, Record, RestartWindow, Rollback
from flinkop.lifecycle.refusedspec import with_refusal
from flinkop.lifecycle.restore import RestoreChoice
from flinkop.lifecycle.snapshotinfo import write_checkpoints, write_savepoints
from flinkop.lifecycle.step import (
    Cancelling,
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

_ERROR_LIMIT = 2048


@dataclass(frozen=True, slots=True)
class Scale:
    """What the scale subresource shows."""

    selector: str
    replicas: int


def write_status(record: Record, before: Mapping[str, Any], scale: Scale, now: datetime) -> dict[str, Any]:
    """The whole `status` of a FlinkDeployment. Equal records give equal statuses, whatever the time."""
    status = {
        **write_job_status(record, before, now),
        "jobManagerDeploymentStatus": record.jobmanager.value,
        "rollback": _rollback(record.rollback),
        "clusterInfo": dict(record.cluster_info) or None,
        "taskManager": _task_manager(record, scale),
    }
    return _without_none(status)


def write_job_status(record: Record, before: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The `status` of a job, with or without a cluster of its own."""
    moment = timestamp(now)
    status = {
        **before,
        "phase": record.phase.value,
        "reason": record.reason,
        "message": with_refusal(record.message, record.invalid),
        "observedGeneration": record.generation,
        "lifecycleState": lifecycle_state(record),
        "conditions": render(conditions(record), before.get("conditions") or (), record.generation, moment),
        "decisions": _decisions(record, before, moment),
        "operation": _operation(record),
        "start": _start(record),
        "abandonedJobs": list(record.abandoned) or None,
        "restartWindow": _restart_window(record.restart_window),
        "restore": _restore(record.restore, (before.get("restore") or {}).get("decidedAt"), before, moment),
        "handover": _handover(record),
        "reconciliationStatus": _reconciliation(record, before),
        "jobStatus": _job(record, before),
        "error": _error(record),
    }
    return _without_none(status)


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second, as Kubernetes writes times."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _precise(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def _decisions(record: Record, before: Mapping[str, Any], now: str) -> list[Mapping[str, Any]] | None:
    """The last decisions: those that changed the phase or its reason."""
    was, new = Place(before.get("phase"), before.get("reason")), Place(record.phase.value, record.reason)
    return remember(before.get("decisions"), was, new, Phase.CREATED.value, now)


def _operation(record: Record) -> dict[str, Any] | None:
    step = _step(record.step)
    return {**step, "endsAt": _precise(record.ends_at)} if step is not None and record.ends_at is not None else step


def _step(step: Step | None) -> dict[str, Any] | None:
    match step:
        case TakingSavepoint(since, trigger_id, attempt):
            return {"step": "TakingSavepoint", "startedAt": _precise(since), "triggerId": trigger_id, "attempt": attempt}
        case Cancelling(since):
            return {"step": "Cancelling", "startedAt": _precise(since)}
        case TearingDown(since, ha):
            return {"step": "TearingDown", "startedAt": _precise(since), "highAvailability": ha.value}
        case WaitingToRetry(since, generation, attempt, not_before):
            return {
                "step": "WaitingToRetry",
                "startedAt": _precise(since),
                "generation": generation,
                "attempt": attempt,
                "notBefore": _precise(not_before),
            }
        case WaitingToStop(since):
            return {"step": "WaitingToStop", "startedAt": _precise(since)}
        case StoppingJobs(since):
            return {"step": "StoppingJobs", "startedAt": _precise(since)}
        case Submitting(since):
            return {"step": "Submitting", "startedAt": _precise(since)}
        case Rescaling(since, before):
            return {"step": "Rescaling", "startedAt": _precise(since), **({"parallelism": dict(before)} if before else {})}
        case WaitingForJobs(since):
            return {"step": "WaitingForJobs", "startedAt": _precise(since)}
        case None:
            return None


def _start(record: Record) -> dict[str, Any] | None:
    start = record.start
    if start is None:
        return None
    written = {
        "startedAt": _precise(start.since),
        "generation": start.generation,
        "jobResultStoreId": start.job_result_store_id,
        "ready": record.was_ready,
        "withoutState": record.had_no_state,
        "attempt": start.attempt or None,
        "configuration": dict(start.configuration) if start.configuration is not None else None,
        "basePath": start.base_path,
        "lostAt": _precise(start.lost_at) if start.lost_at is not None else None,
    }
    return _without_none(written)


def _rollback(rollback: Rollback | None) -> dict[str, Any] | None:
    if rollback is None:
        return None
    return {"generation": rollback.generation, "cause": rollback.cause, "deployed": rollback.deployed}


def _restart_window(window: RestartWindow | None) -> dict[str, Any] | None:
    if window is None:
        return None
    return {"restarts": window.restarts, **({"startedAt": _precise(window.since)} if window.since else {})}


def _restore(choice: RestoreChoice | None, decided_at: str | None, before: Mapping[str, Any], now: str) -> dict[str, Any] | None:
    if choice is None:
        return None
    rendered: dict[str, Any] = {
        "source": choice.point.source.value if choice.point else None,
        "path": choice.point.path if choice.point else None,
        "jobId": choice.point.job_id if choice.point else None,
        "reason": choice.reason,
        "message": choice.message,
        "rejected": [_without_none({"source": r.source.value, "path": r.path, "reason": r.reason}) for r in choice.rejected],
    }
    rendered = _without_none(rendered)
    old = {key: value for key, value in (before.get("restore") or {}).items() if key != "decidedAt"}
    return {**rendered, "decidedAt": decided_at if decided_at and old == rendered else now}


def _reconciliation(record: Record, before: Mapping[str, Any]) -> dict[str, Any]:
    old = before.get("reconciliationStatus") or {}
    first = record.phase is Phase.CREATED or (record.restore is not None and record.restore.reason in {"FirstStart", "InitialSavepoint"})
    return _without_none(
        {
            **old,
            "state": reconciliation_state(record),
            "reconciliationTimestamp": record.reconciled_at,
            "lastReconciledSpec": _spec_text(_told_spec(record), first and record.phase is Phase.DEPLOYING),
            "lastStableSpec": _spec_text(record.stable, False),
        }
    )


def _told_spec(record: Record) -> Mapping[str, Any] | None:
    spec, told = taken_up(record), hand_over(record)
    if spec is None or told == recorded(record):
        return spec
    return {**spec, "job": {**spec["job"], "state": told.job_state, "upgradeMode": told.upgrade_mode}}


def _handover(record: Record) -> dict[str, Any] | None:
    """Our own values, where the fields that the established operator reads say something else."""
    own = recorded(record)
    if hand_over(record) == own:
        return None
    return _without_none({"jobState": own.job_state, "upgradeMode": own.upgrade_mode, "upgradeSavepointPath": own.path})


def _spec_text(spec: Mapping[str, Any] | None, first: bool) -> str | None:
    if spec is None:
        return None
    meta = {"apiVersion": "flink.apache.org/v1beta1", "firstDeployment": first}
    return json.dumps({"spec": spec, "resource_metadata": meta}, separators=(",", ":"), sort_keys=True)


def _job(record: Record, before: Mapping[str, Any]) -> dict[str, Any]:
    match record.job:
        case JobRecord(job_id, name, state, start_time, update_time):
            return _without_none(
                {
                    **(before.get("jobStatus") or {}),
                    "jobId": job_id,
                    "jobName": name,
                    "state": state.value if state else None,
                    "startTime": _text(start_time),
                    "updateTime": _text(update_time),
                    "upgradeSavepointPath": hand_over(record).path,
                    "savepointInfo": write_savepoints(record.savepoints),
                    "checkpointInfo": write_checkpoints(record.checkpoints),
                }
            )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _error(record: Record) -> str | None:
    """The established form: JSON in a string, each field cut. Of two errors the second is listed behind the first."""
    found = [("ValidationError", record.invalid), (record.reason, record.failure)]
    errors = [{"type": kind, "message": message[:_ERROR_LIMIT], "additionalMetadata": {}} for kind, message in found if message is not None]
    return json.dumps({**errors[0], "throwableList": errors[1:]}) if errors else None


def _task_manager(record: Record, scale: Scale) -> dict[str, Any]:
    runs = record.phase in STARTED and record.job.state is not JobState.SUSPENDED
    return {"labelSelector": scale.selector if runs else "", "replicas": scale.replicas if runs else 0}


def _without_none(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}
