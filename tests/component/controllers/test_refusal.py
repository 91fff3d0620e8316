"""What is refused, by Kubernetes or because a stranger has the name: it is told once, harms nobody, and is tried again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.component.controllers.sight import STATUS, Audit, passed
from tests.component.controllers.stage import NAME, Stage, a_spec, condition_of, has_reason
from tests.component.waiting import until

from flinkop.errors import AlreadyExists, Rejected
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, PODS, SERVICES
from flinkop.resources.naming import common_labels


async def test_a_refused_start_is_written_once_and_the_start_follows_when_a_quota_is_raised(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    set_quota(stage, namespace, 0)
    async with stage.operator(namespace, agent="refused"):
        await stage.create(namespace, a_spec())
        found = await stage.wait_until(namespace, "refused", has_reason("Forbidden"))
        assert "exceeded quota: few" in condition_of(found, "Stalled")["message"]
        await passed(5)
        asked = Audit(stage, "refused")
        await passed(5)
        assert asked.writes().count(STATUS) == 0
        set_quota(stage, namespace, 5)
        await stage.wait_for(namespace, "Running", 1)


WITHOUT_IMAGE = {"spec": {"containers": [{"name": "sidecar"}]}}
IMAGELESS = "spec.template.spec.containers[0].image: Required value"


@pytest.mark.parametrize(
    ("mode", "part"),
    [
        pytest.param({}, {"podTemplate": WITHOUT_IMAGE}, id="native"),
        pytest.param({}, {"taskManager": {"podTemplate": WITHOUT_IMAGE}}, id="TaskManagers that Flink makes"),
        pytest.param({"mode": "standalone"}, {"taskManager": {"podTemplate": WITHOUT_IMAGE}}, id="TaskManagers of a standalone cluster"),
    ],
)
async def test_a_spec_that_the_api_server_would_refuse_stops_nothing_and_a_corrected_one_is_upgraded_to(
    stage: Stage, mode: dict[str, Any], part: dict[str, Any]
) -> None:
    namespace = await stage.a_namespace()
    agent = f"tried-{namespace}"
    async with stage.operator(namespace, agent=agent):
        await stage.running(namespace, {**a_spec(), **mode})
        jobmanager, asked = stage.world.jobmanagers.alive[namespace, NAME], Audit(stage, agent)
        await stage.change(namespace, part)
        found = await stage.wait_until(namespace, "refused", lambda found: condition_of(found, "Stalled").get("status") == "True")
        stalled = condition_of(found, "Stalled")
        assert (stalled["reason"], IMAGELESS in stalled["message"]) == ("ValidationError", True)
        assert (found["status"]["phase"], condition_of(found, "Running")["status"]) == ("Running", "True")
        await passed(10)
        assert asked.writes().count(STATUS) == 1
        assert ("delete", "deployments") not in asked.writes()
        assert (jobmanager.job.state, jobmanager.job.triggers) == ("RUNNING", {})
        await stage.change(namespace, {"podTemplate": None, "taskManager": {"podTemplate": None}, "restartNonce": 1})
        await stage.wait_for(namespace, "Running", 2)
    assert stage.problems(namespace) == []
    told = [event for event in await stage.events(namespace) if event["reason"] == "ValidationError"]
    assert [event["count"] for event in told] == [1]


async def test_the_api_server_tells_what_is_wrong_with_an_object_before_it_tells_that_its_name_is_taken(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    there = a_foreign_deployment(namespace, {"app": "web"})
    await stage.kube.try_create(DEPLOYMENTS, there)
    assert await stage.kube.get(DEPLOYMENTS, namespace, NAME) is None
    await stage.kube.create(DEPLOYMENTS, there)
    with pytest.raises(AlreadyExists):
        await stage.kube.try_create(DEPLOYMENTS, there)
    there["spec"]["template"]["spec"]["containers"].append({"name": "sidecar"})
    with pytest.raises(Rejected, match="image: Required value"):
        await stage.kube.try_create(DEPLOYMENTS, there)


async def test_a_quota_that_the_old_cluster_fills_does_not_keep_a_new_spec_from_being_taken(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        set_quota(stage, namespace, 1, used=1)
        await stage.change(namespace, {"job": {"args": ["new"]}})
        await stage.wait_until(namespace, "stopped", lambda _: not stage.world.jobmanagers.alive.get((namespace, NAME)))
        set_quota(stage, namespace, 1)
        await stage.wait_for(namespace, "Running", 2)


def set_quota(stage: Stage, namespace: str, deployments: int, used: int = 0) -> None:
    """Nobody here does what the quota's controller does, which is to fill in the status."""
    amounts = f"count/deployments.apps: {deployments}"
    body = f"{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: few, namespace: {namespace}}}, "
    fields = f"spec: {{hard: {{{amounts}}}}}, status: {{hard: {{{amounts}}}, used: {{count/deployments.apps: {used}}}}}}}"
    stage.plane.kubectl("apply", "-f", "-", stdin=body + fields)
    stage.plane.kubectl("apply", "--subresource=status", "--server-side", "--force-conflicts", "-f", "-", stdin=body + fields)


