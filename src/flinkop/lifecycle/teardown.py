"""Removing a cluster: the Deployment, then the wait for its pods, then what of the metadata has to go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flinkop.lifecycle.action import Action, DeleteHaMetadata, DeleteJobManager, DeleteTaskManagers, RemoveJobGraphs
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import IMMEDIATELY, stay
from flinkop.lifecycle.observed import HaMetadata, Observed
from flinkop.lifecycle.record import Health, JobManagerStatus, Record
from flinkop.lifecycle.step import HaFate, TearingDown

_SLOWLY = timedelta(seconds=15)
_LOST = " Their node seems to be lost: then it goes on without them."


def delete_cluster(observed: Observed) -> tuple[Action, ...]:
    """The actions that remove the Deployments of the cluster, those that are there and not going already."""
    actions: list[Action] = []
    if observed.jobmanager is not None and not observed.jobmanager.terminating:
        actions.append(DeleteJobManager(observed.jobmanager.uid))
    if observed.taskmanagers is not None and not observed.taskmanagers.terminating:
        actions.append(DeleteTaskManagers(observed.taskmanagers.uid))
    return tuple(actions)


def tear_down(record: Record, step: TearingDown, observed: Observed, desired: Desired, fresh: Fresh) -> Decision | None:
    """One more step of removing the cluster; None when it is gone and its metadata are as they should be."""
    if not is_gone(observed, desired, late=fresh.now >= step.since + desired.settings.cleanup_timeout):
        return _wait(record, step, observed, desired, fresh.now)
    action = _metadata_action(step, observed.ha or HaMetadata(), desired)
    if action is None:
        return None
    message = "Removing what the old cluster left in the high-availability metadata."
    return stay(_without_jobmanager(record), "CleaningMetadata", message, action, requeue_after=IMMEDIATELY)


def is_gone(observed: Observed, desired: Desired, late: bool = False) -> bool:
    """Whether no JobManager is left that could run the job, and no TaskManager that would offer itself to the next one.

    A pod on a lost node never reports its end. With high availability a JobManager that survives there has lost its leadership, so it
    cannot do harm. TaskManagers there are no longer waited for when it is `late`.
    """
    if observed.jobmanager is not None or observed.replica_sets:
        return False
    fenced = observed.pods_overdue and desired.deployed_high_availability
    return (observed.jobmanager_pods == 0 or fenced) and (observed.taskmanagers_are_gone or (late and _are_lost(observed)))


def _are_lost(observed: Observed) -> bool:
    return observed.taskmanagers is None and observed.taskmanagers_overdue


def _wait(record: Record, step: TearingDown, observed: Observed, desired: Desired, now: datetime) -> Decision:
    deadline = step.since + desired.settings.cleanup_timeout
    late = now >= deadline
    message = f"Waiting for the old {_waits_for(observed)} to go, until {deadline:%H:%M:%S} UTC.{_LOST if _are_lost(observed) else ''}"
    if late and observed.replica_sets:
        message = (
            "The ReplicaSet of the old JobManager is still there after kubernetes.operator.resource.cleanup.timeout, and would make "
            "another pod. If Kubernetes' garbage collector does not remove it, delete it with `kubectl delete replicaset`."
        )
    elif late:
        message = (
            f"The old {_who(observed)} still there after kubernetes.operator.resource.cleanup.timeout. "
            "If its node is lost, delete its pod with `kubectl delete pod --force`."
        )
    return stay(
        record if observed.jobmanager else _without_jobmanager(record),
        "OldClusterStuck" if late else "StoppingCluster",
        message,
        *delete_cluster(observed),
        health=Health.STALLED if late else Health.PROGRESSING,
        requeue_after=_look_again(observed, desired, deadline, now),
    )


def _waits_for(observed: Observed) -> str:
    return "TaskManagers" if observed.jobmanager is None and observed.jobmanager_pods == 0 and observed.replica_sets == 0 else "JobManager"


def _who(observed: Observed) -> str:
    return "TaskManagers are" if _waits_for(observed) == "TaskManagers" else "JobManager is"


def _look_again(observed: Observed, desired: Desired, deadline: datetime, now: datetime) -> timedelta:
    """Deployment and pods are watched, ReplicaSets are not."""
    if now >= deadline:
        return _SLOWLY
    return min(deadline - now, desired.settings.progress_interval if observed.replica_sets else _SLOWLY)


def _metadata_action(step: TearingDown, ha: HaMetadata, desired: Desired) -> Action | None:
    """The graphs that a session cluster has stored are its jobs, which the next one goes on with."""
    match step.ha:
        case HaFate.REMOVE:
            return DeleteHaMetadata() if ha.config_maps else None
        case HaFate.KEEP:
            return RemoveJobGraphs() if ha.job_graphs and not desired.session else None


def _without_jobmanager(record: Record) -> Record:
    return replace(record, jobmanager=JobManagerStatus.MISSING)
