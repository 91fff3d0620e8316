"""Kubernetes objects as the observer reads them: pure functions from raw JSON to values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.flink.stacktrace import find_cause
from flinkop.lifecycle.imagepull import TRIES, WAITS
from flinkop.lifecycle.observed import Crash, HaMetadata, JobManager, Referring, Restart, SnapshotResource, TaskManagers, Trouble
from flinkop.lifecycle.phase import STARTED
from flinkop.lifecycle.statesnapshot.label import trigger_type_of
from flinkop.lifecycle.step import Cancelling, TakingSavepoint
from flinkop.redaction import redact_line
from flinkop.resources.configuration import GENERATION_ANNOTATION
from flinkop.resources.ingress import DIGEST_ANNOTATION
from flinkop.resources.naming import MAIN_CONTAINER

FINALIZER = "flinkdeployments.flink.apache.org/finalizer"

_CRASHED = "CrashLoopBackOff"
_KILLED = "OOMKilled"
_ASK_THE_LOG = "its log may tell more (`kubectl logs --previous`)."
_PULLING = frozenset({TRIES, WAITS})
_BACK_OFF = re.compile(r'Back-off pulling image "[^"]*": ErrImagePull: ')
_OWN_PORT = re.compile(r"(?<=[\d\]]):\d+(?=->)")
_WAITING = frozenset(
    {
        _CRASHED,
        *_PULLING,
        "ErrImageNeverPull",
        "InvalidImageName",
        "RunContainerError",
        "CreateContainerConfigError",
        "CreateContainerError",
    }
)
_GRAPHS = ("jobGraph-", "executionPlan-", "application-")
_CHECKPOINT = "checkpointID-"
_MESSAGE_LIMIT = 600
_STOPPING = frozenset({TakingSavepoint.__name__, Cancelling.__name__})
_OVERDUE = timedelta(seconds=30)
_CREATING = frozenset({"ContainerCreating", "PodInitializing"})
_PULLS = timedelta(seconds=15)


def read_jobmanager(deployment: Mapping[str, Any]) -> JobManager:
    """The JobManager Deployment's state."""
    metadata, status = deployment["metadata"], deployment.get("status") or {}
    generation = (metadata.get("annotations") or {}).get(GENERATION_ANNOTATION)
    return JobManager(
        uid=metadata["uid"],
        generation=int(generation) if generation and generation.isdigit() else None,
        available=status.get("availableReplicas", 0) > 0,
        terminating="deletionTimestamp" in metadata,
        was_available=status.get("wasAvailable", False),
    )


def read_referring(resource: Mapping[str, Any]) -> Referring:
    """A FlinkSessionJob or FlinkApplication as the cluster that it names sees it."""
    status = resource.get("status") or {}
    step = (status.get("operation") or {}).get("step")
    unsettled = status.get("phase") in STARTED or step in _STOPPING
    return Referring(resource["metadata"]["name"], (status.get("jobStatus") or {}).get("jobId"), unsettled)


def read_snapshot_resource(snapshot: Mapping[str, Any]) -> SnapshotResource:
    """A FlinkStateSnapshot as its job sees it."""
    metadata, spec, status = snapshot["metadata"], snapshot.get("spec") or {}, snapshot.get("status") or {}
    state = status.get("state")
    return SnapshotResource(
        name=metadata["name"],
        uid=metadata["uid"],
        is_savepoint=spec.get("savepoint") is not None,
        type=trigger_type_of(metadata.get("labels") or {}),
        state=SnapshotState(state) if state in set(SnapshotState) else None,
        created=int(parse_time(metadata["creationTimestamp"]).timestamp() * 1000),
        path=status.get("path"),
        error=status.get("error"),
        deleting="deletionTimestamp" in metadata,
    )


def read_taskmanagers(deployment: Mapping[str, Any]) -> TaskManagers:
    """The TaskManager Deployment's state."""
    metadata = deployment["metadata"]
    return TaskManagers(metadata["uid"], (deployment.get("spec") or {}).get("replicas", 1), "deletionTimestamp" in metadata)


def read_ingress(ingress: Mapping[str, Any] | None, owner_uid: str) -> str | None:
    """The digest on the Ingress of that owner; empty when another operator made it for the same owner, None when there is none."""
    if ingress is None or not is_owned_by(owner_uid, ingress):
        return None
    digest: str = (ingress["metadata"].get("annotations") or {}).get(DIGEST_ANNOTATION, "")
    return digest


def is_owned_by(uid: str, obj: Mapping[str, Any]) -> bool:
    """Whether the object belongs to the resource with that uid. Its name and its labels may be those of a stranger's."""
    return any(owner["uid"] == uid for owner in obj["metadata"].get("ownerReferences") or ())


def parse_time(text: str) -> datetime:
    """A Kubernetes time."""
    return datetime.fromisoformat(text)


