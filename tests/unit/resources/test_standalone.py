"""A standalone cluster: what the JobManager is told to run, and what TaskManagers and job are found by."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.resources.cluster import HA, V1_16, V1_18, V1_19, V1_20, V2_0, V2_3, VERSIONS, a_plan, a_spec, configuration_of, objects_of
from tests.unit.resources.golden import read_configuration

from flinkop.api.flinkdeployment import DeploymentMode, FlinkDeploymentSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.resources.application import ClusterObjects, build_application
from flinkop.resources.cluster import Cluster
from flinkop.resources.commandline import jobmanager_arguments
from flinkop.resources.configuration import LAST_STATE_PATH, with_deployment
from flinkop.resources.naming import common_labels

MAIN = "flink-main-container"
ADDRESS = ["-D", "jobmanager.rpc.address=$(_POD_IP_ADDRESS)"]
JAR = "local:///opt/flink/usrlib/job.jar"
ELSEWHERE = "local:///opt/flink/examples/streaming/StateMachineExample.jar"


def a_standalone(version: FlinkVersion = V1_20, **changes: Any) -> FlinkDeploymentSpec:
    return a_spec(version, mode="standalone", **changes)


def started(spec: FlinkDeploymentSpec, savepoint: str | None = None) -> ClusterObjects:
    return build_application("ns", "app", spec, with_deployment(configuration_of(spec), a_plan(savepoint_path=savepoint)))


def container(objects: ClusterObjects) -> dict[str, Any]:
    found: dict[str, Any] = objects.deployment["spec"]["template"]["spec"]["containers"][-1]
    return found


def conf_of(objects: ClusterObjects) -> dict[str, str]:
    return read_configuration(objects.dependents[0])


ALLOWED = {"allowNonRestoredState": True}

# Version, configuration, job, restore path, arguments.
COMMAND_LINES: dict[str, tuple[FlinkVersion, dict[str, str], Any, str | None, list[str]]] = {
    "a session": (V1_20, {}, None, None, ["jobmanager"]),
    "a session with high availability": (V1_20, HA, None, None, ["jobmanager", *ADDRESS]),
    "a jar": (V1_19, {}, {"jarURI": JAR}, None, ["standalone-job", "--jars", JAR]),
    "a jar elsewhere": (V2_3, {}, {"jarURI": ELSEWHERE}, None, ["standalone-job", "--jars", ELSEWHERE]),
    "a jar before Flink could be told": (V1_18, {}, {"jarURI": JAR}, None, ["standalone-job"]),
    "a class": (V1_18, {}, {"entryClass": "com.Main"}, None, ["standalone-job", "--job-classname", "com.Main"]),
    "no jar": (V2_0, {}, {"jarURI": None, "entryClass": "Main"}, None, ["standalone-job", "--job-classname", "Main"]),
    "high availability": (V1_18, HA, {"parallelism": 1}, None, ["standalone-job", *ADDRESS]),
    "a savepoint": (V1_18, {}, {"parallelism": 1}, "s3://sp", ["standalone-job", "--fromSavepoint", "s3://sp"]),
    "the last state": (V1_18, HA, {"parallelism": 1}, LAST_STATE_PATH, ["standalone-job", "--fromSavepoint", LAST_STATE_PATH, *ADDRESS]),
    "a savepoint of which parts may be lost": (
        V1_18,
        {},
        ALLOWED,
        "s3://sp",
        ["standalone-job", "--fromSavepoint", "s3://sp", "--allowNonRestoredState"],
    ),
    "the same by the configuration": (
        V1_20,
        {"execution.state-recovery.ignore-unclaimed-state": "true"},
        {"jarURI": None},
        "s3://sp",
        ["standalone-job", "--fromSavepoint", "s3://sp", "--allowNonRestoredState"],
    ),
    "parts may be lost, and nothing is restored": (V1_18, {}, ALLOWED, None, ["standalone-job"]),
    "arguments that look like Flink's": (
        V1_18,
        HA,
        {"args": ["--from", "2024", "-s", "x", "b c", ""]},
        None,
        ["standalone-job", *ADDRESS, "--", "--from", "2024", "-s", "x", "b c", ""],
    ),
    "everything": (
        V1_20,
        HA,
        {"jarURI": JAR, "entryClass": "Main", "args": ["a"], **ALLOWED},
        "s3://sp",
        [
            *("standalone-job", "--jars", JAR, "--job-classname", "Main"),
            *("--fromSavepoint", "s3://sp", "--allowNonRestoredState", *ADDRESS, "--", "a"),
        ],
    ),
}


@pytest.mark.parametrize(("version", "conf", "job", "path", "expected"), COMMAND_LINES.values(), ids=COMMAND_LINES.keys())
def test_the_jobmanager_is_told_what_to_run(
    version: FlinkVersion, conf: dict[str, str], job: Any, path: str | None, expected: list[str]
) -> None:
    template = {"spec": {"containers": [{"name": MAIN, "command": ["theirs"], "args": ["theirs"]}]}}
    spec = a_standalone(version, flinkConfiguration=conf, job=job, podTemplate=template)
    found = container(started(spec, path))
    assert (found["command"], found["args"]) == (["/docker-entrypoint.sh"], expected)


def test_no_argument_of_the_job_can_be_taken_for_a_restore_path() -> None:
    job = {"args": ["--fromSavepoint", "s3://old"]}
    arguments = jobmanager_arguments(Cluster("ns", "app", a_standalone(V1_18, job=job), {}))
    assert arguments.index("--") < arguments.index("--fromSavepoint")


# Version, jar, the user's class path, and what Flink is told.
CLASS_PATHS: dict[str, tuple[FlinkVersion, str | None, str | None, str | None]] = {
    "in Flink's directory for jars": (V1_18, JAR, None, None),
    "with one slash": (V1_16, "local:/opt/flink/usrlib/job.jar", None, None),
    "elsewhere": (V1_18, ELSEWHERE, None, "file:///opt/flink/examples/streaming/StateMachineExample.jar"),
    "in a directory of a similar name": (V1_18, "local:///opt/flink/usrlib2/job.jar", None, "file:///opt/flink/usrlib2/job.jar"),
    "beside others": (V1_18, "local:///job.jar", "file:///a.jar", "file:///a.jar;file:///job.jar"),
    "that is there already": (V1_18, "local:///job.jar", "file:///job.jar", "file:///job.jar"),
    "on the command line": (V1_19, ELSEWHERE, None, None),
    "on the command line, beside others": (V1_19, ELSEWHERE, "file:///a.jar", "file:///a.jar"),
    "none": (V1_18, None, None, None),
}


@pytest.mark.parametrize(("version", "jar", "own", "told"), CLASS_PATHS.values(), ids=CLASS_PATHS.keys())
def test_a_jar_that_flink_would_not_find_is_on_the_class_path(
    version: FlinkVersion, jar: str | None, own: str | None, told: str | None
) -> None:
    conf = {"pipeline.classpaths": own} if own else {}
    found = configuration_of(a_standalone(version, job={"jarURI": jar}, flinkConfiguration=conf))
    assert found.get("pipeline.classpaths") == told
    assert "pipeline.jars" not in found


@pytest.mark.parametrize(("job", "word"), [({"parallelism": 5}, "APPLICATION"), (None, "SESSION")])
def test_flink_is_told_that_it_gets_its_taskmanagers_from_others(job: Any, word: str) -> None:
    conf = configuration_of(a_standalone(job=job, flinkConfiguration={"taskmanager.numberOfTaskSlots": "2"}))
    assert conf["execution.target"] == "remote"
    assert conf["kubernetes.internal.cluster-mode"] == word
    assert conf["kubernetes.internal.taskmanager.replicas"] == ("3" if job else "1")


OVERRIDES = "pipeline.jobvertex-parallelism-overrides"


@pytest.mark.parametrize(
    ("mode", "text", "replicas", "parallelism"),
    [
        ("standalone", "a:3,b:7", None, "7"),
        ("standalone", "a:0", None, "2"),
        ("standalone", "a:many", None, "2"),
        ("standalone", "a", None, "2"),
        ("standalone", "a:7", 4, "4"),
        ("native", "a:7", None, "2"),
    ],
    ids=["the highest", "none", "no number", "no map", "a fixed number of TaskManagers", "a native cluster"],
)
def test_there_are_taskmanagers_for_the_vertex_with_the_highest_parallelism(
    mode: str, text: str, replicas: int | None, parallelism: str
) -> None:
    spec = a_spec(mode=mode, flinkConfiguration={OVERRIDES: text}, taskManager={"replicas": replicas})
    assert configuration_of(spec)["parallelism.default"] == parallelism


def test_what_cannot_be_read_is_left_to_validation() -> None:
    conf = {"taskmanager.numberOfTaskSlots": "four"}
    assert "kubernetes.internal.taskmanager.replicas" not in configuration_of(a_standalone(flinkConfiguration=conf))


@pytest.mark.parametrize("conf", [{}, HA], ids=["without high availability", "with it"])
def test_taskmanagers_always_find_the_jobmanager_by_its_service(conf: dict[str, str]) -> None:
    objects = started(a_standalone(flinkConfiguration=conf))
    assert [found["metadata"]["name"] for found in objects.dependents] == ["flink-config-app", "app", "app-rest"]
    assert conf_of(objects)["jobmanager.rpc.address"] == "app.ns"


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_every_object_and_selector_has_the_type_of_the_mode(version: FlinkVersion) -> None:
    evil = {"app": "evil", "type": "evil", "component": "evil"}
    conf = {
        f"kubernetes.{of}.labels": "app:evil,type:evil,component:evil"
        for of in ("jobmanager", "taskmanager", "rest-service", "internal-service")
    }
    objects = started(a_standalone(version, flinkConfiguration=conf, podTemplate={"metadata": {"labels": evil}}))
    common = common_labels("app", DeploymentMode.STANDALONE)
    for found in (objects.deployment, objects.taskmanagers, *objects.dependents):
        assert found is not None
        assert found["metadata"]["labels"].items() >= common.items()
    for component, deployment in (("jobmanager", objects.deployment), ("taskmanager", objects.taskmanagers)):
        assert deployment is not None
        selector = {**common, "component": component}
        assert deployment["spec"]["selector"] == {"matchLabels": selector}
        assert deployment["spec"]["template"]["metadata"]["labels"].items() >= selector.items()
    for service in objects.dependents[1:]:
        assert service["spec"]["selector"] == {**common, "component": "jobmanager"}


def test_a_native_cluster_has_no_deployment_of_taskmanagers() -> None:
    assert objects_of(a_spec()).taskmanagers is None


def test_taskmanagers_get_their_template_from_the_operator() -> None:
    objects = started(a_standalone(podTemplate={"spec": {"priorityClassName": "high"}}))
    assert "pod-template-app" not in [found["metadata"]["name"] for found in objects.dependents]
    for deployment in (objects.deployment, objects.taskmanagers):
        assert deployment is not None
        assert deployment["spec"]["template"]["spec"]["priorityClassName"] == "high"
        assert "pod-template-volume" not in [volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]]


FETCH = {"name": "fetch", "volumeMounts": [{"name": "user-lib-dir", "mountPath": "/jars"}]}
CLAIM = {"name": "user-lib-dir", "persistentVolumeClaim": {"claimName": "jars"}}
OWN = {"name": MAIN, "volumeMounts": [{"name": "user-lib-dir", "mountPath": "/opt/flink/usrlib/"}]}
BESIDE = {"name": MAIN, "volumeMounts": [{"name": "other", "mountPath": "/opt/flink/usrlib2"}]}
OTHER = {"name": MAIN, "volumeMounts": [{"name": "other", "mountPath": "/opt/flink/usrlib"}]}

# Pod, the volume, and what is mounted over the image's jars.
LIBRARIES: dict[str, tuple[dict[str, Any], dict[str, Any] | None, list[str]]] = {
    "a jar in the image": ({}, None, []),
    "an init container for something else": ({"initContainers": [{"name": "x"}]}, None, []),
    "an init container fetches the jar": ({"initContainers": [FETCH]}, {"name": "user-lib-dir", "emptyDir": {}}, ["user-lib-dir"]),
    "the same, and another mount beside": (
        {"initContainers": [FETCH], "containers": [BESIDE]},
        {"name": "user-lib-dir", "emptyDir": {}},
        ["user-lib-dir"],
    ),
    "the same, into a volume of the template": ({"initContainers": [FETCH], "volumes": [CLAIM]}, CLAIM, ["user-lib-dir"]),
    "the template mounts it itself": ({"initContainers": [FETCH], "volumes": [CLAIM], "containers": [OWN]}, CLAIM, ["user-lib-dir"]),
    "the template mounts something else there": ({"initContainers": [FETCH], "containers": [OTHER]}, None, ["other"]),
}


@pytest.mark.parametrize(("pod", "volume", "mounted"), LIBRARIES.values(), ids=LIBRARIES.keys())
def test_the_jars_of_the_image_are_hidden_only_by_those_that_are_fetched(
    pod: dict[str, Any], volume: dict[str, Any] | None, mounted: list[str]
) -> None:
    objects = started(a_standalone(podTemplate={"spec": pod}))
    for deployment in (objects.deployment, objects.taskmanagers):
        assert deployment is not None
        spec = deployment["spec"]["template"]["spec"]
        assert [found for found in spec["volumes"] if found["name"] == "user-lib-dir"] == ([volume] if volume else [])
        mounts = spec["containers"][-1]["volumeMounts"]
        assert [mount["name"] for mount in mounts if mount["mountPath"].rstrip("/") == "/opt/flink/usrlib"] == mounted
