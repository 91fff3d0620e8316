"""Rules about standalone clusters."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.validation.deployment import a_spec, sentences_of

REACTIVE = {"flinkConfiguration": {"scheduler-mode": "REACTIVE"}}
STANDALONE = {"mode": "standalone"}
ELSEWHERE = "local:///opt/flink/examples/streaming/StateMachineExample.jar"
CLASS = "spec.job.entryClass: is not set, and Flink 1.18 looks for the main class of a standalone job only in /opt/flink/usrlib; "
ARGUMENTS = "kubernetes.jobmanager.entrypoint.args"
CLAIM_MODE = "execution.savepoint-restore-mode"

ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a reactive application": ({**STANDALONE, **REACTIVE}, []),
    "a reactive session": (
        {**STANDALONE, **REACTIVE, "job": None},
        ["spec.flinkConfiguration.scheduler-mode: is reactive, which Flink refuses in a session cluster; leave it out"],
    ),
    "a reactive native cluster": (
        REACTIVE,
        [
            "spec.flinkConfiguration.scheduler-mode: is reactive, which Flink refuses in a native cluster; "
            "write spec.mode: standalone, or leave it out"
        ],
    ),
    "another scheduler mode": ({"flinkConfiguration": {"scheduler-mode": ""}}, []),
    "a jar where Flink looks": ({**STANDALONE, "flinkVersion": "v1_18"}, []),
    "a jar elsewhere": (
        {**STANDALONE, "flinkVersion": "v1_18", "job": {"jarURI": ELSEWHERE}},
        [f"{CLASS}name the main class, or put the jar there"],
    ),
    "a jar elsewhere, and its class": ({**STANDALONE, "flinkVersion": "v1_18", "job": {"jarURI": ELSEWHERE, "entryClass": "Main"}}, []),
    "a jar elsewhere, for Python": ({**STANDALONE, "flinkVersion": "v1_18", "job": {"jarURI": ELSEWHERE, "args": ["-py", "x.py"]}}, []),
    "a jar elsewhere, which Flink can be told": ({**STANDALONE, "flinkVersion": "v1_19", "job": {"jarURI": ELSEWHERE}}, []),
    "a jar elsewhere in a native cluster": ({"flinkVersion": "v1_18", "job": {"jarURI": ELSEWHERE}}, []),
    "no jar": ({**STANDALONE, "flinkVersion": "v1_18", "job": {"jarURI": None}}, []),
    "a remote jar before 1.19": (
        {**STANDALONE, "flinkVersion": "v1_18", "job": {"jarURI": "s3://jars/job.jar", "entryClass": "Main"}},
        [
            "spec.job.jarURI: is not a local: path, the only kind that Flink 1.18 runs; "
            "put the jar in the image and write local:///opt/flink/usrlib/job.jar"
        ],
    ),
    "a remote jar from 1.19": ({**STANDALONE, "flinkVersion": "v1_19", "job": {"jarURI": "s3://jars/job.jar"}}, []),
    "a comma in the jar": (
        {**STANDALONE, "job": {"jarURI": "local:///a,b.jar"}},
        ["spec.job.jarURI: has a comma, at which Flink's command line would cut it; give the jar another name"],
    ),
    "a comma in the jar of a native cluster": ({"job": {"jarURI": "local:///a,b.jar"}}, []),
    "an argument that is just short enough": ({**STANDALONE, "job": {"args": ["x" * 131071]}}, []),
    "one that is not": (
        {**STANDALONE, "job": {"args": ["a", "ä" * 65536]}},
        [
            "spec.job.args[1]: has 131072 bytes, and the command line of a standalone cluster takes at most 131071 in one argument; "
            "write spec.mode: native, or bring it to the job in a file"
        ],
    ),
    "one in a native cluster": ({"job": {"args": ["x" * 131072]}}, []),
    "arguments of the entry point": (
        {**STANDALONE, "flinkConfiguration": {ARGUMENTS: "-D a=b"}},
        [
            f"warning spec.flinkConfiguration.{ARGUMENTS}: has no effect in a standalone cluster; "
            "set the options they name in spec.flinkConfiguration"
        ],
    ),
    "arguments of the entry point of a native cluster": ({"flinkConfiguration": {ARGUMENTS: "-D a=b"}}, []),
    "another claim mode": (
        {**STANDALONE, "flinkConfiguration": {CLAIM_MODE: "claim"}},
        [
            f"warning spec.flinkConfiguration.{CLAIM_MODE}: has no effect in a standalone cluster, "
            "where Flink restores with NO_CLAIM; leave it out"
        ],
    ),
    "the only claim mode": ({**STANDALONE, "flinkConfiguration": {CLAIM_MODE: "no_claim"}}, []),
    "another claim mode in a session": ({**STANDALONE, "job": None, "flinkConfiguration": {CLAIM_MODE: "CLAIM"}}, []),
    "another claim mode in a native cluster": ({"flinkConfiguration": {CLAIM_MODE: "CLAIM"}}, []),
}


@pytest.mark.parametrize(("changes", "expected"), ROWS.values(), ids=ROWS.keys())
def test_the_cluster_is_one_that_flink_runs_in_its_mode(changes: dict[str, Any], expected: list[str]) -> None:
    assert sentences_of(a_spec(**changes)) == expected


RESTARTS = {"spec": {"restartPolicy": "Never"}}
ONLY_POLICY = "restartPolicy: is not Always, the only policy of a Deployment's pods; leave it out"


@pytest.mark.parametrize(
    ("mode", "place", "expected"),
    [
        ("standalone", "taskManager", [f"spec.taskManager.podTemplate.spec.{ONLY_POLICY}"]),
        ("native", "taskManager", []),
        ("standalone", None, [f"spec.podTemplate.spec.{ONLY_POLICY}"]),
        ("standalone", "jobManager", [f"spec.jobManager.podTemplate.spec.{ONLY_POLICY}"]),
    ],
)
def test_taskmanagers_of_a_deployment_are_restarted_by_it(mode: str, place: str | None, expected: list[str]) -> None:
    changes = {place: {"podTemplate": RESTARTS, "resource": {"memory": "2g"}}} if place else {"podTemplate": RESTARTS}
    assert sentences_of(a_spec(mode=mode, **changes)) == expected
