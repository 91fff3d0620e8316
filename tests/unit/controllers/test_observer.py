"""What is asked of JobManagers, and what their answers mean."""

from __future__ import annotations

import asyncio
import gc
import warnings
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from tests.unit.controllers.objects import Objects
from tests.unit.controllers.resource import KEY, a_resource, a_spec, a_wish
from tests.virtualtime import START, run

from flinkop.api.flinkdeployment import parse_spec
from flinkop.api.jobstatus import TriggerType
from flinkop.controllers.knowledge import Knowledge, RefusedTrigger
from flinkop.controllers.observer import Observer
from flinkop.errors import FlinkopError, FlinkRejected, FlinkUnreachable
from flinkop.flink import model
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.observed import (
    Bounds,
    JobException,
    JobState,
    Observed,
    RescaleRefused,
    Scale,
    Snapshot,
    SnapshotFailed,
    SnapshotInProgress,
    SnapshotUnknown,
    TaskManagers,
    Trouble,
)
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobRecord, Record
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger
from flinkop.lifecycle.specdiff import OVERRIDES
from flinkop.lifecycle.step import HaFate, TearingDown

JOB = "a" * 32
PENDING = Trigger("trigger", 1, TriggerType.MANUAL, "CANONICAL")
RUNNING = Record(Phase.RUNNING, job=JobRecord(JOB, "job", JobState.RUNNING), cluster_info={"a": "b"})
ASKED = {
    "savepoint": replace(RUNNING, savepoints=Snapshots(PENDING)),
    "requested_checkpoint": replace(RUNNING, checkpoints=Snapshots(PENDING)),
}
DEPLOYMENT = {
    "metadata": {"name": "job", "uid": "uid", "ownerReferences": [{"uid": "owner"}], "creationTimestamp": "2026-01-01T00:00:00Z"},
    "status": {"availableReplicas": 1},
}


class Flink:
    """A JobManager whose job runs; `operation` is what it says of every trigger, and `fails` why it tells no details."""

    def __init__(self, operation: model.AsyncOperation, fails: FlinkopError | None = None) -> None:
        self.operation, self.fails = operation, fails

    async def jobs_overview(self, _url: str) -> list[model.JobOverview]:
        return [model.JobOverview(JOB, "job", model.JobState.RUNNING, 1, 1, 1, 1, 0)]

    async def failures(self, _url: str, _job_id: str) -> list[model.JobFailure]:
        return [model.JobFailure(1, ("boom",), ("at x",), "map")]

    async def savepoint_status(self, _url: str, job_id: str, trigger_id: str) -> model.AsyncOperation:
        assert (job_id, trigger_id) == (JOB, "trigger")
        return self.operation

    async def checkpoint_status(self, _url: str, job_id: str, trigger_id: str) -> model.AsyncOperation:
        assert (job_id, trigger_id) == (JOB, "trigger")
        return self.operation

    async def checkpoints(self, _url: str, _job_id: str) -> model.CheckpointStatistics:
        if self.fails is not None:
            raise self.fails
        return model.CheckpointStatistics(1, None, None, "s3://s/1", None)

    async def takes_checkpoints(self, _url: str, _job_id: str) -> bool:
        return False

    async def restarts(self, _url: str, _job_id: str) -> int:
        if self.fails is not None:
            raise self.fails
        return 0


class Adaptive(Flink):
    """One whose job can be rescaled, or that refuses to say so."""

    def __init__(
        self, state: model.JobState = model.JobState.RUNNING, refuses: str | None = None, hides: FlinkopError | None = None
    ) -> None:
        super().__init__(model.Unknown())
        self.state, self.refuses, self.hides = state, refuses, hides

    async def jobs_overview(self, _url: str) -> list[model.JobOverview]:
        return [model.JobOverview(JOB, "job", self.state, 1, 1, 1, 1, 0)]

    async def failure_cause(self, _url: str, _job_id: str) -> str | None:
        return None

    async def resource_requirements(self, _url: str, _job_id: str) -> dict[str, tuple[int, int]]:
        if self.refuses is not None:
            raise FlinkRejected(404, self.refuses)
        return {"map": (1, 2)}

    async def vertex_parallelism(self, _url: str, _job_id: str) -> dict[str, int]:
        if self.hides is not None:
            raise self.hides
        return {"map": 2}


def observe(
    record: Record,
    operation: model.AsyncOperation,
    refused: RefusedTrigger | None = None,
    fails: FlinkopError | None = None,
    **conf: str,
) -> Observed:
    """One look at the job."""
    found: list[Observed] = []

    async def scenario() -> None:
        flink = cast(FlinkClient, Flink(operation, fails))
        observer = Observer(Objects({KEY: DEPLOYMENT}), Objects(), None, cast(KubeClient, None), flink, lambda *_: "")
        knowledge = Knowledge("uid", None, None, refused)
        found.append(await observer.observe(KEY, record, a_wish(a_resource(a_spec(flinkConfiguration=conf)), record), knowledge, START))

    run(scenario())
    return found[0]


