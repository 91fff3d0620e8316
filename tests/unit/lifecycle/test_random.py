"""Random lives: specs change, everything breaks, the operator dies between any two steps. No state is lost, and every life comes to rest.

FLINKOP_RANDOM_LIVES says how many; FLINKOP_RANDOM_SEED where to begin. A failure names its seed, and `live(seed)` plays it again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.unit.lifecycle.model import Time, World
from tests.unit.lifecycle.operator import Operator, Resource, essence

from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.statusreader import read_record

_LIVES = int(os.environ.get("FLINKOP_RANDOM_LIVES", "100"))
_FIRST = int(os.environ.get("FLINKOP_RANDOM_SEED", "0"))
_BATCHES = 10
_OPTIONS = (
    "savepoint-on-deletion",
    "no-recovery",
    "no-fallback",
    "cancel",
    "max-age",
    "few-savepoints",
    "ignore-pending",
    "no-checkpoints",
    "restart-failed",
)
_PERIODIC = ("periodic-savepoints", "periodic-checkpoints")
_CHANGED = ("no-recovery", "cancel", *_PERIODIC)
# Then metadata may lead to an old savepoint for ever.
_SAVEPOINTS_ONLY = ("no-checkpoints", "periodic-savepoints", "few-savepoints")
_EDITS = (
    *("args", "args", "args", "mode", "mode", "state", "state", "nonce", "redeploy", "conf", "image", "throws", "version"),
    *("savepoint", "checkpoint", "brief"),
)
_TO_REST = 6 * 3600.0
_LAST_CHORES = 200.0
_SILENCE = 1200.0


class Life:
    """One resource from its creation to its rest."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        self.time = Time()
        self.world = World(rng, self.time)
        self.resource = Resource(self._first_spec())
        self.operator = Operator(rng, self.time, self.world, self.resource)
        self.operator.crashes = rng.choice((0.0, 0.0, 0.01, 0.05, 0.2))
        self.operator.dawdles = rng.choice((0.0, 0.2))
        self._number = 0

    def _first_spec(self) -> dict[str, Any]:
        rng = self.rng
        conf = {}
        if rng.random() < 0.7:
            conf["high-availability.type"] = "kubernetes"
        if rng.random() < 0.15:
            conf["pinned"] = "f" * 32
        for option in (*_OPTIONS, *_PERIODIC):
            if rng.random() < 0.15:
                conf[f"kubernetes.operator.{option}"] = "true"
        if rng.random() < 0.4:
            conf["kubernetes.operator.rollback"] = "true"
        if rng.random() < 0.1:
            conf |= {f"kubernetes.operator.{option}": "true" for option in _SAVEPOINTS_ONLY}
        self.world.storage["file:/savepoints/savepoint-given"] = rng.randint(1, 50)
        return {
            "image": "good",
            "flinkVersion": "v1_20",
            "flinkConfiguration": conf,
            "restartNonce": None,
            "job": {
                "args": ["0"],
                "state": "suspended" if rng.random() < 0.05 else "running",
                "upgradeMode": self._a_mode(),
                "initialSavepointPath": "file:/savepoints/savepoint-given" if rng.random() < 0.2 else None,
                "savepointRedeployNonce": None,
                "savepointTriggerNonce": None,
                "checkpointTriggerNonce": None,
            },
        }

    def _a_mode(self) -> str:
        return self.rng.choice(("savepoint", "savepoint", "last-state", "last-state", "last-state", "stateless"))

    # what people do

    def _edit(self) -> None:
        if self.resource.gone or self.resource.deleting:
            return
        job, spec = self.resource.spec["job"], self.resource.spec
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            self._number += 1
            name = self.rng.choice(_EDITS)
            spec, job = self._changed(name, spec, job)
        self._submit({**spec, "job": job}, f"edit {name}")

    def _changed(self, name: str, spec: dict[str, Any], job: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        match name:
            case "args":
                job = {**job, "args": [str(self._number)]}
            case "throws" | "brief":
                job = {**job, "args": [name, str(self._number)]}
            case "mode":
                job = {**job, "upgradeMode": self._a_mode()}
            case "state":
                job = {**job, "state": "running" if job["state"] == "suspended" else "suspended"}
            case "nonce":
                spec = {**spec, "restartNonce": self._number}
            case "savepoint" | "checkpoint":
                job = {**job, f"{name}TriggerNonce": self._number}
            case "redeploy":
                paths = sorted(path for path in self.world.storage if "savepoint" in path)
                job = {**job, "savepointRedeployNonce": self._number, "initialSavepointPath": self.rng.choice(paths)}
            case "conf":
                key = self.rng.choice(("high-availability.type", *(f"kubernetes.operator.{name}" for name in _CHANGED)))
                conf = dict(spec["flinkConfiguration"])
                if conf.pop(key, None) is None:
                    conf[key] = "kubernetes"
                spec = {**spec, "flinkConfiguration": conf}
            case "version":
                spec = {**spec, "flinkVersion": self.rng.choice(("v1_20", "v2_0"))}
            case "image":
                spec = {**spec, "image": self.rng.choice(("good", "broken", "invalid", "invalid"))}
        return spec, job

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
        name = self.rng.choice(sorted(self._faults()))
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
            "job fails": of_pod(world.end, JobState.FAILED),
            "job finishes": of_pod(world.end, JobState.FINISHED),
            "job cancelled": of_pod(world.end, JobState.CANCELED),
            "node lost": of_pod(world.lose_node),
            "metadata lost": world.lose_metadata,
            "rest hangs": self._hang,
            "savepoints fail": self._fail_savepoints,
            "savepoints are slow": self._slow_savepoints,
        }

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
        trouble = rng.choice((30.0, 120.0, 600.0, 1800.0))
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
        self.world.hangs = self.world.savepoints_fail = self.world.savepoints_are_slow = False
        for pod in list(self.world.pods):
            self.world.find_node(pod)
        spec = self.resource.spec
        args = spec["job"]["args"] if spec["job"]["args"][0] != "throws" else ["fixed"]
        periodic = {f"kubernetes.operator.{name}" for name in _PERIODIC}
        conf = {key: value for key, value in spec["flinkConfiguration"].items() if key not in periodic}
        self._submit({**spec, "image": "good", "flinkConfiguration": conf, "job": {**spec["job"], "args": args}}, "fixed")

    def record(self) -> Record:
        return read_record(self.resource.status)

    def is_at_rest(self) -> bool:
        """Whether nothing more is to come: the wish is fulfilled, the job has ended, or somebody's help is asked for."""
        if self.resource.gone:
            return self.world.deployment is None and not self.world.pods
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
                return record.health is Health.SETTLED and suspended and self.world.deployment is None
            case Phase.FINISHED:
                return record.health is Health.SETTLED and not suspended
            case Phase.FAILED:
                return record.health is Health.STALLED and bool(record.message)
            case _:
                return False

    def _runs(self, spec: Mapping[str, Any]) -> bool:
        process = self.world.answering()
        job = process.job if process else None
        return job is not None and job.state is JobState.RUNNING and self.world.deployment.spec["job"]["args"] == spec["job"]["args"]

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
