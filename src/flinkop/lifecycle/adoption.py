"""A resource that the established operator ran until now: its `status` as a record, so that its cluster goes on without a restart.

Source: official operator, status fields (section 1.6 of its feature census), state machine (2.4) and suspend modes (2.6).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flinkop.api.flinkdeployment import parse_spec
from flinkop.errors import InvalidSpec
from flinkop.lifecycle.handover import IN_METADATA
from flinkop.lifecycle.jobstatus import read_job
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import WAS_READY, JobManagerStatus, Record, Rollback, Start
from flinkop.lifecycle.restore import EMPTY, RestoreChoice
from flinkop.lifecycle.snapshotinfo import read_checkpoints, read_savepoints
from flinkop.lifecycle.specdiff import stand_in
from flinkop.lifecycle.step import HaFate, TearingDown

_ENDED = {JobState.FAILED: Phase.FAILED, JobState.FINISHED: Phase.FINISHED, JobState.CANCELED: Phase.FINISHED}
_GAVE_UP_STATE = RestoreChoice(EMPTY, "Adopted", "Taken over from another operator, which had stopped the job without its state.")


def adopt(status: Mapping[str, Any]) -> Record:
    """The record of a status without a phase: a new resource's, or one that the established operator wrote.

    A job that it has stopped, or was about to start again, is brought to the same point through Upgrading.
    """
    reconciliation = status.get("reconciliationStatus") or {}
    spec, is_first = _read_spec(reconciliation.get("lastReconciledSpec"))
    if spec is None or is_first:
        # a first start that was not finished is made anew: the Deployment's name keeps it from being made twice
        return Record()
    stable, _ = _read_spec(reconciliation.get("lastStableSpec"))
    record = Record(
        phase=Phase.RUNNING,
        reason="Adopted",
        message="Taken over from another operator; looking at the job.",
        start=_start(status, reconciliation),
        generation=status.get("observedGeneration") or 0,
        job=read_job(status.get("jobStatus") or {}),
        savepoints=read_savepoints((status.get("jobStatus") or {}).get("savepointInfo")),
        checkpoints=read_checkpoints((status.get("jobStatus") or {}).get("checkpointInfo")),
        jobmanager=_jobmanager(status),
        was_ready=True,
        reconciled=spec,
        reconciled_at=reconciliation.get("reconciliationTimestamp"),
        stable=stable,
        cluster_info=status.get("clusterInfo") or {},
    )
    if _is_stopped(spec):
        return _stopped(record, spec, status)
    return _rolled_back(record, spec, reconciliation.get("state")) or _going_on(record)


def _read_spec(text: str | None) -> tuple[Mapping[str, Any] | None, bool]:
    """The spec, and whether it is that of a first start which is not finished. Older layouts hold the spec alone."""
    if not text:
        return None, False
    content = json.loads(text)
    raw = content.get("spec", content)
    meta = content.get("resource_metadata") or {}
    try:
        spec = parse_spec(raw).to_wire()
    except InvalidSpec:
        # a spec that this operator would refuse still runs: it is kept as it is, so that the present one differs from it
        spec = raw
    return spec, bool(meta.get("firstDeployment")) and _is_stopped(spec)


def _is_stopped(spec: Mapping[str, Any]) -> bool:
    return (spec.get("job") or {}).get("state") == "suspended"


def _stopped(record: Record, spec: Mapping[str, Any], status: Mapping[str, Any]) -> Record:
    """What is left of the cluster goes first: a stop with a savepoint leaves the JobManager up."""
    path = (status.get("jobStatus") or {}).get("upgradeSavepointPath") or None
    mode = (spec.get("job") or {}).get("upgradeMode")
    keeps_metadata = mode == "last-state" or path in (None, IN_METADATA)
    without_state = mode == "stateless" and path is None
    return replace(
        record,
        phase=Phase.UPGRADING,
        reason="StoppingCluster",
        message="Taken over from another operator, which had stopped the job.",
        step=TearingDown(record.start.since if record.start else _EPOCH, HaFate.KEEP if keeps_metadata else HaFate.REMOVE),
        savepoint_path=None if path == IN_METADATA else path,
        had_no_state=without_state,
        restore=_GAVE_UP_STATE if without_state else None,
    )


def _rolled_back(record: Record, rejected: Mapping[str, Any], state: str | None) -> Record | None:
    """The established operator, too, keeps the rejected spec as the reconciled one. Which cluster a rollback that is under way has left
    is not known: it is removed, and the stable one started from its metadata, without which that operator does not roll back."""
    if state not in {"ROLLING_BACK", "ROLLED_BACK"} or record.stable is None or record.start is None:
        return None
    rollback = Rollback(record.generation, rejected, "Rolled back by another operator.", deployed=state == "ROLLED_BACK")
    if rollback.deployed:
        stable = stand_in(record.stable, rejected, rejected)
        return _going_on(replace(record, rollback=rollback, reconciled=stable, stable=stable))
    step = TearingDown(record.start.since, HaFate.KEEP)
    message = "Taken over from another operator, which was rolling back to the last stable spec."
    return replace(record, rollback=rollback, phase=Phase.ROLLING_BACK, reason="StoppingCluster", message=message, step=step)


def _going_on(record: Record) -> Record:
    ended = _ENDED.get(record.job.state) if record.job.state else None
    if ended is not None:
        return replace(record, phase=ended)
    running = record.job.state is JobState.RUNNING and record.jobmanager in WAS_READY
    return record if running else replace(record, phase=Phase.DEPLOYING)


_EPOCH = datetime.fromtimestamp(0, UTC)


def _start(status: Mapping[str, Any], reconciliation: Mapping[str, Any]) -> Start:
    """Its id is not known, and not needed: the start of another operator is never repeated."""
    milliseconds = reconciliation.get("reconciliationTimestamp") or 0
    return Start(datetime.fromtimestamp(milliseconds / 1000, UTC), status.get("observedGeneration") or 0, "")


def _jobmanager(status: Mapping[str, Any]) -> JobManagerStatus:
    return JobManagerStatus(status.get("jobManagerDeploymentStatus") or "MISSING")
