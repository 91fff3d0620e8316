"""Savepoints and checkpoints of a running job: what tells them apart, as data. How they are taken is the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from flinkop.flinkconf.schedule import Schedule
from flinkop.lifecycle.action import TriggerCheckpoint, TriggerSavepoint
from flinkop.lifecycle.desired import Settings
from flinkop.lifecycle.observed import Observed, Snapshot
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Snapshots

_NO_DIRECTORY = "execution.checkpointing.savepoint-dir (state.savepoints.dir) is not set"


def _always(_: Settings) -> bool:
    return True


def _none(_: Settings) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of snapshot. `word` is for people, `nonce` its field of `spec.job`; `taken` and `error` are reasons of Events.

    `recorded` and `outcome` find what is known of it, `record` gives a record with that; the others are its settings.
    `is_offered`: whether Flink has it at all; `obstacle` says why it cannot be taken, None when it can.
    """

    word: str
    nonce: str
    taken: str
    error: str
    action: type[TriggerSavepoint | TriggerCheckpoint]
    keeps_history: bool
    recorded: Callable[[Record], Snapshots]
    record: Callable[[Record, Snapshots], Record]
    outcome: Callable[[Observed], Snapshot | None]
    format: Callable[[Settings], str]
    grace: Callable[[Settings], timedelta]
    schedule: Callable[[Settings], Schedule | None]
    is_offered: Callable[[Settings], bool] = _always
    obstacle: Callable[[Settings], str | None] = _none


SAVEPOINT = Kind(
    word="savepoint",
    nonce="savepointTriggerNonce",
    taken="Savepoint",
    error="SavepointError",
    action=TriggerSavepoint,
    keeps_history=True,
    recorded=lambda record: record.savepoints,
    record=lambda record, snapshots: replace(record, savepoints=snapshots),
    outcome=lambda observed: observed.savepoint,
    format=lambda settings: settings.savepoint_format,
    grace=lambda settings: settings.savepoint_grace,
    schedule=lambda settings: settings.savepoint_schedule,
    obstacle=lambda settings: _NO_DIRECTORY if settings.savepoint_directory is None else None,
)

CHECKPOINT = Kind(
    word="checkpoint",
    nonce="checkpointTriggerNonce",
    taken="Checkpoint",
    error="CheckpointError",
    action=TriggerCheckpoint,
    keeps_history=False,
    recorded=lambda record: record.checkpoints,
    record=lambda record, snapshots: replace(record, checkpoints=snapshots),
    outcome=lambda observed: observed.requested_checkpoint,
    format=lambda settings: settings.checkpoint_type,
    grace=lambda settings: settings.checkpoint_grace,
    schedule=lambda settings: settings.checkpoint_schedule,
    is_offered=lambda settings: settings.checkpoints_on_demand,
)

KINDS = (SAVEPOINT, CHECKPOINT)
"""In the order in which they are taken when several are due."""
