"""Starting a job again without being asked: after it failed, or because it is not well. Each time in a row after a longer pause."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record

_LIVED = timedelta(minutes=10)
_FIRST_PAUSE, _LONGEST_PAUSE, _DOUBLINGS = timedelta(seconds=10), timedelta(minutes=5), 5


def restarts_at(record: Record, desired: Desired) -> datetime | None:
    """When a job that has failed is started again; None when it is not."""
    ended = record.job.update_time
    if not desired.settings.restart_failed or not _has_failed(record) or ended is None:
        return None
    return datetime.fromtimestamp(ended / 1000, UTC) + pause(record, datetime.fromtimestamp(ended / 1000, UTC))


def pause(record: Record, ended: datetime) -> timedelta:
    """How long a job that came to its end at `ended` stays down: nothing the first time, then ten seconds, doubled up to five minutes."""
    attempts = _in_a_row(record, ended)
    return min(_FIRST_PAUSE * 2 ** min(attempts - 1, _DOUBLINGS), _LONGEST_PAUSE) if attempts else timedelta(0)


def origin(record: Record, desired: Desired) -> str:
    """From what such a start begins, in words."""
    if record.request_is_unmet and desired.initial_savepoint_path is not None:
        return "from spec.job.initialSavepointPath"
    return "from empty state" if desired.gives_up_state else "from its last state"


def counted(record: Record, ended: datetime) -> Record:
    """The record with one more start in a row."""
    assert record.start is not None
    return replace(record, start=replace(record.start, attempt=_in_a_row(record, ended) + 1))


def _has_failed(record: Record) -> bool:
    """Where no restore point was safe, another try would find none either."""
    is_refused = record.restore is not None and record.restore.point is None
    return record.phase is Phase.FAILED and record.job.state is JobState.FAILED and not is_refused


def _in_a_row(record: Record, ended: datetime) -> int:
    """One that had lived for ten minutes is the first again."""
    if record.start is None or ended >= record.start.since + _LIVED:
        return 0
    return record.start.attempt
