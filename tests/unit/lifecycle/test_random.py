"""Random lives: specs change, everything breaks, the operator dies between two steps. No state is lost, and every life comes to rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.unit.lifecycle import life
from tests.unit.lifecycle.life import BATCHES, play_batch
from tests.unit.lifecycle.model import Deployment, Job, World, overrides_of
from tests.unit.lifecycle.operator import Operator
from tests.unit.lifecycle.people import PERIODIC, People
from tests.unit.lifecycle.resource import Resource, essence

from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.statusreader import read_record


class Life(life.Life):
    """That of a cluster with a job."""

    to_rest = 6 * 3600.0

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        rng = self.rng
        self.world = World(rng, self.time)
        self.people = People(rng, self.world.storage)
        self.resource = Resource(self.people.first_spec())
        self.operator = Operator(rng, self.time, self.world, self.resource)
        self.operator.crashes = rng.choice((0.0, 0.0, 0.01, 0.05, 0.2))
        self.operator.dawdles = rng.choice((0.0, 0.2))
        self.world.refuses_rescaling = rng.random() < 0.3
        self.troubles, self.likely_faults = self.people.theme.troubles, self.people.theme.faults

    # what people do

    def _edit(self) -> None:
        if self.resource.gone or self.resource.deleting:
            return
        spec, last = self.people.edit(self.resource.spec)
        self._submit(spec, f"edit {last}")

    def _submit(self, spec: dict[str, Any], why: str) -> None:
        before = self.resource.generation
        super()._submit(spec, why)
        if self.resource.generation != before and essence(spec) != self.operator.rejected:
            self.operator.rejected = None

    # what breaks

    def _faults(self) -> dict[str, Callable[[], None]]:
        world = self.world
        pod = world.pods[-1] if world.pods else None

        def of_pod(fault: Callable[..., None], *args: Any) -> Callable[[], None]:
            return (lambda: fault(pod, *args)) if pod is not None else (lambda: None)

        return {
            "jobmanager dies": of_pod(world.kill),
            "deployment deleted": (lambda: world.delete(world.deployment.uid) if world.deployment else None),
            "job restarts": of_pod(world.restart_job),
            "job flaps": self._flap,
            "checkpoints stall": of_pod(world.stall),
            "taskmanagers deleted": self._delete_workers,
            "taskmanager lost": world.workers.lose_node,
            "rescaling refused": lambda: self._for_a_while("refuses_rescaling", 100.0, 1800.0),
            "job fails": of_pod(world.end, JobState.FAILED),
            "job finishes": of_pod(world.end, JobState.FINISHED),
            "job cancelled": of_pod(world.end, JobState.CANCELED),
            "node lost": of_pod(world.lose_node),
            "metadata lost": world.lose_metadata,
            "rest hangs": lambda: self._for_a_while("hangs"),
            "savepoints fail": lambda: self._for_a_while("savepoints_fail"),
            "savepoints are slow": lambda: self._for_a_while("savepoints_are_slow"),
        }

    def _flap(self) -> None:
        self.world.flaps_until = self.time.now + self.rng.uniform(10.0, 200.0)
        self.world.flap()

    def _delete_workers(self) -> None:
        found = self.world.workers.deployment
        if found is not None:
            self.world.workers.delete(found.uid)

    # the life

    def _heal(self) -> None:
        self.world.hangs = self.world.savepoints_fail = self.world.savepoints_are_slow = self.world.refuses_rescaling = False
        self.world.flaps_until = 0.0
        self.world.workers.find_nodes()
        for pod in list(self.world.pods):
            self.world.find_node(pod)
        spec = self.resource.spec
        args = spec["job"]["args"] if spec["job"]["args"][0] != "throws" else ["fixed"]
        periodic = {f"kubernetes.operator.{name}" for name in PERIODIC}
        conf = {key: value for key, value in spec["flinkConfiguration"].items() if key not in periodic}
        self._submit({**spec, "image": "good", "flinkConfiguration": conf, "job": {**spec["job"], "args": args}}, "fixed")

    def record(self) -> Record:
        return read_record(self.resource.status)

    def is_at_rest(self) -> bool:
        if self.resource.gone:
            return self.world.deployment is None and not self.world.pods and not self.world.workers.pods
        if self.resource.deleting or self.resource.status.get("observedGeneration") != self.resource.generation:
            return False
        record, spec = self.record(), self.resource.spec
        suspended = spec["job"]["state"] == "suspended"
        if record.invalid is not None:
            return record.health is not Health.PROGRESSING
        if record.reason == "JobManagerMissing" and record.health is Health.STALLED:
            return record.phase is not Phase.UPGRADING
        match record.phase:
            case Phase.RUNNING if record.rollback is not None:
                return record.health is Health.STALLED and record.stable is not None and self._runs(record.stable)
            case Phase.RUNNING:
                return record.health is Health.SETTLED and record.reconciled == spec and not suspended and self._runs(spec)
            case Phase.SUSPENDED:
                return record.health is Health.SETTLED and suspended and self._nothing_is_left()
            case Phase.FINISHED:
                return record.health is Health.SETTLED and not suspended and self._keeps_no_idle_workers()
            case Phase.FAILED:
                return record.health is Health.STALLED and bool(record.message) and self._keeps_no_idle_workers()
            case _:
                return False

    def _nothing_is_left(self) -> bool:
        return self.world.deployment is None and self.world.workers.deployment is None

    def _keeps_no_idle_workers(self) -> bool:
        return self.world.workers.deployment is None or self.world.deployment is not None

    def _runs(self, spec: Mapping[str, Any]) -> bool:
        process = self.world.answering()
        job, deployment = process.job if process else None, self.world.deployment
        if job is None or deployment is None or job.state is not JobState.RUNNING:
            return False
        return deployment.spec["job"]["args"] == spec["job"]["args"] and self._is_so_parallel(spec, deployment, job)

    def _is_so_parallel(self, spec: Mapping[str, Any], deployment: Deployment, job: Job) -> bool:
        """Without high availability a restarted JobManager forgets what it was told in place."""
        if spec["mode"] == "standalone":
            workers = self.world.workers.deployment
            return workers is not None and (workers.cluster, workers.replicas) == (deployment.uid, spec["taskManager"]["replicas"])
        forgets = not deployment.ha and deployment.boots > 1
        return forgets or all(job.parallelism.get(vertex) == number for vertex, number in overrides_of(spec).items())


@pytest.mark.parametrize("batch", BATCHES)
def test_no_state_is_lost_and_every_life_comes_to_rest(batch: int) -> None:
    play_batch(Life, batch)
