"""Counts what becomes of snapshots that are resources, by the change of their own state: whoever else tells of it does not count it."""

from __future__ import annotations

from itertools import product

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.snapshotkind import KINDS
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.metrics import SNAPSHOTS

_RESULTS = {SnapshotState.COMPLETED: "completed", SnapshotState.FAILED: "failed", SnapshotState.ABANDONED: "abandoned"}
_RETRIED = "retried"


class SnapshotHistory:
    """Of one kind of resources, from its first moment: a counter that appears with its first event raises no alert."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        for snapshot, result in product(KINDS, (*_RESULTS.values(), _RETRIED)):
            SNAPSHOTS.labels(kind, snapshot.word, result)

    def tell(self, snapshot: str, before: SnapshotRecord, after: SnapshotRecord) -> None:
        """Counts what one recorded change means; `snapshot` is savepoint or checkpoint."""
        result = result_of(before, after)
        if result is not None:
            SNAPSHOTS.labels(self._kind, snapshot, result).inc()


def result_of(before: SnapshotRecord, after: SnapshotRecord) -> str | None:
    """What became of a snapshot with that change; None while nothing did, and of one that was not taken because it existed already."""
    existed = after.state is SnapshotState.COMPLETED and before.state is not SnapshotState.IN_PROGRESS
    if after.state is not before.state and after.state in _RESULTS:
        return None if existed else _RESULTS[after.state]
    return _RETRIED if after.failures > before.failures else None
