"""The pass as a whole, in virtual time: what goes wrong is told, tried again in good time, and never in a loop."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from tests.fakes.kubeapi import FakeKubeApi
from tests.unit.controllers.resource import KEY, a_resource, a_spec, a_wish
from tests.unit.lifecycle.kstatus import Status, kstatus
from tests.virtualtime import LoopClock, run

from flinkop.api.flinkdeployment import parse_spec
from flinkop.controllers.actuator import Actuator, Target
from flinkop.controllers.desire import Wish
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.flinkdeployment import FlinkDeploymentController, Memory
from flinkop.controllers.knowledge import RefusedTrigger
from flinkop.controllers.observer import Observer
from flinkop.controllers.servedkind import NOTHING_AROUND
from flinkop.errors import ApiUnavailable, Conflict, FlinkRejected, Forbidden, Rejected, UnreadableStatus
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, FLINK_DEPLOYMENTS, INGRESSES, PODS, Resource
from flinkop.lifecycle.action import Action, ApplyIngress, DeleteTaskManagers, Rescale, TriggerCheckpoint, TriggerSavepoint
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.observed import Bounds, Refusal, RefusedIngress
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import OVERRIDES
from flinkop.runtime.controller import Outcome, RequeueAfter

STATELESS = {"upgradeMode": "stateless"}
WITH_INGRESS = {"template": "x.example.com"}
REST = 60.0

Hook = Callable[[str, str], None]
"""Sees the verb and the plural of a request, and may raise."""


class Api(FakeKubeApi):
    """The API server of one resource."""

    def __init__(self) -> None:
        super().__init__()
        self.hook: Hook = lambda _verb, _plural: None
        self.prunes: tuple[str, ...] = ()
        self.asked: list[tuple[str, str]] = []

    def _see(self, verb: str, resource: Resource) -> None:
        self.asked.append((verb, resource.plural))
        self.hook(verb, resource.plural)

    async def create(self, resource: Resource, body: Any) -> dict[str, Any]:
        self._see("create", resource)
        return await super().create(resource, body)

    async def try_create(self, resource: Resource, body: Any) -> None:
        self._see("try_create", resource)
        await super().try_create(resource, body)

    async def apply(self, resource: Resource, body: Any) -> dict[str, Any]:
        self._see("apply", resource)
        return await super().apply(resource, body)

    async def list(self, resource: Resource, namespace: str | None = None, label_selector: str | None = None) -> Any:
        self._see("list", resource)
        return await super().list(resource, namespace, label_selector)

    async def replace_status(self, resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
        """As a CRD without the fields in `prunes`."""
        self._see("status", resource)
        path = (resource.plural, *KEY)
        found = self._objects[path]
        if found["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
            raise Conflict("it was changed")
        status = {field: value for field, value in body["status"].items() if field not in self.prunes}
        if status != found.get("status"):
            found = self._store(path, {**found, "status": status}, "MODIFIED")
        return copy.deepcopy(found)


class Store:
    """A cache that is never behind."""

    def __init__(self, api: Api, resource: Resource) -> None:
        self._api, self._plural = api, resource.plural

    def get(self, key: Any) -> dict[str, Any] | None:
        return copy.deepcopy(self._api._objects.get((self._plural, *key)))

    def by_index(self, _index: str, _key: Any) -> list[dict[str, Any]]:
        return []


class World:
    """One resource and the controller that looks after it. No JobManager ever gets ready."""

    def __init__(self, **spec: Any) -> None:
        self.api = Api()
        self.api._store((FLINK_DEPLOYMENTS.plural, *KEY), a_resource(a_spec(job=STATELESS, **spec), finalizers=[]), "ADDED")
        kube, flink = cast(KubeClient, self.api), cast(FlinkClient, None)
        deployments, pods, ingresses = (Store(self.api, resource) for resource in (DEPLOYMENTS, PODS, INGRESSES))
        self.controller = FlinkDeploymentController(
            Store(self.api, FLINK_DEPLOYMENTS),
            deployments,
            Observer(deployments, pods, ingresses, kube, flink, lambda *_: ""),
            Actuator(kube, flink, lambda *_: ""),
            EventRecorder(kube, LoopClock(), "me"),
            kube,
            LoopClock(),
            self,
        )
        self.revision = 1

    def defaults_for(self, *_: Any) -> dict[str, str]:
        return {}

    @property
    def resource(self) -> dict[str, Any]:
        return self.api._objects[FLINK_DEPLOYMENTS.plural, *KEY]

    @property
    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.resource["status"]
        return status

    def condition(self, kind: str) -> dict[str, Any] | None:
        return next((one for one in self.status["conditions"] if one["type"] == kind), None)

    def change(self, *, status: dict[str, Any] | None = None, **spec: Any) -> None:
        found = copy.deepcopy(self.resource)
        found["spec"] = {**found["spec"], **spec}
        found["metadata"]["generation"] += 1
        found["status"] = {**found.get("status", {}), **(status or {})}
        self.api._store((FLINK_DEPLOYMENTS.plural, *KEY), found, "MODIFIED")

    async def passes(self, seconds: float) -> list[Outcome]:
        """Passes as a worker makes them, for a while: at the times that they ask for, and else each second, as if something was news."""
        outcomes, ends = [], asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < ends:
            try:
                outcomes.append(await self.controller.reconcile(KEY))
            except ApiUnavailable:
                await asyncio.sleep(1)
                continue
            last = outcomes[-1]
            await asyncio.sleep(min(last.seconds if isinstance(last, RequeueAfter) else 1.0, 1.0) or 0.001)
        return outcomes


def play(scenario: Callable[[World], Any], **spec: Any) -> None:
    async def main() -> None:
        await scenario(World(**spec))

    run(main())


def fails(verb: str, plural: str, error: Exception, times: int = 10**9) -> Hook:
    left = iter(range(times))

    def hook(asked: str, what: str) -> None:
        if (asked, what) == (verb, plural) and next(left, None) is not None:
            raise error

    return hook


def test_every_start_that_breaks_off_is_completed_not_only_the_first() -> None:
    async def scenario(world: World) -> None:
        await world.passes(5)
        world.change(restartNonce=5)
        await world.passes(1)
        for path in [path for path in world.api._objects if path[0] == CONFIG_MAPS.plural]:
            del world.api._objects[path]  # the garbage collector
        world.api.hook = fails("apply", "configmaps", ApiUnavailable("HTTP status 500"), times=1)
        await world.passes(20)
        assert any(plural == CONFIG_MAPS.plural for plural, _, _ in world.api._objects)

    play(scenario)


def test_a_refused_dependent_is_told() -> None:
    async def scenario(world: World) -> None:
        world.api.hook = fails("apply", "configmaps", Forbidden("exceeded quota: maps"))
        await world.passes(5)
        assert (world.status["reason"], world.status["message"]) == ("Forbidden", "exceeded quota: maps")

    play(scenario)


def test_what_may_not_be_looked_at_is_told() -> None:
    async def scenario(world: World) -> None:
        await world.passes(5)
        world.change(restartNonce=5)
        world.api.hook = fails("list", "replicasets", Forbidden("replicasets is forbidden"))
        await world.passes(10)
        assert (world.status["reason"], world.status["message"]) == ("Forbidden", "replicasets is forbidden")
        world.change(restartNonce=6)
        await world.passes(REST)
        assert world.status["observedGeneration"] == world.resource["metadata"]["generation"]
        assert kstatus(world.resource) is Status.FAILED
        world.api.hook = lambda *_: None
        await world.passes(REST)
        assert world.status["reason"] != "Forbidden"

    play(scenario)


def test_a_refusal_whose_words_change_at_every_try_is_no_loop() -> None:
    async def scenario(world: World) -> None:
        tries = 0

        def hook(verb: str, plural: str) -> None:
            nonlocal tries
            if (verb, plural) == ("create", "deployments"):
                tries += 1
                raise Forbidden(f"denied, request {tries}")

        world.api.hook = hook
        outcomes = [await world.controller.reconcile(KEY) for _ in range(8)]
        assert outcomes.count(RequeueAfter(0.0)) == 1
        assert outcomes[-1] == RequeueAfter(REST)

    play(scenario)


@pytest.mark.parametrize(("actions", "after"), [((), True), ((DeleteTaskManagers("uid"),), False)], ids=["nothing to do", "done"])
def test_a_refusal_is_known_until_something_is_done(actions: tuple[Action, ...], after: bool) -> None:
    async def scenario(world: World) -> None:
        class Does:
            async def perform(self, *_: Any) -> None:
                pass

        world.controller._actuator = cast(Actuator, Does())
        target, memory = Target(KEY, a_resource(), a_wish()), Memory(refusal=Refusal("Forbidden", "exceeded quota"))
        await world.controller._act(Decision(Record(), actions), target, memory)
        assert (memory.refusal is not None) is after

    play(scenario)


@pytest.mark.parametrize("error", [Forbidden("no right"), ApiUnavailable('failed calling webhook "validate.nginx"')], ids=type)
def test_an_ingress_that_cannot_be_made_is_told_slows_nothing_and_is_tried_again_after_a_rest(error: Exception) -> None:
    async def scenario(world: World) -> None:
        world.api.hook = fails("apply", "ingresses", error)
        await world.passes(REST / 2)
        assert world.api.asked.count(("apply", "ingresses")) == 1
        assert world.status["reason"] == "ClusterStarting"
        assert (world.condition("IngressReady") or {}).get("message") == str(error)
        world.api.hook = lambda *_: None
        await world.passes(REST)
        assert (world.condition("IngressReady"), world.api.asked.count(("apply", "ingresses"))) == (None, 2)

    play(scenario, ingress=WITH_INGRESS)


def test_a_strangers_ingress_is_waited_for_to_go() -> None:
    async def scenario(world: World) -> None:
        world.api.put(INGRESSES, *KEY, spec={})
        await world.passes(5)
        assert "delete or rename it" in (world.condition("IngressReady") or {})["message"]
        world.api.drop(INGRESSES, *KEY)
        await world.passes(2 * REST)
        assert world.condition("IngressReady") is None
        assert (INGRESSES.plural, *KEY) in world.api._objects

    play(scenario, ingress=WITH_INGRESS)


def test_a_definition_that_drops_a_field_of_the_status_stops_nothing() -> None:
    async def scenario(world: World) -> None:
        world.api.prunes = ("taskManager", "restore")
        await world.passes(20)
        assert world.api.asked.count(("create", "deployments")) == 1
        world.change(restartNonce=5)
        await world.passes(20)
        assert world.api.asked.count(("create", "deployments")) == 2

    play(scenario)


def test_a_status_of_a_newer_version_is_not_guessed_at_but_its_resource_can_be_deleted() -> None:
    async def scenario(world: World) -> None:
        await world.passes(5)
        world.change(status={"phase": "Dancing"})
        with pytest.raises(UnreadableStatus):
            await world.controller.reconcile(KEY)
        found = copy.deepcopy(world.resource)
        found["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z"}
        world.api._store((FLINK_DEPLOYMENTS.plural, *KEY), found, "MODIFIED")
        await world.passes(5)
        assert world.status["phase"] == "Deleting"

    play(scenario)


@pytest.mark.parametrize(
    "action", [TriggerSavepoint("job", "trigger"), TriggerCheckpoint("job", "trigger")], ids=["savepoint", "checkpoint"]
)
def test_a_refused_snapshot_is_told_at_once_although_the_refused_ingress_beside_it_is_no_news(action: Action) -> None:
    async def scenario(world: World) -> None:
        class Refuses:
            async def perform(self, performed: Any, _target: Any) -> None:
                raise FlinkRejected(400, "no directory") if performed == action else Forbidden("no right")

        world.controller._actuator = cast(Actuator, Refuses())
        target, memory = Target(KEY, a_resource(), a_wish()), Memory(refused_ingress=RefusedIngress("digest", "no right"))
        actions = (action, ApplyIngress("digest"))
        assert await world.controller._act(Decision(Record(), actions), target, memory) == RequeueAfter(0.0)
        assert memory.refused_trigger == RefusedTrigger("trigger", "no directory")

    play(scenario)


def test_a_refused_rescaling_is_looked_at_again_at_once_and_forgotten_when_the_spec_changes() -> None:
    async def scenario(world: World) -> None:
        class Refuses:
            async def perform(self, *_: Any) -> None:
                raise FlinkRejected(400, "exceeds its maximum parallelism")

        world.controller._actuator = cast(Actuator, Refuses())
        target, memory = Target(KEY, a_resource(), a_wish()), Memory()
        world.controller._wish(world.resource, Record(), memory)
        rescale = Decision(Record(), (Rescale("job", {"map": Bounds(1, 9)}),))
        assert await world.controller._act(rescale, target, memory) == RequeueAfter(0.0)
        world.controller._wish(world.resource, Record(), memory)
        assert memory.refused_rescale == str(FlinkRejected(400, "exceeds its maximum parallelism"))
        world.change(restartNonce=5)
        world.controller._wish(world.resource, Record(), memory)
        assert memory.refused_rescale is None

    play(scenario)


def test_the_end_of_a_job_is_seen_in_what_is_wanted_although_the_spec_is_the_same() -> None:
    """A change that Flink was to carry out on the running job is one that starts the ended job again."""
    adaptive = {"jobmanager.scheduler": "adaptive"}
    before = a_spec(flinkConfiguration={**adaptive, OVERRIDES: "v:2"})
    after = a_resource(a_spec(flinkConfiguration={**adaptive, OVERRIDES: "v:4"}))
    record = Record(Phase.RUNNING, reconciled=parse_spec(before).to_wire())
    controller, memory = World().controller, Memory()

    running = controller._wish(after, record, memory)
    ended = controller._wish(after, replace(record, phase=Phase.FAILED), memory)
    assert isinstance(running, Wish)
    assert isinstance(ended, Wish)
    assert (running.desired.wants_restart, ended.desired.wants_restart) == (False, True)


# the trial of a new spec


def running(world: World) -> Record:
    """The record of a job that runs what the resource says now."""
    return Record(Phase.RUNNING, reconciled=parse_spec(world.resource["spec"]).to_wire())


async def look(world: World, record: Record, memory: Memory) -> Wish:
    wish = await world.controller._tried(KEY, world.resource, record, memory, NOTHING_AROUND)
    assert isinstance(wish, Wish)
    return wish


def test_a_new_spec_is_shown_to_the_api_server_once() -> None:
    async def scenario(world: World) -> None:
        record, memory = running(world), Memory()
        assert not (await look(world, record, memory)).desired.wants_restart
        assert world.api.asked == []
        world.change(restartNonce=5)
        for _ in range(3):
            assert (await look(world, record, memory)).desired.wants_restart
        assert world.api.asked == [("try_create", "deployments")]
        world.change(restartNonce=6)
        await look(world, record, memory)
        assert world.api.asked == 2 * [("try_create", "deployments")]

    play(scenario)


def test_a_new_spec_that_the_api_server_refuses_is_an_invalid_one_until_it_is_taken() -> None:
    async def scenario(world: World) -> None:
        record, memory = running(world), Memory()
        world.change(restartNonce=5)
        world.api.hook = fails("try_create", "deployments", Rejected("it is invalid"))
        for _ in range(3):
            wish = await look(world, record, memory)
            assert "it is invalid" in wish.desired.problems[0]
            assert not wish.desired.wants_restart
        assert len(world.api.asked) == 1
        world.api.hook = lambda *_: None
        await asyncio.sleep(REST)
        wish = await look(world, record, memory)
        assert (wish.desired.problems, wish.desired.wants_restart, len(world.api.asked)) == ((), True, 2)

    play(scenario)


def test_a_refused_spec_is_asked_about_again_at_once_when_the_defaults_change() -> None:
    async def scenario(world: World) -> None:
        record, memory = running(world), Memory()
        world.change(restartNonce=5)
        world.api.hook = fails("try_create", "deployments", Rejected("it is invalid"), times=1)
        assert (await look(world, record, memory)).desired.problems
        world.revision += 1
        assert not (await look(world, record, memory)).desired.problems

    play(scenario)


def test_an_api_server_that_does_not_tell_is_asked_in_every_pass_and_the_decision_knows() -> None:
    async def scenario(world: World) -> None:
        record, memory = running(world), Memory()
        world.change(restartNonce=5)
        world.api.hook = fails("try_create", "deployments", ApiUnavailable("HTTP status 500"), times=2)
        for expected in ("HTTP status 500", "HTTP status 500", None):
            assert (await look(world, record, memory)).desired.wants_restart
            assert world.controller._knowledge(memory).untold == expected
        assert len(world.api.asked) == 3

    play(scenario)


def test_nothing_is_stopped_while_the_api_server_does_not_tell_and_not_for_ever() -> None:
    async def scenario(world: World) -> None:
        await world.passes(5)
        world.change(restartNonce=5, status={"phase": "Running", "start": {**world.status["start"], "ready": True}})
        world.api.hook = fails("try_create", "deployments", ApiUnavailable("HTTP status 500"))
        await world.passes(4 * REST)
        assert world.status["reason"] == "UpgradeWaiting"
        assert "HTTP status 500" in world.status["message"]
        assert "delete" not in [verb for verb, _ in world.api.requests]
        await world.passes(REST + 30)
        assert "delete" in [verb for verb, _ in world.api.requests]

    play(scenario)
