"""A status that cannot be read is no news at each try."""

from __future__ import annotations

from typing import Any, cast

from tests.unit.controllers.resource import a_resource

from flinkop.clock import SystemClock
from flinkop.controllers import unreadable
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.unreadable import Unreadable
from flinkop.errors import UnreadableStatus
from flinkop.lifecycle.decision import Component

ERROR = UnreadableStatus("status: cannot be read")


class Clock(SystemClock):
    """One that stands still."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


class Recorder:
    """What was told, by the uid of whom."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def record(self, resource: Any, events: Any) -> None:
        self.told += [(resource["metadata"]["uid"], event.reason, event.message) for event in events]


def an_unreadable() -> tuple[Unreadable, Recorder, Clock]:
    recorder, clock = Recorder(), Clock()
    return Unreadable(cast(EventRecorder, recorder), clock, Component.OPERATOR), recorder, clock


def test_it_is_told_once_and_again_before_the_api_server_forgets_the_event() -> None:
    status, recorder, clock = an_unreadable()
    for clock.seconds in range(0, 3600, 60):
        status.tell(a_resource(), ERROR)

    assert recorder.told == [("owner", "StatusUnreadable", str(ERROR))] * 2


def test_another_resource_and_another_cause_are_news() -> None:
    status, recorder, _ = an_unreadable()
    for uid, error in (("a", ERROR), ("b", ERROR), ("a", UnreadableStatus("else")), ("a", ERROR)):
        status.tell(a_resource(uid=uid), error)

    assert [(uid, message) for uid, _, message in recorder.told] == [("a", str(ERROR)), ("b", str(ERROR)), ("a", "else")]


def test_only_so_many_are_remembered(monkeypatch: Any) -> None:
    monkeypatch.setattr(unreadable, "_REMEMBERED", 2)
    status, recorder, _ = an_unreadable()
    for uid in "abca":
        status.tell(a_resource(uid=uid), ERROR)

    assert [uid for uid, *_ in recorder.told] == ["a", "b", "c", "a"]