def test_a_look_may_be_cancelled_at_any_moment_and_leaves_no_request_behind() -> None:
    """Python warns of one that was made and never sent, and that is an error here."""

    async def scenario(turns: int) -> None:
        observer = Observer(
            Objects({KEY: DEPLOYMENT}), Objects(), None, cast(KubeClient, None), cast(FlinkClient, Flink(model.InProgress())), lambda *_: ""
        )
        record = ASKED["savepoint"]
        look = asyncio.create_task(observer.observe(KEY, record, a_wish(a_resource(a_spec()), record), Knowledge("uid", None), START))
        for _ in range(turns):
            await asyncio.sleep(0)
        look.cancel()
        await asyncio.gather(look, return_exceptions=True)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for turns in range(8):
            run(scenario(turns))
        gc.collect()
    assert [str(warning.message) for warning in told] == []


ADAPTIVE = {"jobmanager.scheduler": "adaptive", OVERRIDES: "map:1"}


def observe_scale(flink: Adaptive, refused: str | None = None) -> Scale | RescaleRefused | None:
    """One look at a job whose vertex `map` is to be three times parallel."""
    before = a_wish(a_resource(a_spec(flinkConfiguration=ADAPTIVE))).desired.spec
    record, found = replace(RUNNING, reconciled=before), list[Observed]()

    async def scenario() -> None:
        observer = Observer(
            Objects({KEY: DEPLOYMENT}), Objects(), None, cast(KubeClient, NoMetadata()), cast(FlinkClient, flink), lambda *_: ""
        )
        wish = a_wish(a_resource(a_spec(flinkConfiguration={**ADAPTIVE, OVERRIDES: "map:3"})), record)
        found.append(await observer.observe(KEY, record, wish, Knowledge("uid", None, refused_rescale=refused), START))

    run(scenario())
    return found[0].scale


class NoMetadata:
    """An API server without config maps."""

    async def list(self, *_: object, **__: object) -> list[object]:
        return []


@pytest.mark.parametrize(
    ("flink", "refused", "scale"),
    [
        pytest.param(Adaptive(), None, Scale({"map": Bounds(1, 2)}, {"map": 2}), id="it can be"),
        pytest.param(Adaptive(model.JobState.RESTARTING), None, None, id="not while it restarts"),
        pytest.param(Adaptive(hides=FlinkUnreachable("the answer is not Flink's")), None, None, id="its vertices are missing"),
        pytest.param(Adaptive(refuses="Not found"), None, RescaleRefused("Not found"), id="the JobManager knows no such request"),
        pytest.param(Adaptive(), "too parallel", RescaleRefused("too parallel"), id="it was refused"),
        pytest.param(Adaptive(model.JobState.RESTARTING), "too parallel", RescaleRefused("too parallel"), id="refused, and it restarts"),
    ],
)
def test_how_a_job_can_be_rescaled(flink: Adaptive, refused: str | None, scale: Scale | RescaleRefused | None) -> None:
    seen = observe_scale(flink, refused)
    if isinstance(seen, RescaleRefused) and isinstance(scale, RescaleRefused):
        assert scale.cause in seen.cause
    else:
        assert seen == scale


@pytest.mark.parametrize("field", ASKED)
@pytest.mark.parametrize(
    ("operation", "refused", "outcome"),
    [
        pytest.param(model.Unknown(), None, SnapshotUnknown(), id="never heard of"),
        pytest.param(model.Unknown(), RefusedTrigger("trigger", "no directory"), SnapshotFailed("no directory"), id="refused"),
        pytest.param(model.Unknown(), RefusedTrigger("older", "no directory"), SnapshotUnknown(), id="another one was refused"),
        pytest.param(model.InProgress(), RefusedTrigger("trigger", "no"), SnapshotInProgress(), id="accepted after all"),
    ],
)
def test_a_snapshot_that_the_jobmanager_refused_has_failed(
    field: str, operation: model.AsyncOperation, refused: RefusedTrigger | None, outcome: Snapshot
) -> None:
    seen = observe(ASKED[field], operation, refused)
    assert {name: getattr(seen, name) for name in ASKED} == {**dict.fromkeys(ASKED), field: outcome}


