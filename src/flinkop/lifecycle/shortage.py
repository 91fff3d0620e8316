"""TaskManagers that a job waits for: told once its start takes too long, for before that they may just be on their way."""

from __future__ import annotations

from flinkop.lifecycle.observed import JobState, Observed

_NO_SLOTS = (
    "Tasks of it wait for slots, and the session cluster has too few that are free: end other jobs, give it more TaskManagers or slots, "
    "or lower spec.job.parallelism."
)
_WAIT_FOR_SLOTS = frozenset({JobState.CREATED, JobState.RESTARTING})


def shortage_words(observed: Observed) -> str:
    """A sentence about what a job that does not run waits for; empty when it does not wait, or all pods run. On a cluster that it shares
    these are not its own: there Flink's word counts, that tasks have no slot."""
    workers = observed.workers
    if observed.job is None or observed.job.state not in _WAIT_FOR_SLOTS:
        return ""
    if workers is None:
        return _NO_SLOTS if observed.job.waits_for_slots else ""
    if workers.pods == 0:
        return "There is no TaskManager pod: the log of the JobManager tells why it makes none."
    if workers.running < workers.pods:
        return f"Of {workers.pods} TaskManager pods {workers.running} run: see `kubectl describe pod`."
    return ""
