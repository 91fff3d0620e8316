"""How old what a JobManager says of checkpoints may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from flinkop.lifecycle.observed import Observed

Seen = TypeVar("Seen", bound=Observed)

# three seconds, and one for clocks that differ
_CACHED = timedelta(seconds=4)


def without_stale_statistics(observed: Seen, now: datetime) -> Seen:
    """Leaves out those of a job that has ended so short a while ago that they may be from before its end.

    Whoever asks within three seconds gets the same answer (`rest.cache.checkpoint-statistics.timeout`).
    Source: flink-on-kubernetes, section 8.3.
    """
    if not observed.job_has_ended or observed.job is None:
        return observed
    ended = datetime.fromtimestamp(observed.job.update_time / 1000, UTC)
    return replace(observed, checkpoints=None) if abs(now - ended) < _CACHED else observed