@pytest.mark.parametrize("fails", [FlinkRejected(500, "the scheduler does not answer"), FlinkUnreachable("no answer in time")], ids=repr)
def test_a_question_that_is_not_answered_leaves_no_doubt_that_the_job_runs(fails: FlinkopError) -> None:
    old = Taken(1, "s3://s/1", TriggerType.UPGRADE, "CANONICAL")
    history = (old, replace(old, location="s3://s/2"))
    asked = {"kubernetes.operator.cluster.health-check.enabled": "true"}
    seen = observe(replace(RUNNING, savepoints=Snapshots(PENDING, history=history)), model.InProgress(), fails=fails, **asked)
    assert seen.job_is_running
    assert seen.savepoint == SnapshotInProgress()
    assert (seen.checkpoints, seen.restarts) == (None, None)


def test_whether_a_job_takes_checkpoints_is_asked_where_its_health_is_and_there_are_none() -> None:
    seen = observe(RUNNING, model.Unknown(), **{"kubernetes.operator.cluster.health-check.enabled": "true"})
    assert seen.checkpoints is not None
    assert (seen.checkpoints.periodic, seen.restarts) == (False, 0)


def test_what_the_job_was_restored_from_is_asked_when_a_savepoint_is_to_be_deleted() -> None:
    old = Taken(1, "s3://s/1", TriggerType.UPGRADE, "CANONICAL")
    history = (old, replace(old, location="s3://s/2"))
    seen = observe(replace(RUNNING, savepoints=Snapshots(history=history)), model.Unknown())
    assert seen.checkpoints is not None
    assert seen.checkpoints.restored_path == "s3://s/1"
    assert observe(RUNNING, model.Unknown()).checkpoints is None


STANDALONE = a_spec(mode="standalone", job={"entryClass": "x"})
TEARING_DOWN = replace(RUNNING, phase=Phase.UPGRADING, step=TearingDown(START, HaFate.KEEP), reconciled=parse_spec(STANDALONE).to_wire())


class Pods(Objects):
    """Pods of the cluster, each on a lost node."""

    def by_index(self, _index: str, _key: Any) -> list[Any]:
        deleted = (START - timedelta(minutes=5)).isoformat()
        labels = ({"component": component} for component in self)
        return [{"metadata": {"name": "pod", "labels": one, "deletionTimestamp": deleted}} for one in labels]


class ReplicaSets:
    """One ReplicaSet without an owner."""

    async def list(self, *_: Any, **__: Any) -> list[Any]:
        return [{"metadata": {"name": "job-5d4"}}]


def look(deployments: Objects, pods: Pods, record: Record = TEARING_DOWN) -> Observed:
    """One look at a standalone cluster without a JobManager."""
    found: list[Observed] = []

    async def scenario() -> None:
        observer = Observer(deployments, pods, None, cast(KubeClient, ReplicaSets()), cast(FlinkClient, None), lambda *_: "")
        wish = a_wish(a_resource(STANDALONE), record)
        found.append(await observer.observe(KEY, record, wish, Knowledge(None, None), START))

    run(scenario())
    return found[0]


def test_taskmanagers_on_a_lost_node_are_seen() -> None:
    seen = look(Objects(), Pods(taskmanager=1))
    assert (seen.taskmanager_pods, seen.taskmanagers_overdue, seen.jobmanager_pods) == (1, True, 0)


def test_an_old_replica_set_is_looked_for_whoever_is_on_a_lost_node() -> None:
    assert look(Objects(), Pods(taskmanager=1)).replica_sets == 1
    high_availability = {"high-availability.type": "kubernetes", "high-availability.storageDir": "s3://ha"}
    spec = parse_spec({**STANDALONE, "flinkConfiguration": {**STANDALONE["flinkConfiguration"], **high_availability}}).to_wire()
    assert look(Objects(), Pods(jobmanager=1), replace(TEARING_DOWN, reconciled=spec)).replica_sets == 1


def test_a_quota_that_keeps_taskmanagers_of_a_standalone_cluster_from_being_made_is_told() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    taskmanagers = {"metadata": {"uid": "tm", "ownerReferences": [{"uid": "owner"}]}, "status": {"conditions": [refused]}}
    seen = look(Objects({(KEY[0], "job-taskmanager"): taskmanagers}), Pods())
    assert (seen.taskmanagers, seen.trouble) == (TaskManagers("tm", 1), Trouble("FailedCreate", "exceeded quota"))


def test_exceptions_are_asked_for_when_the_job_has_changed_and_not_at_rest() -> None:
    changed = observe(RUNNING, model.Unknown())
    at_rest = observe(replace(RUNNING, job=replace(RUNNING.job, update_time=1)), model.Unknown())
    assert changed.exceptions == (JobException(1, ("boom",), ("at x",), "map"),)
    assert at_rest.exceptions == ()
