"""A status that cannot be read: nothing is done until somebody mends it, and each try finds the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from flinkop.clock import Clock
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.errors import UnreadableStatus
from flinkop.lifecycle.decision import Component, Event, EventType

_AGAIN_SECONDS = 3000.0  # the API server forgets an Event after an hour
_REMEMBERED = 10_000


class Unreadable:
    """Tells it by an Event when it is new, and again before that is forgotten."""

    def __init__(self, events: EventRecorder, clock: Clock, component: Component) -> None:
        self._events, self._clock, self._component = events, clock, component
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()

    def tell(self, resource: Mapping[str, Any], error: UnreadableStatus) -> None:
        """Writes the Event, if it is time."""
        key, now = (resource["metadata"]["uid"], str(error)), self._clock.monotonic()
        if now - self._told.get(key, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
            return
        self._told[key] = now
        self._told.move_to_end(key)
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        self._events.record(resource, (Event("StatusUnreadable", str(error), EventType.WARNING, self._component),))
