"""A status that the established operator wrote, read as a record. The fields are those of section 1.6 of its feature census."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.lifecycle.builder import FRESH, a_desired, a_job, kinds

from flinkop.api.flinkdeployment import parse_spec
from flinkop.api.jobstatus import TriggerType
from flinkop.errors import UnreadableStatus
from flinkop.lifecycle.action import CancelJob, RemoveFinalizer
from flinkop.lifecycle.adoption import adopt
from flinkop.lifecycle.observed import Answered, JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobManagerStatus, Record
from flinkop.lifecycle.restore import RestoreSource
from flinkop.lifecycle.sessionjob.decide import decide_session_job
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState, SessionObserved
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger
from flinkop.lifecycle.specdiff import NO_CHANGE, diff_spec
from flinkop.lifecycle.statusreader import read_for_deletion, read_record
from flinkop.lifecycle.statuswriter import Scale, write_status
from flinkop.lifecycle.step import HaFate, TearingDown

JOB_ID = "0123456789abcdef0123456789abcdef"
SAVEPOINT = "s3://bucket/savepoint-012345-6789"


def a_spec(**job: Any) -> dict[str, Any]:
    return {
        "image": "flink:1.20",
        "flinkVersion": "v1_20",
        "serviceAccount": "flink",
        "flinkConfiguration": {"taskmanager.numberOfTaskSlots": "2"},
        "jobManager": {"resource": {"cpu": 1.0, "memory": "2048m"}},
        "taskManager": {"resource": {"cpu": 1.0, "memory": "2048m"}},
        "job": {"jarURI": "local:///opt/job.jar", "parallelism": 2, "upgradeMode": "savepoint", "state": "running", **job},
    }


def spec_text(spec: dict[str, Any], **meta: Any) -> str:
    """As the Java operator serializes it: everything that is not set is null."""
    full = {"podTemplate": None, "ingress": None, "restartNonce": None, "logConfiguration": None, "mode": None, **spec}
    full["job"] = {"initialSavepointPath": None, "allowNonRestoredState": None, "args": [], "entryClass": None, **full["job"]}
    return json.dumps({"spec": full, "resource_metadata": {"apiVersion": "flink.apache.org/v1beta1", "firstDeployment": False, **meta}})


def a_status(spec: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    text = spec_text(spec or a_spec())
    status = {
        "jobManagerDeploymentStatus": "READY",
        "lifecycleState": "STABLE",
        "observedGeneration": 3,
        "jobStatus": {"jobId": JOB_ID, "jobName": "job", "state": "RUNNING", "startTime": "1790000000000", "updateTime": "1790000000001"},
        "reconciliationStatus": {
            "state": "DEPLOYED",
            "reconciliationTimestamp": 1790000000000,
            "lastReconciledSpec": text,
            "lastStableSpec": text,
        },
        "clusterInfo": {"flink-version": "1.20.5"},
        "taskManager": {"labelSelector": "component=taskmanager,app=job", "replicas": 1},
    }
    for path, value in changes.items():
        section, _, field = path.partition("__")
        status[section] = {**status[section], field: value} if field else value  # type: ignore[dict-item]
    return status


def test_a_running_job_goes_on_running() -> None:
    record = adopt(a_status())
    assert (record.phase, record.job.job_id, record.job.state) == (Phase.RUNNING, JOB_ID, JobState.RUNNING)
    assert (record.jobmanager, record.was_ready, record.generation) == (JobManagerStatus.READY, True, 3)


def test_the_spec_that_runs_is_no_change_to_the_same_manifest() -> None:
    record = adopt(a_status())
    assert record.reconciled is not None
    assert diff_spec(record.reconciled, parse_spec(a_spec()).to_wire()) == NO_CHANGE


def test_a_job_of_another_operator_counts_as_one_that_may_have_state() -> None:
    record = adopt(a_status())
    assert record.start is not None
    assert record.was_ready
    assert not record.had_no_state


@pytest.mark.parametrize(
    "status",
    [
        pytest.param({}, id="no status"),
        pytest.param({"reconciliationStatus": {"state": "UPGRADING"}}, id="the default status of a new resource"),
        pytest.param(
            a_status(
                reconciliationStatus={
                    "state": "UPGRADING",
                    "lastReconciledSpec": spec_text(a_spec(state="suspended", upgradeMode="stateless"), firstDeployment=True),
                }
            ),
            id="a first start that was not finished",
        ),
    ],
)
def test_what_was_never_deployed_is_new(status: dict[str, Any]) -> None:
    assert adopt(status) == Record()


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        pytest.param({"jobManagerDeploymentStatus": "DEPLOYING", "jobStatus__state": "RECONCILING"}, Phase.DEPLOYING, id="being deployed"),
        pytest.param({"jobStatus__state": "CREATED"}, Phase.DEPLOYING, id="its tasks do not run yet"),
        pytest.param({"jobManagerDeploymentStatus": "MISSING"}, Phase.DEPLOYING, id="lost its JobManager"),
        pytest.param({"jobStatus__state": "FAILED"}, Phase.FAILED, id="failed"),
        pytest.param({"jobStatus__state": "FINISHED"}, Phase.FINISHED, id="finished"),
    ],
)
def test_a_job_that_does_not_run_is_in_the_phase_that_its_state_tells(changes: dict[str, Any], phase: Phase) -> None:
    assert adopt(a_status(**changes)).phase is phase


@pytest.mark.parametrize(
    ("mode", "path", "kept_path", "fate"),
    [
        pytest.param("savepoint", SAVEPOINT, SAVEPOINT, HaFate.REMOVE, id="with a savepoint"),
        pytest.param("last-state", None, None, HaFate.KEEP, id="with its metadata"),
        pytest.param("savepoint", "KUBERNETES_OPERATOR_LAST_STATE", None, HaFate.KEEP, id="with the path that stands for its metadata"),
    ],
)
def test_a_stopped_job_keeps_its_state(mode: str, path: str | None, kept_path: str | None, fate: HaFate) -> None:
    spec = a_spec(state="suspended", upgradeMode=mode)
    record = adopt(a_status(spec, jobStatus__upgradeSavepointPath=path, jobStatus__state="FINISHED"))
    assert record.phase is Phase.UPGRADING
    assert isinstance(record.step, TearingDown)
    assert (record.savepoint_path, record.step.ha) == (kept_path, fate)
    assert not record.had_no_state


@pytest.mark.parametrize(
    ("state", "path", "kept_path"),
    [
        pytest.param("FAILED", SAVEPOINT, SAVEPOINT, id="failed, and left a checkpoint"),
        pytest.param("CANCELED", SAVEPOINT, SAVEPOINT, id="cancelled, and left a checkpoint"),
        pytest.param("FAILED", "KUBERNETES_OPERATOR_LAST_STATE", None, id="failed, and its state is in the metadata"),
        pytest.param("RUNNING", SAVEPOINT, None, id="running: its state is newer"),
    ],
)
def test_a_job_that_has_ended_keeps_what_it_left(state: str, path: str, kept_path: str | None) -> None:
    status = a_status(jobStatus__state=state, jobStatus__upgradeSavepointPath=path)
    assert adopt(status).savepoint_path == kept_path


def test_a_job_that_was_stopped_without_state_may_start_empty() -> None:
    record = adopt(a_status(a_spec(state="suspended", upgradeMode="stateless")))
    assert record.restore is not None
    assert record.restore.point is not None
    assert (record.restore.point.source, record.had_no_state) == (RestoreSource.EMPTY, True)


def test_a_rolled_back_job_runs_its_stable_spec() -> None:
    bad, good = spec_text(a_spec(args=["bad"])), spec_text(a_spec(args=["good"]))
    state = {"state": "ROLLED_BACK", "reconciliationTimestamp": 1, "lastReconciledSpec": bad, "lastStableSpec": good}
    record = adopt(a_status(reconciliationStatus=state))
    assert record.reconciled == record.stable
    assert record.reconciled is not None
    assert record.reconciled["job"]["args"] == ["good"]
    assert record.rollback is not None, "and the bad one is not tried again"
    assert record.rollback.rejected["job"]["args"] == ["bad"]
    assert record.rollback.generation == record.generation


def test_a_rollback_that_was_under_way_is_finished() -> None:
    """Nobody knows whose cluster is there: it goes, and the stable spec is started from its metadata."""
    bad, good = spec_text(a_spec(args=["bad"])), spec_text(a_spec(args=["good"]))
    state = {"state": "ROLLING_BACK", "reconciliationTimestamp": 1, "lastReconciledSpec": bad, "lastStableSpec": good}
    record = adopt(a_status(reconciliationStatus=state))
    assert (record.phase, record.step and type(record.step)) == (Phase.ROLLING_BACK, TearingDown)
    assert record.reconciled is not None
    assert record.reconciled["job"]["args"] == ["bad"]
    assert record.rollback is not None
    assert not record.rollback.deployed
    assert read_record(write_status(record, {}, Scale("", 0), datetime.now(UTC))) == record


def test_an_older_layout_holds_the_spec_alone() -> None:
    state = {"state": "DEPLOYED", "lastReconciledSpec": json.dumps(a_spec())}
    record = adopt(a_status(reconciliationStatus=state))
    assert record.reconciled == parse_spec(a_spec()).to_wire()


def test_a_spec_that_cannot_be_read_any_more_is_kept_as_it_is() -> None:
    spec = {**a_spec(), "flinkVersion": "v1_13"}
    record = adopt(a_status(spec))
    assert record.reconciled is not None
    assert record.reconciled["flinkVersion"] == "v1_13"


def test_a_pod_template_that_another_program_wrote_anew_is_no_change() -> None:
    ours = {"spec": {"containers": [{"name": "flink-main-container", "ports": [{"containerPort": 9249}], "resources": {}}]}}
    theirs = {
        "metadata": {},
        "spec": {"containers": [{"name": "flink-main-container", "ports": [{"containerPort": 9249}], "env": []}], "volumes": []},
    }
    before = adopt(a_status({**a_spec(), "podTemplate": theirs})).reconciled
    assert before is not None
    assert diff_spec(before, parse_spec({**a_spec(), "podTemplate": ours}).to_wire()) == NO_CHANGE


def test_a_pod_template_that_says_something_else_is_a_change() -> None:
    before = adopt(a_status({**a_spec(), "podTemplate": {"spec": {"containers": [{"name": "a"}]}}})).reconciled
    assert before is not None
    after = parse_spec({**a_spec(), "podTemplate": {"spec": {"containers": [{"name": "b"}]}}}).to_wire()
    assert diff_spec(before, after).paths == ("podTemplate",)


def test_a_status_without_a_phase_is_read_by_these_rules() -> None:
    assert read_record(a_status()) == adopt(a_status())


def test_savepoints_that_the_other_operator_recorded_or_has_asked_for_go_on() -> None:
    last = {"timeStamp": 5, "location": SAVEPOINT, "triggerType": "PERIODIC", "formatType": "NATIVE", "triggerNonce": None}
    info = {
        "lastSavepoint": last,
        "savepointHistory": [last],
        "lastPeriodicSavepointTimestamp": 5,
        "triggerId": JOB_ID,
        "triggerTimestamp": 9,
        "triggerType": "MANUAL",
        "formatType": "CANONICAL",
    }
    taken = Taken(5, SAVEPOINT, TriggerType.PERIODIC, "NATIVE")
    pending = Trigger(JOB_ID, 9, TriggerType.MANUAL, "CANONICAL")

    assert adopt(a_status(jobStatus__savepointInfo=info)).savepoints == Snapshots(pending, taken, (taken,), 5)


def test_checkpoints_that_the_other_operator_recorded_or_has_asked_for_go_on() -> None:
    info = {
        "lastCheckpoint": {"timeStamp": 5, "triggerType": "MANUAL", "formatType": "FULL", "triggerNonce": 3},
        "lastPeriodicCheckpointTimestamp": 4,
        "triggerId": JOB_ID,
        "triggerTimestamp": 9,
        "triggerType": "PERIODIC",
        "formatType": "INCREMENTAL",
    }
    pending = Trigger(JOB_ID, 9, TriggerType.PERIODIC, "INCREMENTAL")

    found = adopt(a_status(jobStatus__checkpointInfo=info)).checkpoints
    assert found == Snapshots(pending, Taken(5, "", TriggerType.MANUAL, "FULL", 3), (), 4)


BROKEN: list[dict[str, Any]] = [
    a_status(reconciliationStatus__lastReconciledSpec="{broken"),
    a_status(reconciliationStatus__reconciliationTimestamp=10**20),
    a_status(jobStatus__state="DREAMING"),
]


@pytest.mark.parametrize("status", BROKEN)
def test_what_cannot_be_read_is_told_and_keeps_no_deletion_from_ending(status: dict[str, Any]) -> None:
    with pytest.raises(UnreadableStatus):
        read_record(status)
    assert read_for_deletion(status).phase is Phase.CREATED


@pytest.mark.parametrize("status", [*BROKEN, {"phase": "Dreaming", "jobStatus": {"jobId": JOB_ID}}])
def test_the_job_of_a_deleted_resource_is_stopped_though_its_status_cannot_be_read(status: dict[str, Any]) -> None:
    """On a session cluster nothing else would: it goes on when the resource has gone."""
    record, wish = read_for_deletion(status), a_desired(deleting=True)
    running = SessionObserved(cluster=Cluster(ClusterState.READY, serves=True), rest=Answered(), job=a_job(job_id=JOB_ID))
    assert record.job.job_id == JOB_ID
    assert kinds(decide_session_job(record, running, wish, FRESH)) == [CancelJob]
    ended = replace(running, job=a_job(JobState.CANCELED, job_id=JOB_ID))
    assert kinds(decide_session_job(record, ended, wish, FRESH)) == [RemoveFinalizer]


@pytest.mark.parametrize("job", [None, 5, {}, {"jobId": 5}, {"jobId": "x"}, {"jobId": "../" * 11}])
def test_what_is_no_id_of_a_job_is_not_taken_for_one(job: object) -> None:
    assert read_for_deletion({"phase": "Dreaming", "jobStatus": job}) == Record()


def test_a_savepoint_that_was_taken_for_a_reason_unknown_here_is_kept() -> None:
    info = {"lastSavepoint": {"location": SAVEPOINT, "timeStamp": 5, "triggerType": "DELETE"}}
    assert adopt(a_status(jobStatus__savepointInfo=info)).savepoints.last == Taken(5, SAVEPOINT, TriggerType.UNKNOWN, "UNKNOWN")


def test_what_the_established_operator_writes_before_its_first_savepoint_is_none() -> None:
    """Fields that are not set are null, and the periodic time is 0."""
    info = {"lastSavepoint": None, "savepointHistory": [], "lastPeriodicSavepointTimestamp": 0, "triggerId": None, "triggerType": None}

    assert adopt(a_status(jobStatus__savepointInfo=info)).savepoints == Snapshots()
