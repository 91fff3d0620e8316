"""Which job a FlinkStateSnapshot is of, and whether it can be asked; which savepoints jobs go back to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.controllers.resource import KEY, a_resource, a_spec

from flinkop.api.flinkstatesnapshot import JobKind
from flinkop.api.jobstatus import TriggerType
from flinkop.controllers.sessioncluster import SessionClusters
from flinkop.controllers.snapshotdesire import read_snapshot_spec
from flinkop.controllers.snapshotjob import ReferredJob, SnapshotJobs
from flinkop.controllers.snapshotprotection import find_user
from flinkop.controllers.snapshotresources import OwnSnapshots, SnapshotActuator
from flinkop.controllers.trigger import is_open, job_of
from flinkop.lifecycle.action import CreateSnapshot
from flinkop.lifecycle.observed import SnapshotResources
from flinkop.lifecycle.statesnapshot.seen import JobPresence

JOB_ID = "a" * 32
RUNNING: dict[str, Any] = {"phase": "Running", "observedGeneration": 2, "jobStatus": {"jobId": JOB_ID, "state": "RUNNING"}}
READY: dict[str, Any] = {
    "metadata": {"namespace": KEY[0], "name": KEY[1], "uid": "d", "ownerReferences": [{"uid": "owner"}]},
    "status": {"availableReplicas": 1},
}


class Objects:
    """A store."""

    def __init__(self, found: dict[str, Any] | None = None) -> None:
        self._found = found

    def get(self, key: tuple[str, str]) -> dict[str, Any] | None:
        return self._found if key == KEY else None

    def by_index(self, index: str, key: tuple[str, str]) -> list[dict[str, Any]]:
        raise AssertionError(f"nobody asks for {index} {key}")


def look(
    status: dict[str, Any], *, deployment: dict[str, Any] | None = READY, kind: JobKind | None = JobKind.FLINK_DEPLOYMENT, **resource: Any
) -> ReferredJob:
    """The look at a FlinkDeployment with that status."""
    found = {**a_resource(**resource), "status": status}
    resources, deployments = Objects(found), Objects(deployment)
    configuration = cast(Any, SimpleNamespace(revision=1, defaults_for=lambda _namespace, _version: {}))

    def base_url(key: tuple[str, str], port: int) -> str:
        return f"http://{key[1]}:{port}"

    clusters = SessionClusters(resources, deployments, configuration, base_url)
    return SnapshotJobs(resources, Objects(), deployments, clusters, configuration, base_url).look(KEY[0], kind, KEY[1])


def test_a_job_that_runs_is_asked_under_its_id() -> None:
    job = look(RUNNING)
    assert (job.sight.presence, job.sight.job_id, job.url) == (JobPresence.RUNNING, JOB_ID, "http://job:8081")
    assert job.settings.savepoint_directory == "s3://s"


PRESENCES: dict[str, tuple[dict[str, Any], dict[str, Any], JobPresence]] = {
    "a new one": ({}, {}, JobPresence.NOT_YET),
    "one that starts": ({**RUNNING, "phase": "Deploying"}, {}, JobPresence.NOT_YET),
    "one that is upgraded": ({**RUNNING, "phase": "Upgrading"}, {}, JobPresence.NOT_YET),
    "one that restarts": ({**RUNNING, "jobStatus": {"jobId": JOB_ID, "state": "RESTARTING"}}, {}, JobPresence.NOT_YET),
    "one whose JobManager is not ready": (RUNNING, {"deployment": None}, JobPresence.NOT_YET),
    "one whose JobManager is somebody else's": (RUNNING, {"deployment": {**READY, "metadata": {"uid": "x"}}}, JobPresence.NOT_YET),
    "a suspended one": ({**RUNNING, "phase": "Suspended"}, {}, JobPresence.OVER),
    "a suspended one that was changed": ({**RUNNING, "phase": "Suspended", "observedGeneration": 1}, {}, JobPresence.NOT_YET),
    "a failed one": ({**RUNNING, "phase": "Failed"}, {}, JobPresence.OVER),
    "a finished one": ({**RUNNING, "phase": "Finished"}, {}, JobPresence.OVER),
    "a deleted one": (RUNNING, {"deleted": True}, JobPresence.OVER),
    "a session cluster": (RUNNING, {"spec": a_spec(job=None)}, JobPresence.OVER),
    "one of another kind": (RUNNING, {"kind": JobKind.FLINK_SESSION_JOB}, JobPresence.MISSING),
    "no kind": (RUNNING, {"kind": None}, JobPresence.MISSING),
    "a status of a newer version": ({"phase": "Dreaming"}, {}, JobPresence.NOT_YET),
}


@pytest.mark.parametrize("name", PRESENCES)
def test_whether_a_snapshot_can_be_taken_is_what_the_resource_of_the_job_tells(name: str) -> None:
    status, changes, presence = PRESENCES[name]
    sight = look(status, **changes).sight
    assert sight.presence is presence
    assert sight.message


USED: dict[str, dict[str, Any]] = {
    "the stop": {"status": {"jobStatus": {"upgradeSavepointPath": "s3://s/1"}}},
    "the start": {"status": {"restore": {"path": "s3://s/1/"}}},
    "what the start goes back to": {"status": {"start": {"basePath": "s3://s/1/_metadata"}}},
    "the spec": {"spec": {"job": {"initialSavepointPath": "s3://s/1"}}},
}


@pytest.mark.parametrize("name", USED)
def test_a_savepoint_that_a_job_goes_back_to_has_a_user(name: str) -> None:
    resource = {"kind": "FlinkDeployment", "metadata": {"name": "job"}, **USED[name]}
    assert find_user("s3://s/1", [resource]) == "FlinkDeployment job"
    assert find_user("s3://s/2", [resource]) is None
    deleted = {**resource, "metadata": {"name": "job", "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert find_user("s3://s/1", [deleted]) is None


def test_what_cannot_be_read_is_told() -> None:
    _, problems = read_snapshot_spec({"spec": {"savepoint": {"alreadyExists": "perhaps"}}})
    assert len(problems) == 1
    assert "alreadyExists" in problems[0]


def a_snapshot(**metadata: Any) -> dict[str, Any]:
    fixed = {"namespace": "team", "name": "s", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z", **metadata}
    return {"metadata": fixed, "spec": {"savepoint": {}, "jobReference": {"kind": "FlinkDeployment", "name": "job"}}}


def test_a_snapshot_is_found_by_its_job() -> None:
    assert job_of(a_snapshot()) == ("team", "FlinkDeployment/job")
    assert job_of({**a_snapshot(), "spec": {"savepoint": {}}}) is None


@pytest.mark.parametrize(("state", "concerned"), [(None, True), ("IN_PROGRESS", True), ("COMPLETED", False), ("ABANDONED", False)])
def test_what_has_come_to_its_end_is_not_concerned_by_its_job(state: str | None, concerned: bool) -> None:
    snapshot = {**a_snapshot(), "status": {"state": state}}
    assert is_open(snapshot) is concerned
    assert is_open({**a_snapshot(deletionTimestamp="2026-01-01T00:00:00Z"), "status": {"state": state}})


class Store:
    """Of snapshots."""

    def __init__(self, *found: dict[str, Any], installed: bool = True) -> None:
        self.found, self.installed = list(found), installed

    def available(self, _namespace: str) -> bool:
        return self.installed

    def by_index(self, index: str, key: tuple[str, str]) -> list[dict[str, Any]]:
        assert (index, key) == ("job", ("team", "FlinkDeployment/job"))
        return self.found


def test_a_job_sees_its_snapshots_or_that_there_can_be_none() -> None:
    seen = OwnSnapshots(Store(a_snapshot(labels={"snapshot.trigger-type": "PERIODIC"})), "FlinkDeployment").look(KEY)
    assert seen is not None
    assert [(one.name, one.type, one.is_savepoint, one.state) for one in seen.found] == [("s", "PERIODIC", True, None)]
    assert OwnSnapshots(Store(), "FlinkDeployment").look(KEY) == SnapshotResources("job")
    assert OwnSnapshots(Store(installed=False), "FlinkDeployment").look(KEY) is None


def test_a_snapshot_that_the_operator_makes_is_one_that_it_selects_and_has_no_owner() -> None:
    action = CreateSnapshot("n", True, TriggerType.PERIODIC, "CANONICAL", "s3://s", exists=False, disposes=False)
    job = a_resource(labels={"team": "a", "app.kubernetes.io/instance": "argo"})
    labelled = SnapshotActuator(cast(Any, None), "team in (a,b),!legacy")
    body = labelled._body(action, job)
    assert body["metadata"]["labels"] == {
        "team": "a",
        "snapshot.type": "SAVEPOINT",
        "snapshot.trigger-type": "PERIODIC",
        "snapshot.state": "TRIGGER_PENDING",
        "job-reference.kind": "FlinkDeployment",
        "job-reference.name": "job",
    }
    assert "ownerReferences" not in body["metadata"]
    assert body["spec"]["savepoint"] == {"path": "s3://s", "formatType": "CANONICAL", "disposeOnDelete": False, "alreadyExists": False}
    _, problems = read_snapshot_spec(body)
    assert problems == ()
