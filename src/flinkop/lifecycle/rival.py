"""Two resources of different kinds that have one name: their clusters would be made of objects of the same names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flinkop.lifecycle.action import RemoveFinalizer
from flinkop.lifecycle.decision import Component, Decision, Event, EventType
from flinkop.lifecycle.move import stay
from flinkop.lifecycle.record import Health, Record

NAME_TAKEN = "NameTaken"
_LOOK_AGAIN = timedelta(seconds=10)


def give_way(record: Record, rival: str, generation: int, *, deleting: bool, has_finalizer: bool) -> Decision:
    """Nothing is started or removed beside the `rival` that the objects belong to; a deletion ends at once."""
    if deleting:
        return Decision(record, (RemoveFinalizer(),) if has_finalizer else ())
    message = (
        f"{rival} has the same name, and the cluster of that name is its: create this one under another name, or delete the other. "
        "This one is started when the other is gone."
    )
    news = (Event(NAME_TAKEN, message, EventType.WARNING, Component.OPERATOR),) if record.reason != NAME_TAKEN else ()
    known = replace(record, generation=generation)
    return stay(known, NAME_TAKEN, message, health=Health.STALLED, requeue_after=_LOOK_AGAIN, events=news)
