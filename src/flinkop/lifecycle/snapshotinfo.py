"""`status.jobStatus.savepointInfo` and `checkpointInfo`, in the established form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.snapshot import NO_SNAPSHOTS, Snapshots, Taken, Trigger

_HISTORY = "savepointHistory"


@dataclass(frozen=True, slots=True)
class _Form:
    """Names of fields. `has_place`: one without a location was never completed."""

    last: str
    last_periodic: str
    has_place: bool


_SAVEPOINTS = _Form("lastSavepoint", "lastPeriodicSavepointTimestamp", has_place=True)
_CHECKPOINTS = _Form("lastCheckpoint", "lastPeriodicCheckpointTimestamp", has_place=False)


def read_savepoints(info: Mapping[str, Any] | None) -> Snapshots:
    """What is recorded, whoever wrote it: a savepoint that was never completed has no location, and is left out."""
    return _read(_SAVEPOINTS, info)


def read_checkpoints(info: Mapping[str, Any] | None) -> Snapshots:
    """What is recorded, whoever wrote it."""
    return _read(_CHECKPOINTS, info)


def write_savepoints(savepoints: Snapshots) -> dict[str, Any] | None:
    """The status field; None when nothing is recorded."""
    return _write(_SAVEPOINTS, savepoints)


def write_checkpoints(checkpoints: Snapshots) -> dict[str, Any] | None:
    """The status field; None when nothing is recorded."""
    return _write(_CHECKPOINTS, checkpoints)


def _read(form: _Form, info: Mapping[str, Any] | None) -> Snapshots:
    if not info:
        return NO_SNAPSHOTS
    history = (_taken(form, value) for value in info.get(_HISTORY) or ())
    return Snapshots(
        trigger=_trigger(info),
        last=_taken(form, info.get(form.last)),
        history=tuple(taken for taken in history if taken is not None),
        last_periodic=info.get(form.last_periodic) or None,
    )


def _write(form: _Form, snapshots: Snapshots) -> dict[str, Any] | None:
    trigger = snapshots.trigger
    info = {
        "triggerId": trigger.trigger_id if trigger else None,
        "triggerTimestamp": trigger.since if trigger else None,
        "triggerType": trigger.type.value if trigger else None,
        "formatType": trigger.format if trigger else None,
        "triggerResource": trigger.resource if trigger else None,
        form.last: _render(snapshots.last) if snapshots.last else None,
        _HISTORY: [_render(taken) for taken in snapshots.history] or None,
        form.last_periodic: snapshots.last_periodic,
    }
    return {key: value for key, value in info.items() if value is not None} or None


def _trigger(info: Mapping[str, Any]) -> Trigger | None:
    if not info.get("triggerId"):
        return None
    since, form = info.get("triggerTimestamp") or 0, info.get("formatType") or "UNKNOWN"
    return Trigger(info["triggerId"], since, _type(info), form, info.get("triggerResource") or None)


def _taken(form: _Form, value: Mapping[str, Any] | None) -> Taken | None:
    if not value or (form.has_place and not value.get("location")):
        return None
    return Taken(
        value.get("timeStamp") or 0,
        value.get("location") or "",
        _type(value),
        value.get("formatType") or "UNKNOWN",
        value.get("triggerNonce"),
        value.get("resource") or None,
    )


def _type(value: Mapping[str, Any]) -> TriggerType:
    """Another operator may know more reasons for a snapshot. It is only asked whether one was this operator's own."""
    found = value.get("triggerType")
    return TriggerType(found) if found in set(TriggerType) else TriggerType.UNKNOWN


def _render(taken: Taken) -> dict[str, Any]:
    rendered = {
        "timeStamp": taken.time,
        "location": taken.location or None,
        "triggerType": taken.type.value,
        "formatType": taken.format,
        "triggerNonce": taken.nonce,
        "resource": taken.resource,
    }
    return {key: value for key, value in rendered.items() if value is not None}
