"""The kinds in the simple style: the manifests of the article, and the rules of docs/simple.md, with real Flink."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.cluster.process import until
from tests.e2e.world import _VOLUMES, JAR, NAMESPACE, World, condition, is_running

CLUSTER, JOB = "my-flink-cluster", "my-flink-job"
_SIZE = {"cpu": 0.2, "memory": "1024m"}
_CHECKPOINTS = {"execution.checkpointing.interval": "1s"}
# a JVM starts several times faster when it may use more CPU than it needs later
_QUICK = {f"kubernetes.{process}.cpu.limit-factor": "5" for process in ("jobmanager", "taskmanager")}


def an_object(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "flink.apache.org/v1", "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def a_cluster(name: str, **spec: Any) -> dict[str, Any]:
    """One TaskManager with two slots."""
    template = {"podTemplate": copy.deepcopy(_VOLUMES)}
    small = {"jobManager": {**_SIZE, **template}, "taskManager": {"replicas": 1, **_SIZE, **template}}
    return an_object("FlinkCluster", name, {"flinkVersion": "v1.20", "configuration": _QUICK, **small, **spec})


def a_job(**job: Any) -> dict[str, Any]:
    return {"jarURI": JAR, "mainClass": "CountingJob", "upgradeMode": "savepoint", **job}


def directories(name: str) -> dict[str, str]:
    return {**_CHECKPOINTS, "state.checkpoints.dir": f"file:///state/{name}/c", "state.savepoints.dir": f"file:///state/{name}/s"}


def on_cluster(name: str, cluster: str, **job: Any) -> dict[str, Any]:
    spec = {"flinkCluster": {"name": cluster}, "configuration": directories(name), "job": a_job(**job)}
    return an_object("FlinkApplication", name, spec)


@pytest.fixture
def clusters(world: World) -> World:
    return World(world.cluster, "flinkclusters")


def applications(world: World, cluster: str | None = None) -> World:
    return World(world.cluster, "flinkapplications", cluster)


@pytest.fixture
def articles_account(world: World) -> Iterator[None]:
    """The service account that the article's manifest names."""
    kubectl = ("-n", NAMESPACE)
    world.cluster.kubectl(*kubectl, "create", "serviceaccount", "flink-operator")
    world.cluster.kubectl(*kubectl, "create", "rolebinding", "article", "--role=flink", f"--serviceaccount={NAMESPACE}:flink-operator")
    yield
    world.cluster.kubectl(*kubectl, "delete", "rolebinding/article", "serviceaccount/flink-operator")


@pytest.mark.usefixtures("articles_account")
def test_the_articles_manifests_work_in_either_order_and_the_cluster_goes_with_the_last_application(clusters: World) -> None:
    article = {"flinkVersion": "v1.20", "serviceAccount": "flink-operator", "job": {"parallelism": 1}, "taskManager": {"replicas": 1}}
    jobs = applications(clusters, CLUSTER)
    jobs.apply(
        an_object("FlinkApplication", JOB, {"flinkCluster": {"name": CLUSTER}, "job": a_job(upgradeMode="stateless", parallelism=1)})
    )
    jobs.wait_for(JOB, lambda found: (found.get("status") or {}).get("reason") == "ClusterMissing", 30, "waiting")
    clusters.apply(an_object("FlinkCluster", CLUSTER, article))
    clusters.wait_until_running(CLUSTER, 180)
    jobs.wait_until_running(JOB, 120)
    found = clusters.wait_for(CLUSTER, lambda one: one["status"].get("jobs") == 1 == one["status"].get("taskManagers"), 30, "counted")
    assert found["status"]["phase"] == "Running"
    shown = clusters.cluster.kubectl("-n", NAMESPACE, "get", "flinkclusters,flinkapplications")
    assert "TASK MANAGERS" in shown

    clusters.cluster.kubectl("-n", NAMESPACE, "delete", "flinkcluster", CLUSTER, "--wait=false")
    blocked = clusters.wait_for(CLUSTER, lambda one: one["status"]["reason"] == "JobsRunning", 30, "kept by its application")
    assert JOB in condition(blocked, "Stalled")["message"]
    assert is_running(jobs.get(JOB))
    jobs.delete(JOB)
    until(lambda: clusters.get(CLUSTER) == {}, "the end of the cluster", 90)
    clusters.leaves_nothing(CLUSTER)


