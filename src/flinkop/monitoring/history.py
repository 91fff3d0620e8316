"""Counts what happens to resources, at the one place where every step of theirs is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from flinkop.clock import Clock
from flinkop.lifecycle.decision import Decision, Event
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.restore import RestoreSource
from flinkop.lifecycle.snapshot import Snapshots
from flinkop.lifecycle.step import Rescaling
from flinkop.metrics import RESCALES, RESTARTS, SNAPSHOTS, STARTS, TRANSITIONS
from flinkop.monitoring.journey import Journey, advance

# Reasons of the Events that tell of a snapshot that came to nothing.
_FAILED = {"SavepointError": "savepoint", "CheckpointError": "checkpoint"}


class History:
    """Of one kind of resources. It remembers only the changes that are under way; those of a process that ended are not measured."""

    def __init__(self, kind: str, clock: Clock, limit: int = 10_000) -> None:
        self._kind, self._clock, self._limit = kind, clock, limit
        self._journeys: dict[str, Journey] = {}
        self._begin_at_zero()

    def __len__(self) -> int:
        return len(self._journeys)

    def tell(self, uid: str, before: Record, decision: Decision) -> None:
        """Counts what one recorded decision means."""
        after = decision.record
        self._travel(uid, before, after)
        self._count_start(before, after)
        self._count_snapshots("savepoint", before.savepoints, after.savepoints)
        self._count_snapshots("checkpoint", before.checkpoints, after.checkpoints)
        if isinstance(after.step, Rescaling) and not isinstance(before.step, Rescaling):
            RESCALES.labels(self._kind).inc()

    def tell_events(self, events: Iterable[Event]) -> None:
        """Counts the snapshots whose failure they tell. One that is a resource is counted as that (`SnapshotHistory`)."""
        for event in events:
            if event.reason in _FAILED and not event.by_resource:
                SNAPSHOTS.labels(self._kind, _FAILED[event.reason], "failed").inc()

    def _begin_at_zero(self) -> None:
        """A counter that appears with its first event shows no increase, and so raises no alert."""
        for snapshot, result in product(_FAILED.values(), ("completed", "failed")):
            SNAPSHOTS.labels(self._kind, snapshot, result)
        for source in RestoreSource:
            STARTS.labels(self._kind, source.value)
        RESTARTS.labels(self._kind)
        RESCALES.labels(self._kind)

    def _travel(self, uid: str, before: Record, after: Record) -> None:
        journey, arrivals = advance(self._journeys.pop(uid, None), before, after, self._clock.now())
        if journey is not None and after.phase is not Phase.DELETING:
            self._journeys[uid] = journey
        if len(self._journeys) > self._limit:  # of a resource that was removed by force no end is ever recorded
            del self._journeys[next(iter(self._journeys))]
        for arrival in arrivals:
            TRANSITIONS.labels(self._kind, arrival.transition).observe(arrival.seconds)

    def _count_start(self, before: Record, after: Record) -> None:
        if after.start is None or (before.start is not None and before.start.job_result_store_id == after.start.job_result_store_id):
            return
        point = after.restore.point if after.restore else None
        STARTS.labels(self._kind, (point.source if point else RestoreSource.EMPTY).value).inc()
        if after.start.attempt:
            RESTARTS.labels(self._kind).inc()

    def _count_snapshots(self, snapshot: str, before: Snapshots, after: Snapshots) -> None:
        if after.last is not None and after.last != before.last:
            SNAPSHOTS.labels(self._kind, snapshot, "completed").inc()
