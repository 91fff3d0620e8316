"""`status` of a FlinkStateSnapshot, in the established form with our own fields beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.errors import UnreadableStatus
from flinkop.lifecycle.condition import Condition, render
from flinkop.lifecycle.pastdecision import Place, remember
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statuswriter import timestamp

_UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError)
_ERROR_LIMIT = 2048

# Another operator that has brought a snapshot to its end has written no conditions.
_ENDS: Mapping[SnapshotState | None, tuple[str, Health]] = {
    SnapshotState.COMPLETED: ("SnapshotCompleted", Health.SETTLED),
    SnapshotState.FAILED: ("SnapshotFailed", Health.STALLED),
    SnapshotState.ABANDONED: ("SnapshotAbandoned", Health.STALLED),
}

_RUNNING_REASONS = {state: "".join(word.capitalize() for word in state.value.split("_")) for state in SnapshotState}


def read_snapshot_record(status: Mapping[str, Any]) -> SnapshotRecord:
    """The record that `write_snapshot_status` wrote, or another operator.

    Raises:
        UnreadableStatus: a newer version wrote it, or a person.
    """
    try:
        return _read(status)
    except _UNREADABLE as error:
        cause = f"{type(error).__name__}: {error}"
        raise UnreadableStatus(f"status: cannot be read ({cause}); was it written by a newer version? Install that again") from None


def _read(status: Mapping[str, Any]) -> SnapshotRecord:
    state = SnapshotState(status["state"]) if status.get("state") else None
    return SnapshotRecord(
        state=state,
        reason=status.get("reason") or _ENDS.get(state, ("Accepted", Health.PROGRESSING))[0],
        message=status.get("message") or status.get("error") or "",
        health=_ENDS[state][1] if state in _ENDS else _health(status),
        generation=status.get("observedGeneration") or 0,
        trigger_id=status.get("triggerId"),
        job_id=status.get("jobId"),
        triggered_at=_time(status.get("triggerTimestamp")),
        completed_at=_time(status.get("resultTimestamp")),
        path=status.get("path"),
        error=status.get("error"),
        failures=int(status.get("failures") or 0),
        waits_since=_time(status.get("waitingSince")),
        not_before=_time(status.get("nextTryAt")),
    )


def write_snapshot_status(record: SnapshotRecord, before: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The whole `status`. Equal records give equal statuses, whatever the time."""
    moment = timestamp(now)
    status = {
        "state": _state(record).value,
        "reason": record.reason,
        "message": record.message,
        "observedGeneration": record.generation,
        "triggerId": record.trigger_id,
        "jobId": record.job_id,
        "triggerTimestamp": _text(record.triggered_at),
        "resultTimestamp": _text(record.completed_at),
        "path": record.path,
        "error": record.error[:_ERROR_LIMIT] if record.error else None,
        "failures": record.failures,
        "waitingSince": _text(record.waits_since),
        "nextTryAt": _text(record.not_before),
        "conditions": render(snapshot_conditions(record), before.get("conditions") or (), record.generation, moment),
        "decisions": _decisions(record, before, moment),
    }
    return {key: value for key, value in status.items() if value is not None}


def snapshot_conditions(record: SnapshotRecord) -> tuple[Condition, ...]:
    """`Ready`: the snapshot is there. `Reconciling`: it is being worked on. `Stalled`: somebody's help is needed.

    `Running`: Flink is taking it now. Whether its job runs is the job's to tell: else what is complete would be written with each restart.
    """
    busy, stalled = record.health is Health.PROGRESSING, record.health is Health.STALLED
    return (
        Condition("Ready", record.health is Health.SETTLED, record.reason, record.message),
        Condition("Reconciling", busy, record.reason if busy else record.health.value, record.message if busy else ""),
        Condition("Stalled", stalled, record.reason if stalled else "NotStalled", record.message if stalled else ""),
        _running(_state(record)),
    )


def _running(state: SnapshotState) -> Condition:
    return Condition("Running", state is SnapshotState.IN_PROGRESS, _RUNNING_REASONS[state], f"Snapshot state {state}")


def _state(record: SnapshotRecord) -> SnapshotState:
    return record.state or SnapshotState.TRIGGER_PENDING


def _decisions(record: SnapshotRecord, before: Mapping[str, Any], now: str) -> list[Mapping[str, Any]] | None:
    """The last decisions: those that changed the state or its reason."""
    was, new = Place(before.get("state"), before.get("reason")), Place(_state(record).value, record.reason)
    return remember(before.get("decisions"), was, new, SnapshotState.TRIGGER_PENDING.value, now)


def _health(status: Mapping[str, Any]) -> Health:
    found = {one.get("type"): one.get("status") for one in status.get("conditions") or ()}
    return Health.STALLED if found.get("Stalled") == "True" else Health.PROGRESSING


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
