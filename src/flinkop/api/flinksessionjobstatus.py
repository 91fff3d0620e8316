"""`FlinkSessionJob.status`: what the operator knows about a job on a session cluster. Written by the operator only."""

from __future__ import annotations

from flinkop.api.status import JobResourceStatus


class FlinkSessionJobStatus(JobResourceStatus):
    """What the operator knows about the job."""