def makes_pods_of(deployment: str, replica_set: Mapping[str, Any]) -> bool:
    """Whether a ReplicaSet of the Deployment of that name replaces pods that end; one that is being deleted does not.

    One without an owner was left by a deletion that spared it.
    """
    metadata = replica_set["metadata"]
    owners = metadata.get("ownerReferences") or ()
    is_its = not owners or any(owner["kind"] == "Deployment" and owner["name"] == deployment for owner in owners)
    return is_its and "deletionTimestamp" not in metadata


def find_restart(pod: Mapping[str, Any]) -> Restart | None:
    """Whether Flink's container of the pod has ended before, and runs again."""
    for container in (pod.get("status") or {}).get("containerStatuses") or ():
        running = (container.get("state") or {}).get("running")
        ended = (container.get("lastState") or {}).get("terminated")
        if container["name"] == MAIN_CONTAINER and running and running.get("startedAt") and ended:
            return Restart(_crash(pod, container["name"], ended), parse_time(running["startedAt"]))
    return None


def component_of(pod: Mapping[str, Any]) -> str | None:
    """Whether a pod is a JobManager or a TaskManager, by the label that Flink gives it."""
    component: str | None = (pod["metadata"].get("labels") or {}).get("component")
    return component


def read_jobmanager_start(pods: Iterable[Mapping[str, Any]]) -> datetime | None:
    """When Flink's container began in the JobManager of a cluster; None while it is not the only one, or leaves: another may answer."""
    masters = [pod for pod in pods if component_of(pod) == "jobmanager" and is_alive(pod)]
    if len(masters) != 1 or "deletionTimestamp" in masters[0]["metadata"]:
        return None
    for container in (masters[0].get("status") or {}).get("containerStatuses") or ():
        began = ((container.get("state") or {}).get("running") or {}).get("startedAt")
        if container["name"] == MAIN_CONTAINER and began:
            return parse_time(began)
    return None


def is_overdue(pod: Mapping[str, Any], now: datetime) -> bool:
    """A pod whose end should have been reported a while ago: its node is lost."""
    ends = pod["metadata"].get("deletionTimestamp")
    return ends is not None and now > parse_time(ends) + _OVERDUE


def waits_for_containers(pod: Mapping[str, Any], now: datetime) -> bool:
    """A pod on a node whose first containers are still not made, after a time in which an image may be pulled."""
    status = pod.get("status") or {}
    first = status.get("initContainerStatuses") or status.get("containerStatuses") or ()
    waiting = all(((container.get("state") or {}).get("waiting") or {}).get("reason") in _CREATING for container in first)
    return bool(first) and waiting and now > parse_time(pod["metadata"]["creationTimestamp"]) + _PULLS


def count_ready(pods: Iterable[Mapping[str, Any]]) -> int:
    """How many of the pods have all of their containers running."""
    return sum(_all_run((pod.get("status") or {}).get("containerStatuses") or ()) for pod in pods)


def _all_run(containers: Iterable[Mapping[str, Any]]) -> bool:
    states = [container.get("state") or {} for container in containers]
    return bool(states) and all("running" in state for state in states)


def is_alive(pod: Mapping[str, Any]) -> bool:
    """A pod that has not ended."""
    return (pod.get("status") or {}).get("phase") not in {"Succeeded", "Failed"}


def find_trouble(deployment: Mapping[str, Any] | None, pods: Iterable[Mapping[str, Any]]) -> Trouble | None:
    """The first reason why a pod cannot start. Source of the reasons: official operator, JobManager failure detection."""
    for pod in pods:
        trouble = _of_pod(pod)
        if trouble is not None:
            return trouble
    return _of_deployment(deployment) if deployment else None


def find_crash(pods: Iterable[Mapping[str, Any]]) -> Trouble | None:
    """How a container ended that was started again, in the words of `find_trouble`; whether it does better now nobody can tell yet."""
    for pod in pods:
        for container in _containers(pod):
            last = (container.get("lastState") or {}).get("terminated")
            if last and not _is_done(container):
                return _ended(pod, container["name"], _CRASHED, last)
    return None


def _containers(pod: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    status = pod.get("status") or {}
    return (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))


def _is_done(container: Mapping[str, Any]) -> bool:
    return ((container.get("state") or {}).get("terminated") or {}).get("exitCode") == 0


def _of_pod(pod: Mapping[str, Any]) -> Trouble | None:
    status = pod.get("status") or {}
    for container in _containers(pod):
        trouble = _of_container(pod, container)
        if trouble is not None:
            return trouble
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False" and condition.get("reason") == "Unschedulable":
            return Trouble("Unschedulable", _one_line(f"Pod cannot be scheduled: {condition.get('message', '')}"))
    return None


def _crash(pod: Mapping[str, Any], container: str, ended: Mapping[str, Any]) -> Crash:
    return Crash(pod["metadata"]["name"], container, ended["exitCode"], ended.get("finishedAt") or "")


