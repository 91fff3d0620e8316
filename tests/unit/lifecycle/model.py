"""Kubernetes and Flink as a pure model: no I/O, virtual time, everything that can happen chosen by one random generator.

A job's state is a number, which every checkpoint raises. `floor` is the newest number that was ever made durable and that nobody
gave up: a start by the operator below it has lost state. Rules of Flink: flink-on-kubernetes, sections 6.5 and 8.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.lifecycle.timeline import Time
from tests.unit.lifecycle.workers import Workers

from flinkop.lifecycle.action import StartCluster
from flinkop.lifecycle.observed import TERMINAL, Bounds, JobState
from flinkop.lifecycle.restore import RestoreSource
from flinkop.lifecycle.specdiff import OVERRIDES

GRACE = 30.0
_RESULTS_KEPT = 300.0
_STATISTICS_CACHED = 3.0
_LEASE = 15.0
_NODE_NOTICED = 40.0
_EVICTED = 300.0


@dataclass
class Trigger:
    """A request for a savepoint, to stop with one or for a checkpoint, as the JobManager remembers it."""

    path: str | None = None
    failure: str | None = None
    done_at: float | None = None


@dataclass
class Job:
    """A job in one JobManager process. `owned` is the checkpoint that Flink deletes when a newer one is complete.

    `stalls`: no more checkpoint of its own accord completes.
    """

    job_id: str
    count: int
    state: JobState
    restored_path: str | None = None
    owned: str | None = None
    checkpoints: int = 0
    stop_path: str | None = None
    checkpointed_at: float | None = None
    changed_at: float = 0.0
    started_at: float = 0.0
    triggers: dict[str, Trigger] = field(default_factory=dict)
    savepoint: str | None = None
    restarts: int = 0
    stalls: bool = False
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    parallelism: Mapping[str, int] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether it may still change the world."""
        return self.state not in TERMINAL and self.state is not JobState.SUSPENDED


@dataclass
class Process:
    """A JobManager process. What it remembers dies with it."""

    job: Job | None = None
    ready: bool = False
    alive: bool = True
    statistics: tuple[float, Mapping[str, Any]] | None = None


@dataclass
class Pod:
    """A JobManager pod. `lost_at`: since when its node does not answer."""

    deployment: Deployment
    process: Process
    deleted_at: float | None = None
    lost_at: float | None = None

    @property
    def lost(self) -> bool:
        """Whether nothing is heard of it."""
        return self.lost_at is not None


@dataclass
class Deployment:
    """A JobManager Deployment. `excused`: the spec asked for this start although it loses state.

    `uncounted`: what its job makes from now on is not judged. `seen`: the operator has recorded a pass in which it could see that it runs.
    """

    uid: str
    start: StartCluster
    spec: Mapping[str, Any]
    ha: bool
    excused: bool
    pods: list[Pod] = field(default_factory=list)
    boots: int = 0
    uncounted: bool = False
    seen: bool = False
    was_ready: bool = False

    @property
    def standalone(self) -> bool:
        """Whether Flink makes no TaskManagers itself."""
        return self.spec["mode"] == "standalone"

    def is_available(self, now: float) -> bool:
        """Whether one of its pods is ready, as Kubernetes sees it: a lost node is noticed after a while."""
        return any(_is_ready(pod) and (pod.lost_at is None or now < pod.lost_at + _NODE_NOTICED) for pod in self.pods)


def _is_ready(pod: Pod) -> bool:
    return pod.process.ready and pod.process.alive and pod.deleted_at is None


def overrides_of(spec: Mapping[str, Any]) -> dict[str, int]:
    """How parallel single vertices are to be."""
    text = spec["flinkConfiguration"].get(OVERRIDES)
    return {"a": int(text.removeprefix("a:"))} if text else {}


Work = Callable[[Pod, Process, Job], str]
"""What a request comes to when its time has come; gives the path."""


