"""Which job a FlinkStateSnapshot is of, and whether it can be asked; which savepoints jobs go back to."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.controllers.resource import KEY, a_resource, a_spec

from flinkop.api.flinkstatesnapshot import JobKind
from flinkop.api.jobstatus import TriggerType
from flinkop.controllers.applicationkind import FLINK_CLUSTER_KIND
from flinkop.controllers.clusterkind import ClusterKind
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


CONFIGURATION = cast(Any, SimpleNamespace(revision=1, defaults_for=lambda _namespace, _version: {}))


def base_url(key: tuple[str, str], port: int) -> str:
    return f"http://{key[1]}:{port}"


def jobs_of(
    found: dict[str, Any],
    deployments: Objects,
    clusters: Objects | None = None,
    cluster_kind: ClusterKind = FLINK_CLUSTER_KIND,
) -> SnapshotJobs:
    """Jobs of which one resource is there, and the clusters of that namespace."""
    kinds = {kind: Objects(found if found["kind"] == kind else None) for kind in JobKind}
    shared = SessionClusters(clusters or kinds[JobKind.FLINK_DEPLOYMENT], deployments, CONFIGURATION, base_url, cluster_kind)
    by_kind = {JobKind.FLINK_SESSION_JOB: shared, JobKind.FLINK_APPLICATION: shared}
    return SnapshotJobs(kinds, deployments, by_kind, CONFIGURATION, base_url)


def look(
    status: dict[str, Any], *, deployment: dict[str, Any] | None = READY, kind: JobKind | None = JobKind.FLINK_DEPLOYMENT, **resource: Any
) -> ReferredJob:
    """The look at a FlinkDeployment with that status."""
    return jobs_of({**a_resource(**resource), "status": status}, Objects(deployment)).look(KEY[0], kind, KEY[1])


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


OWN: dict[str, Any] = {"flinkVersion": "v1.20", "storage": {"savepoints": "s3://own"}, "job": {"jarURI": "local:///job.jar"}}
ON_SHARED: dict[str, Any] = {"flinkCluster": {"name": KEY[1]}, "job": {"jarURI": "local:///job.jar"}}
SHARED = {**a_resource({"flinkVersion": "v1.20", "storage": {"savepoints": "s3://shared"}}), "kind": "FlinkCluster"}


def look_at_application(spec: dict[str, Any], status: dict[str, Any], cluster: dict[str, Any] | None) -> ReferredJob:
    """The look at a FlinkApplication with that status."""
    application = {**a_resource(spec), "kind": "FlinkApplication", "status": status}
    return jobs_of(application, Objects(READY), Objects(cluster)).look(KEY[0], JobKind.FLINK_APPLICATION, KEY[1])


@pytest.mark.parametrize(
    ("spec", "cluster", "directory"),
    [
        pytest.param(OWN, None, "s3://own", id="on a cluster of its own"),
        pytest.param(ON_SHARED, SHARED, "s3://shared", id="on a FlinkCluster"),
    ],
)
def test_the_job_of_an_application_is_asked_where_it_runs(spec: dict[str, Any], cluster: dict[str, Any] | None, directory: str) -> None:
    job = look_at_application(spec, RUNNING, cluster)
    assert (job.sight.presence, job.sight.job_id, job.url) == (JobPresence.RUNNING, JOB_ID, "http://job:8081")
    assert job.settings.savepoint_directory == directory


def test_of_an_application_that_runs_what_is_recorded_counts_and_not_its_newest_spec() -> None:
    recorded = {"jobStatus": RUNNING["jobStatus"], "phase": "Running", **as_recorded({"deploymentName": KEY[1], "job": {"parallelism": 1}})}
    moved = {**ON_SHARED, "flinkCluster": {"name": "elsewhere"}}
    assert look_at_application(moved, recorded, SHARED).url == "http://job:8081"


def test_what_keeps_an_application_from_its_cluster_is_told_in_its_words() -> None:
    sight = look_at_application(ON_SHARED, RUNNING, None).sight
    assert sight.presence is JobPresence.NOT_YET
    assert sight.message == "FlinkCluster job does not exist in namespace team: create it, or correct spec.flinkCluster.name."


def test_an_application_that_was_never_valid_is_waited_for_and_its_problem_is_told() -> None:
    sight = look_at_application({"job": {}}, {}, None).sight
    assert sight.presence is JobPresence.NOT_YET
    assert sight.message.startswith("FlinkApplication job cannot be read: spec.flinkVersion: is not set")


def as_recorded(spec: dict[str, Any]) -> dict[str, Any]:
    return {"reconciliationStatus": {"lastReconciledSpec": json.dumps({"spec": spec})}}


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
