"""Savepoints and checkpoints of a running job that were asked for, as the status records them."""

from __future__ import annotations

from dataclasses import dataclass

from flinkop.api.jobstatus import TriggerType


@dataclass(frozen=True, slots=True)
class Trigger:
    """A snapshot that is being taken; `since` in epoch milliseconds. `format` is that of a savepoint, or the type of a checkpoint.

    `resource` is the name of the FlinkStateSnapshot that stands for it; None where Flink itself is asked under `trigger_id`.
    """

    trigger_id: str
    since: int
    type: TriggerType
    format: str
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot that was taken; `time` is when it was asked for, in epoch milliseconds. The place of a checkpoint is not recorded.

    `resource` is the name of the FlinkStateSnapshot that is to stand for it, and that was not seen yet.
    """

    time: int
    location: str
    type: TriggerType
    format: str
    nonce: int | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshots:
    """All of one kind. `last_periodic` is when a periodic one was last asked for, in epoch milliseconds.

    `history` is in the order of time and contains `last`; there is none of checkpoints, which Flink deletes by itself.
    """

    trigger: Trigger | None = None
    last: Taken | None = None
    history: tuple[Taken, ...] = ()
    last_periodic: int | None = None


NO_SNAPSHOTS = Snapshots()
"""Nothing is recorded."""
