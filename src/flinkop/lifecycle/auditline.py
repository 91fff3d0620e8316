"""Lines of the log in the established operator's wording, for tools that search for them.

Source: official operator, `AuditUtils` and the reconciler's message at rest, as told in section 2.13 of its feature census.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flinkop.lifecycle.decision import Decision, Event, EventType
from flinkop.lifecycle.record import Health

AT_REST = "Resource fully reconciled, nothing to do"


def lines_about(before: Mapping[str, Any], after: Mapping[str, Any], decision: Decision) -> Iterator[str]:
    """What the established operator would log of a decision that makes `after` of the status `before`."""
    if _told(before) != _told(after):
        yield _line("Status", "Info" if after.get("error") is None else "Error", after.get("lifecycleState", ""), _text(after))
    if before == after and not decision.actions and decision.record.health is Health.SETTLED:
        yield AT_REST


def line_of(event: Event) -> str:
    """What the established operator would log of an Event."""
    return _line("Event", "Info" if event.type is EventType.NORMAL else event.type.value, event.reason.upper(), event.message)


def _told(status: Mapping[str, Any]) -> tuple[Any, ...]:
    return status.get("lifecycleState"), status.get("error"), (status.get("jobStatus") or {}).get("state")


def _text(status: Mapping[str, Any]) -> str:
    return str(status.get("error") or status.get("message", ""))


def _line(what: str, severity: str, about: str, text: str) -> str:
    return f">>> {what}[Job] | {severity:<7} | {about:<15} | {text}"
