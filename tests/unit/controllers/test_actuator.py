"""The actuator: doing an action twice does no more than doing it once, whatever was interrupted. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from tests.fakes.kubeapi import FakeKubeApi
from tests.unit.controllers.resource import KEY, a_resource, a_spec, a_wish
from tests.virtualtime import run

from flinkop.controllers.actuator import Actuator, DeploymentExists, Target
from flinkop.controllers.desire import Wish, read_wish
from flinkop.controllers.view import FINALIZER, GENERATION_ANNOTATION
from flinkop.errors import ApiUnavailable, Conflict, FlinkopError, FlinkRejected, NotFound
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, FLINK_DEPLOYMENTS, SERVICES
from flinkop.lifecycle.action import (
    Action,
    AddFinalizer,
    CancelJob,
    DeleteHaMetadata,
    DeleteJobManager,
    DisposeSavepoint,
    RemoveFinalizer,
    RemoveJobGraphs,
    StartCluster,
    StartTaskManagers,
    StopWithSavepoint,
    TriggerCheckpoint,
    TriggerSavepoint,
)
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record, Start
from flinkop.lifecycle.restore import EMPTY
from flinkop.resources.naming import common_labels

JOB = "a" * 32
START = StartCluster(2, JOB, EMPTY, "result-store")
OWNER = {"ownerReferences": [{"uid": "owner"}]}
HA_MAP, CLUSTER_MAP = f"job-{JOB}-config-map", "job-cluster-config-map"


class Flink:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    async def stop_with_savepoint(self, *request: Any) -> None:
        self.asked.append(("stop", *request))

    async def trigger_savepoint(self, *request: Any) -> None:
        self.asked.append(("savepoint", *request))

    async def trigger_checkpoint(self, *request: Any) -> None:
        self.asked.append(("checkpoint", *request))

    async def dispose_savepoint(self, *request: Any) -> None:
        self.asked.append(("dispose", *request))
        raise FlinkRejected(500, "no such file")

    async def cancel_job(self, *request: Any) -> None:
        self.asked.append(("cancel", *request))


class World:
    """An API server in which the resource is, and an actuator."""

    def __init__(self) -> None:
        self.api, self.flink = FakeKubeApi(), Flink()
        self.actuator = Actuator(
            cast(KubeClient, self.api), cast(FlinkClient, self.flink), lambda key, port: f"http://{key[1]}-rest.{key[0]}:{port}"
        )
        self.api._store((FLINK_DEPLOYMENTS.plural, *KEY), a_resource(finalizers=["theirs"]), "ADDED")

    async def perform(self, action: Action) -> str | None:
        resource = await self.api.get(FLINK_DEPLOYMENTS, *KEY) or a_resource()
        return await self.actuator.perform(action, Target(KEY, resource, a_wish(a_resource())))

    def put_metadata(self, *, with_graph: bool = True) -> None:
        for name, data in (
            (HA_MAP, {"checkpointID-1": "x", "counter": "2"}),
            (CLUSTER_MAP, {"address": "x"}),
            ("flink-config-job", {"x": "y"}),
        ):
            graph = {f"jobGraph-{JOB}": "x"} if with_graph and name == CLUSTER_MAP else {}
            self.api.put(CONFIG_MAPS, KEY[0], name, data={**data, **graph})
            self.api._objects[CONFIG_MAPS.plural, KEY[0], name]["metadata"]["labels"] = common_labels(KEY[1])

    def content(self) -> dict[Any, Any]:
        """All objects, without their versions."""
        return {path: {**obj, "metadata": {**obj["metadata"], "resourceVersion": ""}} for path, obj in self.api._objects.items()}

    def names(self, plural: str) -> set[str]:
        return {name for found, _, name in self.api._objects if found == plural}


def play(scenario: Callable[[World], Awaitable[None]]) -> None:
    async def main() -> None:
        await scenario(World())

    run(main())


ACTIONS: list[Action] = [
    AddFinalizer(),
    RemoveFinalizer(),
    START,
    DeleteHaMetadata(),
    RemoveJobGraphs(),
    StopWithSavepoint(JOB, "trigger", drain=False),
    TriggerSavepoint(JOB, "trigger"),
    TriggerCheckpoint(JOB, "trigger"),
    DisposeSavepoint("s3://s/1"),
    CancelJob(JOB),
]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_an_action_done_twice_leaves_what_it_leaves_done_once(action: Action) -> None:
    async def scenario(world: World) -> None:
        world.put_metadata()
        first = await world.perform(action)
        once = world.content()
        assert await world.perform(action) == first
        assert world.content() == once

    play(scenario)


def test_a_start_makes_the_deployment_and_what_it_owns() -> None:
    async def scenario(world: World) -> None:
        uid = await world.perform(START)
        deployment = await world.api.get(DEPLOYMENTS, *KEY)
        assert deployment is not None
        assert deployment["metadata"]["uid"] == uid
        assert [owner["uid"] for owner in deployment["metadata"]["ownerReferences"]] == ["owner"]
        assert deployment["metadata"]["annotations"][GENERATION_ANNOTATION] == "2"
        dependents = [*await world.api.list(CONFIG_MAPS, KEY[0]), *await world.api.list(SERVICES, KEY[0])]
        assert "job-rest" in world.names("services")
        assert all([owner["uid"] for owner in one["metadata"]["ownerReferences"]] == [uid] for one in dependents)

    play(scenario)


def test_taskmanagers_that_are_made_again_fit_the_configuration_that_their_jobmanager_was_started_with() -> None:
    standalone = a_resource(a_spec(mode="standalone", job={"parallelism": 4, "entryClass": "x"}))
    memory = "taskmanager.memory.network.min"

    async def scenario(world: World) -> None:
        begun = read_wish(standalone, Record(), lambda *_: {"taskmanager.numberOfTaskSlots": "2", "taskmanager.rpc.port": "7000"})
        assert isinstance(begun, Wish)
        await world.actuator.perform(START, Target(KEY, standalone, begun))
        taskmanagers = (DEPLOYMENTS.plural, KEY[0], "job-taskmanager")
        first = world.api._objects.pop(taskmanagers)

        start = Start(datetime(2025, 1, 1, tzinfo=UTC), 2, "result-store", configuration=begun.desired.configuration)
        record = Record(Phase.RUNNING, start=start, reconciled=begun.desired.spec)
        defaults = {"taskmanager.numberOfTaskSlots": "4", "taskmanager.rpc.port": "8000", memory: "100m"}
        wish = read_wish(standalone, record, lambda *_: defaults)
        assert isinstance(wish, Wish)
        await world.actuator.perform(StartTaskManagers(2), Target(KEY, standalone, wish))
        assert world.api._objects[taskmanagers]["spec"] == first["spec"]

    play(scenario)


@pytest.mark.parametrize("after", range(1, 5))
def test_a_start_that_was_interrupted_is_completed_by_the_next(after: int) -> None:
    async def scenario(world: World) -> None:
        undisturbed = World()
        await undisturbed.perform(START)
        requests = 0
        ask = world.api._ask

        async def break_off(verb: str, query: Any) -> None:
            nonlocal requests
            requests += verb in ("create", "apply")
            if requests == after and verb in ("create", "apply"):
                raise ApiUnavailable("gone")
            await ask(verb, query)

        world.api._ask = break_off  # type: ignore[method-assign]
        with pytest.raises((ApiUnavailable, ExceptionGroup)):
            await world.perform(START)
        await world.perform(START)
        assert world.content().keys() == undisturbed.content().keys()

    play(scenario)


@pytest.mark.parametrize(
    ("metadata", "error", "text"),
    [
        pytest.param({}, DeploymentExists, "does not belong to this resource", id="nobody's"),
        pytest.param({"ownerReferences": [{"uid": "stranger"}]}, DeploymentExists, "delete or rename it", id="a stranger's"),
        pytest.param({**OWNER, "annotations": {GENERATION_ANNOTATION: "1"}}, Conflict, "another generation", id="that of another start"),
        pytest.param({**OWNER, "deletionTimestamp": "now"}, Conflict, "still being deleted", id="one that goes"),
    ],
)
def test_a_start_never_touches_another_deployment_of_that_name(metadata: dict[str, Any], error: type[FlinkopError], text: str) -> None:
    async def scenario(world: World) -> None:
        identity = {"namespace": KEY[0], "name": KEY[1]}
        await world.api.create(DEPLOYMENTS, {"metadata": {**identity, "creationTimestamp": "2026-01-01T00:00:00Z", **metadata}, "spec": {}})
        before = world.content()
        with pytest.raises(error, match=text):
            await world.perform(START)
        assert world.content() == before

    play(scenario)


def test_only_the_jobmanager_that_was_seen_is_deleted() -> None:
    async def scenario(world: World) -> None:
        uid = await world.perform(START)
        with pytest.raises(Conflict):
            await world.perform(DeleteJobManager("another"))
        assert world.names("deployments") == {"job"}
        for _ in range(2):
            await world.perform(DeleteJobManager(uid or ""))
            assert world.names("deployments") == set()

    play(scenario)


def test_finalizers_of_others_stay() -> None:
    async def scenario(world: World) -> None:
        await world.perform(AddFinalizer())
        found = await world.api.get(FLINK_DEPLOYMENTS, *KEY)
        assert found is not None
        assert found["metadata"]["finalizers"] == ["theirs", FINALIZER]
        await world.perform(RemoveFinalizer())
        found = await world.api.get(FLINK_DEPLOYMENTS, *KEY)
        assert found is not None
        assert found["metadata"]["finalizers"] == ["theirs"]

    play(scenario)


def test_a_finalizer_is_not_written_over_one_that_somebody_added_meanwhile() -> None:
    async def scenario(world: World) -> None:
        old = await world.api.get(FLINK_DEPLOYMENTS, *KEY)
        assert old is not None
        await world.api.patch(FLINK_DEPLOYMENTS, *KEY, {"metadata": {"finalizers": ["theirs", "new"]}})
        with pytest.raises(Conflict):
            await world.actuator.perform(AddFinalizer(), Target(KEY, old, a_wish()))

    play(scenario)


def test_of_a_resource_that_is_gone_no_finalizer_needs_to_be_removed() -> None:
    async def scenario(world: World) -> None:
        world.api.drop(FLINK_DEPLOYMENTS, *KEY)
        await world.perform(RemoveFinalizer())
        with pytest.raises(NotFound):
            await world.perform(AddFinalizer())

    play(scenario)


def test_of_the_config_maps_only_high_availability_metadata_are_deleted() -> None:
    async def scenario(world: World) -> None:
        world.put_metadata()
        await world.perform(DeleteHaMetadata())
        assert world.names("configmaps") == {"flink-config-job"}

    play(scenario)


def test_job_graphs_are_removed_and_checkpoints_stay() -> None:
    async def scenario(world: World) -> None:
        world.put_metadata()
        await world.perform(RemoveJobGraphs())
        data = {one["metadata"]["name"]: one["data"] for one in await world.api.list(CONFIG_MAPS, KEY[0])}
        assert data[CLUSTER_MAP] == {"address": "x"}
        assert data[HA_MAP] == {"checkpointID-1": "x", "counter": "2"}

    play(scenario)


def test_metadata_that_vanish_while_their_graphs_are_removed_are_as_good_as_removed() -> None:
    async def scenario(world: World) -> None:
        world.put_metadata()
        removing = asyncio.create_task(world.perform(RemoveJobGraphs()))
        while ("list", {}) not in world.api.requests:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.011)
        world.api.drop(CONFIG_MAPS, KEY[0], CLUSTER_MAP)
        await removing

    play(scenario)


def test_flink_is_asked_with_the_ids_that_were_recorded() -> None:
    async def scenario(world: World) -> None:
        await world.perform(StopWithSavepoint(JOB, "trigger", drain=True))
        await world.perform(TriggerSavepoint(JOB, "other"))
        await world.perform(TriggerCheckpoint(JOB, "third"))
        await world.perform(DisposeSavepoint("s3://s/1"))  # nothing depends on it
        await world.perform(CancelJob(JOB))
        url = "http://job-rest.team:8081"
        assert world.flink.asked == [
            ("stop", url, JOB, "trigger", "s3://s", True, "CANONICAL"),
            ("savepoint", url, JOB, "other", "s3://s", "CANONICAL"),
            ("checkpoint", url, JOB, "third", "FULL"),
            ("dispose", url, "s3://s/1"),
            ("cancel", url, JOB),
        ]

    play(scenario)
