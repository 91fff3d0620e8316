"""How many jobs and TaskManagers there are, as the status of the simple kinds tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.lifecycle.observed import Answered, JobState, Observed
from flinkop.lifecycle.record import Record


def count_cluster(status: Mapping[str, Any], observed: Observed) -> dict[str, Any]:
    """The status of a cluster that jobs share. What its JobManager was not asked, or does not say, stays as it was told before."""
    jobs = _jobs_on(observed)
    told = {"taskManagers": _running(observed), **({} if jobs is None else {"jobs": jobs})}
    return {**status, **told}


def count_job(status: Mapping[str, Any], record: Record, observed: Observed | None) -> dict[str, Any]:
    """The status of one job; of one with a cluster of its own something was `observed` of that."""
    told = {**status, "jobs": int(record.job.state is JobState.RUNNING)}
    return told if observed is None else {**told, "taskManagers": _running(observed)}


def _jobs_on(observed: Observed) -> int | None:
    if isinstance(observed.rest, Answered):
        return len(observed.session_jobs)
    return None if observed.jobmanager_is_ready else 0


def _running(observed: Observed) -> int:
    return observed.workers.running if observed.workers is not None else 0