class World:
    """Everything outside of the operator. `wake` is called when something changes that an informer watches."""

    def __init__(self, rng: random.Random, time: Time) -> None:
        self.rng, self.time = rng, time
        self.wake: Callable[[], None] = lambda: None
        self.workers = Workers(rng, time, self._changed)
        self.deployment: Deployment | None = None
        self.pods: list[Pod] = []
        self.graphs: dict[str, str] = {}
        self.metadata_were_lost = False
        self.metadata: dict[str, tuple[int, str] | None] = {}
        self.results: set[tuple[str, str]] = set()
        self.storage: dict[str, int] = {}
        self.floor = 0
        self.newest: Deployment | None = None
        self.booted: set[str] = set()
        self.starts: list[tuple[str, int]] = []
        self.violations: list[str] = []
        self.hangs = False
        self.disposed: set[str] = set()
        self.savepoints_fail = False
        self.savepoints_are_slow = False
        self.refuses_rescaling = False
        self.flaps_until = 0.0
        self.requirements: dict[str, Mapping[str, Bounds]] = {}
        self._uids = 0
        self._savepoints = 0

    def _changed(self) -> None:
        self.wake()

    def _some(self, low: float, high: float) -> float:
        return self.rng.uniform(low, high)

    # Kubernetes

    def create(self, start: StartCluster, spec: Mapping[str, Any], ha: bool, excused: bool) -> Deployment:
        """Creates the Deployment; its pod follows."""
        self._uids += 1
        self._forbid_old_workers(f"uid-{self._uids}")
        made = self.deployment = Deployment(f"uid-{self._uids}", start, spec, ha, excused)
        self.time.after(0.1, lambda: self._add_pod(made))
        self.wake()
        return made

    def delete(self, uid: str) -> None:
        """Deletes the Deployment with that uid; the garbage collector comes to its pods later."""
        gone = self.deployment
        if gone is None or gone.uid != uid:
            return
        self.deployment = None
        self.wake()
        self.time.after(self._some(0.0, 1.0), lambda: self._collect(gone))

    def _collect(self, gone: Deployment) -> None:
        for pod in gone.pods:
            self._terminate(pod)

    def _terminate(self, pod: Pod) -> None:
        if pod.deleted_at is not None:
            return
        pod.deleted_at = self.time.now
        self.wake()
        if not pod.lost:
            self.time.after(self._some(0.2, 5.0), lambda: self.bury(pod))

    def bury(self, pod: Pod) -> None:
        """The pod has ended."""
        pod.process.alive = False
        if pod in self.pods:
            self.pods.remove(pod)
            pod.deployment.pods.remove(pod)
            self.wake()

    def _add_pod(self, deployment: Deployment) -> None:
        if self.deployment is not deployment:
            return
        pod = Pod(deployment, Process())
        self.pods.append(pod)
        deployment.pods.append(pod)
        self.wake()
        self._run(pod)

    def _run(self, pod: Pod) -> None:
        if pod.deployment.spec["image"] != "broken":
            process = pod.process = Process()
            self.time.after(self._some(1.0, 8.0), lambda: self._come_up(pod, process))

    def _come_up(self, pod: Pod, process: Process) -> None:
        if pod.process is not process or not process.alive or pod not in self.pods or pod.lost:
            return
        process.ready = pod.deployment.was_ready = True
        self.wake()
        self.time.after(self._some(0.0, 2.0), lambda: self._submit(pod, process))

    def kill(self, pod: Pod) -> None:
        """Its process dies; the kubelet starts another one."""
        if pod.lost or pod.deleted_at is not None:
            return
        pod.process.alive = False
        self.wake()
        self.time.after(self._some(0.5, 10.0), lambda: self._rerun(pod))

    def _rerun(self, pod: Pod) -> None:
        if pod in self.pods and pod.deleted_at is None and not pod.process.alive:
            self._run(pod)

    def lose_node(self, pod: Pod) -> None:
        """Nothing is heard of the pod any more. With high availability its job stops when the lease is over."""
        if pod.lost:
            return
        pod.lost_at = self.time.now
        process = pod.process
        if pod.deployment.ha:
            self.time.after(_LEASE, lambda: self._lose_leadership(process))
        self.time.after(_NODE_NOTICED, self.wake)
        self.time.after(_EVICTED, lambda: self._evict(pod))

    def _lose_leadership(self, process: Process) -> None:
        if process.job is not None and process.job.active:
            process.job.state = JobState.SUSPENDED

    def _evict(self, pod: Pod) -> None:
        if pod.lost and pod.deleted_at is None:
            self._terminate(pod)
            self._add_pod(pod.deployment)

    def find_node(self, pod: Pod) -> None:
        """The node is back: what had to end there ends, and the rest is started anew."""
        if not pod.lost:
            return
        pod.lost_at = None
        pod.process.alive = False
        if pod.deleted_at is not None:
            self.bury(pod)
        else:
            self._rerun(pod)

    # a JobManager starts its job

    def _submit(self, pod: Pod, process: Process) -> None:
        if not process.alive or pod.process is not process:
            return
        deployment, start = pod.deployment, pod.deployment.start
        first = deployment.boots == 0
        deployment.boots += 1
        if deployment.ha and (start.job_result_store_id, start.job_id) in self.results:
            return
        if deployment.spec["job"]["args"][0] == "throws":
            process.job = Job(start.job_id, 0, JobState.FAILED, changed_at=self.time.now, started_at=self.time.now)
            return
        self._forbid_two(pod)
        self._forbid_old_workers(deployment.uid)
        if deployment.ha:
            self._recover_graphs(deployment)
        job = process.job = self._restored(deployment)
        if job.state is JobState.FAILED:
            self._clear(pod, process, job)
            return
        self._account(deployment, job, first)
        job.bounds = self._bounds(deployment)
        job.parallelism = {vertex: bounds.upper for vertex, bounds in job.bounds.items()}
        if deployment.ha:
            self.metadata.setdefault(job.job_id, (job.count, job.restored_path) if job.restored_path else None)
        self.time.after(self._some(0.5, 3.0), lambda: self._go_running(pod, process, job))

    def _forbid_two(self, pod: Pod) -> None:
        for other in self.pods:
            job = other.process.job
            beside = other is not pod and other.process.alive and job is not None and job.active
            if beside and other.deployment is not pod.deployment:
                self.violations.append("two jobs at once")

    def _forbid_old_workers(self, cluster: str) -> None:
        if self.workers.strangers_to(cluster):
            self.violations.append("a TaskManager of another cluster offers itself to a new JobManager")

    def _recover_graphs(self, deployment: Deployment) -> None:
        mine = deployment.start.job_result_store_id
        if any(owner != mine for owner in self.graphs.values()):
            self.violations.append("an old job graph was revived")
        self.graphs[deployment.start.job_id] = mine

    def _restored(self, deployment: Deployment) -> Job:
        """Checkpoints in the metadata beat the path; a path where nothing is fails the job."""
        job_id, point = deployment.start.job_id, deployment.start.restore
        held = self.metadata.get(job_id) if deployment.ha else None
        path = held[1] if held else "nowhere" if point.source is RestoreSource.LAST_STATE else point.path
        now = self.time.now
        if path in self.disposed:
            self.violations.append(f"restored from a savepoint that was deleted: {path}")
        if path is not None and path not in self.storage:
            return Job(job_id, 0, JobState.FAILED, changed_at=now, started_at=now)
        job = Job(job_id, self.storage[path] if path else 0, JobState.INITIALIZING, path, changed_at=now, started_at=now)
        job.owned = path if held and "chk-" in held[1] else None
        return job

    def _bounds(self, deployment: Deployment) -> Mapping[str, Bounds]:
        """High availability keeps them beside the job graph."""
        asked = overrides_of(deployment.spec)
        kept = self.requirements.get(deployment.start.job_result_store_id) if deployment.ha else None
        return kept or {vertex: Bounds(1, number) for vertex, number in {"a": 1, "b": 1, **asked}.items()}

    def _account(self, deployment: Deployment, job: Job, first: bool) -> None:
        """Only the operator's starts are judged: that Flink without metadata starts over is known."""
        point, store = deployment.start.restore, deployment.start.job_result_store_id
        if first and not deployment.excused and job.count < self.floor and not self._is_beyond_knowledge():
            self.violations.append(f"state lost: {job.count} of {self.floor} restored ({point})")
        if deployment.excused and store not in self.booted and job.restored_path != point.path:
            self.violations.append(f"asked for {point}, restored {job.restored_path}")
        self.booted.add(store)
        self.starts.append((job.restored_path or "empty", job.count))
        # a job that Flink runs again by itself may have lost state, but makes none that counts
        self.floor = min(self.floor, job.count) if deployment.uncounted else job.count

    def _is_beyond_knowledge(self) -> bool:
        """The known limit: a JobManager came and went while the operator was away, and no metadata tell of it."""
        newest = self.newest
        return newest is not None and not newest.seen and not self.metadata.get(newest.start.job_id)

    def _go_running(self, pod: Pod, process: Process, job: Job) -> None:
        if not self._lives(process, job) or job.state is not JobState.INITIALIZING:
            return
        if not self._has_slots(pod.deployment):
            self.time.after(2.0, lambda: self._go_running(pod, process, job))
        else:
            self._set(job, JobState.RUNNING)
            if pod.deployment.spec["job"]["args"][0] == "brief":
                self.end(pod, JobState.FINISHED)
            if "kubernetes.operator.no-checkpoints" not in pod.deployment.spec["flinkConfiguration"]:
                self.time.after(self._some(5.0, 25.0), lambda: self._checkpoint(pod, process, job))

    def _has_slots(self, deployment: Deployment) -> bool:
        return self.workers.ready or not deployment.standalone

    # a job runs

    def _lives(self, process: Process, job: Job) -> bool:
        return process.alive and process.job is job

    def _set(self, job: Job, state: JobState) -> None:
        job.state, job.changed_at = state, self.time.now

    def _checkpoint(self, pod: Pod, process: Process, job: Job) -> None:
        if not self._lives(process, job) or not job.active:
            return
        if job.state is JobState.RUNNING and not self._has_slots(pod.deployment):
            self.restart_job(pod)
        if job.state is JobState.RUNNING and not pod.lost and not job.stalls:
            self._complete_checkpoint(pod.deployment, job)
        self.time.after(self._some(5.0, 25.0), lambda: self._checkpoint(pod, process, job))

    def _complete_checkpoint(self, deployment: Deployment, job: Job) -> None:
        job.count += 1
        job.checkpoints += 1
        path = f"file:/checkpoints/{job.job_id}-{deployment.uid}/chk-{job.count}"
        job.savepoint = None
        self.storage[path] = job.count
        if job.owned is not None:
            self.storage.pop(job.owned, None)
        job.owned, job.checkpointed_at = path, self.time.now
        if deployment.ha and job.job_id in self.metadata:
            self.metadata[job.job_id] = (job.count, path)
        if not deployment.uncounted:
            self.floor, self.newest = job.count, deployment

    def restart_job(self, pod: Pod, longest: float = 200.0) -> None:
        """A task fails; the job is restarted from its last checkpoint."""
        job, process = pod.process.job, pod.process
        if job is None or job.state is not JobState.RUNNING:
            return
        self._set(job, JobState.RESTARTING)
        job.restarts += 1
        for trigger in job.triggers.values():
            self._fail_trigger(trigger)
        self.time.after(self._some(1.0, longest), lambda: self._restarted(pod, process, job))

    def _restarted(self, pod: Pod, process: Process, job: Job) -> None:
        if not self._lives(process, job) or job.state is not JobState.RESTARTING:
            return
        if not self._has_slots(pod.deployment):
            self.time.after(2.0, lambda: self._restarted(pod, process, job))
        else:
            self._set(job, JobState.RUNNING)

    def flap(self) -> None:
        """The job fails again and again, whoever started it, until `flaps_until`."""
        if self.time.now < self.flaps_until:
            for pod in self.pods:
                self.restart_job(pod, 3.0)
            self.time.after(self._some(2.0, 12.0), self.flap)

    def stall(self, pod: Pod) -> None:
        """The job completes no more checkpoint."""
        if pod.process.job is not None:
            pod.process.job.stalls = True

    def rescale(self, process: Process, job_id: str, bounds: Mapping[str, Bounds]) -> None:
        """Has the vertices of the job run in other numbers, which takes a restart of its tasks."""
        pod = next((pod for pod in self.pods if pod.process is process), None)
        job = process.job
        if pod is None or job is None or job.job_id != job_id:
            return
        if bounds.keys() != job.bounds.keys():
            self.violations.append("the request is incomplete")
        job.bounds = bounds
        self.requirements[pod.deployment.start.job_result_store_id] = bounds
        self.time.after(self._some(0.5, 5.0), lambda: self._rescaled(pod, job))

    def _rescaled(self, pod: Pod, job: Job) -> None:
        job.parallelism = {vertex: bounds.upper for vertex, bounds in job.bounds.items()}
        if pod.process.job is job:
            self.restart_job(pod, 3.0)

    def end(self, pod: Pod, state: JobState) -> None:
        """The job ends by itself, or by somebody else's hand."""
        job = pod.process.job
        if job is not None and job.active and pod.process.alive and not pod.lost:
            self._end(pod, pod.process, job, state)

    def _end(self, pod: Pod, process: Process, job: Job, state: JobState) -> None:
        self._set(job, state)
        for trigger in job.triggers.values():
            self._fail_trigger(trigger)
        if state is JobState.FINISHED:
            if job.owned is not None:
                self.storage.pop(job.owned, None)
            if job.stop_path is None:
                self.floor = 0
        self._clear(pod, process, job)

    def _clear(self, pod: Pod, process: Process, job: Job) -> None:
        """A job that has ended removes its metadata, unless its JobManager is killed just then."""
        # without high availability a JobManager that restarts runs an ended job again: that is nobody's state
        pod.deployment.uncounted = pod.deployment.uncounted or not pod.deployment.ha
        if pod.deployment.ha:
            self.results.add((pod.deployment.start.job_result_store_id, job.job_id))
            self.time.after(self._some(0.0, 1.0), lambda: self._forget_metadata(process, job))

    def _forget_metadata(self, process: Process, job: Job) -> None:
        if self._lives(process, job):
            self.metadata.pop(job.job_id, None)
            self.graphs.pop(job.job_id, None)

    def lose_metadata(self) -> None:
        """Somebody deletes the config maps; a JobManager that leads ends itself then, and starts anew."""
        self.metadata_were_lost = True
        self.metadata.clear()
        self.graphs.clear()
        for pod in [pod for pod in self.pods if pod.deployment.ha]:
            self.kill(pod)

    # REST

    def answering(self) -> Process | None:
        """The process that answers, if any does."""
        if self.deployment is None or self.hangs:
            return None
        ready = [pod for pod in self.deployment.pods if _is_ready(pod) and not pod.lost]
        return ready[-1].process if ready else None

    def stop_with_savepoint(self, process: Process, job_id: str, trigger_id: str) -> None:
        """Has the job stopped with a savepoint."""
        self._ask_for(process, job_id, trigger_id, self._stop)

    def trigger_savepoint(self, process: Process, job_id: str, trigger_id: str) -> None:
        """Has a savepoint taken; the job goes on."""
        self._ask_for(process, job_id, trigger_id, self._take_savepoint)

    def trigger_checkpoint(self, process: Process, job_id: str, trigger_id: str) -> None:
        """Has a checkpoint taken."""
        self._ask_for(process, job_id, trigger_id, self._take_checkpoint)

    def _ask_for(self, process: Process, job_id: str, trigger_id: str, work: Work) -> None:
        """Accepted even when nothing can come of it. The same id again is the same request."""
        job = process.job
        if job is None or job.job_id != job_id:
            return
        self._expire(job)
        if trigger_id in job.triggers:
            return
        trigger = job.triggers[trigger_id] = Trigger()
        if job.state is not JobState.RUNNING:
            self._fail_trigger(trigger)
            return
        seconds = self._some(200.0, 2000.0) if self.savepoints_are_slow else self._some(0.1, 8.0)
        self.time.after(seconds, lambda: self._complete(process, job, trigger, work))

    def dispose(self, path: str) -> None:
        """Deletes the files of a savepoint."""
        self.storage.pop(path, None)
        self.disposed.add(path)

    def _fail_trigger(self, trigger: Trigger) -> None:
        if trigger.done_at is None:
            trigger.failure, trigger.done_at = "the savepoint failed", self.time.now

    def _complete(self, process: Process, job: Job, trigger: Trigger, work: Work) -> None:
        if not self._lives(process, job) or trigger.done_at is not None:
            return
        pod = next((pod for pod in self.pods if pod.process is process), None)
        if self.savepoints_fail or job.state is not JobState.RUNNING or pod is None or pod.lost:
            self._fail_trigger(trigger)
            return
        trigger.done_at = self.time.now
        trigger.path = work(pod, process, job)

    def _save(self, job: Job) -> str:
        self._savepoints += 1
        path = f"file:/savepoints/savepoint-{self._savepoints}-{job.count}"
        self.storage[path] = job.count
        return path

    def _stop(self, pod: Pod, process: Process, job: Job) -> str:
        path = job.stop_path = self._save(job)
        self._end(pod, process, job, JobState.FINISHED)
        return path

    def _take_savepoint(self, _pod: Pod, _process: Process, job: Job) -> str:
        """It is no part of the metadata: the job itself never goes back to it."""
        path = job.savepoint = self._save(job)
        return path

    def _take_checkpoint(self, pod: Pod, _process: Process, job: Job) -> str:
        self._complete_checkpoint(pod.deployment, job)
        return job.owned or ""

    def cancel(self, process: Process, job_id: str) -> None:
        """Has the job cancelled."""
        job = process.job
        if job is None or job.job_id != job_id or not job.active:
            return
        self._set(job, JobState.CANCELLING)
        for trigger in job.triggers.values():
            self._fail_trigger(trigger)
        self.time.after(self._some(0.1, 6.0), lambda: self._cancelled(process, job))

    def _cancelled(self, process: Process, job: Job) -> None:
        pod = next((pod for pod in self.pods if pod.process is process), None)
        if pod is not None and self._lives(process, job) and job.state is JobState.CANCELLING:
            self._end(pod, process, job, JobState.CANCELED)

    def trigger(self, job: Job, trigger_id: str) -> Trigger | None:
        """What the JobManager remembers of that request."""
        self._expire(job)
        return job.triggers.get(trigger_id)

    def _expire(self, job: Job) -> None:
        kept = {
            name: found for name, found in job.triggers.items() if found.done_at is None or self.time.now < found.done_at + _RESULTS_KEPT
        }
        job.triggers = kept

    def statistics(self, process: Process, job: Job) -> Mapping[str, Any]:
        """The job's checkpoints, as they were up to three seconds ago."""
        if process.statistics is None or self.time.now > process.statistics[0] + _STATISTICS_CACHED:
            found = {
                "count": job.checkpoints + bool(job.savepoint),
                "path": job.stop_path or job.savepoint or (job.owned if job.checkpoints else None),
                "completed_at": job.checkpointed_at,
                "restored_path": job.restored_path,
                "stop_path": job.stop_path,
            }
            process.statistics = self.time.now, found
        return process.statistics[1]
