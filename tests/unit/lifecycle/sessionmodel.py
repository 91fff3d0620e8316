"""A session cluster and its JobManager as a pure model, for the jobs of one resource: no I/O, virtual time, one random generator.

As in `model`, a job's state is a number and `floor` the newest one that was made durable and that nobody gave up. What is different here:
the cluster comes and goes by itself, jobs are submitted to it and may come late, and a JobManager process that follows another one shows
the jobs whose end was not cleared away as ended, and knows nothing about them. The known limit is the same: a job that ran and went with
its JobManager while no operator looked is submitted again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.lifecycle.model import Trigger
from tests.unit.lifecycle.timeline import Time

from flinkop.lifecycle.jobsfirst import HEARD
from flinkop.lifecycle.observed import TERMINAL, JobState
from flinkop.lifecycle.restore import RestorePoint
from flinkop.lifecycle.sessionjob.seen import ClusterState

_RESULTS_KEPT = 300.0
_PATIENCE = 100
LATEST = 50.0
"""A program submits its job at most so many seconds after it was asked to."""
SURE = 5.0
"""A job that began so many seconds after its JobManager is known to have begun after it."""


@dataclass
class Job:
    """A job in one JobManager process. Where that did not initialize it, nothing is `known` of its checkpoints.

    `empty`: it has statistics, which do not say yet what it was restored from.
    """

    job_id: str
    count: int
    state: JobState = JobState.INITIALIZING
    restored_path: str | None = None
    owned: str | None = None
    checkpoints: int = 0
    stop_path: str | None = None
    savepoint: str | None = None
    known: bool = False
    empty: bool = False
    changed_at: float = 0.0
    began: float | None = None
    args: str = ""
    triggers: dict[str, Trigger] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether it may still change the world."""
        return self.state not in TERMINAL

    def statistics(self) -> Mapping[str, Any]:
        """What its JobManager knows of its checkpoints."""
        if not self.known:
            return {"known": False}
        if self.empty:
            return {}
        return {
            "count": self.checkpoints + bool(self.savepoint),
            "path": self.stop_path or self.savepoint or (self.owned if self.checkpoints else None),
            "restored_path": self.restored_path,
            "stop_path": self.stop_path,
        }


@dataclass
class Process:
    """A JobManager process. What it remembers dies with it. `forgotten` are ended jobs, with when they began, clearly after it."""

    since: float = 0.0
    jobs: dict[str, Job] = field(default_factory=dict)
    forgotten: dict[str, float] = field(default_factory=dict)
    ready: bool = False
    alive: bool = True


@dataclass(frozen=True)
class Stored:
    """What high availability keeps of a job: its newest checkpoint, and how its end is to be told as long as that is not cleared away."""

    count: int
    path: str | None
    args: str
    result: JobState | None = None


