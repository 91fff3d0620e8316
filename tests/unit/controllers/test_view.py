"""Kubernetes objects as the observer reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flinkop.controllers.trim import trim_deployment, trim_pod
from flinkop.controllers.view import (
    GENERATION_ANNOTATION,
    find_crash,
    find_restart,
    find_trouble,
    graph_keys,
    is_alive,
    is_ha_config_map,
    is_overdue,
    is_owned_by,
    makes_pods_of,
    read_ha_metadata,
    read_jobmanager,
    read_jobmanager_start,
    read_referring,
    read_session_metadata,
    with_cause,
)
from flinkop.lifecycle.observed import Crash, HaMetadata, Referring, Restart, Trouble

CREATED = "2026-01-01T00:00:00Z"
JOB, OTHER_JOB = "a" * 32, "b" * 32


def a_deployment(annotations: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    return {"metadata": {"uid": "u", "creationTimestamp": CREATED, "annotations": annotations}, "status": status}


@pytest.mark.parametrize(
    ("status", "available"),
    [
        pytest.param({}, False, id="new"),
        pytest.param({"replicas": 1, "unavailableReplicas": 1}, False, id="starting"),
        pytest.param({"availableReplicas": 1}, True, id="ready"),
        pytest.param({"availableReplicas": 2}, True, id="with a standby"),
    ],
)
def test_a_jobmanager_is_available_when_one_of_its_pods_is(status: dict[str, Any], available: bool) -> None:
    assert read_jobmanager(a_deployment(**status)).available is available


@pytest.mark.parametrize(
    ("annotations", "generation"),
    [
        pytest.param({GENERATION_ANNOTATION: "12"}, 12, id="ours"),
        pytest.param({GENERATION_ANNOTATION: "twelve"}, None, id="no number"),
        pytest.param({GENERATION_ANNOTATION: ""}, None, id="empty"),
        pytest.param({}, None, id="none"),
        pytest.param(None, None, id="no annotations"),
    ],
)
def test_the_generation_that_a_jobmanager_was_started_for(annotations: dict[str, str] | None, generation: int | None) -> None:
    assert read_jobmanager(a_deployment(annotations)).generation == generation


def test_a_jobmanager_that_is_being_deleted_is_terminating() -> None:
    deployment = a_deployment()
    assert not read_jobmanager(deployment).terminating
    deployment["metadata"]["deletionTimestamp"] = CREATED
    assert read_jobmanager(deployment).terminating


@pytest.mark.parametrize(
    ("owners", "owned"),
    [([{"uid": "us"}], True), ([{"uid": "them"}, {"uid": "us"}], True), ([{"uid": "them"}], False), ([], False), (None, False)],
)
def test_an_object_is_ours_when_it_names_us_as_an_owner(owners: Any, owned: bool) -> None:
    deployment = {"metadata": {"uid": "u", "creationTimestamp": CREATED, "name": "a", "namespace": "b", "ownerReferences": owners}}
    assert is_owned_by("us", deployment) is owned
    assert is_owned_by("us", trim_deployment(deployment)) is owned


@pytest.mark.parametrize(
    ("phase", "alive"), [("Pending", True), ("Running", True), ("Unknown", True), (None, True), ("Succeeded", False), ("Failed", False)]
)
def test_a_pod_that_has_ended_is_not_alive(phase: str | None, alive: bool) -> None:
    assert is_alive({"status": {"phase": phase}}) is alive


@pytest.mark.parametrize(
    ("metadata", "makes_pods"),
    [
        ({"ownerReferences": [{"kind": "Deployment", "name": "job"}]}, True),
        ({"ownerReferences": [{"kind": "Deployment", "name": "job"}], "deletionTimestamp": "2026-01-01T00:00:00Z"}, False),
        ({"ownerReferences": [{"kind": "Deployment", "name": "other"}]}, False),
        ({}, True),
    ],
    ids=["left behind", "being deleted", "another's", "spared when its Deployment was deleted"],
)
def test_a_replica_set_that_outlives_its_deployment_still_replaces_pods(metadata: dict[str, Any], makes_pods: bool) -> None:
    assert makes_pods_of("job", {"metadata": metadata}) is makes_pods


ENDED = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "then"}}
RUNS = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
THEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("container", "restart"),
    [
        (
            {"state": RUNS, "lastState": ENDED},
            Restart(Crash("job-x", "flink-main-container", 137, "then"), THEN),
        ),
        (
            {"state": RUNS, "lastState": {"terminated": {"exitCode": 1}}},
            Restart(Crash("job-x", "flink-main-container", 1, ""), THEN),
        ),
        ({"state": RUNS, "lastState": {}}, None),
        ({"state": {"waiting": {}}, "lastState": ENDED}, None),
        ({"name": "sidecar", "state": RUNS, "lastState": ENDED}, None),
    ],
    ids=["restarted", "without a reason", "the first one", "waits for its restart", "another container"],
)
def test_a_restarted_container_tells_how_it_ended(container: dict[str, Any], restart: Restart | None) -> None:
    status = {"containerStatuses": [{"name": "flink-main-container", **container}]}
    assert find_restart({"metadata": {"name": "job-x"}, "status": status}) == restart


def a_jobmanager_pod(
    component: str = "jobmanager", phase: str = "Running", name: str = "flink-main-container", **pod: Any
) -> dict[str, Any]:
    """As the cache has it; keyword arguments are the state of its container, and `deletionTimestamp`."""
    deletion = {"deletionTimestamp": pod.pop("deletionTimestamp")} if "deletionTimestamp" in pod else {}
    metadata = {"name": "job-x", "namespace": "team", "labels": {"app": "job", "component": component, "type": "x"}, **deletion}
    statuses = [{"name": "sidecar", "state": LATER}, {"name": name, **{"state": RUNS, **pod}}]
    return trim_pod({"metadata": metadata, "status": {"phase": phase, "containerStatuses": statuses}})


LATER = {"running": {"startedAt": "2026-01-01T05:00:00Z"}}


@pytest.mark.parametrize(
    ("pods", "since"),
    [
        pytest.param([a_jobmanager_pod()], THEN, id="the only one"),
        pytest.param([a_jobmanager_pod(), a_jobmanager_pod("taskmanager", state=LATER)], THEN, id="beside a TaskManager"),
        pytest.param([a_jobmanager_pod(phase="Failed", state=ENDED), a_jobmanager_pod()], THEN, id="after one that was evicted"),
        pytest.param([a_jobmanager_pod(state=LATER, lastState=ENDED)], THEN + timedelta(hours=5), id="its container was started again"),
        pytest.param([a_jobmanager_pod(state={"waiting": {}}, lastState=ENDED)], None, id="its container waits to be started again"),
        pytest.param([a_jobmanager_pod(state={"running": {}})], None, id="when is not told"),
        pytest.param([a_jobmanager_pod(name="init")], None, id="Flink's container is not there yet"),
        pytest.param([a_jobmanager_pod(), a_jobmanager_pod()], None, id="with a standby"),
        pytest.param([a_jobmanager_pod(), a_jobmanager_pod(phase="Pending", state={})], None, id="with a standby that starts"),
        pytest.param([a_jobmanager_pod(deletionTimestamp="2026-01-01T06:00:00Z")], None, id="it leaves"),
        pytest.param([{"metadata": {"name": "x", "labels": {"component": "jobmanager"}}, "status": {}}], None, id="nothing is known of it"),
        pytest.param([], None, id="none"),
    ],
)
def test_since_when_the_only_jobmanager_of_a_cluster_runs(pods: list[dict[str, Any]], since: datetime | None) -> None:
    assert read_jobmanager_start(pods) == since


@pytest.mark.parametrize(
    ("seconds_after_its_end", "overdue"), [pytest.param(None, False, id="lives"), (-60, False), (0, False), (30, False), (31, True)]
)
def test_a_pod_is_overdue_half_a_minute_after_it_should_have_ended(seconds_after_its_end: float | None, overdue: bool) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    metadata = {} if seconds_after_its_end is None else {"deletionTimestamp": (now - timedelta(seconds=seconds_after_its_end)).isoformat()}
    assert is_overdue({"metadata": metadata}, now) is overdue


def waiting(reason: str, message: str = "", *, init: bool = False, last: dict[str, Any] | None = None) -> dict[str, Any]:
    container = {
        "name": "main",
        "state": {"waiting": {"reason": reason, "message": message}},
        "lastState": {"terminated": last} if last else {},
    }
    return {"status": {"initContainerStatuses" if init else "containerStatuses": [container]}}


def condition(kind: str, status: str, reason: str | None = None, message: str = "why") -> dict[str, Any]:
    return {"status": {"conditions": [{"type": kind, "status": status, "message": message, **({"reason": reason} if reason else {})}]}}


HEALTHY = {"status": {"phase": "Running", "containerStatuses": [{"name": "main", "state": {"running": {}}, "lastState": {}}]}}


@pytest.mark.parametrize(
    ("pod", "trouble"),
    [
        pytest.param(HEALTHY, None, id="it runs"),
        pytest.param({}, None, id="nothing is known yet"),
        pytest.param(waiting("ContainerCreating"), None, id="it is on its way"),
        pytest.param(waiting("PodInitializing"), None, id="its init containers run"),
        pytest.param(waiting("ImagePullBackOff", "no such image"), ("ImagePullBackOff", "Container main: no such image"), id="no image"),
        pytest.param(waiting("ErrImagePull", "denied"), ("ErrImagePull", "Container main: denied"), id="no right to the image"),
        pytest.param(waiting("InvalidImageName"), ("InvalidImageName", "Container main: "), id="no image name"),
        pytest.param(waiting("CreateContainerConfigError", "secret x not found"), ("CreateContainerConfigError", None), id="no secret"),
        pytest.param(waiting("ImagePullBackOff", init=True), ("ImagePullBackOff", None), id="an init container"),
        pytest.param(
            waiting("CrashLoopBackOff", "back-off", last={"exitCode": 1, "message": "one\ntwo\nthree\nfour\nfive\nsix"}),
            ("CrashLoopBackOff", "Container main (exit code 1): two three four five six"),
            id="its last words are told",
        ),
        pytest.param(
            waiting("CrashLoopBackOff", "back-off", last={"exitCode": 137, "reason": "OOMKilled"}),
            ("OOMKilled", "Container main was killed: it used more memory than its limit."),
            id="too little memory",
        ),
        pytest.param(
            condition("PodScheduled", "False", "Unschedulable", "0/3 nodes are available"),
            ("Unschedulable", "Pod cannot be scheduled: 0/3 nodes are available"),
            id="no room",
        ),
        pytest.param(condition("PodScheduled", "False", "SchedulingGated"), None, id="held back on purpose"),
        pytest.param(condition("PodScheduled", "True"), None, id="scheduled"),
    ],
)
def test_what_keeps_a_pod_from_starting(pod: dict[str, Any], trouble: tuple[str, str | None] | None) -> None:
    found = find_trouble(None, [pod])
    if trouble is None:
        assert found is None
    else:
        assert found is not None
        assert found.reason == trouble[0]
        assert trouble[1] is None or found.message == trouble[1].strip()


@pytest.mark.parametrize(
    ("deployment", "trouble"),
    [
        pytest.param(condition("ReplicaFailure", "True", "FailedCreate", "no quota"), Trouble("FailedCreate", "no quota"), id="no quota"),
        pytest.param(condition("ReplicaFailure", "True"), Trouble("ReplicaFailure", "why"), id="no reason"),
        pytest.param(condition("ReplicaFailure", "False"), None, id="over"),
        pytest.param(condition("Available", "False", "MinimumReplicasUnavailable"), None, id="not ready yet"),
        pytest.param({}, None, id="nothing is known yet"),
        pytest.param(None, None, id="none"),
    ],
)
def test_what_keeps_a_deployment_from_making_pods(deployment: dict[str, Any] | None, trouble: Trouble | None) -> None:
    assert find_trouble(deployment, []) == trouble


LAST_LINES = "begins\ns3.secret-key: hunter2\nat jdbc:postgresql://me:hunter2@db/x " + "x" * 1000


@pytest.mark.parametrize(
    ("deployment", "pods"),
    [
        pytest.param(None, [waiting("CrashLoopBackOff", last={"exitCode": 1, "message": LAST_LINES})], id="the last lines of a container"),
        pytest.param(None, [waiting("CreateContainerConfigError", LAST_LINES)], id="what the kubelet says"),
        pytest.param(condition("ReplicaFailure", "True", "FailedCreate", LAST_LINES), [], id="what an admission webhook says"),
    ],
)
def test_trouble_is_told_without_secrets(deployment: dict[str, Any] | None, pods: list[dict[str, Any]]) -> None:
    found = find_trouble(deployment, pods)

    assert found is not None
    assert "hunter2" not in found.message
    assert len(found.message) <= 600
    assert "s3.secret-key: ****** at jdbc:postgresql://******@db/x" in found.message


def test_where_kubernetes_tells_an_exit_code_only_the_log_is_asked_and_its_cause_told() -> None:
    crashed = {**waiting("CrashLoopBackOff", "back-off", last={"exitCode": 2, "finishedAt": "then"}), "metadata": {"name": "job-x"}}
    trouble = find_trouble(None, [crashed])

    words = "Container main (exit code 2): its log may tell more (`kubectl logs --previous`)."
    assert trouble == Trouble("CrashLoopBackOff", words, Crash("job-x", "main", 2, "then"))
    assert with_cause(trouble, "java.io.IOException: no disk").message == "Container main (exit code 2): java.io.IOException: no disk"


TRACE = {"exitCode": 1, "finishedAt": "then", "message": "java.io.FileNotFoundException: missing.jar\n\tat x(Y.java:1)\n"}
SILENT = {"exitCode": 2, "finishedAt": "then"}
KILLED = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "then"}


def a_container(state: dict[str, Any], last: dict[str, Any] | None, *, init: bool = False) -> dict[str, Any]:
    container = {"name": "main", "state": state, "lastState": {"terminated": last} if last else {}}
    return {"metadata": {"name": "job-x"}, "status": {"initContainerStatuses" if init else "containerStatuses": [container]}}


@pytest.mark.parametrize("state", [RUNS, {"terminated": {"exitCode": 1}}, {}], ids=["runs", "has just ended again", "unknown"])
@pytest.mark.parametrize("last", [TRACE, SILENT, KILLED], ids=["with words", "silent", "killed"])
@pytest.mark.parametrize("init", [False, True], ids=["main", "init"])
def test_a_container_that_ended_is_told_of_in_the_same_words_while_it_waits_and_when_it_runs_again(
    state: dict[str, Any], last: dict[str, Any], init: bool
) -> None:
    waits = [a_container({"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off {n}0s"}}, last, init=init) for n in (1, 2)]
    told = [find_trouble(None, [pod]) for pod in waits]
    again = a_container(state, last, init=init)

    assert told[0] is not None
    assert [*told, find_crash([HEALTHY, again])] == [told[0]] * 3
    assert find_trouble(None, [again]) is None, "it is on its way"


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(HEALTHY, id="the first one"),
        pytest.param({}, id="nothing is known yet"),
        pytest.param(a_container({"terminated": {"exitCode": 1}}, None), id="it ended for the first time"),
        pytest.param(a_container({"terminated": {"exitCode": 0}}, TRACE, init=True), id="an init container that is done now"),
    ],
)
def test_a_container_that_was_not_started_again_is_no_crash(pod: dict[str, Any]) -> None:
    assert find_crash([pod]) is None


def test_a_crash_of_long_ago_is_not_taken_for_the_cause_of_another_trouble() -> None:
    pulls = {**waiting("ImagePullBackOff", "no such image", last={"exitCode": 2, "finishedAt": "then"}), "metadata": {"name": "job-x"}}
    trouble = find_trouble(None, [pulls])

    assert trouble is not None
    assert (trouble.reason, trouble.crash) == ("ImagePullBackOff", None)


PULL = 'failed to pull "a/flink:9": lookup a: read udp 10.0.0.11:{port}->10.0.0.1:53: i/o timeout'


@pytest.mark.parametrize("last", [None, TRACE, KILLED], ids=["the first container", "one that ended before", "one that was killed before"])
def test_an_image_that_is_not_there_is_told_of_in_the_same_words_while_it_is_pulled_and_while_that_waits(
    last: dict[str, Any] | None,
) -> None:
    tries = [PULL.format(port=port) for port in (40000, 50000)]
    waits = [f'Back-off pulling image "a/flink:9": ErrImagePull: {text}' for text in tries]
    pods = [
        *(waiting("ErrImagePull", text, last=last) for text in tries),
        *(waiting("ImagePullBackOff", text, last=last) for text in waits),
    ]

    words = 'Container main: failed to pull "a/flink:9": lookup a: read udp 10.0.0.11->10.0.0.1:53: i/o timeout'
    told = [find_trouble(None, [pod]) for pod in pods]
    assert told == [Trouble("ErrImagePull", words)] * 2 + [Trouble("ImagePullBackOff", words)] * 2


def test_the_trouble_of_a_pod_comes_before_that_of_its_deployment_and_healthy_pods_are_passed_over() -> None:
    found = find_trouble(condition("ReplicaFailure", "True"), [HEALTHY, waiting("ErrImagePull")])
    assert found is not None
    assert found.reason == "ErrImagePull"


def test_a_message_is_one_line_of_bounded_length() -> None:
    found = find_trouble(None, [waiting("ErrImagePull", "x " * 5000)])
    assert found is not None
    assert len(found.message) == 600
    assert found.message.endswith("…")


def a_config_map(name: str, *keys: str, deleted: bool = False) -> dict[str, Any]:
    metadata = {"name": name, **({"deletionTimestamp": CREATED} if deleted else {})}
    return {"metadata": metadata, "data": dict.fromkeys(keys, "handle")}


def of_job(job: str, checkpoints: int, **more: Any) -> dict[str, Any]:
    return a_config_map(f"app-{job}-config-map", "counter", *(f"checkpointID-{number:019d}" for number in range(checkpoints)), **more)


CLUSTER = a_config_map("app-cluster-config-map", f"jobGraph-{JOB}", "address")


@pytest.mark.parametrize(
    ("config_maps", "job_id", "expected"),
    [
        pytest.param([], JOB, HaMetadata(), id="none"),
        pytest.param([of_job(JOB, 2), CLUSTER], JOB, HaMetadata(True, JOB, 2, 1, 2, frozenset({JOB})), id="the job's"),
        pytest.param([of_job(JOB, 0)], JOB, HaMetadata(True, JOB, 0, 0, 1), id="a job without a checkpoint yet"),
        pytest.param([of_job(OTHER_JOB, 5)], JOB, HaMetadata(False, None, 0, 0, 1), id="another job's count for nothing"),
        pytest.param(
            [of_job(JOB, 1), of_job(OTHER_JOB, 3)], None, HaMetadata(True, OTHER_JOB, 3, 0, 2), id="no job known: most checkpoints"
        ),
        pytest.param([CLUSTER], None, HaMetadata(False, None, 0, 1, 1, frozenset({JOB})), id="a cluster without config maps of jobs"),
        pytest.param([of_job(JOB, 2, deleted=True)], JOB, HaMetadata(), id="going"),
        pytest.param([a_config_map("flink-config-app", "checkpointID-1")], JOB, HaMetadata(), id="not of high availability"),
        pytest.param([{**of_job(JOB, 0), "data": None}], JOB, HaMetadata(True, JOB, 0, 0, 1), id="empty"),
    ],
)
def test_high_availability_metadata(config_maps: list[dict[str, Any]], job_id: str | None, expected: HaMetadata) -> None:
    assert read_ha_metadata("app", job_id, config_maps) == expected


@pytest.mark.parametrize(
    ("name", "is_metadata"),
    [
        ("app-cluster-config-map", True),
        (f"app-{JOB}-config-map", True),
        ("flink-config-app", False),
        ("pod-template-app", False),
        ("app-config-map", False),
        (f"app-{JOB}-config-map-2", False),
        (f"app2-{JOB}-config-map", False),
        ("app2-cluster-config-map", False),
        (f"app-{JOB[:31]}-config-map", False),
        (f"app-{JOB.upper()}-config-map", False),
    ],
)
def test_metadata_are_known_by_their_name(name: str, is_metadata: bool) -> None:
    assert is_ha_config_map("app", a_config_map(name)) is is_metadata


def test_a_dot_in_a_name_is_a_dot() -> None:
    assert not is_ha_config_map("a.b", a_config_map(f"axb-{JOB}-config-map"))


def test_job_graphs_are_found_under_the_keys_of_all_flink_versions() -> None:
    config_map = a_config_map("x", "jobGraph-1", "executionPlan-2", "application-3", "checkpointID-4", "address", "counter")
    assert graph_keys(config_map) == ["jobGraph-1", "executionPlan-2", "application-3"]
    assert graph_keys({"metadata": {}}) == []
    found = read_ha_metadata("app", None, [a_config_map("app-cluster-config-map", f"jobGraph-{JOB}", f"executionPlan-{OTHER_JOB}")])
    assert found.graphs_of == {JOB, OTHER_JOB}


@pytest.mark.parametrize(
    ("graph", "exists"),
    [
        pytest.param(f"jobGraph-{JOB}", True, id="stored up to 1.20"),
        pytest.param(f"executionPlan-{JOB}", True, id="stored from 2.0 on"),
        pytest.param("application-1", True, id="of an application, from 2.3 on: whose is not told"),
        pytest.param(f"jobGraph-{OTHER_JOB}", False, id="another job's"),
        pytest.param("address", False, id="none: its config map has outlived the job"),
    ],
)
def test_a_job_without_a_stored_graph_is_not_recovered(graph: str, exists: bool) -> None:
    found = read_session_metadata("app", JOB, [of_job(JOB, 2), a_config_map("app-cluster-config-map", graph)])
    assert (found.exists, found.checkpoints) == (exists, 2 if exists else 0)


@pytest.mark.parametrize(
    ("status", "job_id"),
    [
        pytest.param({"status": {"jobStatus": {"jobId": "a" * 32}}}, "a" * 32, id="submitted"),
        pytest.param({"status": {"jobStatus": {}}}, None, id="not submitted"),
        pytest.param({}, None, id="not looked at"),
    ],
)
def test_a_resource_that_names_a_cluster_tells_its_job(status: dict[str, Any], job_id: str | None) -> None:
    assert read_referring({"metadata": {"name": "sj"}, **status}) == Referring("sj", job_id)


@pytest.mark.parametrize(
    ("status", "unsettled"),
    [
        pytest.param({"phase": "Running"}, True, id="it runs, or has ended unseen"),
        pytest.param({"phase": "Deploying", "operation": {"step": "Submitting"}}, True, id="it may be starting"),
        pytest.param({"phase": "Upgrading", "operation": {"step": "TakingSavepoint"}}, True, id="it is being stopped"),
        pytest.param({"phase": "Deleting", "operation": {"step": "Cancelling"}}, True, id="it is being cancelled"),
        pytest.param({"phase": "Upgrading"}, False, id="it has stopped"),
        pytest.param({"phase": "Suspended", "operation": None}, False, id="it is suspended"),
        pytest.param({"phase": "Failed"}, False, id="it has ended"),
        pytest.param({}, False, id="it was never started"),
    ],
)
def test_a_resource_tells_whether_its_cluster_may_know_more_of_its_job_than_it_does(status: dict[str, Any], unsettled: bool) -> None:
    assert read_referring({"metadata": {"name": "sj"}, "status": status}).unsettled is unsettled
