"""The last savepoint and checkpoint of jobs whose snapshots are resources: their own status does not tell of those."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from flinkop import metrics
from flinkop.metrics import Family
from flinkop.monitoring.reading import Job, Reading

Newest = Mapping[Family, Mapping[Job, float]]

_OWN: Mapping[Family, Callable[[Reading], float | None]] = {
    metrics.LAST_SAVEPOINT: lambda reading: reading.last_savepoint,
    metrics.LAST_CHECKPOINT: lambda reading: reading.last_checkpoint,
}


def newest_of(snapshots: Iterable[Reading]) -> Newest:
    """When the newest that is complete was asked for, of each job."""
    found: dict[Family, dict[Job, float]] = {family: {} for family in _OWN}
    for reading in snapshots:
        taken = reading.taken
        if taken is not None:
            of_jobs = found[metrics.LAST_SAVEPOINT if taken.is_savepoint else metrics.LAST_CHECKPOINT]
            of_jobs[taken.job] = max(taken.at, of_jobs.get(taken.job, taken.at))
    return found


def newer_than_own(family: Family, reading: Reading, newest: Newest) -> float | None:
    """The value in place of the resource's own; None where its own is right."""
    at, own = newest[family].get((reading.kind, reading.namespace, reading.name)), _OWN[family](reading)
    return at if at is not None and (own is None or at > own) else None
