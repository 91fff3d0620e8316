"""`status.jobStatus.savepointInfo`, in the established form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.snapshot import NO_SAVEPOINTS, Savepoints, Taken, Trigger


def read_savepoints(info: Mapping[str, Any] | None) -> Savepoints:
    """What is recorded, whoever wrote it: one that was never completed has no location, and is left out."""
    if not info:
        return NO_SAVEPOINTS
    history = (_taken(value) for value in info.get("savepointHistory") or ())
    return Savepoints(
        trigger=_trigger(info),
        last=_taken(info.get("lastSavepoint")),
        history=tuple(taken for taken in history if taken is not None),
        last_periodic=info.get("lastPeriodicSavepointTimestamp") or None,
    )


def write_savepoints(savepoints: Savepoints) -> dict[str, Any] | None:
    """The status field; None when nothing is recorded."""
    trigger = savepoints.trigger
    info = {
        "triggerId": trigger.trigger_id if trigger else None,
        "triggerTimestamp": trigger.since if trigger else None,
        "triggerType": trigger.type.value if trigger else None,
        "formatType": trigger.format if trigger else None,
        "lastSavepoint": _render(savepoints.last) if savepoints.last else None,
        "savepointHistory": [_render(taken) for taken in savepoints.history] or None,
        "lastPeriodicSavepointTimestamp": savepoints.last_periodic,
    }
    return {key: value for key, value in info.items() if value is not None} or None


def _trigger(info: Mapping[str, Any]) -> Trigger | None:
    if not info.get("triggerId"):
        return None
    return Trigger(info["triggerId"], info.get("triggerTimestamp") or 0, _type(info), info.get("formatType") or "UNKNOWN")


def _taken(value: Mapping[str, Any] | None) -> Taken | None:
    if not value or not value.get("location"):
        return None
    return Taken(
        value.get("timeStamp") or 0, value["location"], _type(value), value.get("formatType") or "UNKNOWN", value.get("triggerNonce")
    )


def _type(value: Mapping[str, Any]) -> TriggerType:
    return TriggerType(value.get("triggerType") or TriggerType.UNKNOWN)


def _render(taken: Taken) -> dict[str, Any]:
    rendered = {
        "timeStamp": taken.time,
        "location": taken.location,
        "triggerType": taken.type.value,
        "formatType": taken.format,
        "triggerNonce": taken.nonce,
    }
    return {key: value for key, value in rendered.items() if value is not None}