def a_foreign_deployment(namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "nginx"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": NAME, "namespace": namespace, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


FOREIGN_LABELS = [
    pytest.param({"app": "web"}, id="something else"),
    pytest.param({**common_labels(NAME), "component": "jobmanager"}, id="a Flink cluster of somebody else"),
]


@pytest.mark.parametrize("labels", FOREIGN_LABELS)
async def test_a_foreign_deployment_of_that_name_is_left_alone_and_when_it_is_gone_the_job_starts(
    stage: Stage, labels: dict[str, str]
) -> None:
    namespace = await stage.a_namespace()
    foreign = await stage.kube.create(DEPLOYMENTS, a_foreign_deployment(namespace, labels))
    async with stage.operator(namespace):
        await stage.create(namespace, a_spec())
        found = await stage.wait_until(namespace, "refused", has_reason("DeploymentExists"))
        assert condition_of(found, "Stalled")["status"] == "True"
        assert f"Deployment {NAME} exists that does not belong to this resource" in condition_of(found, "Stalled")["message"]
        await passed(5)
        present = await stage.kube.get(DEPLOYMENTS, namespace, NAME)
        assert present is not None
        assert (present["metadata"]["uid"], present["spec"]) == (foreign["metadata"]["uid"], foreign["spec"])
        assert await stage.kube.get(SERVICES, namespace, f"{NAME}-rest") is None
        await stage.kube.delete(DEPLOYMENTS, namespace, NAME)
        await stage.wait_for(namespace, "Running", 1)


@pytest.mark.parametrize("labels", FOREIGN_LABELS)
async def test_a_deletion_beside_a_foreign_deployment_ends_and_touches_nothing_of_it(stage: Stage, labels: dict[str, str]) -> None:
    namespace = await stage.a_namespace()
    foreign = await stage.kube.create(DEPLOYMENTS, a_foreign_deployment(namespace, labels))
    pod = {**foreign["spec"]["template"], "apiVersion": "v1", "kind": "Pod"}
    pod["metadata"] = {**pod["metadata"], "name": "theirs", "namespace": namespace}
    await stage.kube.create(PODS, pod)
    if "type" in labels:
        metadata = {"name": f"{NAME}-cluster-config-map", "namespace": namespace, "labels": common_labels(NAME)}
        await stage.kube.create(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"jobGraph-1": "x"}})
    before = sorted(await stage.leftovers(namespace))
    async with stage.operator(namespace):
        await stage.create(namespace, a_spec())
        await stage.wait_until(namespace, "refused", has_reason("DeploymentExists"))
        await stage.delete(namespace)
        await stage.wait_for(namespace, None)
    assert sorted(await stage.leftovers(namespace)) == before
    present = await stage.kube.get(DEPLOYMENTS, namespace, NAME)
    assert present is not None
    assert present["metadata"]["uid"] == foreign["metadata"]["uid"]


async def test_an_api_server_that_is_gone_for_a_while_doubles_nothing(stage: Stage) -> None:
    """When it is back it refuses everybody for a moment, for it has not read its roles yet."""
    namespace = await stage.a_namespace()
    stage.world.jobmanagers.savepoint_seconds = 0.3
    async with stage.operator(namespace):
        await stage.running(namespace)
        await stage.change(namespace, {"job": {"args": ["new"]}})
        await stage.wait_until(namespace, "stopping", has_reason("TakingSavepoint"))
        stage.plane.stop_apiserver()
        jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
        await until(lambda: jobmanager.job.state != "RUNNING")
        stage.plane.spawn_apiserver()
        await asyncio.to_thread(stage.plane.wait_until_ready)
        await stage.wait_for(namespace, "Running", 2)
    assert stage.problems(namespace) == []
    assert [start.count for start in stage.world.jobmanagers.starts((namespace, NAME))] == [0, 1]
    assert len(jobmanager.job.triggers) == 1
