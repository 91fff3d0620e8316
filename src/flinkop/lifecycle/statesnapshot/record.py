"""What the operator has written down about a FlinkStateSnapshot: the part of its `status` that decisions are based on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.lifecycle.record import Health

ENDED = frozenset({SnapshotState.COMPLETED, SnapshotState.FAILED, SnapshotState.ABANDONED})
"""Nothing comes after these."""


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """One snapshot. Times are whole seconds, as `status` writes them.

    `trigger_id` is what Flink is, or was, asked under for the snapshot of the job `job_id`; both are recorded before they are used.
    `waits_since`: since when its job, or that its files are deleted, is waited for.
    `not_before`: when it is tried again after a failure. `failures` counts those.
    `invalid` says what is wrong with the spec.
    """

    state: SnapshotState | None = None
    reason: str = "Accepted"
    message: str = ""
    health: Health = Health.PROGRESSING
    generation: int = 0
    trigger_id: str | None = None
    job_id: str | None = None
    triggered_at: datetime | None = None
    completed_at: datetime | None = None
    path: str | None = None
    error: str | None = None
    failures: int = 0
    waits_since: datetime | None = None
    not_before: datetime | None = None
