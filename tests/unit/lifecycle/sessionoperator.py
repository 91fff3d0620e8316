"""The operator of session jobs in the model: its pass as `controllers.flinksessionjob` does it; it may crash between any two steps."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.unit.lifecycle.process import EPOCH, Interrupted, Process, outcome_of
from tests.unit.lifecycle.resource import Resource
from tests.unit.lifecycle.sessionmodel import Job, World
from tests.unit.lifecycle.timeline import Time

from flinkop.controllers.view import read_referring
from flinkop.lifecycle.action import (
    Action,
    AddFinalizer,
    CancelJob,
    RemoveFinalizer,
    StopWithSavepoint,
    SubmitJob,
    TriggerSavepoint,
)
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired, Settings
from flinkop.lifecycle.observed import (
    TERMINAL,
    Answered,
    Checkpoints,
    HaMetadata,
    Refusal,
    Unreachable,
)
from flinkop.lifecycle.observed import Job as SeenJob
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.question import Question
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.sessionjob.decide import decide_session_job
from flinkop.lifecycle.sessionjob.question import needs_age_of_jobmanager, needs_jar, needs_metadata, session_job_questions
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState, JarFailed, JarPending, JarReady, SessionObserved
from flinkop.lifecycle.specdiff import NO_CHANGE, Change, Effect, diff_spec
from flinkop.lifecycle.statusreader import read_record
from flinkop.lifecycle.statuswriter import write_job_status
from flinkop.lifecycle.step import TakingSavepoint

SUBMISSION = timedelta(seconds=100)
_SETTINGS = Settings(
    high_availability=False,
    savepoint_directory="file:/savepoints",
    readiness_timeout=timedelta(seconds=100),
    cleanup_timeout=timedelta(seconds=100),
    cancel_timeout=timedelta(seconds=20),
    submission_timeout=SUBMISSION,
    progress_interval=timedelta(seconds=3),
    rest_interval=timedelta(seconds=30),
)


class Operator(Process):
    """That of session jobs. `deafness` is the probability that the answer to an action is lost, `slowness` the longest step of a pass."""

    outages = (1.0, 15.0, 200.0)

    def __init__(self, rng: random.Random, time: Time, world: World, resource: Resource) -> None:
        super().__init__(rng, time, world, resource)
        self.world = world
        self.deafness = self.slowness = 0.0
        self._jar_is_there = False
        self._refusal: Refusal | None = None
        self._look: tuple[float, dict[str, Job]] | None = None
        world.is_unsettled = lambda: read_referring({"metadata": {"name": "job"}, "status": resource.status}).unsettled
        world.given_up = lambda: read_record(resource.status).abandoned

    def _pause(self) -> float:
        return super()._pause() + self.rng.uniform(0.0, self.slowness)

    def _forget(self) -> None:
        self._jar_is_there, self._refusal, self._look = False, None, None

    # the pass

    def _pass(self) -> Iterator[None]:
        if self.resource.gone:
            return None
        seen = replace(self.resource)
        self._version = seen.version
        record = read_record(seen.status)
        desired = replace(desire(seen, record, self.world.ha), leaves=self.world.leaves)
        fresh = Fresh(self._now(), self._id(), self._id(), self._id())
        yield
        observed = self._observe(record, desired)
        decision = decide_session_job(record, observed, desired, fresh)
        self._check_loss(record, decision, desired)
        yield
        self._record(seen, decision)
        if decision.record.was_ready:
            self.world.seen.add(decision.record.job.job_id or "")
        self._excuse(record, decision.record, seen)
        for action in decision.actions:
            yield
            again = self._perform(action, decision.record)
            if again is not None:
                return again
        if decision.actions:
            self._refusal = None
        return None if decision.requeue_after is None else decision.requeue_after.total_seconds()

    def _check_loss(self, record: Record, decision: Decision, desired: Desired) -> None:
        """A job that was seen under the process that does not know it any more has ended there."""
        began = self.world.process.forgotten.get(record.job.job_id or "")
        was_seen = began is not None and record.job.start_time == _milliseconds(began)
        if was_seen and decision.record.reason == "JobLost" and not desired.wants_restart:
            self.world.violations.append(f"{record.job.job_id} has ended, and is taken for lost")

    # observe

    def _observe(self, record: Record, desired: Desired) -> SessionObserved:
        world = self.world
        there = world.serves and not world.leaves
        seen = SessionObserved(cluster=Cluster(world.state if there else _without(world.state), "words", world.serves, world.leaves))
        seen = replace(seen, refusal=self._refusal)
        if world.serves:
            seen = self._ask(record, desired, seen)
        if needs_metadata(record, seen, desired):
            exists = record.job.job_id in world.stored
            seen = replace(seen, ha=HaMetadata(exists=exists, checkpoints=1 if exists else 0))
        if needs_age_of_jobmanager(record, seen):
            seen = replace(seen, jobmanager_since=EPOCH + timedelta(seconds=world.process.since))
        if needs_jar(record, seen, desired) and seen.takes_jobs:
            seen = replace(seen, jar=self._jar())
        return seen

    def _jar(self) -> JarReady | JarPending | JarFailed:
        if self.world.jar_is_missing:
            return JarFailed("not found")
        if not self._jar_is_there:
            self._jar_is_there = True
            self.time.after(self.rng.uniform(0.1, 5.0), self.wake)
            return JarPending("Fetching the jar.")
        return JarReady("jar")

    def _ask(self, record: Record, desired: Desired, seen: SessionObserved) -> SessionObserved:
        process = self.world.answering()
        rests = record.phase is Phase.RUNNING and record.step is None and not (desired.has_to_stop or desired.deleting)
        if self._look is None or self.time.now - self._look[0] > (15.0 if rests else 0.5):
            if process is None:
                return replace(seen, rest=Unreachable("no answer in time"))
            self._look = self.time.now, {job_id: replace(job) for job_id, job in process.jobs.items()}
        jobs = self._look[1]
        strays = tuple(job_id for job_id in jobs if job_id in record.abandoned and jobs[job_id].active)
        job = jobs.get(record.job.job_id or "")
        seen = replace(seen, rest=Answered(), strays=strays)
        if job is None:
            return self._hear(record, desired, seen, None)
        now = process.jobs.get(job.job_id) if process is not None else None
        if job.state in TERMINAL:
            if now is None:
                return replace(seen, rest=Unreachable("no answer in time"), strays=())
            seen = replace(seen, checkpoints=Checkpoints(**now.statistics()))
        moment = _milliseconds(job.changed_at)
        began = moment if job.began is None else _milliseconds(job.began)
        failure = "it broke" if job.state.value == "FAILED" else None
        return self._hear(record, desired, replace(seen, job=SeenJob(job.job_id, "job", job.state, began, moment), failure=failure), now)

    def _hear(self, record: Record, desired: Desired, seen: SessionObserved, job: Job | None) -> SessionObserved:
        trigger = record.step if isinstance(record.step, TakingSavepoint) else record.savepoints.trigger
        if trigger is None or Question.SAVEPOINT not in session_job_questions(record, desired) or self.world.answering() is None:
            return seen
        known = self.world.trigger(job, trigger.trigger_id) if job is not None else None
        return replace(seen, savepoint=outcome_of(known))

    # record

    def _record(self, seen: Resource, decision: Decision) -> None:
        record = decision.record
        after = write_job_status(record, seen.status, self._now())
        if after == seen.status:
            self._check_wait(record)
            return
        self._guard()
        self.resource.status = after
        self._touch_and_know()
        self.activity.append(self.time.now)
        self._tell(record)

    def _may_be_behind(self, predecessor: str) -> bool:
        """It came and went unseen; or it never came, and what had been before it did."""
        if predecessor in self.world.submitted:
            return predecessor not in self.world.seen
        return self.world.excused.get(predecessor, False)

    def _excuse(self, before: Record, after: Record, seen: Resource) -> None:
        """A start may lose state only when the spec says so at the moment of the choice."""
        job_id = after.job.job_id
        if job_id is not None and job_id not in self.world.excused:
            job, old = seen.spec["job"], (before.reconciled or seen.spec)["job"]
            redeploys = old["savepointRedeployNonce"] != job["savepointRedeployNonce"]
            self.world.excused[job_id] = (
                job["upgradeMode"] == "stateless" or redeploys or before.start is None or self._may_be_behind(before.job.job_id or "")
            )

    # act

    def _perform(self, action: Action, record: Record) -> float | None:
        self.activity.append(self.time.now)
        self.history.append(f"{self.time.now:8.1f}     {action}")
        match action:
            case AddFinalizer() | RemoveFinalizer():
                self._guard()
                self.resource.finalizer = isinstance(action, AddFinalizer)
                self.resource.gone = self.resource.deleting and not self.resource.finalizer
                self._touch_and_know()
                return None
            case SubmitJob(job_id, _, point):
                self._process()
                if self.world.rejects:
                    is_first, self._refusal = self._refusal is None, Refusal("SubmissionRejected", "no such class")
                    return 0.0 if is_first else 30.0
                assert record.reconciled is not None
                self.world.submit(job_id, point, record.reconciled["job"]["args"][0])
            case StopWithSavepoint(job_id, trigger_id) | TriggerSavepoint(job_id, trigger_id):
                self.world.savepoint(self._process(), job_id, trigger_id, stops=isinstance(action, StopWithSavepoint))
            case CancelJob(job_id):
                self.world.cancel(self._process(), job_id)
            case _:
                self.world.violations.append(f"an action that the model does not know: {action}")
        if self.rng.random() < self.deafness:
            raise Interrupted("the answer was lost")
        return None

    def _process(self) -> Any:
        process = self.world.answering()
        if process is None:
            raise Interrupted("the JobManager does not answer")
        return process


def _milliseconds(at: float) -> int:
    return int((EPOCH.timestamp() + at) * 1000)


def _without(state: ClusterState) -> ClusterState:
    return ClusterState.NOT_READY if state is ClusterState.READY else state


def desire(resource: Resource, record: Record, ha: bool) -> Desired:
    """What `controllers.sessiondesire` makes of the resource."""
    spec: Mapping[str, Any] = resource.spec
    job, conf = spec["job"], spec["flinkConfiguration"]
    return Desired(
        generation=resource.generation,
        spec=spec,
        change=_change(record, spec),
        suspended=job["state"] == "suspended",
        upgrade_mode=job["upgradeMode"],
        settings=replace(
            _SETTINGS,
            savepoint_on_deletion="kubernetes.operator.savepoint-on-deletion" in conf,
            restart_failed="kubernetes.operator.restart-failed" in conf,
            last_state_fallback="kubernetes.operator.no-fallback" not in conf,
        ),
        deleting=resource.deleting,
        has_finalizer=resource.finalizer,
        deployed_high_availability=ha,
        initial_savepoint_path=job["initialSavepointPath"],
        manages_ingress=False,
    )


def _change(record: Record, spec: Mapping[str, Any]) -> Change:
    if record.reconciled is None:
        return NO_CHANGE if record.start is None else Change(Effect.UPGRADE, ())
    return diff_spec(record.reconciled, spec)
