"""Parts of a report, each read from the objects that tell it. What somebody else has written may lack anything, or be something else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from flinkop.explain.report import Child, Condition, Decided, Restore, RestorePoint, Told, Wait
from flinkop.lifecycle.handover import IN_METADATA
from flinkop.lifecycle.restore import point_at
from flinkop.redaction import redact

Object = Mapping[str, Any]

_SHOWN_SNAPSHOTS = 5
_EXCEPTIONS = frozenset({"JobException", "Error"})
_STEPS = {
    "TakingSavepoint": "the savepoint with which the job stops",
    "Cancelling": "the job to be cancelled",
    "TearingDown": "the old cluster to go",
    "WaitingToRetry": "the next try of the upgrade",
    "WaitingToStop": "a moment at which the old job can be stopped without losing state",
    "StoppingJobs": "the jobs on the session cluster to stop with their state",
    "Submitting": "the submitted job to show up on its cluster",
    "Rescaling": "the vertices of the job to be as parallel as asked",
    "WaitingForJobs": "the jobs on the session cluster to end",
}

_STEPS_BY_REASON = {
    ("Submitting", "SubmissionRejected"): "the next try to submit the job, which the JobManager did not take",
}


def conditions_of(resource: Object) -> tuple[Condition, ...]:
    """The conditions in their order."""
    return tuple(
        Condition(
            text_of(one.get("type")),
            text_of(one.get("status")),
            text_of(one.get("reason")),
            text_of(one.get("message")),
            time_of(one.get("lastTransitionTime")),
        )
        for one in _maps(_status(resource).get("conditions"))
    )


def verdict_of(resource: Object, conditions: Iterable[Condition]) -> str:
    """In one word or a few, by the rules that generic tools have."""
    metadata, status = resource["metadata"], _status(resource)
    true = {one.type for one in conditions if one.status == "True"}
    if "deletionTimestamp" in metadata:
        return "Deleting"
    if status.get("observedGeneration", -1) != metadata.get("generation"):
        return "Not looked at yet by an operator" if not true else "Not looked at since the spec changed"
    return next((word for word in ("Reconciling", "Stalled", "Ready") if word in true), "Not ready")


def wait_of(resource: Object, conditions: Iterable[Condition]) -> Wait | None:
    """What is under way: the step that is recorded, or else what the condition `Reconciling` says."""
    status = _status(resource)
    operation = _map(status.get("operation"))
    if step := text_of(operation.get("step")):
        what = _STEPS_BY_REASON.get((step, text_of(status.get("reason")))) or _STEPS.get(step, step)
        return Wait(what, time_of(operation.get("startedAt")), time_of(operation.get("endsAt") or operation.get("notBefore")))
    busy = next((one for one in conditions if (one.type, one.status) == ("Reconciling", "True")), None)
    if busy is None:
        return None
    asked = status.get("triggerTimestamp") if status.get("state") == "IN_PROGRESS" else None
    since = time_of(status.get("waitingSince") or asked) or busy.since
    return Wait(busy.message or busy.reason, since, time_of(status.get("nextTryAt")))


def decisions_of(resource: Object) -> tuple[Decided, ...]:
    """The last decisions, the newest first."""
    return tuple(_decided(one) for one in reversed(list(_maps(_status(resource).get("decisions")))))


def _decided(one: Object) -> Decided:
    before, after, reason = (text_of(one.get(field)) for field in ("fromPhase", "toPhase", "reason"))
    count = one.get("count")
    return Decided(time_of(one.get("at")), before, after, reason, count if isinstance(count, int) else 1, time_of(one.get("firstAt")))


def restore_of(resource: Object, snapshots: Iterable[Object] = ()) -> Restore | None:
    """What the last start restored, and what else there is; of a snapshot what it has made."""
    status = _status(resource)
    choice = _map(status.get("restore"))
    known = (*_known_state(_map(status.get("jobStatus"))), *_newest_snapshots(snapshots))
    if not choice:
        known = (*_of_snapshot(resource), *known)
        return Restore(None, None, known) if known else None
    in_metadata = choice.get("source") == "last-state" and choice.get("jobId")
    where = text_of(choice.get("path")) or (f"in the metadata of job {choice['jobId']}" if in_metadata else "")
    told = text_of(choice.get("message")) or text_of(choice.get("reason"))
    chosen = RestorePoint(text_of(choice.get("source")) or "no start", where, told)
    fields = ("source", "path", "reason")
    rejected = tuple(RestorePoint(*(text_of(one.get(field)) for field in fields)) for one in _maps(choice.get("rejected")))
    return Restore(chosen, time_of(choice.get("decidedAt")), (*rejected, *known))


def _known_state(job: Object) -> Iterator[RestorePoint]:
    if path := text_of(job.get("upgradeSavepointPath")):
        left = "left by the job when it stopped; the next start uses it"
        yield RestorePoint("last-state", "in the high-availability metadata", left) if path == IN_METADATA else _point_at(path, left)
    last = _map(_map(job.get("savepointInfo")).get("lastSavepoint"))
    if location := text_of(last.get("location")):
        yield RestorePoint("savepoint", location, f"the last that was taken, {(text_of(last.get('triggerType')) or 'by hand').lower()}")


def _point_at(path: str, note: str) -> RestorePoint:
    return RestorePoint(point_at(path).source.value, path, note)


def _newest_snapshots(snapshots: Iterable[Object]) -> Iterator[RestorePoint]:
    """Those that are complete and have a place, the newest first."""
    complete = [one for one in snapshots if _status(one).get("state") == "COMPLETED" and _status(one).get("path")]
    for one in sorted(complete, key=lambda one: str(_status(one).get("resultTimestamp")), reverse=True)[:_SHOWN_SNAPSHOTS]:
        taken = f"FlinkStateSnapshot/{one['metadata']['name']}, complete since {_status(one).get('resultTimestamp', '?')}"
        yield RestorePoint(_word_of(one), _status(one)["path"], taken)


def _of_snapshot(resource: Object) -> Iterator[RestorePoint]:
    if path := text_of(_status(resource).get("path")):
        yield RestorePoint(_word_of(resource), path, "a job starts from it with spec.job.initialSavepointPath")


def _word_of(snapshot: Object) -> str:
    return "savepoint" if "savepoint" in (snapshot.get("spec") or {}) else "checkpoint"


def job_of(resource: Object) -> str:
    """The job in a few words; empty where none is known."""
    job = _map(_status(resource).get("jobStatus"))
    words = [text_of(job.get("jobName")), f"({job['jobId']})" if job.get("jobId") else "", text_of(job.get("state"))]
    return " ".join(filter(None, words))


def error_of(resource: Object) -> str | None:
    """The recorded error, which is JSON in a text."""
    text = text_of(_status(resource).get("error"))
    if not text:
        return None
    try:
        return redact(str(json.loads(text).get("message", text)))
    except (ValueError, AttributeError):
        return redact(text)


def events_of(events: Iterable[Object]) -> tuple[Told, ...]:
    """The Events, the newest first."""
    told = [
        Told(
            time_of(one.get("lastTimestamp") or one.get("eventTime") or one["metadata"].get("creationTimestamp")),
            one.get("type", ""),
            one.get("reason", ""),
            redact(text_of(one.get("message"))),
            one.get("count") or 1,
        )
        for one in events
    ]
    return tuple(sorted(told, key=lambda one: one.at or datetime.min.replace(tzinfo=UTC), reverse=True))


def is_exception(told: Told) -> bool:
    """Whether an Event tells of an exception of the job."""
    return told.reason in _EXCEPTIONS


def deployment_child(deployment: Object) -> Child:
    """A Deployment is well when all of its pods are ready."""
    status, wanted = deployment.get("status") or {}, (deployment.get("spec") or {}).get("replicas", 1)
    ready = status.get("readyReplicas", 0)
    trouble = [one.get("message", "") for one in status.get("conditions") or () if _is_trouble(one)]
    going = ["is being deleted"] if "deletionTimestamp" in deployment["metadata"] else []
    detail = "; ".join((f"{ready} of {wanted} pods ready", *going, *trouble))
    return Child("Deployment", deployment["metadata"]["name"], ready == wanted and not going, detail)


def _is_trouble(condition: Object) -> bool:
    return (condition.get("type"), condition.get("status")) in {("ReplicaFailure", "True"), ("Progressing", "False")}


def service_child(service: Object, pods: Iterable[Object] | None) -> Child:
    """A Service is well when it leads to a ready pod, and has the address that it waits for. `pods` is None when they are not known."""
    spec = service.get("spec") or {}
    kind = spec.get("type", "ClusterIP")
    ports = " ".join(f"{one.get('name', '')} {one.get('port', '')}".strip() for one in spec.get("ports") or ())
    addresses = [one.get("hostname") or one.get("ip") or "" for one in (_status(service).get("loadBalancer") or {}).get("ingress") or ()]
    ready = None if pods is None else sum(_is_behind(spec.get("selector"), pod) and _is_ready(pod) for pod in pods)
    going, waiting = "deletionTimestamp" in service["metadata"], kind == "LoadBalancer" and not addresses
    words = (
        ", ".join(filter(None, (kind, ports))),
        "" if ready is None else f"{ready or 'no'} ready pod{'s' if ready > 1 else ''} behind it",
        "the load balancer has no address yet" if waiting else "",
        f"at {', '.join(addresses)}" if addresses else "",
        "is being deleted" if going else "",
    )
    return Child("Service", service["metadata"]["name"], ready != 0 and not waiting and not going, "; ".join(filter(None, words)))


def _is_behind(selector: Object | None, pod: Object) -> bool:
    return bool(selector) and (selector or {}).items() <= (pod["metadata"].get("labels") or {}).items()


def pod_child(pod: Object) -> Child:
    """A pod is well when all of its containers are ready."""
    status, ready = _status(pod), _is_ready(pod)
    first = [one for one in status.get("initContainerStatuses") or () if not _is_done(one)]
    containers = (*first, *(status.get("containerStatuses") or ()))
    words = [status.get("phase", "Unknown"), *_of_schedule(status), *(word for one in containers for word in _of_container(one))]
    if "deletionTimestamp" in pod["metadata"]:
        words.append("is being deleted")
    if node := (pod.get("spec") or {}).get("nodeName"):
        words.append(f"on {node}")
    return Child("Pod", pod["metadata"]["name"], ready, ", ".join(words))


def _is_ready(pod: Object) -> bool:
    containers = _status(pod).get("containerStatuses") or ()
    return bool(containers) and all(one.get("ready") for one in containers)


def _is_done(container: Object) -> bool:
    return ((container.get("state") or {}).get("terminated") or {}).get("exitCode") == 0


def _of_schedule(status: Object) -> Iterator[str]:
    for one in status.get("conditions") or ():
        if (one.get("type"), one.get("status")) == ("PodScheduled", "False"):
            yield f"{one.get('reason', '')}: {one.get('message', '')}"


def _of_container(container: Object) -> Iterator[str]:
    state, last = container.get("state") or {}, (container.get("lastState") or {}).get("terminated") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    for trouble in (waiting, ended):
        if trouble:
            yield f"{container.get('name')} {trouble.get('reason', 'ended')} {redact(trouble.get('message') or '')}".strip()
    if container.get("restartCount"):
        code = f", last with exit code {last['exitCode']}" if "exitCode" in last else ""
        yield f"{container.get('name')} restarted {container['restartCount']} times{code}"


def resource_child(resource: Object) -> Child:
    """A resource of ours is well when it is Ready."""
    ready = next((one for one in conditions_of(resource) if one.type == "Ready"), None)
    detail = f"{ready.reason}: {ready.message}" if ready else "no operator has looked at it yet"
    return Child(resource["kind"], resource["metadata"]["name"], ready is not None and ready.status == "True", detail)


def time_of(value: Any) -> datetime | None:
    """None for what is no time. One without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(text_of(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def text_of(value: Any) -> str:
    """Empty for what is no text."""
    return value if isinstance(value, str) else ""


def _map(value: Any) -> Object:
    return value if isinstance(value, Mapping) else {}


def _maps(value: Any) -> Iterator[Object]:
    return (one for one in value if isinstance(one, Mapping)) if isinstance(value, list | tuple) else iter(())


def _status(resource: Object) -> Object:
    return _map(resource.get("status"))
