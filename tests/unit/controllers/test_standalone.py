"""Standalone clusters: two Deployments, made, seen and removed as one cluster, and nobody else's."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from tests.fakes.kubeapi import FakeKubeApi
from tests.unit.controllers.objects import Objects
from tests.unit.controllers.resource import KEY, a_resource, a_spec, a_wish
from tests.unit.controllers.test_flinkdeployment import World, fails
from tests.virtualtime import START, run

from flinkop.controllers.actuator import Actuator, DeploymentExists, Target
from flinkop.controllers.observer import Knowledge, Observer
from flinkop.errors import ApiUnavailable, Conflict
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import DEPLOYMENTS, REPLICA_SETS
from flinkop.lifecycle.action import DeleteTaskManagers, ScaleTaskManagers, StartTaskManagers
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.step import HaFate, TearingDown

WORKERS = (KEY[0], f"{KEY[1]}-taskmanager")
STATELESS = {"upgradeMode": "stateless"}
SIZE = {"resource": {"cpu": 1, "memory": "1024m"}, "replicas": 2}
SPEC = a_spec(mode="standalone", taskManager=SIZE, job=STATELESS)
REMOVED = Record(Phase.UPGRADING, step=TearingDown(START, HaFate.KEEP))
LONG_AGO = (START - timedelta(hours=1)).isoformat()


def a_deployment(name: str, owner: str, replicas: int = 2) -> dict[str, Any]:
    """As the informer keeps it."""
    metadata = {"namespace": KEY[0], "name": name, "uid": f"{name} of {owner}", "ownerReferences": [{"uid": owner}]}
    return {"metadata": {**metadata, "creationTimestamp": LONG_AGO}, "spec": {"replicas": replicas}}


def a_pod(component: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "pod", "labels": {"app": KEY[1], "component": component}, **metadata}}


class Pods(Objects):
    """Those of one cluster."""

    def by_index(self, _index: str, _key: Any) -> list[Any]:
        return list(self.values())


def observe(*, deployments: tuple[Any, ...] = (), pods: tuple[Any, ...] = (), replica_sets: tuple[Any, ...] = ()) -> Observed:
    """One look at what is left of a standalone cluster."""
    found: list[Observed] = []

    async def scenario() -> None:
        api = FakeKubeApi()
        for number, replica_set in enumerate(replica_sets):
            metadata = {"labels": {"app": KEY[1]}, **replica_set["metadata"], "namespace": KEY[0], "name": str(number)}
            api._store((REPLICA_SETS.plural, KEY[0], str(number)), {"metadata": metadata}, "ADDED")
        store = Objects({(KEY[0], one["metadata"]["name"]): one for one in deployments})
        observer = Observer(store, Pods(enumerate(pods)), None, cast(KubeClient, api), cast(FlinkClient, None), lambda *_: "")
        wish = a_wish(a_resource(SPEC), REMOVED)
        found.append(await observer.observe(KEY, REMOVED, wish, Knowledge(None, None), START))

    run(scenario())
    return found[0]


# what is seen


@pytest.mark.parametrize(("owner", "replicas"), [("owner", 5), ("a stranger", None)])
def test_the_taskmanagers_of_a_stranger_are_not_taken_for_ours(owner: str, replicas: int | None) -> None:
    seen = observe(deployments=(a_deployment(WORKERS[1], owner, 5),))
    assert (seen.taskmanagers and seen.taskmanagers.replicas) == replicas


@pytest.mark.parametrize(
    ("metadata", "number"),
    [({}, 1), ({"deletionTimestamp": START.isoformat()}, 1), ({"deletionTimestamp": LONG_AGO}, 0)],
    ids=["alive", "ending", "its node is lost"],
)
def test_a_taskmanager_that_cannot_report_its_end_holds_nothing_up(metadata: dict[str, Any], number: int) -> None:
    seen = observe(pods=(a_pod("taskmanager", **metadata),))
    assert (seen.taskmanager_pods, seen.jobmanager_pods, seen.cluster_is_gone) == (number, 0, number == 0)


def test_the_replica_sets_of_both_deployments_are_waited_for() -> None:
    names = (KEY[1], WORKERS[1], "another")
    left = tuple({"metadata": {"ownerReferences": [{"kind": "Deployment", "name": name}]}} for name in names)
    assert observe(replica_sets=left).replica_sets == 2


# what is done


def act(scenario: Callable[[FakeKubeApi, Actuator], Any]) -> None:
    async def main() -> None:
        api = FakeKubeApi()
        await scenario(api, Actuator(cast(KubeClient, api), cast(FlinkClient, None), lambda *_: ""))

    run(main())


def a_target(record: Record | None = None, **spec: Any) -> Target:
    resource = a_resource({**SPEC, **spec})
    return Target(KEY, resource, a_wish(resource, record))


def test_taskmanagers_that_are_made_again_are_those_of_the_spec_that_runs_and_not_of_one_that_waits() -> None:
    async def scenario(api: FakeKubeApi, actuator: Actuator) -> None:
        running = Record(Phase.RUNNING, reconciled=a_target().wish.desired.spec)
        for _ in range(2):
            await actuator.perform(StartTaskManagers(1), a_target(running, image="new", taskManager={**SIZE, "replicas": 9}))
        found = await api.get(DEPLOYMENTS, *WORKERS)
        assert found is not None
        assert found["spec"]["replicas"] == 2
        assert [one["image"] for one in found["spec"]["template"]["spec"]["containers"]] == ["flink:1.20"]

    act(scenario)


def test_a_start_of_taskmanagers_never_touches_those_of_a_stranger() -> None:
    async def scenario(api: FakeKubeApi, actuator: Actuator) -> None:
        await api.create(DEPLOYMENTS, a_deployment(WORKERS[1], "a stranger"))
        before = copy.deepcopy(api._objects)
        with pytest.raises(DeploymentExists, match="delete or rename it"):
            await actuator.perform(StartTaskManagers(1), a_target())
        with pytest.raises(Conflict):
            await actuator.perform(DeleteTaskManagers("ours"), a_target())
        assert api._objects == before

    act(scenario)


def test_only_the_taskmanagers_that_were_seen_are_scaled_and_deleted() -> None:
    async def scenario(api: FakeKubeApi, actuator: Actuator) -> None:
        await actuator.perform(StartTaskManagers(1), a_target())
        uid = (await api.get(DEPLOYMENTS, *WORKERS) or {})["metadata"]["uid"]
        await actuator.perform(ScaleTaskManagers(uid, 7), a_target())
        found = await api.get(DEPLOYMENTS, *WORKERS)
        assert found is not None
        assert (found["spec"]["replicas"], found["metadata"]["uid"]) == (7, uid)
        for _ in range(2):
            await actuator.perform(DeleteTaskManagers(uid), a_target())
            await actuator.perform(ScaleTaskManagers(uid, 3), a_target())
        assert await api.get(DEPLOYMENTS, *WORKERS) is None

    act(scenario)


# whole passes


def play(scenario: Callable[[World], Any]) -> None:
    async def main() -> None:
        await scenario(World(mode="standalone", taskManager=SIZE))

    run(main())


@pytest.mark.parametrize("breaks_at", [1, 2], ids=["at the JobManager's", "between the two"])
def test_a_start_that_breaks_off_is_completed_with_both_deployments(breaks_at: int) -> None:
    async def scenario(world: World) -> None:
        fail, creations = fails("create", "deployments", ApiUnavailable("HTTP status 500"), times=1), iter(range(1, 99))

        def hook(verb: str, plural: str) -> None:
            if (verb, plural) == ("create", "deployments") and next(creations) >= breaks_at:
                fail(verb, plural)

        world.api.hook = hook
        await world.passes(10)
        made = {name: obj for (plural, _, name), obj in world.api._objects.items() if plural == DEPLOYMENTS.plural}
        assert {name: obj["spec"]["replicas"] for name, obj in made.items()} == {KEY[1]: 1, WORKERS[1]: 2}
        assert all([owner["uid"] for owner in obj["metadata"]["ownerReferences"]] == ["owner"] for obj in made.values())

    play(scenario)


def test_a_strangers_taskmanagers_are_told_of_and_left_alone() -> None:
    async def scenario(world: World) -> None:
        stranger = await world.api.create(DEPLOYMENTS, a_deployment(WORKERS[1], "a stranger", 9))
        await world.passes(10)
        assert (world.status["reason"], "delete or rename it" in world.status["message"]) == ("DeploymentExists", True)
        world.change(restartNonce=5)
        await world.passes(10)
        assert world.api._objects[DEPLOYMENTS.plural, *WORKERS] == stranger

    play(scenario)
