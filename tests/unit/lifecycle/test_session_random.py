"""Random lives of session jobs: specs change, cluster and JobManager come and go, answers are lost, the operator dies at any step.

No state is lost, no two jobs of one resource run, every life comes to rest, and nothing is written there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.lifecycle import life
from tests.unit.lifecycle.life import BATCHES, play_batch
from tests.unit.lifecycle.resource import Resource
from tests.unit.lifecycle.sessionmodel import World
from tests.unit.lifecycle.sessionoperator import Operator

from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.sessionjob.seen import ClusterState
from flinkop.lifecycle.statusreader import read_record

_OPTIONS = ("savepoint-on-deletion", "restart-failed", "no-fallback")
_EDITS = ("args", "args", "args", "mode", "mode", "state", "state", "nonce", "redeploy", "savepoint", "throws")
_MODES = ("savepoint", "savepoint", "last-state", "last-state", "stateless")


class Life(life.Life):
    """That of a session job."""

    to_rest = 4 * 3600.0
    troubles = (30.0, 120.0, 600.0, 1800.0)

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        rng = self.rng
        self.world = World(rng, self.time, ha=rng.random() < 0.6)
        self.resource = Resource(self._first_spec())
        self.operator = Operator(rng, self.time, self.world, self.resource)
        self.operator.crashes = rng.choice((0.0, 0.0, 0.01, 0.05, 0.2))
        self.operator.deafness = rng.choice((0.0, 0.0, 0.1, 0.5))
        self.world.clears_slowly = rng.random() < 0.3
        if rng.random() < 0.2:
            self.world.delete()

    # what people do

    def _first_spec(self) -> dict[str, Any]:
        rng = self.rng
        conf = {f"kubernetes.operator.{option}": "true" for option in _OPTIONS if rng.random() < 0.2}
        job = {
            "args": ["0"],
            "state": "suspended" if rng.random() < 0.05 else "running",
            "upgradeMode": rng.choice(_MODES),
            "initialSavepointPath": None,
            "savepointRedeployNonce": None,
            "savepointTriggerNonce": None,
        }
        return {"deploymentName": "shared", "flinkConfiguration": conf, "restartNonce": None, "job": job}

    def _edit(self) -> None:
        spec, number = self.resource.spec, self.resource.generation
        job = dict(spec["job"])
        name = self.rng.choice(_EDITS)
        match name:
            case "args":
                job["args"] = [str(number)]
            case "throws":
                job["args"] = [f"throws {number}"]
            case "mode":
                job["upgradeMode"] = self.rng.choice(_MODES)
            case "state":
                job["state"] = "running" if job["state"] == "suspended" else "suspended"
            case "nonce":
                spec = {**spec, "restartNonce": number}
            case "savepoint":
                job["savepointTriggerNonce"] = number
            case "redeploy":
                paths = sorted(path for path in self.world.storage if "savepoint" in path)
                if paths:
                    job |= {"savepointRedeployNonce": number, "initialSavepointPath": self.rng.choice(paths)}
        self._submit({**spec, "job": job}, name)

    # what breaks

    def _faults(self) -> dict[str, Callable[[], None]]:
        world = self.world
        return {
            "jobmanager dies": world.kill,
            "jobmanager dies again": world.kill,
            "jobmanager dies later": lambda: self.time.after(self.rng.uniform(0.0, 10.0), world.kill),
            "cluster deleted": self._lose_cluster,
            "cluster is leaving": lambda: self._leave(ClusterState.DELETING),
            "cluster is upgraded": lambda: self._leave(ClusterState.NOT_READY),
            "cluster is deployed anew": world.announce_redeploy,
            "cluster is deployed anew, or not": self._redeploy_or_not,
            "job fails": lambda: world.end(JobState.FAILED),
            "job finishes": lambda: world.end(JobState.FINISHED),
            "job cancelled": lambda: world.end(JobState.CANCELED),
            "job ends and is forgotten": world.forget,
            "job restarts": world.restart,
            "rest hangs": lambda: self._for_a_while("hangs"),
            "savepoints fail": lambda: self._for_a_while("savepoints_fail"),
            "savepoints are slow": lambda: self._for_a_while("savepoints_are_slow"),
            "no slots": lambda: self._for_a_while("has_no_slots"),
            "jar is missing": lambda: self._for_a_while("jar_is_missing"),
            "submissions rejected": lambda: self._for_a_while("rejects"),
        }

    def _lose_cluster(self) -> None:
        self.world.delete()
        self.time.after(self.rng.uniform(1.0, 600.0), self.world.recreate)

    def _redeploy_or_not(self) -> None:
        self.world.announce_redeploy()
        self.time.after(self.rng.uniform(0.0, 30.0), self.world.take_redeploy_back)

    def _leave(self, state: ClusterState) -> None:
        """The JobManager goes on serving for a while, and takes no jobs."""
        if self.world.state is not ClusterState.READY:
            return
        self.world.state = state
        self.world.wake()
        follows = self.world.kill if state is ClusterState.NOT_READY else self._lose_cluster
        self.time.after(self.rng.uniform(1.0, 60.0), lambda: follows() if self.world.state is state else None)

    # the life

    def _heal(self) -> None:
        self.operator.deafness = 0.0
        world = self.world
        world.hangs = world.savepoints_fail = world.savepoints_are_slow = world.has_no_slots = world.jar_is_missing = world.rejects = False
        world.stay()
        job = self.resource.spec["job"]
        if job["args"][0].startswith("throws"):
            self._submit({**self.resource.spec, "job": {**job, "args": ["fixed"]}}, "fixed")

    def is_at_rest(self) -> bool:
        active = [job for job in self.world.process.jobs.values() if job.active]
        if self.resource.gone:
            return not active
        if self.resource.deleting or self.resource.status.get("observedGeneration") != self.resource.generation:
            return False
        record, spec = read_record(self.resource.status), self.resource.spec
        suspended = spec["job"]["state"] == "suspended"
        if record.savepoints.trigger is not None:
            return False
        match record.phase:
            case Phase.RUNNING:
                runs = [job.state for job in active] == [JobState.RUNNING] and active[0].args == spec["job"]["args"][0]
                return record.health is Health.SETTLED and runs and not suspended
            case Phase.SUSPENDED:
                return record.health is Health.SETTLED and suspended and not active
            case Phase.FINISHED:
                return record.health is Health.SETTLED and not suspended and not active
            case Phase.FAILED:
                return record.health is Health.STALLED and bool(record.message) and not active
            case _:
                return False


class RedeployedLife(Life):
    """Nothing breaks but the cluster's spec: each change of it restarts a cluster without high availability."""

    likely_faults = ("cluster is deployed anew", "cluster is deployed anew", "cluster is deployed anew, or not")

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.operator.slowness = self.rng.choice((0.0, 0.5, 1.5))

    def is_at_rest(self) -> bool:
        assert self.resource.status.get("reason") != "RestoreFailed", "its state was lost with the cluster"
        return super().is_at_rest()


@pytest.mark.parametrize("batch", BATCHES)
def test_a_session_cluster_that_is_deployed_anew_costs_no_job_its_state(batch: int) -> None:
    play_batch(RedeployedLife, batch)


@pytest.mark.parametrize("batch", BATCHES)
def test_no_state_is_lost_no_two_jobs_run_and_every_life_comes_to_rest(batch: int) -> None:
    play_batch(Life, batch)
