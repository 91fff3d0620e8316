"""Every rule of the established operator has one here that refuses the same specs.

Source: the established operator's validator, rules 1 to 30 for FlinkDeployments, 44 to 53 for FlinkSessionJobs and 54 to 56 for
FlinkStateSnapshots, in its order. Rules 31 to 43 are about its autoscaler; of rule 53, 31 to 43 likewise.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.validation import sessionjob
from tests.unit.validation.deployment import DIRECTORIES, HIGH_AVAILABILITY, a_spec, sentences_of
from tests.unit.validation.sessionjob import a_session, a_session_job

from flinkop.api.flinkstatesnapshot import parse_snapshot_spec
from flinkop.errors import InvalidSpec
from flinkop.validation.flinkstatesnapshot import validate_flinkstatesnapshot

PREFIX = "kubernetes.operator."
CONF = "spec.flinkConfiguration"
BIG = {"memory": "2g", "cpu": 1}
SUSPENDED = {"job": {"state": "suspended", "upgradeMode": "last-state"}, "flinkConfiguration": DIRECTORIES}

Rule = tuple[dict[str, Any], str]
"""The changes that make the healthy spec break the rule, and the path that is named."""

RULES: dict[str, Rule] = {
    "2 a version": ({"flinkVersion": None}, "spec.flinkVersion"),
    "3 a version that is supported": ({"flinkVersion": "v1_14"}, "spec.flinkVersion"),
    "5 no namespace in the configuration": ({"flinkConfiguration": {"kubernetes.namespace": "x"}}, f"{CONF}.kubernetes.namespace"),
    "5 no cluster id in the configuration": ({"flinkConfiguration": {"kubernetes.cluster-id": "x"}}, f"{CONF}.kubernetes.cluster-id"),
    "5 no cluster id of high availability": (
        {"flinkConfiguration": {**HIGH_AVAILABILITY, "high-availability.cluster-id": "x"}},
        f"{CONF}.high-availability.cluster-id",
    ),
    "6 high availability for rollback": (
        {"flinkConfiguration": {f"{PREFIX}deployment.rollback.enabled": "true"}},
        f"{CONF}.{PREFIX}deployment.rollback.enabled",
    ),
    "7 recovery for health checks": (
        {"flinkConfiguration": {f"{PREFIX}cluster.health-check.enabled": "true", f"{PREFIX}jm-deployment-recovery.enabled": "false"}},
        f"{CONF}.{PREFIX}cluster.health-check.enabled",
    ),
    "8 a template of the ingress": ({"ingress": {}}, "spec.ingress.template"),
    "9 a template that gives an address": ({"ingress": {"template": "http://{{name}}:port"}}, "spec.ingress.template"),
    "10 known log files": ({"logConfiguration": {"log4j.properties": "x"}}, "spec.logConfiguration.log4j.properties"),
    "11 a directory for checkpoints": ({"job": {"upgradeMode": "last-state"}}, "spec.job.upgradeMode"),
    "12 a directory for savepoints": (
        {"job": {"upgradeMode": "savepoint"}, "flinkConfiguration": {"state.checkpoints.dir": "s3://c"}},
        "spec.job.upgradeMode",
    ),
    "13 a directory for a savepoint on demand": ({"job": {"savepointTriggerNonce": 1}}, "spec.job.savepointTriggerNonce"),
    "14 a directory for periodic savepoints": (
        {"flinkConfiguration": {f"{PREFIX}periodic.savepoint.interval": "1 h"}},
        f"{CONF}.{PREFIX}periodic.savepoint.interval",
    ),
    "15 a directory for savepoints that stand for old checkpoints": (
        {"flinkConfiguration": {f"{PREFIX}job.upgrade.last-state.max.allowed.checkpoint.age": "1 h"}},
        f"{CONF}.{PREFIX}job.upgrade.last-state.max.allowed.checkpoint.age",
    ),
    "16 a TaskManager at least": ({"taskManager": {"replicas": 0, "resource": BIG}}, "spec.taskManager.replicas"),
    "17 parallelism": ({"job": {"parallelism": 0}}, "spec.job.parallelism"),
    "18 memory of the JobManager": ({"jobManager": {}}, "spec.jobManager.resource.memory"),
    "19 memory that is an amount": ({"jobManager": {"resource": {"memory": "much"}}}, "spec.jobManager.resource.memory"),
    "20 a disk that is an amount": (
        {"jobManager": {"resource": {**BIG, "ephemeralStorage": "much"}}},
        "spec.jobManager.resource.ephemeralStorage",
    ),
    "21 some memory": (
        {"jobManager": {"resource": BIG, "resources": {"requests": {"memory": "0"}}}},
        "spec.jobManager.resources.requests.memory",
    ),
    "21 some processor": (
        {"jobManager": {"resource": BIG, "resources": {"requests": {"memory": "2Gi", "cpu": 0}}}},
        "spec.jobManager.resources.requests.cpu",
    ),
    "21 nothing below zero": (
        {"jobManager": {"resource": BIG, "resources": {"requests": {"memory": "2Gi", "nvidia.com/gpu": -1}}}},
        "spec.jobManager.resources.requests.nvidia.com/gpu",
    ),
    "21 a request that is an amount": (
        {"jobManager": {"resource": BIG, "resources": {"requests": {"memory": "2Gi", "cpu": "many"}}}},
        "spec.jobManager.resources.requests.cpu",
    ),
    "21 a request within the limit": (
        {"jobManager": {"resource": BIG, "resources": {"requests": {"memory": "3Gi"}, "limits": {"memory": "2Gi"}}}},
        "spec.jobManager.resources.requests.memory",
    ),
    "22 a JobManager at least": ({"jobManager": {"replicas": 0, "resource": BIG}}, "spec.jobManager.replicas"),
    "23 high availability of standbys": ({"jobManager": {"replicas": 2, "resource": BIG}}, "spec.jobManager.replicas"),
    "24 memory of the TaskManagers": ({"taskManager": {}}, "spec.taskManager.resource.memory"),
    "25 memory of TaskManagers that is an amount": ({"taskManager": {"resource": {"memory": "much"}}}, "spec.taskManager.resource.memory"),
    "25 a disk of TaskManagers that is an amount": (
        {"taskManager": {"resource": {**BIG, "ephemeralStorage": "much"}}},
        "spec.taskManager.resource.ephemeralStorage",
    ),
    "25 a request of TaskManagers within the limit": (
        {"taskManager": {"resource": BIG, "resources": {"requests": {"memory": "3Gi"}, "limits": {"memory": "2Gi"}}}},
        "spec.taskManager.resources.requests.memory",
    ),
    "26 a TaskManager at least, in a session cluster": (
        {"job": None, "taskManager": {"replicas": 0, "resource": BIG}},
        "spec.taskManager.replicas",
    ),
    "30 a service account": ({"serviceAccount": None}, "spec.serviceAccount"),
}

# The changes that make the accepted spec, those that make the next one, and the path that is named.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "4 the version while suspended by last-state": (SUSPENDED, {**SUSPENDED, "flinkVersion": "v2_0"}, "spec.flinkVersion"),
    "27 a session cluster stays one": ({"job": None}, {}, "spec.job"),
    "27 an application cluster stays one": ({}, {"job": None}, "spec.job"),
    "28 the mode": ({"mode": "standalone"}, {"mode": "native"}, "spec.mode"),
    "29 a path to be deployed from": ({}, {"job": {"savepointRedeployNonce": 1}}, "spec.job.initialSavepointPath"),
}


def refusals(changes: dict[str, Any], **context: Any) -> list[str]:
    """The sentences of what is refused, by reading the spec or by a rule."""
    try:
        spec = a_spec(**changes)
    except InvalidSpec as error:
        return [str(error)]
    return [sentence for sentence in sentences_of(spec, **context) if not sentence.startswith("warning")]


@pytest.mark.parametrize(("changes", "path"), RULES.values(), ids=RULES.keys())
def test_what_the_established_operator_refuses_is_refused_with_the_path(changes: dict[str, Any], path: str) -> None:
    (sentence,) = refusals(changes)
    assert sentence.startswith(f"{path}: ")


@pytest.mark.parametrize(("before", "after", "path"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_that_the_established_operator_refuses_is_refused_with_the_path(
    before: dict[str, Any], after: dict[str, Any], path: str
) -> None:
    (sentence,) = refusals(after, previous=a_spec(**before))
    assert sentence.startswith(f"{path}: ")


def test_1_a_name_that_cannot_be_a_cluster_id_is_refused() -> None:
    (sentence,) = refusals({}, name="a" * 46)
    assert sentence.startswith("metadata.name: ")


# The changes of the session job, those of its cluster, and the path that is named.
SESSION_JOBS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "44 a name of a cluster": ({"deploymentName": "Session"}, {}, "spec.deploymentName"),
    "45 a job": ({"job": None}, {}, "spec.job"),
    "47 a jar with a scheme": ({"job": {"jarURI": "/job.jar"}}, {}, "spec.job.jarURI"),
    "47 a jar that is a URI": ({"job": {"jarURI": "https://[x/job.jar"}}, {}, "spec.job.jarURI"),
    "48 an allowed scheme": ({"job": {"jarURI": "http://example.com/job.jar"}}, {}, "spec.job.jarURI"),
    "49 a host": ({"job": {"jarURI": "https:///job.jar"}}, {}, "spec.job.jarURI"),
    "50 a public host": ({"job": {"jarURI": "https://10.0.0.1/job.jar"}}, {}, "spec.job.jarURI"),
    "51 a session cluster": ({}, {"job": {}}, "spec.deploymentName"),
    "53 as 11": ({"job": {"upgradeMode": "last-state"}}, {}, "spec.job.upgradeMode"),
    "53 as 12": (
        {"job": {"upgradeMode": "savepoint"}},
        {"flinkConfiguration": {"state.checkpoints.dir": "s3://c"}},
        "spec.job.upgradeMode",
    ),
    "53 as 13": ({"job": {"savepointTriggerNonce": 1}}, {}, "spec.job.savepointTriggerNonce"),
    "53 as 14": (
        {"flinkConfiguration": {f"{PREFIX}periodic.savepoint.interval": "1 h"}},
        {},
        f"{CONF}.{PREFIX}periodic.savepoint.interval",
    ),
    "53 as 15": (
        {"flinkConfiguration": {f"{PREFIX}job.upgrade.last-state.max.allowed.checkpoint.age": "1 h"}},
        {},
        f"{CONF}.{PREFIX}job.upgrade.last-state.max.allowed.checkpoint.age",
    ),
    "53 as 17": ({"job": {"parallelism": 0}}, {}, "spec.job.parallelism"),
}

SNAPSHOTS: dict[str, tuple[dict[str, Any], str]] = {
    "54 a savepoint or a checkpoint": ({"jobReference": {"kind": "FlinkDeployment", "name": "x"}}, "spec"),
    "54 not both": ({"jobReference": {"kind": "FlinkDeployment", "name": "x"}, "savepoint": {}, "checkpoint": {}}, "spec"),
    "55 a job": ({"savepoint": {}}, "spec.jobReference"),
    "56 a job that is there": ({"jobReference": {"kind": "FlinkDeployment", "name": "gone"}, "checkpoint": {}}, "spec.jobReference"),
}

# Rules that cannot be broken here, and why.
UNBREAKABLE = {52: "the cluster is looked up by the name that the session job gives"}


@pytest.mark.parametrize(("changes", "cluster", "path"), SESSION_JOBS.values(), ids=SESSION_JOBS.keys())
def test_what_the_established_operator_refuses_of_session_jobs_is_refused_with_the_path(
    changes: dict[str, Any], cluster: dict[str, Any], path: str
) -> None:
    (sentence,) = sessionjob.sentences_of(a_session_job(**changes), a_session(**cluster))
    assert sentence.startswith(f"{path}: ")


def test_46_a_session_job_stays_on_its_cluster() -> None:
    (sentence,) = sessionjob.sentences_of(a_session_job(deploymentName="other"), a_session(), previous=a_session_job())
    assert sentence.startswith("spec.deploymentName: ")


@pytest.mark.parametrize(("raw", "path"), SNAPSHOTS.values(), ids=SNAPSHOTS.keys())
def test_what_the_established_operator_refuses_of_snapshots_is_refused_with_the_path(raw: dict[str, Any], path: str) -> None:
    (violation,) = validate_flinkstatesnapshot(parse_snapshot_spec(raw), has_target=False if "gone" in str(raw) else None)
    assert (violation.path, violation.is_error) == (path, True)


def test_every_rule_has_a_row() -> None:
    numbers = {1, 46, *UNBREAKABLE, *(int(name.split()[0]) for name in (*RULES, *CHANGES, *SESSION_JOBS, *SNAPSHOTS))}
    assert numbers == {*range(1, 31), *range(44, 57)}
