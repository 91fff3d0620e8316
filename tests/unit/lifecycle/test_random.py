"""Random lives: specs change, everything breaks, the operator dies between any two steps. No state is lost, and every life comes to rest.

FLINKOP_RANDOM_LIVES says how many; FLINKOP_RANDOM_SEED where to begin. A failure names its seed, and `live(seed)` plays it again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.unit.lifecycle.model import Deployment, Job, World, overrides_of
from tests.unit.lifecycle.operator import Operator
from tests.unit.lifecycle.people import PERIODIC, People
from tests.unit.lifecycle.resource import Resource, essence
from tests.unit.lifecycle.timeline import Time

from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.statusreader import read_record

_LIVES = int(os.environ.get("FLINKOP_RANDOM_LIVES", "100"))
_FIRST = int(os.environ.get("FLINKOP_RANDOM_SEED", "0"))
_BATCHES = 10
_TO_REST = 6 * 3600.0
_LAST_CHORES = 400.0
_SILENCE = 600.0


class Life:
    """One resource from its creation to its rest."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        self.time = Time()
        self.world = World(rng, self.time)
        self.people = People(rng, self.world.storage)
        self.resource = Resource(self.people.first_spec())
        self.operator = Operator(rng, self.time, self.world, self.resource)
        self.operator.crashes = rng.choice((0.0, 0.0, 0.01, 0.05, 0.2))
        self.operator.dawdles = rng.choice((0.0, 0.2))
        self.world.refuses_rescaling = rng.random() < 0.3

    # what people do

    def _edit(self) -> None:
        if self.resource.gone or self.resource.deleting:
            return
        spec, last = self.people.edit(self.resource.spec)
        self._submit(spec, f"edit {last}")

    def _submit(self, spec: dict[str, Any], why: str) -> None:
        if spec == self.resource.spec or self.resource.deleting or self.resource.gone:
            return
        self.resource.spec = spec
        self.resource.generation += 1
        if essence(spec) != self.operator.rejected:
            self.operator.rejected = None
        self.operator.history.append(
            f"{self.time.now:8.1f} ## {why}: {spec['image']} {spec['flinkVersion']} {spec['flinkConfiguration']} {spec['job']}"
        )
        self.operator.touch()

    def _delete(self) -> None:
        if self.resource.gone:
            return
        self.operator.history.append(f"{self.time.now:8.1f} ## deleted")
        self.resource.deleting = True
        self.resource.generation += 1
        self.resource.gone = not self.resource.finalizer
        self.operator.touch()

    # what breaks

    def _break(self) -> None:
        name = self.rng.choice(self.people.theme.faults or sorted(self._faults()))
        self.operator.history.append(f"{self.time.now:8.1f} !! {name}")
        self._faults()[name]()

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
            "rescaling refused": self._refuse_rescaling,
            "job fails": of_pod(world.end, JobState.FAILED),
            "job finishes": of_pod(world.end, JobState.FINISHED),
            "job cancelled": of_pod(world.end, JobState.CANCELED),
            "node lost": of_pod(world.lose_node),
            "metadata lost": world.lose_metadata,
            "rest hangs": self._hang,
            "savepoints fail": self._fail_savepoints,
            "savepoints are slow": self._slow_savepoints,
        }

    def _flap(self) -> None:
        self.world.flaps_until = self.time.now + self.rng.uniform(10.0, 200.0)
        self.world.flap()

    def _delete_workers(self) -> None:
        found = self.world.workers.deployment
        if found is not None:
            self.world.workers.delete(found.uid)

    def _refuse_rescaling(self) -> None:
        self.world.refuses_rescaling = True
        self.time.after(self.rng.uniform(100.0, 1800.0), lambda: setattr(self.world, "refuses_rescaling", False))

    def _hang(self) -> None:
        self.world.hangs = True
        self.time.after(self.rng.uniform(5.0, 400.0), lambda: setattr(self.world, "hangs", False))

    def _fail_savepoints(self) -> None:
        self.world.savepoints_fail = True
        self.time.after(self.rng.uniform(5.0, 400.0), lambda: setattr(self.world, "savepoints_fail", False))

    def _slow_savepoints(self) -> None:
        self.world.savepoints_are_slow = True
        self.time.after(self.rng.uniform(5.0, 400.0), lambda: setattr(self.world, "savepoints_are_slow", False))

    # the life

    def play(self) -> None:
        """Trouble for a while, then peace, then rest, then silence."""
        rng = self.rng
        trouble = rng.choice(self.people.theme.troubles)
        for _ in range(rng.randint(0, 6)):
            self.time.after(rng.uniform(0.0, trouble), self._edit)
        for _ in range(rng.randint(0, 4)):
            self.time.after(rng.uniform(0.0, trouble), self._break)
        if rng.random() < 0.15:
            self.time.after(rng.uniform(0.0, trouble), self._delete)
        self.operator.wake()
        self._run_until(trouble)
        self._heal()
        self._run_until(self.time.now + _TO_REST, self.is_at_rest)
        assert self.is_at_rest(), self._story("no rest")
        self._run_until(self.time.now + _LAST_CHORES)
        quiet_since = self.time.now
        self._run_until(self.time.now + _SILENCE)
        assert self.is_at_rest(), self._story("rest was left")
        noise = [at for at in self.operator.activity if at > quiet_since]
        assert not noise, self._story("no silence at rest")

    def _run_until(self, end: float, stop: Callable[[], bool] = lambda: False) -> None:
        self.time.run_until(end, lambda: bool(self.world.violations) or stop())
        assert not self.world.violations, self._story(self.world.violations[0])

    def _heal(self) -> None:
        self.operator.history.append(f"{self.time.now:8.1f} ## peace")
        self.operator.crashes = 0.0
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
        """Whether nothing more is to come: the wish is fulfilled, the job has ended, or somebody's help is asked for."""
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

    def _story(self, problem: str) -> str:
        return "\n".join([problem, *self.operator.history[-60:]])


def live(seed: int) -> Life:
    """The life of that seed, played to its end."""
    life = Life(seed)
    life.play()
    return life


@pytest.mark.parametrize("batch", range(_BATCHES))
def test_no_state_is_lost_and_every_life_comes_to_rest(batch: int) -> None:
    for seed in range(_FIRST + batch, _FIRST + _LIVES, _BATCHES):
        try:
            live(seed)
        except AssertionError as failed:
            raise AssertionError(f"seed {seed}: {failed}") from None
