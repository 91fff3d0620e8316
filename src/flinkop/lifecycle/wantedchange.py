"""What a spec changes, for a resource with its history: the difference from the one that was accepted, and what was to be restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import NO_CHANGE, Change, Effect, diff_spec

_PATH = "job.initialSavepointPath"


def change_of(record: Record, spec: Mapping[str, Any]) -> Change:
    """Compares `spec` with the one in the record. Something that was started without one is replaced."""
    if record.reconciled is None:
        return NO_CHANGE if record.start is None else Change(Effect.UPGRADE, ())
    change = diff_spec(record.reconciled, spec)
    return replace(change, effect=max(change.effect, Effect.UPGRADE)) if corrects_path(record, change, spec) else change


def corrects_path(record: Record, change: Change, spec: Mapping[str, Any]) -> bool:
    """Where a start was to be from `initialSavepointPath` and its job never ran, people correct the path, and expect another try."""
    return record.request_is_unmet and _PATH in change.paths and bool((spec.get("job") or {}).get("initialSavepointPath"))
