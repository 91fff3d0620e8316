"""Our objects of a standalone cluster against those that the official operator makes of the same input.

Every difference is in a table below with its reason. A row that matches nothing fails too, so that no row outlives its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.resources.golden import ABSENT, POD_TEMPLATE, Difference, Objects, by_name, differences, load, read_configuration

from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.resources.application import build_application
from flinkop.resources.configuration import DeploymentPlan, build_configuration, with_deployment

VERSION = "1.20.5"
CONFIG_MAP = "ConfigMap flink-config-my-app"
JOBMANAGER, TASKMANAGERS = "Deployment my-app", "Deployment my-app-taskmanager"
POD, TASKMANAGER_POD = f"{JOBMANAGER}.spec.template.spec", f"{TASKMANAGERS}.spec.template.spec"
LOG = {"log4j-console.properties": "rootLogger.level=INFO\n"}
JOB_ID = "0123456789abcdef0123456789abcdef"
POD_IP = {"name": "_POD_IP_ADDRESS", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}
ITEMS = [{"key": name, "path": name} for name in ("log4j-console.properties", "flink-conf.yaml")]
VOLUMES = [
    {"name": "v", "emptyDir": {}},
    {"name": "user-artifacts-volume", "emptyDir": {}},
    {"name": "flink-config-volume", "configMap": {"name": "flink-config-my-app", "items": ITEMS}},
]
MOUNTS = [{"name": "v", "mountPath": "/v"}, *({"name": name, "mountPath": path} for name, path in (
    ("user-artifacts-volume", "/opt/flink/artifacts"), ("flink-config-volume", "/opt/flink/conf"),
))]  # fmt: skip
FLAGS = ["--fromSavepoint", "s3://sp", "--allowNonRestoredState", "-D", "jobmanager.rpc.address=$(_POD_IP_ADDRESS)"]
JAR = "local:///opt/flink/usrlib/a.jar"

# Path, what we write there where the official operator writes something else or nothing, and why.
DIFFERENCES: tuple[tuple[str, Any, str], ...] = (
    *((f"{name}.metadata.namespace", "ns1", "the operator adds it when it sends the object")
      for name in (JOBMANAGER, TASKMANAGERS, CONFIG_MAP, "Service my-app", "Service my-app-rest")),
    (f"{JOBMANAGER}.spec.strategy", {"type": "Recreate"}, "two JobManagers of one job must never run at once"),
    (f"{TASKMANAGERS}.spec.strategy", {"type": "Recreate"}, "TaskManagers of two templates must not share the work"),
    (f"{TASKMANAGERS}.metadata.annotations", {"flinkdeployment.flink.apache.org/generation": "2"}, "tells which start it belongs to"),
    (f"{POD}.containers[1].terminationMessagePolicy", "FallbackToLogsOnError", "the cause of a crash is then in the pod's status"),
    (f"{TASKMANAGER_POD}.containers[1].terminationMessagePolicy", "FallbackToLogsOnError", "the same"),
    (f"{POD}.containers[1].env", [{"name": "A", "value": "b"}, POD_IP], "the API server's apply refuses a name that comes twice"),
    (f"{TASKMANAGER_POD}.serviceAccount", "tplsa", "the template counts where no option is set, as it does for the JobManager"),
    (f"{TASKMANAGER_POD}.serviceAccountName", "tplsa", "the same"),
)  # fmt: skip
OF_THE_APPLICATION: tuple[tuple[str, Any, str], ...] = (
    (
        f"{POD}.containers[1].args",
        ["standalone-job", "--jars", JAR, "--job-classname", "com.acme.Main", *FLAGS, "--", "--a", "b c"],
        "with --jars any jar is found, and TaskManagers get it from Flink; after -- no argument is taken for one of Flink's own",
    ),
    (f"{POD}.volumes", VOLUMES, "an empty directory over usrlib would hide the jar of the image"),
    (f"{POD}.containers[1].volumeMounts", MOUNTS, "the same"),
)
OF_THE_SESSION: tuple[tuple[str, Any, str], ...] = (
    (f"{POD}.containers[1].args", ["jobmanager"], "the template's arguments are not ours to append to"),
)

# Option and why.
ADDED_OPTIONS = {
    "$internal.flink.version": "the official operator's marker; Flink ignores it",
    "web.cancel.enable": "nobody should cancel on the web page what the operator looks after",
    "pipeline.name": "the official operator's default: the resource's name",
    "parallelism.default": "spec.job.parallelism",
    "kubernetes.jobmanager.replicas": "spec.jobManager.replicas, also when it is the default",
    "execution.shutdown-on-application-finish": "the JobManager must stay to tell how the job ended",
    "execution.submit-failed-job-on-application-error": "a failure in main() must be seen as a failed job",
    "execution.checkpointing.externalized-checkpoint-retention": "the last checkpoint must outlive the job",
    "job-result-store.delete-on-commit": "the official operator's default",
    "job-result-store.storage-path": "an old result must not end a new start at once",
    "env.java.default-opts.all": "the mounted configuration hides the image's module options",
}
LEFT_OUT_OPTIONS = {
    "kubernetes.pod-template-file.jobmanager": "a path on the machine of Flink's client; nothing reads it later",
    "kubernetes.pod-template-file.taskmanager": "the same",
    "pipeline.jars": "a leftover of the recording's input; Flink writes it itself",
    "pipeline.classpaths": "from Flink 1.19 on the command line names the jar",
}


def a_spec(**more: Any) -> FlinkDeploymentSpec:
    return parse_spec({"flinkVersion": "v1_20", "mode": "standalone", "podTemplate": POD_TEMPLATE, "logConfiguration": LOG, **more})


def the_application() -> FlinkDeploymentSpec:
    """The input of `standalone-app-ha`, as people write it to the operator."""
    return a_spec(
        image="flink:1.20",
        flinkConfiguration={
            "taskmanager.numberOfTaskSlots": 2,
            "high-availability.type": "kubernetes",
            "high-availability.storageDir": "s3://b/ha",
        },
        jobManager={"resource": {"memory": "1600m", "cpu": 0.5}},
        taskManager={"resource": {"memory": "1728m", "cpu": 1.5}},
        job={
            "jarURI": JAR,
            "entryClass": "com.acme.Main",
            "args": ["--a", "b c"],
            "parallelism": 4,
            "allowNonRestoredState": True,
        },
    )


def build(spec: FlinkDeploymentSpec, conf: Mapping[str, str]) -> Objects:
    built = build_application("ns1", "my-app", spec, conf, startup_probe=False)
    assert built.taskmanagers is not None
    return by_name(iter((built.deployment, built.taskmanagers, *built.dependents)))


def build_the_application() -> Objects:
    spec = the_application()
    plan = DeploymentPlan(2, "1-2-3", JOB_ID, "s3://sp", "result-store-id")
    return build(spec, with_deployment(build_configuration("ns1", "my-app", spec, {}), plan))


FIXED_BY_THE_OPERATOR = ("blob.server.port", "taskmanager.rpc.port", "internal.cluster.execution-mode", "jobmanager.rpc.address")


def build_the_session() -> Objects:
    conf = read_configuration(load("session", VERSION, "standalone")[CONFIG_MAP])
    spec = a_spec(taskManager={"replicas": 2})
    return build(spec, {key: value for key, value in conf.items() if key not in FIXED_BY_THE_OPERATOR})


def without_configuration(objects: Objects) -> Objects:
    return {name: {key: value for key, value in found.items() if key != "data"} for name, found in objects.items()}


@pytest.mark.parametrize(
    ("case", "rows"),
    [("app-ha", OF_THE_APPLICATION), ("session", OF_THE_SESSION)],
)
def test_the_objects_are_those_of_the_official_operator(case: str, rows: tuple[tuple[str, Any, str], ...]) -> None:
    ours = build_the_application() if case == "app-ha" else build_the_session()
    found = differences(without_configuration(load(case, VERSION, "standalone")), without_configuration(ours))
    assert {path: difference.ours for path, difference in found.items()} == {path: value for path, value, _ in (*DIFFERENCES, *rows)}


def test_the_configuration_of_an_application_is_that_of_the_official_operator() -> None:
    theirs = read_configuration(load("app-ha", VERSION, "standalone")[CONFIG_MAP])
    found = differences(theirs, read_configuration(build_the_application()[CONFIG_MAP]))
    assert {key for key, difference in found.items() if difference.flinks == ABSENT} == ADDED_OPTIONS.keys()
    assert {key for key, difference in found.items() if difference.ours == ABSENT} == LEFT_OUT_OPTIONS.keys()
    assert {key: value for key, value in found.items() if ABSENT not in (value.flinks, value.ours)} == {}


def test_the_configuration_of_a_session_is_that_of_the_official_operator() -> None:
    theirs = read_configuration(load("session", VERSION, "standalone")[CONFIG_MAP])
    assert differences(theirs, read_configuration(build_the_session()[CONFIG_MAP])) == {}


def test_a_difference_in_the_taskmanagers_is_seen() -> None:
    theirs, ours = load("app-ha", VERSION, "standalone"), build_the_application()
    ours[TASKMANAGERS]["spec"]["replicas"] = 3
    assert differences(theirs, ours)[f"{TASKMANAGERS}.spec.replicas"] == Difference(2, 3)
