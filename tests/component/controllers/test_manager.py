"""Whole operators: what they ask for and write, and how several of them share the work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.component.controllers.sight import STATUS, Audit, passed
from tests.component.controllers.stage import NAME, Operator, Stage, a_spec, has_reason
from tests.component.waiting import until

from flinkop.kube.resource import DEPLOYMENTS, LEASES, PODS


async def test_at_rest_nothing_is_written_and_nothing_but_jobmanagers_is_asked(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace, agent="at-rest"):
        await stage.running(namespace)
        await stage.running(namespace, a_spec(high_availability=False, upgradeMode="last-state"), "without-ha")
        await stage.create(namespace, a_spec(state="suspended"), "suspended")
        await stage.wait_for(namespace, "Suspended", name="suspended")
        await stage.create(namespace, a_spec(parallelism=0), "invalid")
        await stage.wait_until(namespace, "stalled", has_reason("ValidationError"), "invalid")
        await passed(10)
        asked = Audit(stage, "at-rest")
        await passed(40)
        assert asked.requests() == []


async def test_a_start_writes_the_status_three_times_and_asks_only_for_what_the_rules_allow(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    asked = Audit(stage, "start")
    async with stage.operator(namespace, agent="start"):
        await stage.running(namespace)
        await passed(10)
        assert asked.writes().count(STATUS) <= 3, "chosen, ready, running"
        await stage.change(namespace, {"job": {"args": ["new"]}})
        await stage.wait_for(namespace, "Running", 2)
        await stage.delete(namespace)
        await stage.wait_for(namespace, None)
    assert [request for request in asked.requests() if request.code in (401, 403)] == []


async def test_the_caches_hold_what_is_ours_and_of_that_what_is_read(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    labels = {"app": NAME, "component": "jobmanager"}
    pod = {
        "metadata": {"name": "stranger", "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    await stage.kube.create(PODS, {"apiVersion": "v1", "kind": "Pod", **pod})
    template = {"metadata": {"labels": labels}, "spec": pod["spec"]}
    deployment = {"metadata": {"name": "stranger", "namespace": namespace, "labels": labels}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    await stage.kube.create(DEPLOYMENTS, {"apiVersion": "apps/v1", "kind": "Deployment", **deployment, "spec": spec})
    async with stage.operator(namespace) as operator:
        caches = operator.manager._caches
        await stage.running(namespace)
        await until(lambda: len(caches.pods.store) > 0)
        assert [key for key in caches.deployments.store.keys()] == [(namespace, NAME)]  # noqa: C416, SIM118 - a store is no mapping
        cached = caches.deployments.store.get((namespace, NAME))
        assert cached is not None
        assert cached.keys() == {"metadata", "spec", "status"}
        assert cached["spec"].keys() == {"replicas"}
        pods = caches.pods.store.by_index("owner", (namespace, NAME))
        assert [one["metadata"]["name"].startswith(f"{NAME}-") for one in pods] == [True]
        assert all("spec" not in one for one in pods)


@asynccontextmanager
async def electing(stage: Stage, namespace: str, me: str) -> AsyncIterator[Operator]:
    """An operator that is one of several. Its lease lasts for ten minutes and it may take as long to stop: who is quicker was told."""
    election = {"enabled": "true", "lease-name": namespace, "lease-duration": "600 s", "renew-deadline": "60 s", "retry-period": "100 ms"}
    options = {f"kubernetes.operator.leader-election.{key}": value for key, value in election.items()}
    async with stage.operator(namespace, agent=me, options={**options, "kubernetes.operator.termination.timeout": "600 s"}) as operator:
        yield operator


async def holder(stage: Stage, namespace: str) -> str:
    lease = await stage.kube.get(LEASES, "flinkop", namespace)
    return (lease or {"spec": {}})["spec"].get("holderIdentity") or ""


async def held_by(stage: Stage, namespace: str, me: str) -> None:
    async def is_held() -> bool:
        return await holder(stage, namespace) == me

    await until(is_held, lambda: f"not held by {me}")


async def test_when_the_leader_stops_in_order_the_standby_acts_at_once_and_running_jobs_notice_nothing(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with electing(stage, namespace, "first") as first:
        await held_by(stage, namespace, "first")
        async with electing(stage, namespace, "second"):
            await stage.running(namespace)
            asked = Audit(stage, "first")
            await first.stop()
            assert asked.writes()[-1] == ("update", "leases"), "its last word"
            await held_by(stage, namespace, "second")
            await stage.running(namespace, name="new")
    assert len(stage.world.jobmanagers.starts((namespace, NAME))) == 1
    assert [verb for verb, resource in asked.writes() if resource == "deployments"] == []


async def test_a_standby_writes_nothing_and_stops_without_delay(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with electing(stage, namespace, "first"):
        await held_by(stage, namespace, "first")
        asked = Audit(stage, "standby")
        async with electing(stage, namespace, "standby") as standby:
            await stage.running(namespace)
            await standby.stop()
        assert asked.writes() == []


async def test_a_leader_that_is_killed_is_followed_and_what_it_had_begun_is_finished(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    stage.world.jobmanagers.savepoint_seconds = 0.3
    async with electing(stage, namespace, "first"):
        await stage.running(namespace)
        await stage.change(namespace, {"job": {"args": ["new"]}})
        await stage.wait_until(namespace, "stopping", has_reason("TakingSavepoint"))
    async with electing(stage, namespace, "first"):
        await stage.wait_for(namespace, "Running", 2)
    assert stage.problems(namespace) == []
