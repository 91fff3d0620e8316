"""`status.jobStatus`, whoever wrote it: this operator or the established one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.record import JobRecord


def read_job(value: Mapping[str, Any]) -> JobRecord:
    """The job as it was last seen; times are written as text."""
    state = value.get("state")
    return JobRecord(
        job_id=value.get("jobId"),
        name=value.get("jobName"),
        state=JobState(state) if state else None,
        start_time=_number(value.get("startTime")),
        update_time=_number(value.get("updateTime")),
    )


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
