"""What is different for a session cluster: it is well when its JobManager answers, and jobs of others may keep it from being deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flinkop.lifecycle.deadline import for_cleanup
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import go, stay
from flinkop.lifecycle.observed import Answered, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.step import WaitingForJobs

_NAMED = 3
_THEN = "it is deleted all the same"
_WAY_OUT = "Cancel them, or set kubernetes.operator.session.deletion.block-on-unmanaged-jobs to false in spec.flinkConfiguration."


def session_is_ready(record: Record, observed: Observed, desired: Desired) -> Decision:
    """The JobManager answers: jobs can be submitted."""
    return go(
        record,
        Phase.RUNNING,
        "ClusterReady",
        "The session cluster is ready for jobs.",
        health=Health.SETTLED,
        requeue_after=desired.settings.rest_interval,
        stable=record.reconciled,
        job=JobRecord(),  # that of the loss of a JobManager is none of a job
        jobmanager=JobManagerStatus.READY,
        was_ready=True,
        cluster_info=observed.cluster_info or record.cluster_info,
        failure=None,
    )


def wait_for_jobs(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision | None:
    """Keeps a session cluster that is to be deleted while jobs run on it; None when nothing keeps it.

    A JobManager that should answer and does not may have jobs: it is waited for, but not for ever.
    """
    if not desired.session:
        return None
    since = record.step.since if isinstance(record.step, WaitingForJobs) else fresh.now
    why = _references(observed, desired) or _unmanaged(observed, desired, since, fresh)
    if why is None:
        return None
    events = () if isinstance(record.step, WaitingForJobs) else (Event("CleanupFailed", why, EventType.WARNING, Component.OPERATOR),)
    return stay(
        record,
        "JobsRunning",
        why,
        health=Health.STALLED,
        events=events,
        requeue_after=desired.settings.rest_interval,
        step=WaitingForJobs(since),
    )


def _references(observed: Observed, desired: Desired) -> str | None:
    """They stop their jobs in order when they are deleted; nothing else does."""
    if not desired.settings.block_on_session_jobs or not observed.referring:
        return None
    names = some([one.name for one in observed.referring])
    return (
        f"The session cluster is not deleted while FlinkSessionJobs refer to it: {names}. Delete them, or set "
        "kubernetes.operator.session.deletion.block-on-session-jobs to false in spec.flinkConfiguration."
    )


def _unmanaged(observed: Observed, desired: Desired, since: datetime, fresh: Fresh) -> str | None:
    """Jobs of resources that name the cluster are the matter of `block-on-session-jobs` alone: they end with it when that lets it go."""
    if not desired.settings.block_on_unmanaged_jobs or not observed.jobmanager_is_ready:
        return None
    return _jobs(observed) if isinstance(observed.rest, Answered) else _silence(since, desired, fresh)


def some(names: Sequence[str]) -> str:
    """The first of the names, and how many others there are."""
    others = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{others}"


def _jobs(observed: Observed) -> str | None:
    jobs = observed.unmanaged_jobs
    if not jobs:
        return None
    named = some([f"{job.name} ({job.job_id})" for job in jobs])
    return f"The session cluster is not deleted while jobs run on it: {named}. {_WAY_OUT}"


def _silence(since: datetime, desired: Desired, fresh: Fresh) -> str | None:
    deadline = for_cleanup(since, desired.settings)
    if deadline.is_over(fresh.now):
        return None
    return f"The JobManager does not say whether jobs run on the session cluster. {deadline.words(fresh.now, _THEN, '')}"
