"""Rules about the job and its state."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.validation.deployment import DIRECTORIES, a_spec, sentences_of

CHECKPOINTS = {"state.checkpoints.dir": "s3://c"}
SAVEPOINTS = {"state.savepoints.dir": "s3://s"}
PERIODIC_SAVEPOINTS = "kubernetes.operator.periodic.savepoint.interval"
PERIODIC_CHECKPOINTS = "kubernetes.operator.periodic.checkpoint.interval"
MAX_AGE = "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age"

ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no parallelism": (
        {"job": {"parallelism": 0}},
        ["spec.job.parallelism: is 0; write 1 or more, or set spec.taskManager.replicas"],
    ),
    "no word about parallelism": (
        {"job": {"parallelism": None}},
        ["spec.job.parallelism: is not set; write 1 or more, or set spec.taskManager.replicas"],
    ),
    "a parallelism beyond Java's int": (
        {"job": {"parallelism": 99999999999}},
        ["spec.job.parallelism: '99999999999' is too large; write at most 2147483647"],
    ),
    "TaskManagers beyond it": (
        {"job": {"parallelism": 2}, "taskManager": {"replicas": 99999999999, "resource": {"memory": "2g"}}},
        ["spec.taskManager.replicas: '99999999999' is too large; write at most 2147483647"],
    ),
    "an initial path with blanks, of which Flink 1.x would make none": (
        {"job": {"initialSavepointPath": "  "}},
        ["spec.job.initialSavepointPath: begins or ends with blanks; write the path of a savepoint or checkpoint without them"],
    ),
    "an initial path with a blank behind it": (
        {"job": {"initialSavepointPath": "s3://s/1 "}},
        ["spec.job.initialSavepointPath: begins or ends with blanks; write the path of a savepoint or checkpoint without them"],
    ),
    "replicas instead of parallelism": (
        {"job": {"parallelism": 0}, "taskManager": {"replicas": 2, "resource": {"memory": "2g"}}},
        [],
    ),
    "no jar before 2.0": (
        {"job": {"jarURI": None}},
        [
            "spec.job.jarURI: is not set, and Flink 1.20 runs Java jobs only from a jar; "
            "name the jar in the image: local:///opt/flink/usrlib/job.jar"
        ],
    ),
    "no jar from 2.0": ({"flinkVersion": "v2_0", "job": {"jarURI": None, "entryClass": "Main"}}, []),
    "Python by class": ({"job": {"jarURI": None, "entryClass": "org.apache.flink.client.python.PythonDriver"}}, []),
    "Python by argument": ({"job": {"jarURI": None, "args": ["-py", "/opt/job.py"]}}, []),
    "a remote jar before 1.19": (
        {"flinkVersion": "v1_18", "job": {"jarURI": "s3://jars/job.jar"}},
        [
            "spec.job.jarURI: is not a local: path, the only kind that Flink 1.18 runs; "
            "put the jar in the image and write local:///opt/flink/usrlib/job.jar"
        ],
    ),
    "a jar that is no URL before 1.19": (
        {"flinkVersion": "v1_18", "job": {"jarURI": "http://[job.jar"}},
        [
            "spec.job.jarURI: is not a local: path, the only kind that Flink 1.18 runs; "
            "put the jar in the image and write local:///opt/flink/usrlib/job.jar"
        ],
    ),
    "a remote jar from 1.19": ({"flinkVersion": "v1_19", "job": {"jarURI": "s3://jars/job.jar"}}, []),
    "stateless without directories": ({"job": {"upgradeMode": "stateless"}}, []),
    "last-state with checkpoints": ({"job": {"upgradeMode": "last-state"}, "flinkConfiguration": CHECKPOINTS}, []),
    "last-state without checkpoints": (
        {"job": {"upgradeMode": "last-state"}},
        [
            "spec.job.upgradeMode: is last-state, but Flink 1.20 is told no directory for checkpoints; "
            "set execution.checkpointing.dir in spec.flinkConfiguration"
        ],
    ),
    "last-state with an empty directory": (
        {"job": {"upgradeMode": "last-state"}, "flinkConfiguration": {"state.checkpoints.dir": " "}},
        [
            "spec.job.upgradeMode: is last-state, but Flink 1.20 is told no directory for checkpoints; "
            "set execution.checkpointing.dir in spec.flinkConfiguration"
        ],
    ),
    "last-state with a name that Flink does not know yet": (
        {
            "flinkVersion": "v1_19",
            "job": {"upgradeMode": "last-state"},
            "flinkConfiguration": {"execution.checkpointing.dir": "s3://c"},
        },
        [
            "spec.flinkConfiguration.execution.checkpointing.dir: is not known to Flink 1.19, which would run without it; "
            "write state.checkpoints.dir",
            "spec.job.upgradeMode: is last-state, but Flink 1.19 is told no directory for checkpoints; "
            "set state.checkpoints.dir in spec.flinkConfiguration",
        ],
    ),
    "savepoint with both directories": ({"job": {"upgradeMode": "savepoint"}, "flinkConfiguration": DIRECTORIES}, []),
    "savepoint without savepoints": (
        {"job": {"upgradeMode": "savepoint"}, "flinkConfiguration": CHECKPOINTS},
        [
            "spec.job.upgradeMode: is savepoint, but Flink 1.20 is told no directory for savepoints; "
            "set execution.checkpointing.savepoint-dir in spec.flinkConfiguration"
        ],
    ),
    "savepoint without checkpoints": (
        {"job": {"upgradeMode": "savepoint"}, "flinkConfiguration": SAVEPOINTS},
        [
            "spec.job.upgradeMode: is savepoint, but Flink 1.20 is told no directory for checkpoints; "
            "set execution.checkpointing.dir in spec.flinkConfiguration"
        ],
    ),
    "a savepoint on demand without savepoints": (
        {"job": {"savepointTriggerNonce": 1}},
        [
            "spec.job.savepointTriggerNonce: is set, but Flink 1.20 is told no directory for savepoints; "
            "set execution.checkpointing.savepoint-dir in spec.flinkConfiguration",
        ],
    ),
    "an age limit without savepoints": (
        {"flinkConfiguration": {MAX_AGE: "1 h"}},
        [
            f"spec.flinkConfiguration.{MAX_AGE}: is set, but Flink 1.20 is told no directory for savepoints; "
            "set execution.checkpointing.savepoint-dir in spec.flinkConfiguration"
        ],
    ),
    "periodic savepoints without savepoints": (
        {"flinkConfiguration": {PERIODIC_SAVEPOINTS: "0 0 3 * * ?"}},
        [
            f"spec.flinkConfiguration.{PERIODIC_SAVEPOINTS}: is set, but Flink 1.20 is told no directory for savepoints; "
            "set execution.checkpointing.savepoint-dir in spec.flinkConfiguration"
        ],
    ),
    "a rhythm that cannot be kept": (
        {"flinkConfiguration": {**DIRECTORIES, PERIODIC_SAVEPOINTS: "1", PERIODIC_CHECKPOINTS: "0/5 * * * * ?"}},
        [
            f"warning spec.flinkConfiguration.{key}: asks for one every {pause} s, and the next one is always due; write 10 s or more"
            for key, pause in ((PERIODIC_SAVEPOINTS, "0.001"), (PERIODIC_CHECKPOINTS, "5"))
        ],
    ),
    "one that can": ({"flinkConfiguration": {**DIRECTORIES, PERIODIC_SAVEPOINTS: "10 s", PERIODIC_CHECKPOINTS: "0 * * * * ?"}}, []),
    "no periodic savepoints": ({"flinkConfiguration": {PERIODIC_SAVEPOINTS: ""}}, []),
    "checkpoints on demand": (
        {"job": {"checkpointTriggerNonce": 1}, "flinkVersion": "v1_17", "flinkConfiguration": {PERIODIC_CHECKPOINTS: "1 h"}},
        [],
    ),
    "checkpoints on demand before 1.17": (
        {"job": {"checkpointTriggerNonce": 1}, "flinkVersion": "v1_16", "flinkConfiguration": {PERIODIC_CHECKPOINTS: "1 h"}},
        [
            f"warning {path}: has no effect: Flink 1.16 takes no checkpoints on demand; leave it out, or use Flink 1.17 or newer"
            for path in ("spec.job.checkpointTriggerNonce", f"spec.flinkConfiguration.{PERIODIC_CHECKPOINTS}")
        ],
    ),
    "a broken cron expression": (
        {"flinkConfiguration": {PERIODIC_CHECKPOINTS: "0 0 25 * * ?"}},
        [
            f"spec.flinkConfiguration.{PERIODIC_CHECKPOINTS}: '0 0 25 * * ?' is not a cron expression of Quartz: "
            "'25' is no hour, which is from 0 to 23; write for example 0 0 3 * * ?, for 3:00 UTC every day"
        ],
    ),
    "the marker for a path": (
        {"job": {"initialSavepointPath": "KUBERNETES_OPERATOR_LAST_STATE"}},
        [
            "spec.job.initialSavepointPath: KUBERNETES_OPERATOR_LAST_STATE is a marker and not a place; "
            "write the path of a savepoint or checkpoint"
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), ROWS.values(), ids=ROWS.keys())
def test_the_job_can_run_and_keeps_its_state(changes: dict[str, Any], expected: list[str]) -> None:
    assert sentences_of(a_spec(**changes)) == expected


def test_directories_may_come_from_the_operators_defaults() -> None:
    assert sentences_of(a_spec(job={"upgradeMode": "savepoint"}), defaults=DIRECTORIES) == []


def test_periodic_savepoints_by_default_need_a_directory_too() -> None:
    (sentence,) = sentences_of(a_spec(), defaults={PERIODIC_SAVEPOINTS: "1 h"})
    assert sentence.startswith(f"operator configuration {PERIODIC_SAVEPOINTS}: is set, but Flink 1.20 is told no directory for savepoints")


REDEPLOYMENTS: dict[str, tuple[dict[str, Any], bool]] = {
    "with a path": ({"savepointRedeployNonce": 2, "initialSavepointPath": "s3://s/1"}, True),
    "without a path": ({"savepointRedeployNonce": 2}, False),
    "with an empty path": ({"savepointRedeployNonce": 2, "initialSavepointPath": ""}, False),
    "of the same nonce": ({"savepointRedeployNonce": 1}, True),
    "taken back": ({"savepointRedeployNonce": None}, True),
}


@pytest.mark.parametrize(("job", "fine"), REDEPLOYMENTS.values(), ids=REDEPLOYMENTS.keys())
def test_a_redeployment_names_its_savepoint(job: dict[str, Any], fine: bool) -> None:
    found = sentences_of(a_spec(job=job), previous=a_spec(job={"savepointRedeployNonce": 1}))
    expected = (
        "spec.job.initialSavepointPath: is not set, though spec.job.savepointRedeployNonce asks for a start from it; "
        "write the path of a savepoint or checkpoint"
    )
    assert found == ([] if fine else [expected])
