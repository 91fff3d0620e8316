"""Rules about FlinkClusters and FlinkApplications, in the words in which they are written."""

from __future__ import annotations

from typing import Any

import pytest

from flinkop.api.flinkapplication import parse_application_spec
from flinkop.api.flinkcluster import parse_cluster_spec
from flinkop.validation.flinkapplication import validate_flinkapplication
from flinkop.validation.flinkcluster import validate_flinkcluster
from flinkop.validation.simplepath import as_simple
from flinkop.validation.violation import Violation

FORMS = "write one of jarURI, mainClass, sql and python"
JAR = {"jarURI": "local:///job.jar"}
ON_CLUSTER = {"flinkCluster": {"name": "shared"}}

CLUSTERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the least": ({}, []),
    "a fixed number": ({"taskManager": {"replicas": 3, "slots": 1}}, []),
    "a number that follows": ({"taskManager": {"min": 0, "max": 1}}, []),
    "both": (
        {"taskManager": {"replicas": 3, "max": 4}},
        ["spec.taskManager.replicas: is set together with min or max; write replicas for a fixed number, or min and max"],
    ),
    "numbers that cannot be": (
        {"taskManager": {"min": -1, "max": 0, "slots": 0}},
        [
            "spec.taskManager.min: is -1; write 0 or more",
            "spec.taskManager.max: is 0; write 1 or more",
            "spec.taskManager.slots: is 0; write 1 or more",
        ],
    ),
    "bounds the wrong way round": (
        {"taskManager": {"min": 3, "max": 2}},
        ["spec.taskManager.min: is 3, above max, which is 2; lower it or raise max"],
    ),
    "a least before 1.19": (
        {"flinkVersion": "1.18", "taskManager": {"min": 1}},
        ["spec.taskManager.min: is 1, and Flink 1.18 keeps no idle TaskManagers; leave it out, or use Flink 1.19 or newer"],
    ),
    "state that lasts and does not": (
        {"storage": {"ephemeral": True, "volumeClaim": "x"}},
        ["spec.storage.ephemeral: is set together with places for state; keep one of the two"],
    ),
    "no port": ({"metrics": {"port": 0}}, ["spec.metrics.port: is 0; write a number from 1 to 65535"]),
    "a port that is none": (
        {"metrics": {"port": 70000}},
        ["spec.metrics.port: '70000' is not a port; write one number up to 65535, no range"],
    ),
    "no parallelism": ({"job": {"parallelism": 0}}, ["spec.job.parallelism: is 0; write 1 or more, or leave it out"]),
}


@pytest.mark.parametrize(("changes", "sentences"), CLUSTERS.values(), ids=CLUSTERS.keys())
def test_what_is_wrong_with_a_cluster_is_told(changes: dict[str, Any], sentences: list[str]) -> None:
    found = validate_flinkcluster(parse_cluster_spec({"flinkVersion": "1.20", **changes}))
    assert [str(violation) for violation in found] == sentences


FIXED: dict[str, Any] = {"flinkVersion": "1.20", "taskManager": {"replicas": 1}}

APPLICATIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "on a cluster": ({**ON_CLUSTER, "job": JAR}, []),
    "on its own": ({"flinkVersion": "1.20", "job": JAR}, []),
    "a class only": ({**ON_CLUSTER, "job": {"mainClass": "Main"}}, []),
    "SQL": ({**ON_CLUSTER, "job": {"sql": {"statements": "SELECT 1"}}}, []),
    "SQL from a ConfigMap": ({**ON_CLUSTER, "job": {"sql": {"configMap": {"name": "x"}}}}, []),
    "Python": ({**ON_CLUSTER, "job": {"python": {"module": "x"}}}, []),
    "no program": ({**ON_CLUSTER}, [f"spec.job: has no program; {FORMS}"]),
    "three programs": (
        {**ON_CLUSTER, "job": {**JAR, "sql": {"statements": "x"}, "python": {"script": "x"}}},
        [f"spec.job.sql: is set together with jarURI; {FORMS}", f"spec.job.python: is set together with jarURI; {FORMS}"],
    ),
    "two main classes": (
        {**ON_CLUSTER, "job": {**JAR, "mainClass": "A", "entryClass": "B"}},
        ["spec.job.mainClass: differs from entryClass, which is another word for it; keep one of the two"],
    ),
    "one main class twice": ({**ON_CLUSTER, "job": {**JAR, "mainClass": "A", "entryClass": "A"}}, []),
    "no statements": (
        {**ON_CLUSTER, "job": {"sql": {"statements": " "}}},
        ["spec.job.sql.statements: is not set; write the statements, or configMap with the name of a ConfigMap"],
    ),
    "no ConfigMap": (
        {**ON_CLUSTER, "job": {"sql": {"configMap": {}}}},
        ["spec.job.sql.configMap.name: is not set; name the ConfigMap with the statements"],
    ),
    "statements twice": (
        {**ON_CLUSTER, "job": {"sql": {"statements": "x", "configMap": {"name": "x"}}}},
        ["spec.job.sql.configMap: is set together with statements; keep one of the two"],
    ),
    "statements that just fit": ({**ON_CLUSTER, "job": {"sql": {"statements": "ä" * 128 * 1024}}}, []),
    "statements that are too long": (
        {**ON_CLUSTER, "job": {"sql": {"statements": "ä" * 128 * 1024 + ";"}}},
        ["spec.job.sql.statements: has 257 KiB, and at most 256 KiB reach the JobManager; divide them among several applications"],
    ),
    "statements that just fit a command line": ({**FIXED, "job": {"sql": {"statements": "x" * 90 * 1024}}}, []),
    "statements that are too long for a command line": (
        {**FIXED, "job": {"sql": {"statements": "x" * 91 * 1024}}},
        [
            "spec.job.sql.statements: has 91 KiB, and at most 90 KiB reach the JobManager; "
            "divide them among several applications, or leave taskManager.replicas out, which allows 256 KiB"
        ],
    ),
    "arguments beside SQL": (
        {**ON_CLUSTER, "job": {"sql": {"statements": "x"}, "args": ["a"]}},
        ["spec.job.args: has no effect on SQL; leave it out"],
    ),
    "no Python program": (
        {**ON_CLUSTER, "job": {"python": {}}},
        ["spec.job.python.script: is not set; name the file to run, or the module"],
    ),
    "two Python programs": (
        {**ON_CLUSTER, "job": {"python": {"script": "x", "module": "x"}}},
        ["spec.job.python.module: is set together with script; keep one of the two"],
    ),
    "no parallelism": (
        {**ON_CLUSTER, "job": {**JAR, "parallelism": 0}},
        ["spec.job.parallelism: is 0; write 1 or more, or leave it out"],
    ),
    "parallelism twice": (
        {"flinkVersion": "1.20", "job": {**JAR, "parallelism": 2}, "taskManager": {"replicas": 3}},
        ["spec.job.parallelism: has no effect: taskManager.replicas decides, replicas times slots; leave one of the two out"],
    ),
    "parallelism on a cluster, and another one described": (
        {**ON_CLUSTER, "job": {**JAR, "parallelism": 2}, "taskManager": {"replicas": 3}},
        [
            "spec.taskManager: has no effect: the job runs on a FlinkCluster, which has its own; "
            "set it there, or leave spec.flinkCluster out"
        ],
    ),
    "no cluster and no version": (
        {"job": JAR},
        [
            "spec.flinkVersion: is not set, and there is no flinkCluster that has one; "
            "write for example v1.20, or name a FlinkCluster in spec.flinkCluster.name"
        ],
    ),
    "a cluster without a name": (
        {"flinkCluster": {}, "job": JAR},
        ["spec.flinkCluster.name: is not set; name the FlinkCluster that the job runs on"],
    ),
    "a cluster, and another one described": (
        {**ON_CLUSTER, "job": JAR, "flinkVersion": "1.20", "taskManager": {"replicas": 1}},
        [
            f"spec.{field}: has no effect: the job runs on a FlinkCluster, which has its own; set it there, or leave spec.flinkCluster out"
            for field in ("flinkVersion", "taskManager")
        ],
    ),
    "a cluster of its own that cannot be": (
        {"flinkVersion": "1.20", "job": JAR, "taskManager": {"min": 2, "max": 1}},
        ["spec.taskManager.min: is 2, above max, which is 1; lower it or raise max"],
    ),
}


@pytest.mark.parametrize(("spec", "sentences"), APPLICATIONS.values(), ids=APPLICATIONS.keys())
def test_what_is_wrong_with_an_application_is_told(spec: dict[str, Any], sentences: list[str]) -> None:
    assert [str(violation) for violation in validate_flinkapplication(parse_application_spec(spec))] == sentences


PATHS = {
    "spec.job.parallelism": "spec.job.parallelism",
    "spec.job.entryClass": "spec.job.mainClass",
    "spec.jobManager.resource.memory": "spec.jobManager.memory",
    "spec.taskManager.resource.cpu": "spec.taskManager.cpu",
    "spec.jobManager.podTemplate.spec": "spec.jobManager.podTemplate.spec",
    "spec.flinkConfiguration.table.a": "spec.configuration.table.a",
    "spec.flinkConfiguration.high-availability.storageDir": "spec.storage.highAvailability",
    "spec.flinkConfiguration.taskmanager.numberOfTaskSlots": "spec.taskManager.slots",
    "spec.deploymentName": "spec.flinkCluster.name",
    "metadata.name": "metadata.name",
}


@pytest.mark.parametrize(("path", "simple"), PATHS.items(), ids=PATHS.keys())
def test_a_violation_is_told_of_the_field_that_was_written(path: str, simple: str) -> None:
    violation = as_simple(Violation(path, "is wrong", "set x in spec.flinkConfiguration of the FlinkDeployment"))

    assert violation.path == simple
    assert "flinkConfiguration" not in violation.remedy
    assert "FlinkDeployment" not in violation.remedy
