"""Reading `FlinkSessionJob.spec` and `FlinkStateSnapshot.spec`."""

from __future__ import annotations

from typing import Any

import pytest

from flinkop.api.flinksessionjob import FlinkSessionJobSpec, JobSpec, parse_sessionjob_spec
from flinkop.api.flinkstatesnapshot import (
    CheckpointSpec,
    FlinkStateSnapshotSpec,
    JobKind,
    JobReference,
    SavepointSpec,
    parse_snapshot_spec,
)
from flinkop.api.jobstatus import SavepointFormat
from flinkop.errors import InvalidSpec


def test_an_established_session_job_is_read() -> None:
    job = {"jarURI": "https://example.com/job.jar", "parallelism": 4, "upgradeMode": "stateless"}
    raw = {"deploymentName": "session", "job": job, "flinkConfiguration": {"a": {"b": 1}}, "restartNonce": 3}

    assert parse_sessionjob_spec(raw) == FlinkSessionJobSpec(
        deployment_name="session",
        job=JobSpec(jar_uri="https://example.com/job.jar", parallelism=4),
        flink_configuration={"a.b": "1"},
        restart_nonce=3,
    )


SNAPSHOTS: dict[str, tuple[dict[str, Any], FlinkStateSnapshotSpec]] = {
    "a savepoint": (
        {"jobReference": {"kind": "FlinkDeployment", "name": "job"}, "savepoint": {}, "backoffLimit": 3},
        FlinkStateSnapshotSpec(
            job_reference=JobReference(kind=JobKind.FLINK_DEPLOYMENT, name="job"),
            savepoint=SavepointSpec(format_type=SavepointFormat.CANONICAL, dispose_on_delete=True, already_exists=False),
            backoff_limit=3,
        ),
    ),
    "a checkpoint": (
        {"jobReference": {"kind": "FlinkSessionJob", "name": "job"}, "checkpoint": {}},
        FlinkStateSnapshotSpec(
            job_reference=JobReference(kind=JobKind.FLINK_SESSION_JOB, name="job"), checkpoint=CheckpointSpec(), backoff_limit=-1
        ),
    ),
    "a savepoint that exists": (
        {"savepoint": {"path": "s3://sp", "alreadyExists": True, "formatType": "NATIVE", "disposeOnDelete": False}},
        FlinkStateSnapshotSpec(
            savepoint=SavepointSpec(path="s3://sp", already_exists=True, format_type=SavepointFormat.NATIVE, dispose_on_delete=False)
        ),
    ),
}


@pytest.mark.parametrize(("raw", "expected"), SNAPSHOTS.values(), ids=SNAPSHOTS.keys())
def test_an_established_snapshot_is_read(raw: dict[str, Any], expected: FlinkStateSnapshotSpec) -> None:
    assert parse_snapshot_spec(raw) == expected


def test_a_kind_that_has_no_job_is_refused() -> None:
    complaint = r"spec\.jobReference\.kind: must be one of 'FlinkDeployment', 'FlinkSessionJob' or 'FlinkApplication'"
    with pytest.raises(InvalidSpec, match=complaint):
        parse_snapshot_spec({"jobReference": {"kind": "FlinkCluster", "name": "x"}})
