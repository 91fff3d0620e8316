"""Rules about FlinkSessionJobs."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.validation.deployment import DIRECTORIES
from tests.unit.validation.sessionjob import a_session, a_session_job, sentences_of

from flinkop.api.flinkdeployment import FlinkDeploymentSpec

PREFIX = "kubernetes.operator."
CONF = "spec.flinkConfiguration"
NO_CHECKPOINTS = (
    "spec.job.upgradeMode: is last-state, but Flink 1.20 is told no directory for checkpoints; "
    "set execution.checkpointing.dir in spec.flinkConfiguration"
)

# The changes of the job, those of its cluster, and what is told.
ROWS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing wrong": ({}, {}, []),
    "no cluster named": (
        {"deploymentName": None},
        {},
        ["spec.deploymentName: is not set; name the FlinkDeployment that is the session cluster"],
    ),
    "a name that no cluster has": (
        {"deploymentName": "Session"},
        {},
        [
            "spec.deploymentName: 'Session' cannot be the name of a Service; "
            "use lower-case letters, digits and dashes, starting with a letter"
        ],
    ),
    "no job": ({"job": None}, {}, ["spec.job: is not set; describe the job: jarURI and parallelism at least"]),
    "no program": (
        {"job": {"jarURI": None}},
        {},
        [
            "spec.job.jarURI: is not set, and spec.job.entryClass names no class that the cluster has; "
            "name the job's jar, or a main class on the cluster's class path"
        ],
    ),
    "a class of the cluster": ({"job": {"jarURI": None, "entryClass": "Main"}}, {}, []),
    "an application cluster": (
        {},
        {"job": {}},
        [
            "spec.deploymentName: names session, which is an application cluster and runs its own job only; "
            "name a FlinkDeployment without spec.job"
        ],
    ),
    "no parallelism": ({"job": {"parallelism": 0}}, {}, ["spec.job.parallelism: is 0; write 1 or more"]),
    "no word about parallelism": ({"job": {"parallelism": None}}, {}, ["spec.job.parallelism: is not set; write 1 or more"]),
    "no parallelism, on TaskManagers of a fixed number": (
        {"job": {"parallelism": 0}},
        {"taskManager": {"replicas": 2, "resource": {"memory": "2g"}}},
        ["spec.job.parallelism: is 0; write 1 or more"],
    ),
    "state without a place": ({"job": {"upgradeMode": "last-state"}}, {}, [NO_CHECKPOINTS]),
    "state in a place of the cluster": ({"job": {"upgradeMode": "savepoint"}}, {"flinkConfiguration": DIRECTORIES}, []),
    "state in a place of its own": ({"job": {"upgradeMode": "savepoint"}, "flinkConfiguration": DIRECTORIES}, {}, []),
    "state in a place of its own, which Flink is not told": (
        {"job": {"upgradeMode": "last-state"}, "flinkConfiguration": {"state.checkpoints.dir": "s3://c"}},
        {"flinkVersion": "v1_16"},
        [
            f"warning {CONF}.state.checkpoints.dir: has no effect: Flink 1.16 takes no configuration with a job; "
            "set it in the FlinkDeployment session",
            NO_CHECKPOINTS.replace("1.20", "1.16").replace("execution.checkpointing.dir", "state.checkpoints.dir"),
        ],
    ),
    "an option of the cluster": (
        {"flinkConfiguration": {"taskmanager.numberOfTaskSlots": "4"}},
        {},
        [
            f"warning {CONF}.taskmanager.numberOfTaskSlots: has no effect on a job: Flink's processes read it when the cluster starts; "
            "set it in the FlinkDeployment session"
        ],
    ),
    "an option of the job": ({"flinkConfiguration": {"metrics.latency.interval": "1 s", "table.exec.mini-batch.enabled": "true"}}, {}, []),
    "an option of the operator": ({"flinkConfiguration": {f"{PREFIX}job.restart.failed": "true"}}, {"flinkVersion": "v1_16"}, []),
    "an option of the operator that cannot be read": (
        {"flinkConfiguration": {f"{PREFIX}job.restart.failed": "maybe"}},
        {},
        [f"{CONF}.{PREFIX}job.restart.failed: 'maybe' is not a boolean; write true or false"],
    ),
    "an option of its cluster that cannot be read": (
        {},
        {"flinkConfiguration": {f"{PREFIX}job.restart.failed": "maybe"}},
        [f"configuration of the session cluster {PREFIX}job.restart.failed: 'maybe' is not a boolean; write true or false"],
    ),
    "a name that Flink does not know yet": (
        {"flinkConfiguration": {"execution.checkpointing.dir": "s3://c"}},
        {"flinkVersion": "v1_19"},
        [f"{CONF}.execution.checkpointing.dir: is not known to Flink 1.19, which would run without it; write state.checkpoints.dir"],
    ),
    "a path in the configuration": (
        {"flinkConfiguration": {"execution.savepoint.path": "s3://sp"}},
        {},
        [
            f"warning {CONF}.execution.savepoint.path: has no effect: the operator decides at each start which state is restored; "
            "write spec.job.initialSavepointPath for the first start"
        ],
    ),
    "a nonce for the autoscaler": (
        {"job": {"autoscalerResetNonce": 1}},
        {},
        ["warning spec.job.autoscalerResetNonce: has no effect in this version: it has no autoscaler; leave it out"],
    ),
}


@pytest.mark.parametrize(("changes", "cluster", "sentences"), ROWS.values(), ids=ROWS.keys())
def test_what_is_wrong_is_told(changes: dict[str, Any], cluster: dict[str, Any], sentences: list[str]) -> None:
    assert sentences_of(a_session_job(**changes), a_session(**cluster)) == sentences


def test_without_its_cluster_only_what_can_be_known_is_told() -> None:
    spec = a_session_job(job={"upgradeMode": "last-state", "jarURI": "job.jar"}, flinkConfiguration={"rest.port": "x"})

    assert [sentence.partition(":")[0] for sentence in sentences_of(spec)] == ["spec.job.jarURI"]


def test_a_default_that_cannot_be_read_is_named_as_the_operators() -> None:
    key = f"{PREFIX}job.restart.failed"
    (sentence,) = sentences_of(a_session_job(), a_session(), **{key: "maybe"})

    assert sentence == f"operator configuration {key}: 'maybe' is not a boolean; write true or false"


def test_a_job_stays_on_its_cluster() -> None:
    (sentence,) = sentences_of(a_session_job(deploymentName="other"), a_session(), previous=a_session_job())

    assert sentence == (
        "spec.deploymentName: changes from session to other; "
        "write the old name; to move the job, create another FlinkSessionJob with initialSavepointPath"
    )


def test_a_redeployment_names_its_savepoint() -> None:
    spec = a_session_job(job={"savepointRedeployNonce": 2})
    (sentence,) = sentences_of(spec, a_session(), previous=a_session_job(job={"savepointRedeployNonce": 1}))

    assert sentence.startswith("spec.job.initialSavepointPath: is not set")
    assert sentences_of(spec, a_session(), previous=spec) == []


@pytest.mark.parametrize("cluster", [None, a_session()], ids=["without its cluster", "on its cluster"])
def test_the_operators_configuration_says_from_where_jars_are_fetched(cluster: FlinkDeploymentSpec | None) -> None:
    allowed = {f"{PREFIX}user.artifacts.allowed-schemes": "http"}
    spec, greedy = (a_session_job(job={"jarURI": "http://example.com/job.jar"}, flinkConfiguration=own) for own in ({}, allowed))

    assert sentences_of(spec, cluster, **allowed) == []
    assert "spec.job.jarURI" in [sentence.partition(":")[0] for sentence in sentences_of(greedy, cluster)]
