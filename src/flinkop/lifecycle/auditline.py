"""Lines of the log in the established operator's wording, for tools that search for them.

Source: official operator, `AuditUtils` and the reconciler's message at rest, as told in section 2.13 of its feature census.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flinkop.lifecycle.decision import Decision, Event, EventType
from flinkop.lifecycle.record import Health

_INFO, _ERROR = "Info   ", "Error  "  # as wide as Warning
AT_REST = "Resource fully reconciled, nothing to do"


def lines_about(before: Mapping[str, Any], after: Mapping[str, Any], decision: Decision) -> Iterator[str]:
    """What the established operator would log of a decision that makes `after` of the status `before`."""
    if _told(before) != _told(after):
        severity = _INFO if after.get("error") is None else _ERROR
        yield f">>> Status[Job] | {severity} | {after.get('lifecycleState', ''):<15} | {_text(after)}"
    if before == after and not decision.actions and decision.record.health is Health.SETTLED:
        yield AT_REST


def line_of(event: Event) -> str:
    """What the established operator would log of an Event."""
    severity = _INFO if event.type is EventType.NORMAL else event.type.value
    return f">>> Event[Job] | {severity} | {event.reason.upper():<15} | {event.message}"


def _told(status: Mapping[str, Any]) -> tuple[Any, ...]:
    return status.get("lifecycleState"), status.get("error"), (status.get("jobStatus") or {}).get("state")


def _text(status: Mapping[str, Any]) -> str:
    return str(status.get("error") or status.get("message", ""))
