"""TaskManagers that a job waits for: told once its start takes too long, for before that they may just be on their way."""

from __future__ import annotations

from flinkop.lifecycle.observed import JobState, Observed

_WAIT_FOR_SLOTS = frozenset({JobState.CREATED, JobState.RESTARTING})


def shortage_words(observed: Observed) -> str:
    """A sentence about the pods that a job which does not run waits for; empty when it does not wait, or they all run."""
    workers = observed.workers
    if workers is None or observed.job is None or observed.job.state not in _WAIT_FOR_SLOTS:
        return ""
    if workers.pods == 0:
        return "There is no TaskManager pod: the log of the JobManager tells why it makes none."
    if workers.running < workers.pods:
        return f"Of {workers.pods} TaskManager pods {workers.running} run: see `kubectl describe pod`."
    return ""
