"""The moment from which on a job may have made state of its own."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.restore import RestoreSource


def notice_readiness(record: Record, observed: Observed) -> Record:
    """From its JobManager's first readiness on the job may have made state that is newer than what it was started from."""
    was_available = observed.jobmanager is not None and observed.jobmanager.was_available
    if record.was_ready or not (observed.jobmanager_is_ready or was_available or _job_has_metadata(record, observed)):
        return record
    return replace(record, was_ready=True, savepoint_path=None)


def _job_has_metadata(record: Record, observed: Observed) -> bool:
    """Checkpoints in them are the job's own, unless it was started from them."""
    last_state = record.restore is not None and record.restore.point is not None and record.restore.point.source is RestoreSource.LAST_STATE
    return not last_state and observed.ha is not None and observed.ha.checkpoints > 0 and observed.ha.job_id == record.job.job_id
