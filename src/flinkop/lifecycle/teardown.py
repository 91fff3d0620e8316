"""Removing a cluster: the Deployment, then the wait for its pods, then what of the metadata has to go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from flinkop.lifecycle.action import Action, DeleteHaMetadata, DeleteJobManager, DeleteTaskManagers, RemoveJobGraphs
from flinkop.lifecycle.deadline import for_cleanup
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import IMMEDIATELY, stay
from flinkop.lifecycle.observed import HaMetadata, Observed
from flinkop.lifecycle.record import Health, JobManagerStatus, Record
from flinkop.lifecycle.step import HaFate, TearingDown

_SLOWLY = timedelta(seconds=15)
_WITHOUT_LOST = "it goes on without them: their node seems to be lost"


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
    if not is_gone(observed, desired, late=for_cleanup(step.since, desired.settings).is_over(fresh.now)):
        return _wait(record, step, observed, desired, fresh.now)
    action = _metadata_action(step, observed.ha or HaMetadata(), desired)
    if action is None:
        return None
    message = "Removing what the old cluster left in the high-availability metadata."
    return clean_metadata(_without_jobmanager(record), step, message, action, desired, fresh.now)


def clean_metadata(record: Record, step: TearingDown, message: str, action: Action, desired: Desired, now: datetime) -> Decision:
    """Removes what must not be there at the next start, and looks again."""
    deadline = for_cleanup(step.since, desired.settings)
    late = deadline.is_over(now)
    way_out = "Something writes them again, for instance a JobManager of that name which the operator does not know: end it."
    return stay(
        record,
        "CleaningMetadata",
        f"{message} {deadline.words(now, 'it is Stalled, and still tried', way_out)}",
        action,
        health=Health.STALLED if late else Health.PROGRESSING,
        requeue_after=_SLOWLY if late else IMMEDIATELY,
        step=step,
    )


def going_words(step: TearingDown, desired: Desired) -> str:
    """Until when a cluster that is being removed may take to go, as a sentence to stand behind what happens."""
    return for_cleanup(step.since, desired.settings).words(step.since, _then(desired), "")


def _then(desired: Desired) -> str:
    if desired.deleting:
        return "the deletion goes on without waiting for pods that do not report their end; else it is Stalled (OldClusterStuck)"
    return "it is Stalled (OldClusterStuck); nothing is started beside it"


def is_gone(observed: Observed, desired: Desired, late: bool = False) -> bool:
    """Whether no JobManager is left that could run the job, and no TaskManager that would offer itself to the next one.

    A pod on a lost node never reports its end. With high availability a JobManager that survives there has lost its leadership, so it
    cannot do harm. TaskManagers there are no longer waited for when it is `late`.
    """
    if observed.jobmanager is not None or observed.replica_sets:
        return False
    fenced = observed.pods_overdue and desired.deployed_high_availability
    return (observed.jobmanager_pods == 0 or fenced) and (observed.taskmanagers_are_gone or (late and _are_lost(observed)))


def _only_lost_ones_are_left(observed: Observed) -> bool:
    return observed.jobmanager is None and observed.jobmanager_pods == 0 and not observed.replica_sets and _are_lost(observed)


def _are_lost(observed: Observed) -> bool:
    return observed.taskmanagers is None and observed.taskmanagers_overdue


def _wait(record: Record, step: TearingDown, observed: Observed, desired: Desired, now: datetime) -> Decision:
    deadline = for_cleanup(step.since, desired.settings)
    late = deadline.is_over(now)
    who, be, has = _who(observed)
    what = f"The old {who} {be} still there." if late else f"The old {who} {has} to go first."
    return stay(
        record if observed.jobmanager else _without_jobmanager(record),
        "OldClusterStuck" if late else "StoppingCluster",
        f"{what} {deadline.words(now, _WITHOUT_LOST if _only_lost_ones_are_left(observed) else _then(desired), _way_out(observed))}",
        *delete_cluster(observed),
        health=Health.STALLED if late else Health.PROGRESSING,
        requeue_after=_look_again(observed, desired, deadline.ends, now),
    )


def _way_out(observed: Observed) -> str:
    if observed.replica_sets:
        return "If Kubernetes' garbage collector does not remove it, delete it with `kubectl delete replicaset`: it would make another pod."
    return "If its node is lost, delete its pod with `kubectl delete pod --force`."


def _who(observed: Observed) -> tuple[str, str, str]:
    """What is waited for, and its verbs."""
    if observed.replica_sets:
        return "JobManager's ReplicaSet", "is", "has"
    only_taskmanagers = observed.jobmanager is None and observed.jobmanager_pods == 0
    return ("TaskManagers", "are", "have") if only_taskmanagers else ("JobManager", "is", "has")


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
