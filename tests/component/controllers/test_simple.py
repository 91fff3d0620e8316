"""The kinds in the simple style on a real API server, with pretended JobManagers: they live as the established ones, in their own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.component.controllers.everyrequest import kind_of, strike_every_request
from tests.component.controllers.mortal import Strike
from tests.component.controllers.passingtime import time_that_passes
from tests.component.controllers.snapshotstage import ask, is_state, wait_for_snapshot
from tests.component.controllers.stage import NAME, Condition, Stage, has_reason, is_fulfilled
from tests.component.waiting import until

from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, FLINK_APPLICATIONS, FLINK_CLUSTERS, Resource

CLUSTER = "shared"
_STORAGE = {"checkpoints": "file:///checkpoints", "savepoints": "file:///savepoints"}
ARTICLES_CLUSTER = {"flinkVersion": "v1.20", "serviceAccount": "flink-operator", "job": {"parallelism": 1}, "taskManager": {"replicas": 1}}


def a_cluster(**spec: Any) -> dict[str, Any]:
    return {**ARTICLES_CLUSTER, "storage": _STORAGE, **spec}


def on_cluster(**job: Any) -> dict[str, Any]:
    """A job on the cluster; keyword arguments are fields of `job`."""
    return {
        "flinkCluster": {"name": CLUSTER},
        "job": {"jarURI": "local:///job.jar", "mainClass": "Job", "upgradeMode": "savepoint", **job},
    }


def alone(**job: Any) -> dict[str, Any]:
    """A job with a cluster of its own."""
    ha = {"highAvailability": "file:///ha"}
    return {
        "flinkVersion": "1.20",
        "storage": {**_STORAGE, **ha},
        "job": {"jarURI": "local:///job.jar", "upgradeMode": "savepoint", **job},
    }


def clusters(stage: Stage) -> Stage:
    return replace(stage, kind=FLINK_CLUSTERS)


def applications(stage: Stage) -> Stage:
    return replace(stage, kind=FLINK_APPLICATIONS)


def is_at(phase: str | None) -> Condition:
    return lambda found: is_fulfilled(found) and found["status"]["phase"] == phase if phase else not found


async def a_running_cluster(stage: Stage, namespace: str, **spec: Any) -> None:
    await clusters(stage).create(namespace, a_cluster(**spec), CLUSTER)
    await clusters(stage).wait_until(namespace, "ready", is_fulfilled, CLUSTER)


async def an_application_on_a_running_cluster(stage: Stage, namespace: str) -> None:
    await a_running_cluster(stage, namespace)
    await applications(stage).create(namespace, on_cluster())
    await applications(stage).wait_until(namespace, "running", is_at("Running"))


def job_ids(stage: Stage, namespace: str) -> list[str]:
    """Of the jobs that run on the cluster."""
    return [job.job_id for job in stage.world.jobmanagers.alive[namespace, CLUSTER].submitted.values() if job.state == "RUNNING"]


async def test_an_application_may_name_its_cluster_before_that_exists_and_both_tell_how_they_fare(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await applications(stage).create(namespace, on_cluster(parallelism=2))
        waiting = await applications(stage).wait_until(namespace, "waiting", has_reason("ClusterMissing"))
        assert waiting["status"]["message"] == (
            f"FlinkCluster {CLUSTER} does not exist in namespace {namespace}: create it, or correct spec.flinkCluster.name."
        )
        await a_running_cluster(stage, namespace)
        found = await applications(stage).wait_until(namespace, "running", is_at("Running"))
        assert (found["status"]["cluster"], found["status"]["jobs"]) == (CLUSTER, 1)
        cluster = await clusters(stage).wait_until(namespace, "with a job", lambda one: one["status"].get("jobs") == 1, CLUSTER)
        assert cluster["status"]["phase"] == "Running"
        (runs,) = stage.world.jobmanagers.alive[namespace, CLUSTER].jars.runs  # type: ignore[union-attr]
        assert runs["parallelism"] == 2


async def test_what_belongs_to_a_cluster_has_it_as_owner(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await a_running_cluster(stage, namespace)
        found = await stage.kube.get(DEPLOYMENTS, namespace, CLUSTER)
        assert found is not None
        (owner,) = found["metadata"]["ownerReferences"]
        assert (owner["apiVersion"], owner["kind"], owner["name"]) == ("flink.apache.org/v1", "FlinkCluster", CLUSTER)
        workers = await stage.kube.get(DEPLOYMENTS, namespace, f"{CLUSTER}-taskmanager")
        assert workers is not None
        assert workers["spec"]["replicas"] == 1


async def test_a_cluster_is_deleted_when_the_last_of_its_applications_is(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await an_application_on_a_running_cluster(stage, namespace)
        await clusters(stage).delete(namespace, CLUSTER)
        blocked = await clusters(stage).wait_until(namespace, "blocked", has_reason("JobsRunning"), CLUSTER)
        assert "FlinkApplications refer to it: job" in blocked["status"]["message"]
        assert "spec.configuration" in blocked["status"]["message"]
        await applications(stage).delete(namespace)
        await applications(stage).wait_until(namespace, "gone", is_at(None))
        await clusters(stage).wait_until(namespace, "gone", is_at(None), CLUSTER)


async def the_one_that_runs(stage: Stage, namespace: str) -> str:
    """The name of the only application that runs."""
    running: list[str] = []

    async def is_so() -> bool:
        found = {name: await applications(stage).resource(namespace, name) or {} for name in ("one", "two")}
        running[:] = [name for name, one in found.items() if (one.get("status") or {}).get("phase") == "Running"]
        return len(running) == 1

    await until(is_so)
    return running[0]


async def test_applications_beyond_the_slots_wait_and_start_when_there_is_room(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await a_running_cluster(stage, namespace)
        stage.world.jobmanagers.alive[namespace, CLUSTER].slots = 1
        for name in ("one", "two"):
            await applications(stage).create(namespace, on_cluster(parallelism=1), name)
        first = await the_one_that_runs(stage, namespace)
        second = "two" if first == "one" else "one"
        waiting = await applications(stage).wait_until(namespace, "waiting", has_reason("WaitingForSlots"), second)
        assert "needs 1 slots, its parallelism, and 0 of the FlinkCluster's 1 are free" in waiting["status"]["message"]
        await applications(stage).delete(namespace, first)
        await applications(stage).wait_until(namespace, "running", is_at("Running"), second)
        assert stage.problems(namespace) == []


async def test_the_default_parallelism_of_the_cluster_counts_from_the_next_start(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await an_application_on_a_running_cluster(stage, namespace)
        jars = stage.world.jobmanagers.alive[namespace, CLUSTER].jars
        assert jars is not None
        await clusters(stage).change(namespace, {"job": {"parallelism": 3}}, CLUSTER)
        await clusters(stage).wait_until(namespace, "fulfilled", is_fulfilled, CLUSTER)
        assert [run["parallelism"] for run in jars.runs] == [1]
        await applications(stage).change(namespace, {"restartNonce": 1})
        await until(lambda: [run["parallelism"] for run in jars.runs] == [1, 3])


async def test_a_changed_cluster_stops_its_applications_first_and_they_go_on_from_there(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await an_application_on_a_running_cluster(stage, namespace)
        await clusters(stage).change(namespace, {"configuration": {"web.refresh-interval": "4000"}}, CLUSTER)

        def of_jobs() -> list[str | None]:
            made = stage.world.jobmanagers.starts((namespace, CLUSTER))
            return [kind_of(start.restored_from) for start in made if start.job_id]

        await until(lambda: len(of_jobs()) == 2)
        await applications(stage).wait_until(namespace, "running", is_at("Running"))
        assert of_jobs() == [None, "savepoint"]
        assert stage.problems(namespace) == []


async def test_statements_in_a_configmap_are_waited_for_and_a_change_of_them_is_an_upgrade(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "sql", "namespace": namespace}}
    spec = {**alone(), "job": {"sql": {"configMap": {"name": "sql"}}, "upgradeMode": "savepoint"}}
    async with stage.operator(namespace):
        await applications(stage).create(namespace, spec)
        stalled = await applications(stage).wait_until(namespace, "stalled", has_reason("ValidationError"))
        assert "ConfigMap sql does not exist" in stalled["status"]["message"]
        await stage.kube.create(CONFIG_MAPS, {**body, "data": {"statements.sql": "SELECT 1;"}})
        await applications(stage).wait_until(namespace, "running", is_at("Running"))
        await stage.kube.patch(CONFIG_MAPS, namespace, "sql", {"data": {"statements.sql": "SELECT 2;"}})
        await until(lambda: len(stage.world.jobmanagers.starts((namespace, NAME))) == 2)
        await applications(stage).wait_until(namespace, "running", is_at("Running"))


async def test_how_an_application_began_is_not_changed_by_its_spec(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await applications(stage).create(namespace, alone())
        await applications(stage).wait_until(namespace, "running", is_at("Running"))
        await applications(stage).change(namespace, {"flinkCluster": {"name": CLUSTER}})

        def is_refused(found: Mapping[str, Any]) -> bool:
            return "which it keeps" in str((found.get("status") or {}).get("error"))

        refused = await applications(stage).wait_until(namespace, "refused", is_refused)
        assert refused["status"]["phase"] == "Running"


@pytest.mark.parametrize("second", [FLINK_CLUSTERS, FLINK_APPLICATIONS])
async def test_of_two_kinds_with_one_name_the_first_has_the_cluster(stage: Stage, second: Resource) -> None:
    namespace = await stage.a_namespace()
    other = replace(stage, kind=second)
    async with stage.operator(namespace):
        await stage.running(namespace)
        await other.create(namespace, a_cluster() if second is FLINK_CLUSTERS else alone())
        refused = await other.wait_until(namespace, "refused", has_reason("NameTaken"))
        assert refused["status"]["message"].startswith(f"FlinkDeployment {NAME} has the same name")
        await stage.change(namespace, {"job": {"state": "suspended"}})
        await stage.wait_for(namespace, "Suspended")
        await other.delete(namespace)
        await other.wait_until(namespace, "gone", is_at(None))
        await stage.change(namespace, {"job": {"state": "running"}})
        await stage.wait_for(namespace, "Running", 2)
        assert stage.problems(namespace) == []
        await other.create(namespace, a_cluster() if second is FLINK_CLUSTERS else alone())
        await other.wait_until(namespace, "refused", has_reason("NameTaken"))
        await stage.delete(namespace)
        await other.wait_until(namespace, "running", is_at("Running"))
        assert stage.problems(namespace) == []


@pytest.mark.parametrize("shares", [True, False], ids=["on a cluster", "alone"])
async def test_a_savepoint_of_an_application_is_taken_where_its_job_runs(stage: Stage, shares: bool) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await ask(stage, namespace, {"jobReference": {"kind": "FlinkApplication", "name": NAME}, "savepoint": {}})
        await wait_for_snapshot(stage, namespace, lambda found: (found.get("status") or {}).get("reason") == "WaitingForJob")
        if shares:
            await a_running_cluster(stage, namespace)
        await applications(stage).create(namespace, on_cluster() if shares else alone())
        found = await wait_for_snapshot(stage, namespace, is_state("COMPLETED"))
        assert [found["status"]["path"]] == stage.world.jobmanagers.savepoints_of(namespace)
        assert found["metadata"]["labels"]["job-reference.kind"] == "FlinkApplication"


async def test_the_savepoint_of_an_applications_upgrade_is_a_resource(stage: Stage) -> None:
    namespace, jobs = await stage.a_namespace(), applications(stage)
    async with stage.operator(namespace):
        spec = {**alone(), "configuration": {"kubernetes.operator.snapshot.resource.enabled": "true"}}
        await jobs.create(namespace, spec)
        await jobs.wait_until(namespace, "running", is_at("Running"))
        await jobs.change(namespace, {"job": {"args": ["new"]}})
        found = await wait_for_snapshot(stage, namespace, is_state("COMPLETED"), name=None)
        assert found["spec"]["jobReference"] == {"kind": "FlinkApplication", "name": NAME}
        assert found["metadata"]["labels"]["snapshot.trigger-type"] == "UPGRADE"


async def on_a_cluster(stage: Stage, strike: Strike) -> None:
    """A job begins, is upgraded and ends."""
    namespace, jobs = await stage.a_namespace(), applications(stage)
    async with stage.operator(namespace):
        await a_running_cluster(stage, namespace)
        stage.world.jobmanagers.alive[namespace, CLUSTER].takes_one = True
    async with stage.mortal_operator(namespace, strike), time_that_passes(stage, namespace):
        await jobs.create(namespace, on_cluster())
        await jobs.wait_until(namespace, "running", is_at("Running"))
        await jobs.change(namespace, {"job": {"args": ["new"]}})
        await jobs.wait_until(namespace, "running", is_at("Running"))
        await until(lambda: len(stage.world.jobmanagers.starts((namespace, CLUSTER))) == 3)
    async with stage.operator(namespace):
        found = await jobs.wait_until(namespace, "running", is_at("Running"))
        assert job_ids(stage, namespace) == [found["status"]["jobStatus"]["jobId"]]
    made = stage.world.jobmanagers.starts((namespace, CLUSTER))[1:]
    assert [kind_of(start.restored_from) for start in made] == [None, "savepoint"]
    assert stage.problems(namespace) == []


async def with_its_own_cluster(stage: Stage, strike: Strike) -> None:
    """A job begins, and is upgraded with its state."""
    namespace, jobs = await stage.a_namespace(), applications(stage)
    async with stage.mortal_operator(namespace, strike):
        await jobs.create(namespace, alone())
        await jobs.wait_until(namespace, "running", is_at("Running"))
        await jobs.change(namespace, {"job": {"args": ["new"]}})
        await until(lambda: len(stage.world.jobmanagers.starts((namespace, NAME))) == 2)
        await jobs.wait_until(namespace, "running", is_at("Running"))
    async with stage.operator(namespace):
        await jobs.wait_until(namespace, "running", is_at("Running"))
    made = stage.world.jobmanagers.starts((namespace, NAME))
    assert [kind_of(start.restored_from) for start in made] == [None, "savepoint"]
    assert stage.problems(namespace) == []


async def the_cluster_itself(stage: Stage, strike: Strike) -> None:
    """A cluster begins, is restarted and ends."""
    namespace, those = await stage.a_namespace(), clusters(stage)
    async with stage.mortal_operator(namespace, strike):
        await those.create(namespace, a_cluster())
        await those.wait_until(namespace, "running", is_at("Running"))
        await those.change(namespace, {"restartNonce": 1})
        await until(lambda: len(stage.world.jobmanagers.starts((namespace, NAME))) == 2)
        await those.wait_until(namespace, "running", is_at("Running"))
        await those.delete(namespace)
        await those.wait_until(namespace, "gone", is_at(None))
    assert stage.problems(namespace) == []


@pytest.mark.long
@pytest.mark.parametrize("play", [the_cluster_itself, on_a_cluster, with_its_own_cluster])
async def test_whatever_request_fate_strikes_at_the_end_is_the_same(stage: Stage, play: Any) -> None:
    await strike_every_request(lambda strike: play(stage, strike))
