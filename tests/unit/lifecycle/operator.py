"""The operator in the model: its pass, step by step as `controllers.flinkdeployment` does it, with a crash possible between any two."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.unit.lifecycle import establishedoperator
from tests.unit.lifecycle.model import GRACE, Deployment, Pod, World
from tests.unit.lifecycle.process import EPOCH, Interrupted, Process, outcome_of
from tests.unit.lifecycle.resource import Resource, desire, essence
from tests.unit.lifecycle.timeline import Time
from tests.unit.lifecycle.workers import WorkerPod

from flinkop.lifecycle import statuswriter
from flinkop.lifecycle.action import (
    Action,
    AddFinalizer,
    CancelJob,
    DeleteHaMetadata,
    DeleteJobManager,
    DeleteTaskManagers,
    DisposeSavepoint,
    RemoveFinalizer,
    RemoveJobGraphs,
    Rescale,
    ScaleTaskManagers,
    StartCluster,
    StartTaskManagers,
    StopWithSavepoint,
    TriggerCheckpoint,
    TriggerSavepoint,
)
from flinkop.lifecycle.decide import decide, never_accepted
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.dispose import may_dispose
from flinkop.lifecycle.observed import (
    TERMINAL,
    Answered,
    Bounds,
    Checkpoints,
    HaMetadata,
    Job,
    JobManager,
    JobState,
    Observed,
    RescaleRefused,
    Scale,
    Snapshot,
    TaskManagers,
    Trouble,
    Unreachable,
)
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.question import Question, questions
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import Effect
from flinkop.lifecycle.statusreader import read_record
from flinkop.lifecycle.step import TakingSavepoint, WaitingToRetry

_NO_SCALE = statuswriter.Scale("", 0)


class Operator(Process):
    """That of clusters with a job. `dawdles` is the probability to lose time at a step."""

    outages = (1.0, 15.0, 15.0, 200.0)

    def __init__(self, rng: random.Random, time: Time, world: World, resource: Resource) -> None:
        super().__init__(rng, time, world, resource)
        self.world = world
        self.dawdles = 0.0
        self.passes = 0
        self._applied = False
        self._refused_rescale: int | None = None
        self.counts: Counter[str] = Counter()
        self._again_at: dict[int, datetime] = {}
        self._excuses: dict[str, bool] = {}
        self._redeployed: set[int] = set()
        self.rejected: dict[str, Any] | None = None
        self._known: list[Deployment] = []

    def _forget(self) -> None:
        self._applied, self._refused_rescale = False, None

    def _pause(self) -> float:
        return self.rng.uniform(0.0, 1.5) if self.rng.random() < self.dawdles else super()._pause()

    # the pass

    def _pass(self) -> Iterator[None]:
        self.passes += 1
        if self.resource.gone:
            return None
        seen = replace(self.resource)
        self._version = seen.version
        record = read_record(seen.status)
        desired = desire(seen, record)
        now = self._now()
        if desired is None:
            yield
            self._record(seen, never_accepted(record, seen.generation, ("spec: is wrong",)))
            return None
        fresh = Fresh(now, self._id(), self._id(), self._id())
        observed = self._look(desired)
        asked = questions(record, desired, observed.jobmanager is not None)
        if may_dispose(record, desired, now):
            asked |= Question.CHECKPOINTS
        yield
        if Question.HA_METADATA in asked:
            observed = replace(observed, ha=self._ha(record))
            yield
        if Question.JOB in asked and observed.jobmanager is not None and observed.jobmanager.available:
            observed = self._ask(record, observed, asked, seen.generation)
        decision = decide(record, observed, desired, fresh)
        yield
        self._record(seen, decision)
        self._excuse(record, decision.record, desired, seen)
        self._reject(record, decision.record)
        if observed.jobmanager_is_ready and self.world.deployment is not None:
            self.world.deployment.seen = True
        if observed.ha is not None and observed.ha.checkpoints and self.world.newest is not None:
            self.world.newest.seen = True
        for action in decision.actions:
            yield
            yield from self._perform(action, desired)
        return None if decision.requeue_after is None else decision.requeue_after.total_seconds()

    # observe

    def _look(self, desired: Desired) -> Observed:
        deployment, pods, workers = self.world.deployment, self.world.pods, self.world.workers
        broken = deployment is not None and deployment.spec["image"] == "broken"
        return Observed(
            jobmanager=self._jobmanager(deployment) if deployment else None,
            jobmanager_pods=len(pods),
            pods_overdue=bool(pods) and all(map(self._is_overdue, pods)),
            taskmanagers=self._taskmanagers() if desired.standalone else None,
            taskmanager_pods=sum(not self._is_overdue(pod) for pod in workers.pods) if desired.standalone else 0,
            trouble=Trouble("ImagePullBackOff", "no such image") if broken and pods else None,
            dependents_applied=self._applied,
        )

    def _is_overdue(self, pod: Pod | WorkerPod) -> bool:
        return pod.deleted_at is not None and self.time.now > pod.deleted_at + GRACE + 30.0

    def _taskmanagers(self) -> TaskManagers | None:
        found = self.world.workers.deployment
        return TaskManagers(found.uid, found.replicas) if found is not None else None

    def _jobmanager(self, deployment: Deployment) -> JobManager:
        return JobManager(deployment.uid, deployment.start.generation, deployment.is_available(self.time.now), False, deployment.was_ready)

    def _ha(self, record: Record) -> HaMetadata:
        jobs = self.world.metadata
        chosen = record.job.job_id or max(jobs, key=lambda name: jobs[name] is not None, default=None)
        exists = chosen in jobs
        return HaMetadata(
            exists=exists,
            job_id=chosen if exists else None,
            checkpoints=1 if exists and jobs[chosen] else 0,
            job_graphs=len(self.world.graphs),
            config_maps=len(jobs) + bool(self.world.graphs),
        )

    def _ask(self, record: Record, seen: Observed, asked: Question, generation: int) -> Observed:
        process = self.world.answering()
        if process is None:
            return replace(seen, rest=Unreachable("no answer in time"))
        job = process.job if process.job is not None and process.job.job_id == record.job.job_id else None
        seen = replace(seen, rest=Answered())
        seen = self._hear(record, seen, job, asked)
        if job is None:
            return seen
        overview = Job(job.job_id, "job", job.state, _milliseconds(job.started_at), _milliseconds(job.changed_at))
        seen = replace(seen, job=overview, failure="it broke" if job.state.value == "FAILED" else None)
        if Question.CHECKPOINTS in asked or job.state in TERMINAL:
            seen = replace(seen, checkpoints=_checkpoints(self.world.statistics(process, job)))
        if Question.SCALE in asked:
            seen = replace(seen, scale=self._scale(job, generation))
        return replace(seen, restarts=job.restarts) if Question.RESTARTS in asked else seen

    def _scale(self, job: Any, generation: int) -> Scale | RescaleRefused | None:
        if self._refused_rescale == generation:
            return RescaleRefused("no")
        return Scale(job.bounds, job.parallelism) if job.state is JobState.RUNNING else None

    def _hear(self, record: Record, seen: Observed, job: Any, asked: Question) -> Observed:
        step, savepoint, checkpoint = record.step, record.savepoints.trigger, record.checkpoints.trigger
        trigger = step if isinstance(step, TakingSavepoint) else savepoint
        if Question.SAVEPOINT in asked and trigger is not None:
            seen = replace(seen, savepoint=self._outcome(job, trigger.trigger_id))
        if Question.REQUESTED_CHECKPOINT in asked and checkpoint is not None:
            seen = replace(seen, requested_checkpoint=self._outcome(job, checkpoint.trigger_id))
        return seen

    def _outcome(self, job: Any, trigger_id: str) -> Snapshot:
        return outcome_of(self.world.trigger(job, trigger_id) if job is not None else None)

    # record

    def _record(self, seen: Resource, decision: Decision) -> None:
        self.counts.update(event.reason for event in decision.events)
        if decision.record.phase is Phase.DEPLOYING:
            self._again_at = {}  # another JobManager may do better
        if isinstance(decision.record.step, WaitingToRetry):
            self._again_at = {decision.record.step.generation: decision.record.step.not_before}
        after = statuswriter.write_status(decision.record, seen.status, _NO_SCALE, self._now())
        if after == seen.status:
            self._check_wait(decision.record)
            return
        self._guard()
        self.resource.status = after
        self._touch_and_know()
        self.activity.append(self.time.now)
        self._tell(decision.record)
        self._check_handover(decision.record)

    def _check_handover(self, record: Record) -> None:
        """The established operator, if it took over at this moment, would not lose state either."""
        world, spec, deployment = self.world, self.resource.spec, self.world.deployment
        has_nothing_to_lose = spec["job"]["upgradeMode"] == "stateless" or world.floor == 0 or world.metadata_were_lost
        if self.resource.deleting or self.resource.gone or has_nothing_to_lose:
            return
        process, held = world.answering(), world.metadata.get(record.job.job_id or "")
        runs = process is not None and process.job is not None and process.job.active
        sight = establishedoperator.World(deployment.start.generation if deployment else None, bool(held), runs)
        action = establishedoperator.EstablishedOperator(self.resource.status).next_action(spec, sight)
        path = action.removeprefix("starts from ")
        if action == establishedoperator.EMPTY or (path in world.storage and world.storage[path] < world.floor):
            self.world.violations.append(f"handed over without its state: {action} of {world.floor}")

    def _reject(self, before: Record, after: Record) -> None:
        """A spec that was rolled back is not started again until somebody changes what a restart is needed for."""
        if after.phase is Phase.ROLLING_BACK and before.phase is not Phase.ROLLING_BACK and after.rollback is not None:
            rejected = essence(after.rollback.rejected)
            self.rejected = rejected if after.stable is not None and rejected != essence(after.stable) else None
        elif before.rollback is not None and not before.rollback.deployed and after.rollback is None:
            self.rejected = None  # its JobManager got ready, or another spec is tried
        elif _is_new_start(before, after) and after.reconciled is not None and essence(after.reconciled) == self.rejected:
            self.world.violations.append("a rejected spec was started again")

    def _redeploys(self, desired: Desired) -> bool:
        """A nonce asks once."""
        if desired.change.effect is not Effect.SAVEPOINT_REDEPLOY or desired.initial_savepoint_path is None:
            return False
        nonce = desired.spec["job"]["savepointRedeployNonce"]
        if nonce in self._redeployed:
            self.world.violations.append(f"savepointRedeployNonce {nonce} was carried out twice")
        self._redeployed.add(nonce)
        return True

    def _excuse(self, before: Record, after: Record, desired: Desired, seen: Resource) -> None:
        """A start may lose state only when the spec says so at the moment of the choice."""
        if after.start is None or not _is_new_start(before, after):
            return
        written = before.reconciled if desired.problems and before.reconciled is not None else seen.spec
        stateless, redeploys = written["job"]["upgradeMode"] == "stateless", self._redeploys(desired)
        excused = self._excuses[after.start.job_result_store_id] = stateless or redeploys or before.start is None
        if excused and after.restore is not None and after.restore.point is not None:
            self.world.floor = self.world.storage.get(after.restore.point.path or "", 0)

    # act

    def _perform(self, action: Action, desired: Desired) -> Iterator[None]:
        self.activity.append(self.time.now)
        self.counts[type(action).__name__] += 1
        self.history.append(f"{self.time.now:8.1f}     {action}")
        match action:
            case AddFinalizer():
                self._guard()
                self.resource.finalizer = True
                self._touch_and_know()
            case RemoveFinalizer():
                self._guard()
                self.resource.finalizer = False
                self.resource.gone = self.resource.deleting
                self.touch()
            case StartCluster():
                yield from self._start(action, desired)
            case DeleteJobManager(uid):
                self.world.delete(uid)
            case StartTaskManagers():
                running = read_record(self.resource.status).reconciled or desired.spec
                self._start_taskmanagers(running["taskManager"]["replicas"])
            case ScaleTaskManagers(uid, replicas):
                self.world.workers.scale(uid, replicas)
            case DeleteTaskManagers(uid):
                self.world.workers.delete(uid)
            case Rescale(job_id, bounds):
                self._rescale(job_id, bounds, desired)
            case StopWithSavepoint(job_id, trigger_id):
                self._check_pause(desired)
                self.world.stop_with_savepoint(self._process(), job_id, trigger_id)
            case TriggerSavepoint(job_id, trigger_id):
                self.world.trigger_savepoint(self._process(), job_id, trigger_id)
            case TriggerCheckpoint(job_id, trigger_id):
                self.world.trigger_checkpoint(self._process(), job_id, trigger_id)
            case DisposeSavepoint(location):
                if self.world.answering() is not None:
                    self.world.dispose(location)
            case CancelJob(job_id):
                self._cancel(job_id)
            case DeleteHaMetadata():
                self._assert_gone()
                self.world.metadata.clear()
                self.world.graphs.clear()
            case RemoveJobGraphs():
                self._assert_gone()
                self.world.graphs.clear()
            case _:
                self.world.violations.append(f"an action that the model does not know: {action}")

    def _check_pause(self, desired: Desired) -> None:
        again_at = self._again_at.get(desired.generation)
        if again_at is not None and self._now() < again_at and not desired.deleting:
            self.world.violations.append("a stop whose savepoint failed is tried again without a pause")

    def _start(self, action: StartCluster, desired: Desired) -> Iterator[None]:
        existing = self.world.deployment
        if existing is not None and existing.start.job_result_store_id != action.job_result_store_id:
            raise Interrupted("Deployment exists")
        if existing is None:
            excused = self._excuses[action.job_result_store_id]
            self.world.create(action, desired.spec, desired.settings.high_availability, excused)
        if desired.standalone:
            yield
            self._start_taskmanagers(desired.taskmanagers)
        self._applied = True

    def _start_taskmanagers(self, replicas: int) -> None:
        """A cluster that somebody has removed meanwhile is not theirs."""
        cluster = self.world.deployment
        self.world.workers.create(cluster.uid if cluster is not None else None, replicas)

    def _rescale(self, job_id: str, bounds: Mapping[str, Bounds], desired: Desired) -> None:
        process = self._process()
        if self.world.refuses_rescaling:
            self.history.append(f"{self.time.now:8.1f} -- rescaling refused")
            self.counts["RescaleRefused"] += 1
            self._refused_rescale = desired.generation
            self._woken = True
            return
        self.world.rescale(process, job_id, bounds)

    def _process(self) -> Any:
        process = self.world.answering()
        if process is None:
            raise Interrupted("the JobManager does not answer")
        return process

    def _cancel(self, job_id: str) -> None:
        process = self._process()
        if process.job is None or process.job.job_id != job_id:
            raise Interrupted("job not found")
        self.world.cancel(process, job_id)

    def _assert_gone(self) -> None:
        if any(pod.process.alive and pod.process.ready and not pod.lost for pod in self.world.pods):
            self.world.violations.append("metadata touched under a living JobManager")


def _is_new_start(before: Record, after: Record) -> bool:
    old, new = before.start, after.start
    return new is not None and (old is None or old.job_result_store_id != new.job_result_store_id)


def _milliseconds(seconds: float) -> int:
    return int((EPOCH.timestamp() + seconds) * 1000)


def _checkpoints(found: Mapping[str, Any]) -> Checkpoints:
    completed_at = found["completed_at"]
    return Checkpoints(**{**found, "completed_at": None if completed_at is None else _milliseconds(completed_at)})
