"""What is asked of JobManagers, and what their answers mean."""

from __future__ import annotations

from typing import cast

import pytest
from tests.unit.controllers.objects import Objects
from tests.unit.controllers.resource import KEY, a_resource, a_spec, a_wish
from tests.virtualtime import START, run

from flinkop.api.jobstatus import TriggerType
from flinkop.controllers.observer import Knowledge, Observer, RefusedTrigger
from flinkop.flink import model
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.observed import JobState, Snapshot, SnapshotFailed, SnapshotInProgress, SnapshotUnknown
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobRecord, Record
from flinkop.lifecycle.snapshot import Snapshots, Trigger

JOB = "a" * 32
PENDING = Trigger("trigger", 1, TriggerType.MANUAL, "CANONICAL")
RECORD = Record(Phase.RUNNING, job=JobRecord(JOB, "job", JobState.RUNNING), savepoints=Snapshots(PENDING), cluster_info={"a": "b"})
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


@pytest.mark.parametrize(
    ("operation", "refused", "savepoint"),
    [
        pytest.param(model.Unknown(), None, SnapshotUnknown(), id="never heard of"),
        pytest.param(model.Unknown(), RefusedTrigger("trigger", "no directory"), SnapshotFailed("no directory"), id="refused"),
        pytest.param(model.Unknown(), RefusedTrigger("older", "no directory"), SnapshotUnknown(), id="another one was refused"),
        pytest.param(model.InProgress(), RefusedTrigger("trigger", "no"), SnapshotInProgress(), id="accepted after all"),
    ],
)
def test_a_savepoint_that_the_jobmanager_refused_has_failed(
    operation: model.AsyncOperation, refused: RefusedTrigger | None, savepoint: Snapshot
) -> None:
    async def scenario() -> None:
        flink = cast(FlinkClient, Flink(operation))
        observer = Observer(Objects({KEY: DEPLOYMENT}), Objects(), None, cast(KubeClient, None), flink, lambda *_: "")
        knowledge = Knowledge("uid", None, None, refused)
        seen = await observer.observe(KEY, RECORD, a_wish(a_resource(a_spec()), RECORD), knowledge, START)
        assert seen.savepoint == savepoint

    run(scenario())
