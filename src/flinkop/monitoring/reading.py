"""What the metrics tell about one resource, read from its status, whoever wrote that: what cannot be read is left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Object = Mapping[str, Any]

_LONGEST_LABEL = 64
_UNKNOWN = "Unknown"
_OF_THE_PHASE = ("Ready", "Reconciling", "Stalled", "Running")


Job = tuple[str, str, str]
"""Kind, namespace and name of the resource that has it."""


@dataclass(frozen=True, slots=True)
class TakenSnapshot:
    """What a FlinkStateSnapshot that is complete tells about its job; `at` is when it was asked for."""

    job: Job
    is_savepoint: bool
    at: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One resource. Times are in seconds since 1970; None is what the status does not tell. `taken`: of a snapshot."""

    kind: str
    namespace: str
    name: str
    phase: str
    lifecycle: str
    since: float | None
    job_state: str | None
    conditions: Mapping[str, bool]
    restore: tuple[str, str] | None
    started: float | None
    attempts: float | None
    job_restarts: float | None
    last_savepoint: float | None
    last_checkpoint: float | None
    task_managers: float | None
    behind: float | None
    jobmanager: str | None
    flink_version: str | None
    taken: TakenSnapshot | None


def read(kind: str, resource: Object) -> Reading:
    """What the resource tells about itself."""
    metadata, status = _map(resource.get("metadata")), _map(resource.get("status"))
    job, start = _map(status.get("jobStatus")), _map(status.get("start"))
    return Reading(
        kind,
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or ""),
        _label(status.get("phase")) or _label(status.get("state")) or "Created",
        _label(status.get("lifecycleState")) or "CREATED",
        _since(metadata, status, start),
        _label(job.get("state")),
        dict(_conditions(status)),
        _restore(_map(status.get("restore"))),
        _moment(start.get("startedAt")),
        (_number(start.get("attempt")) or 0.0) if start else None,  # the first is written without a number
        _number(_map(status.get("restartWindow")).get("restarts")),
        _taken(job, "savepointInfo", "lastSavepoint"),
        _taken(job, "checkpointInfo", "lastCheckpoint"),
        _number(_map(status.get("taskManager")).get("replicas")),
        _behind(metadata, status),
        _label(status.get("jobManagerDeploymentStatus")),
        _label(_map(status.get("clusterInfo")).get("flink-version")),
        _snapshot(metadata, _map(resource.get("spec")), status),
    )


def _since(metadata: Object, status: Object, start: Object) -> float | None:
    """Every change of phase moves a condition, begins a step or is a start: the newest of these is the change, whoever has seen it."""
    operation = _map(status.get("operation"))
    changes = [_moment(one.get("lastTransitionTime")) for one in _list(status.get("conditions")) if one.get("type") in _OF_THE_PHASE]
    changes += [_moment(operation.get("startedAt")), _moment(start.get("startedAt")), _moment(metadata.get("creationTimestamp"))]
    return max((change for change in changes if change is not None), default=None)


def _conditions(status: Object) -> Iterator[tuple[str, bool]]:
    for condition in _list(status.get("conditions")):
        kind = _label(condition.get("type"))
        if kind is not None:
            yield kind, condition.get("status") == "True"


def _restore(restore: Object) -> tuple[str, str] | None:
    source = _label(restore.get("source"))
    return None if source is None else (source, _label(restore.get("reason")) or _UNKNOWN)


def _taken(job: Object, info: str, last: str) -> float | None:
    milliseconds = _number(_map(_map(job.get(info)).get(last)).get("timeStamp"))
    return None if milliseconds is None else milliseconds / 1000


def _snapshot(metadata: Object, spec: Object, status: Object) -> TakenSnapshot | None:
    """Of a savepoint that existed already nobody knows when it was asked for."""
    reference, savepoint = _map(spec.get("jobReference")), spec.get("savepoint")
    kind, name, at = reference.get("kind"), reference.get("name"), _moment(status.get("triggerTimestamp"))
    existed = _map(savepoint).get("alreadyExists") is True
    if status.get("state") != "COMPLETED" or existed or at is None or not (isinstance(kind, str) and isinstance(name, str)):
        return None
    return TakenSnapshot((kind, str(metadata.get("namespace") or ""), name), savepoint is not None, at)


def _behind(metadata: Object, status: Object) -> float | None:
    wanted, seen = _number(metadata.get("generation")), _number(status.get("observedGeneration"))
    return None if wanted is None else max(0.0, wanted - (seen or 0.0))


def _map(value: Any) -> Object:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Iterator[Object]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list | tuple) else iter(())


def _label(value: Any) -> str | None:
    """Words of ours are short; what somebody else wrote there is cut, so that it does not fill the database."""
    return value[:_LONGEST_LABEL] if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    """Numbers that can be counted with: NaN and infinities say nothing here."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _moment(value: Any) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
