"""What is asked of JobManagers, and what their answers mean."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from tests.unit.controllers.objects import Objects
from tests.unit.controllers.resource import KEY, a_resource, a_spec, a_wish
from tests.virtualtime import START, run

from flinkop.api.jobstatus import TriggerType
from flinkop.controllers.knowledge import Knowledge, RefusedTrigger
from flinkop.controllers.observer import Observer
from flinkop.errors import FlinkRejected
from flinkop.flink import model
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.observed import (
    Bounds,
    JobState,
    Observed,
    RescaleRefused,
    Scale,
    Snapshot,
    SnapshotFailed,
    SnapshotInProgress,
    SnapshotUnknown,
)
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobRecord, Record
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger
from flinkop.lifecycle.specdiff import OVERRIDES

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
    """A JobManager whose job runs; `operation` is what it says of every trigger."""

    def __init__(self, operation: model.AsyncOperation) -> None:
        self.operation = operation

    async def jobs_overview(self, _url: str) -> list[model.JobOverview]:
        return [model.JobOverview(JOB, "job", model.JobState.RUNNING, 1, 1, 1, 1, 0)]

    async def savepoint_status(self, _url: str, job_id: str, trigger_id: str) -> model.AsyncOperation:
        assert (job_id, trigger_id) == (JOB, "trigger")
        return self.operation

    async def checkpoint_status(self, _url: str, job_id: str, trigger_id: str) -> model.AsyncOperation:
        assert (job_id, trigger_id) == (JOB, "trigger")
        return self.operation

    async def checkpoints(self, _url: str, _job_id: str) -> model.CheckpointStatistics:
        return model.CheckpointStatistics(1, None, None, "s3://s/1", None)


class Adaptive(Flink):
    """One whose job can be rescaled, or that refuses to say so."""

    def __init__(self, state: model.JobState = model.JobState.RUNNING, refuses: str | None = None) -> None:
        super().__init__(model.Unknown())
        self.state, self.refuses = state, refuses

    async def jobs_overview(self, _url: str) -> list[model.JobOverview]:
        return [model.JobOverview(JOB, "job", self.state, 1, 1, 1, 1, 0)]

    async def failure_cause(self, _url: str, _job_id: str) -> str | None:
        return None

    async def resource_requirements(self, _url: str, _job_id: str) -> dict[str, tuple[int, int]]:
        if self.refuses is not None:
            raise FlinkRejected(404, self.refuses)
        return {"map": (1, 2)}

    async def vertex_parallelism(self, _url: str, _job_id: str) -> dict[str, int]:
        return {"map": 2}


def observe(record: Record, operation: model.AsyncOperation, refused: RefusedTrigger | None = None) -> Observed:
    """One look at the job."""
    found: list[Observed] = []

    async def scenario() -> None:
        flink = cast(FlinkClient, Flink(operation))
        observer = Observer(Objects({KEY: DEPLOYMENT}), Objects(), None, cast(KubeClient, None), flink, lambda *_: "")
        knowledge = Knowledge("uid", None, None, refused)
        found.append(await observer.observe(KEY, record, a_wish(a_resource(a_spec()), record), knowledge, START))

    run(scenario())
    return found[0]


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


def test_what_the_job_was_restored_from_is_asked_when_a_savepoint_is_to_be_deleted() -> None:
    old = Taken(1, "s3://s/1", TriggerType.UPGRADE, "CANONICAL")
    history = (old, replace(old, location="s3://s/2"))
    seen = observe(replace(RUNNING, savepoints=Snapshots(history=history)), model.Unknown())
    assert seen.checkpoints is not None
    assert seen.checkpoints.restored_path == "s3://s/1"
    assert observe(RUNNING, model.Unknown()).checkpoints is None