class World:
    """Everything outside of the operator. `wake` is called when something changes that an informer watches."""

    def __init__(self, rng: random.Random, time: Time, ha: bool) -> None:
        self.rng, self.time, self.ha = rng, time, ha
        self.wake: Callable[[], None] = lambda: None
        self.state = ClusterState.READY
        self.leaves = False
        self.process = Process(-1000.0, ready=True)
        self.stored: dict[str, Stored] = {}
        self.storage: dict[str, int] = {}
        self.excused: dict[str, bool] = {}
        self.submitted: set[str] = set()
        self.seen: set[str] = set()
        self.violations: list[str] = []
        self.floor = 0
        self.hangs = self.savepoints_fail = self.savepoints_are_slow = self.has_no_slots = False
        self.adaptive = rng.random() < 0.5
        self.jar_is_missing = self.rejects = self.clears_slowly = False
        self._savepoints = 0

    def some(self, low: float, high: float) -> float:
        return self.rng.uniform(low, high)

    # the cluster

    def answering(self) -> Process | None:
        """The process that answers, if any does."""
        return self.process if self.serves and not self.hangs else None

    @property
    def serves(self) -> bool:
        """Whether Kubernetes says that the JobManager is ready."""
        return self.state not in (ClusterState.MISSING, ClusterState.NOT_SESSION) and self.process.alive and self.process.ready

    def kill(self) -> None:
        """The JobManager dies; another process follows."""
        if self.state is ClusterState.MISSING:
            return
        self.process.alive = False
        self.process = Process(self.time.now)
        self.wake()
        self._boot(self.process)

    def delete(self) -> None:
        """Somebody forces the cluster's deletion: its jobs go with it, and so do their metadata."""
        self.process.alive = False
        self.process, self.state = Process(self.time.now, alive=False), ClusterState.MISSING
        self.stored.clear()
        self.wake()

    def recreate(self) -> None:
        """A cluster of the same name."""
        if self.state is not ClusterState.MISSING:
            return
        self.state, self.process = ClusterState.NOT_READY, Process(self.time.now)
        self.wake()
        self._boot(self.process)

    def announce_redeploy(self) -> None:
        """Somebody changes the cluster's spec: once its jobs have stopped, or its JobManager has been silent for long, another follows."""
        if self.ha or self.leaves or self.state is not ClusterState.READY:
            return
        self.leaves = True
        self.wake()
        self.time.after(HEARD.total_seconds(), lambda: self._redeploy(silent=0))

    def _redeploy(self, silent: int) -> None:
        if not self.leaves or self.state is not ClusterState.READY:
            self.leaves = False
            self.wake()
            return
        process = self.answering()
        silent = silent + 1 if process is None else 0
        if silent < _PATIENCE and (process is None or self.is_unsettled() or any(job.active for job in process.jobs.values())):
            self.time.after(1.0, lambda: self._redeploy(silent))
            return
        self.leaves, self.state, process = False, ClusterState.NOT_READY, self.process
        self.wake()
        self.time.after(self.some(0.0, 3.0), lambda: self.kill() if self.process is process else None)

    def take_redeploy_back(self) -> None:
        """The spec of the cluster is what it was."""
        self.leaves = False
        self.wake()

    def stay(self) -> None:
        """From now on there is a cluster, and whoever wanted it to go does no more."""
        self.recreate()
        if self.state is not ClusterState.NOT_READY or self.process.ready:
            self.state = ClusterState.READY
        self.wake()

    def _boot(self, process: Process) -> None:
        self.time.after(self.some(3.0, 12.0), lambda: self._come_up(process))

    def _come_up(self, process: Process) -> None:
        if not process.alive or self.process is not process:
            return
        process.ready, self.state = True, ClusterState.READY
        self.wake()
        if self.ha:
            self.time.after(self.some(0.0, 3.0), lambda: self._recover(process))

    def _recover(self, process: Process) -> None:
        for job_id, stored in list(self.stored.items()):
            if stored.result is not None:
                self._show_ended(process, job_id, stored.result)
            elif process.alive:
                job = Job(job_id, stored.count, restored_path=stored.path, owned=stored.path, changed_at=self.time.now, args=stored.args)
                self._launch(process, job)

    def _show_ended(self, process: Process, job_id: str, state: JobState) -> None:
        """For a moment: what another process has ended is cleared away."""
        process.jobs[job_id] = Job(job_id, 0, state, changed_at=self.time.now)

        def clear() -> None:
            if process.alive:
                process.jobs.pop(job_id, None)
                self.stored.pop(job_id, None)

        self.time.after(self.some(0.0, 30.0 if self.clears_slowly else 2.0), clear)

    # jobs

    def submit(self, job_id: str, point: RestorePoint, args: str) -> None:
        """Runs the program that submits the job; it dies with the JobManager."""
        process = self.process
        self.time.after(self.rng.choice((0.1, 2.0, self.some(0.0, LATEST))), lambda: self._arrive(process, job_id, point, args))

    def _arrive(self, process: Process, job_id: str, point: RestorePoint, args: str) -> None:
        if not process.alive or job_id in process.jobs:
            return
        if any(job.active and job.job_id not in self.given_up() for job in process.jobs.values()):
            self.violations.append(f"two jobs at once: {job_id}")
        if job_id in self.seen:
            self.violations.append(f"{job_id} was started twice")
        came_and_went_unseen, _ = job_id in self.submitted, self.submitted.add(job_id)
        if point.path is not None and point.path not in self.storage:
            process.jobs[job_id] = Job(job_id, 0, JobState.FAILED, changed_at=self.time.now)
            return
        job = Job(job_id, self.storage.get(point.path or "", 0), restored_path=point.path, changed_at=self.time.now, args=args)
        if job.count < self.floor and not self.excused[job_id] and not came_and_went_unseen:
            self.violations.append(f"state lost: {job.count} of {self.floor} restored ({point})")
        self.floor = job.count
        self._launch(process, job)

    def is_unsettled(self) -> bool:
        """Whether the resource says that its job is on the cluster, or that it does not know yet what it left; set by the operator."""
        return False

    def given_up(self) -> tuple[str, ...]:
        """Ids of which the operator has said that it cancels them; set by the life."""
        return ()

    def _launch(self, process: Process, job: Job) -> None:
        process.jobs[job.job_id] = job
        job.began = self.time.now
        if self.ha:
            self.stored[job.job_id] = Stored(job.count, job.restored_path, job.args)
        self.time.after(self.some(0.2, 3.0), lambda: self._create(process, job))

    def _create(self, process: Process, job: Job) -> None:
        if self._lives(process, job) and job.state is JobState.INITIALIZING:
            self._set(job, JobState.CREATED)
            job.known, job.empty = True, self.adaptive
            if job.args.startswith("throws"):
                self._end(process, job, JobState.FAILED)
            else:
                self.time.after(self.some(0.1, 3.0), lambda: self._run(process, job))

    def _run(self, process: Process, job: Job) -> None:
        if not self._lives(process, job) or job.state is not JobState.CREATED:
            return
        if self.has_no_slots:
            self.time.after(2.0, lambda: self._run(process, job))
            return
        job.empty = False
        self._set(job, JobState.RUNNING)
        self.time.after(self.some(5.0, 25.0), lambda: self._checkpoint(process, job))

    def _lives(self, process: Process, job: Job) -> bool:
        return process.alive and job.active and process.jobs.get(job.job_id) is job

    def _set(self, job: Job, state: JobState) -> None:
        job.state, job.changed_at = state, self.time.now

    def _checkpoint(self, process: Process, job: Job) -> None:
        if not self._lives(process, job):
            return
        if job.state is JobState.RUNNING:
            job.count, job.checkpoints, job.savepoint = job.count + 1, job.checkpoints + 1, None
            path = f"file:/checkpoints/{job.job_id}/chk-{job.count}"
            self.storage[path] = self.floor = job.count
            self.storage.pop(job.owned or "", None)
            job.owned = path
            if self.ha:
                self.stored[job.job_id] = Stored(job.count, path, job.args)
        self.time.after(self.some(5.0, 25.0), lambda: self._checkpoint(process, job))

    def end(self, state: JobState) -> None:
        """A job ends by itself, or by somebody else's hand."""
        for job in list(self.process.jobs.values()):
            if job.state in (JobState.RUNNING, JobState.RESTARTING):
                self._end(self.process, job, state)

    def forget(self) -> None:
        """A job ends, and is forgotten: an hour has passed in which nobody looked."""
        self.end(self.rng.choice(sorted(TERMINAL)))
        for job_id, job in list(self.process.jobs.items()):
            if not job.active:
                del self.process.jobs[job_id]
                self.stored.pop(job_id, None)
                if job.began is not None and job.began >= self.process.since + SURE:
                    self.process.forgotten[job_id] = job.began

    def restart(self) -> None:
        """A task fails."""
        process = self.process
        for job in process.jobs.values():
            if job.state is JobState.RUNNING:
                self._set(job, JobState.RESTARTING)
                self._fail_triggers(job)
                self.time.after(self.some(1.0, 60.0), lambda job=job: self._restarted(process, job))

    def _restarted(self, process: Process, job: Job) -> None:
        if self._lives(process, job) and job.state is JobState.RESTARTING:
            self._set(job, JobState.RUNNING)

    def _end(self, process: Process, job: Job, state: JobState) -> None:
        self._set(job, state)
        self._fail_triggers(job)
        if state is JobState.FINISHED:
            self.storage.pop(job.owned or "", None)
            if job.stop_path is None:
                self.floor = 0
        if job.job_id in self.stored:
            self.stored[job.job_id] = Stored(job.count, job.owned, job.args, state)
            self.time.after(self.some(0.0, 2.0), lambda: process.alive and self.stored.pop(job.job_id, None))

    # REST

    def cancel(self, process: Process, job_id: str) -> None:
        """Has the job cancelled."""
        job = process.jobs.get(job_id)
        if job is not None and job.active and job.state is not JobState.CANCELLING:
            self._set(job, JobState.CANCELLING)
            self.time.after(self.some(0.1, 6.0), lambda: self._lives(process, job) and self._end(process, job, JobState.CANCELED))

    def savepoint(self, process: Process, job_id: str, trigger_id: str, *, stops: bool) -> None:
        """Accepted even when nothing can come of it. The same id again is the same request."""
        job = process.jobs.get(job_id)
        if job is None or trigger_id in job.triggers:
            return
        trigger = job.triggers[trigger_id] = Trigger()
        if job.state is not JobState.RUNNING:
            self._fail(trigger)
            return
        seconds = self.some(200.0, 2000.0) if self.savepoints_are_slow else self.some(0.1, 8.0)
        self.time.after(seconds, lambda: self._complete(process, job, trigger, stops))

    def _complete(self, process: Process, job: Job, trigger: Trigger, stops: bool) -> None:
        if not process.alive or trigger.done_at is not None:
            return
        if self.savepoints_fail or job.state is not JobState.RUNNING:
            self._fail(trigger)
            return
        self._savepoints += 1
        path = f"file:/savepoints/savepoint-{job.job_id[:6]}-{self._savepoints}"
        self.storage[path] = job.count
        trigger.path, trigger.done_at = path, self.time.now
        if stops:
            job.stop_path, self.floor = path, job.count
            self._end(process, job, JobState.FINISHED)
        else:
            job.savepoint = path

    def _fail(self, trigger: Trigger) -> None:
        if trigger.done_at is None:
            trigger.failure, trigger.done_at = "the savepoint failed", self.time.now

    def _fail_triggers(self, job: Job) -> None:
        for trigger in job.triggers.values():
            self._fail(trigger)

    def trigger(self, job: Job, trigger_id: str) -> Trigger | None:
        """What the JobManager remembers of that request, for five minutes after its end."""
        found = job.triggers.get(trigger_id)
        return found if found is not None and (found.done_at is None or self.time.now < found.done_at + _RESULTS_KEPT) else None