def _of_container(pod: Mapping[str, Any], container: Mapping[str, Any]) -> Trouble | None:
    waiting = (container.get("state") or {}).get("waiting") or {}
    last = (container.get("lastState") or {}).get("terminated") or {}
    reason = waiting.get("reason")
    if reason not in _WAITING:
        return None
    if reason in _PULLING:
        return Trouble(reason, _one_line(f"Container {container['name']}: {_of_pull(waiting.get('message') or '')}"))
    if last and (reason == _CRASHED or last.get("reason") == _KILLED):
        return _ended(pod, container["name"], reason, last)
    said = last.get("message") or waiting.get("message") or ""
    code = f" (exit code {last['exitCode']})" if "exitCode" in last else ""
    return Trouble(reason, _one_line(f"Container {container['name']}{code}: {find_cause(said) or _last_lines(said)}"))


def _of_pull(said: str) -> str:
    """The same words while it pulls and while it waits: Kubernetes takes turns with the two, and each try has another port of its own."""
    return _OWN_PORT.sub("", _BACK_OFF.sub("", said, count=1))


def _ended(pod: Mapping[str, Any], container: str, reason: str, last: Mapping[str, Any]) -> Trouble:
    """The same words while it waits and while it runs again: Kubernetes' own ("back-off 40s restarting …") change with each try."""
    if last.get("reason") == _KILLED:
        return Trouble(_KILLED, f"Container {container} was killed: it used more memory than its limit.")
    said = last.get("message")
    told = find_cause(said) or _last_lines(said) if said else _ASK_THE_LOG
    crash = None if said else _crash(pod, container, last)
    return Trouble(reason, _one_line(f"Container {container} (exit code {last['exitCode']}): {told}"), crash)


def with_cause(trouble: Trouble, cause: str) -> Trouble:
    """The trouble of a container that crashed, with what its log tells."""
    assert trouble.crash is not None
    message = f"Container {trouble.crash.container} (exit code {trouble.crash.exit_code}): {cause}"
    return Trouble(trouble.reason, _one_line(message), trouble.crash)


def _of_deployment(deployment: Mapping[str, Any]) -> Trouble | None:
    for condition in (deployment.get("status") or {}).get("conditions") or ():
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return Trouble(condition.get("reason") or "ReplicaFailure", _one_line(condition.get("message", "")))
    return None


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-5:])


def _one_line(text: str) -> str:
    """As status and Events have it: what a program wrote last may have a secret in it."""
    return redact_line(text, _MESSAGE_LIMIT)


def read_ha_metadata(cluster_id: str, job_id: str | None, config_maps: Iterable[Mapping[str, Any]]) -> HaMetadata:
    """The metadata of one cluster. With a job id only that job's count; without, those of the job with most checkpoints."""
    alive = [found for found in config_maps if "deletionTimestamp" not in found["metadata"] and is_ha_config_map(cluster_id, found)]
    jobs = {name: found for found in alive if (name := _job_of(cluster_id, found))}
    chosen = job_id if job_id is not None else max(jobs, key=lambda name: _checkpoints(jobs[name]), default=None)
    mine = jobs.get(chosen) if chosen else None
    return HaMetadata(
        exists=mine is not None,
        job_id=chosen if mine is not None else None,
        checkpoints=_checkpoints(mine) if mine is not None else 0,
        job_graphs=sum(len(graph_keys(found)) for found in alive),
        config_maps=len(alive),
        graphs_of=frozenset(key.partition("-")[2] for found in alive for key in graph_keys(found)),
    )


def read_session_metadata(cluster_id: str, job_id: str | None, config_maps: Sequence[Mapping[str, Any]]) -> HaMetadata:
    """Those of one job on a session cluster, which recovers only jobs whose graph it has: a config map may outlive its job."""
    found = read_ha_metadata(cluster_id, job_id, config_maps)
    graphs = [key for one in config_maps if is_ha_config_map(cluster_id, one) for key in graph_keys(one)]
    is_stored = any(key.endswith(f"-{job_id}") or key.startswith("application-") for key in graphs)
    return found if is_stored else replace(found, exists=False, job_id=None, checkpoints=0)


def is_ha_config_map(cluster_id: str, config_map: Mapping[str, Any]) -> bool:
    """Whether Flink's high availability made this config map. From 2.0 on its labels are also those of others: the name tells."""
    name: str = config_map["metadata"]["name"]
    return name == f"{cluster_id}-cluster-config-map" or _job_of(cluster_id, config_map) is not None


def graph_keys(config_map: Mapping[str, Any]) -> list[str]:
    """The keys under which job graphs are stored."""
    return [key for key in config_map.get("data") or {} if key.startswith(_GRAPHS)]


def _job_of(cluster_id: str, config_map: Mapping[str, Any]) -> str | None:
    match = re.fullmatch(rf"{re.escape(cluster_id)}-([0-9a-f]{{32}})-config-map", config_map["metadata"]["name"])
    return match[1] if match else None


def _checkpoints(config_map: Mapping[str, Any]) -> int:
    return sum(key.startswith(_CHECKPOINT) for key in config_map.get("data") or {})