def test_applications_beyond_the_slots_wait_until_another_ends(clusters: World) -> None:
    name = "narrow"
    clusters.apply(a_cluster(name))
    clusters.wait_until_running(name, 180)
    jobs = applications(clusters, name)
    jobs.apply(on_cluster("first", name, parallelism=2))
    jobs.wait_until_running("first", 60)
    jobs.apply(on_cluster("second", name, parallelism=1))
    waiting = jobs.wait_for("second", lambda one: (one.get("status") or {}).get("reason") == "WaitingForSlots", 30, "waiting")
    assert "0 of the FlinkCluster's 2 are free" in waiting["status"]["message"]
    jobs.delete("first")
    jobs.wait_until_running("second", 60)
    before = jobs.wait_for_count("second", 100).newest
    jobs.patch("second", {"job": {"args": ["--rate", "250"]}})
    jobs.goes_on("second", before)
    clusters.cluster.kubectl("-n", NAMESPACE, "delete", "flinkcluster", name, "--wait=false")
    jobs.delete("second")
    until(lambda: clusters.get(name) == {}, "the end of the cluster", 90)


@pytest.mark.long
def test_an_older_definition_of_snapshots_holds_no_application_up(clusters: World) -> None:
    """The one that names FlinkDeployments and FlinkSessionJobs only, left behind by an upgrade with Helm."""
    name, job = "shared", "under-older"
    jobs = applications(clusters, name)
    clusters.apply(a_cluster(name))
    clusters.wait_until_running(name, 180)
    jobs.apply(on_cluster(job, name, parallelism=1))
    jobs.wait_until_running(job, 120)
    before = jobs.wait_for_count(job, 100).newest
    with older_snapshots(clusters):
        jobs.patch(job, {"job": {"savepointTriggerNonce": 1}})
        told = jobs.wait_for(job, lambda one: condition(one, "SnapshotsReady").get("status") == "False", 60, "told")
        assert "kubectl apply --server-side -f manifests/crds" in condition(told, "SnapshotsReady")["message"]
        assert (condition(told, "SnapshotsReady")["reason"], condition(told, "Ready")["status"]) == ("SnapshotRefused", "True")
        jobs.patch(job, {"job": {"args": ["--rate", "250"]}})
        jobs.goes_on(job, before)
    jobs.wait_for(job, lambda one: condition(one, "SnapshotsReady")["status"] == "Unknown", 60, "taken")
    until(lambda: bool(snapshots_of(jobs, job)), "the savepoints as resources", 60)
    jobs.cluster.kubectl("-n", NAMESPACE, "delete", "flinksnp", "-l", f"job-reference.name={job}", "--timeout=60s")
    jobs.delete(job)
    clusters.delete(name, 90)


def snapshots_of(jobs: World, job: str) -> list[str]:
    return jobs.names("flinksnp", f"job-reference.name={job},snapshot.state=COMPLETED")


@contextmanager
def older_snapshots(world: World) -> Iterator[None]:
    kinds = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/jobReference/properties/kind/enum"

    def name_kinds(*found: str) -> None:
        patch = json.dumps([{"op": "replace", "path": kinds, "value": found}])
        world.cluster.kubectl("patch", "crd", "flinkstatesnapshots.flink.apache.org", "--type=json", "-p", patch)

    name_kinds("FlinkDeployment", "FlinkSessionJob")
    try:
        yield
    finally:
        name_kinds("FlinkDeployment", "FlinkSessionJob", "FlinkApplication")


@pytest.mark.long
def test_an_application_with_its_own_cluster_is_upgraded_with_its_state(world: World) -> None:
    name, jobs = "alone", applications(world)
    cluster = a_cluster(name)["spec"]
    del cluster["taskManager"]["replicas"]
    jobs.apply(
        an_object("FlinkApplication", name, {**cluster, "configuration": {**_QUICK, **directories(name)}, "job": a_job(parallelism=1)})
    )
    jobs.wait_until_running(name, 180)
    before = jobs.wait_for_count(name, 100).newest
    jobs.patch(name, {"job": {"args": ["--rate", "250"]}})
    jobs.goes_on(name, before)
    status = jobs.status(name)
    assert (status["restore"]["source"], status["jobs"]) == ("savepoint", 1), json.dumps(status["restore"])
    jobs.delete(name)
    jobs.leaves_nothing(name)
