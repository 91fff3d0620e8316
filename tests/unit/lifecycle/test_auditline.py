"""The lines that tools of the established operator search for."""

from __future__ import annotations

import pytest
from tests.unit.lifecycle.builder import NOW, a_record

from flinkop.lifecycle.action import AddFinalizer
from flinkop.lifecycle.auditline import AT_REST, line_of, lines_about
from flinkop.lifecycle.decision import Decision, Event, EventType
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.statuswriter import Scale, write_status

RUNNING = a_record()
STATUS = write_status(RUNNING, {}, Scale("", 0), NOW)


def test_at_rest_the_line_says_that_there_is_nothing_to_do() -> None:
    assert list(lines_about(STATUS, STATUS, Decision(RUNNING))) == [AT_REST]


@pytest.mark.parametrize(
    "decision", [Decision(RUNNING, (AddFinalizer(),)), Decision(a_record(health=Health.PROGRESSING))], ids=["acting", "waiting"]
)
def test_what_is_not_at_rest_is_not_said_to_be(decision: Decision) -> None:
    assert list(lines_about(STATUS, STATUS, decision)) == []


def test_a_changed_state_is_one_line_with_the_lifecycle_state() -> None:
    before = {**STATUS, "lifecycleState": "DEPLOYED"}
    assert list(lines_about(before, STATUS, Decision(RUNNING))) == [
        ">>> Status[Job] | Info    | STABLE          | The job is running.",
    ]


def test_an_error_is_told_as_one() -> None:
    (line,) = lines_about(STATUS, {**STATUS, "error": "it broke"}, Decision(RUNNING))
    assert line == ">>> Status[Job] | Error   | STABLE          | it broke"


def test_a_change_that_nobody_searches_for_is_no_line() -> None:
    assert list(lines_about({**STATUS, "reason": "Other"}, STATUS, Decision(RUNNING))) == []


@pytest.mark.parametrize(("kind", "severity"), [(EventType.NORMAL, "Info   "), (EventType.WARNING, "Warning")])
def test_an_event_is_a_line_with_its_reason_in_capitals(kind: EventType, severity: str) -> None:
    event = Event("JobStatusChanged", "Job status changed from CREATED to RUNNING", kind)
    assert line_of(event) == f">>> Event[Job] | {severity} | JOBSTATUSCHANGED | Job status changed from CREATED to RUNNING"
