"""Where scenarios play: operators that can be killed, the resources they work on, and the world around them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.cluster.controlplane import ControlPlane
from tests.component.controllers.mortal import MortalFlinkClient, MortalKubeClient, Strike
from tests.fakes.flinkworld import FlinkWorld

from flinkop.clock import SystemClock
from flinkop.config import load_config
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.connection import Connection
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, EVENTS, FLINK_DEPLOYMENTS, NAMESPACES, SERVICES, Resource
from flinkop.manager import Manager, Surroundings

_NUMBERS = itertools.count()
_OPTIONS = {
    "kubernetes.operator.observer.progress-check.interval": "30 ms",
    "kubernetes.operator.reconcile.interval": "100 ms",
    "kubernetes.operator.health.probe.enabled": "false",
    "kubernetes.operator.snapshot.resource.enabled": "false",  # stories of the operator's own snapshots as resources switch it on
    "kubernetes.operator.sql-runner.image": "flinkop:test",
}
NAME = "job"
Condition = Callable[[Mapping[str, Any]], bool]


class MovableClock(SystemClock):
    """The machine's clock, which a scenario can put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The wall clock and what it was put forward."""
        return super().now() + self._ahead

    def put_forward(self, **time: float) -> None:
        """So many minutes, hours and so on have passed."""
        self._ahead += timedelta(**time)


def a_spec(*, high_availability: bool = True, configuration: Mapping[str, str] | None = None, **job: Any) -> dict[str, Any]:
    """A healthy application; keyword arguments are fields of `job`."""
    ha = {"high-availability.type": "kubernetes", "high-availability.storageDir": "file:///ha"}
    return {
        "image": "flink:1.20",
        "flinkVersion": "v1_20",
        "serviceAccount": "flink",
        "flinkConfiguration": {
            **(ha if high_availability else {}),
            "state.checkpoints.dir": "file:///checkpoints",
            "state.savepoints.dir": "file:///savepoints",
            **(configuration or {}),
        },
        "jobManager": {"resource": {"cpu": 1, "memory": "1024m"}},
        "taskManager": {"resource": {"cpu": 1, "memory": "1024m"}},
        "job": {"jarURI": "local:///job.jar", "parallelism": 1, "upgradeMode": "savepoint", **job},
    }


@dataclass(frozen=True)
class Operator:
    """A running operator."""

    manager: Manager
    running: asyncio.Task[None]

    async def stop(self) -> None:
        """Stops it in order."""
        self.manager.stop()
        await asyncio.wait_for(self.running, 60)


@dataclass
class Stage:
    """Shared by all scenarios of a test; each has a namespace, and an operator that watches only that.

    `kube` is the administrator's client, `connection` the operator's; `kind` is what is created and looked at.
    """

    plane: ControlPlane
    kube: KubeClient
    world: FlinkWorld
    connection: Connection
    clocks: dict[str, MovableClock] = field(default_factory=lambda: defaultdict(MovableClock))
    kind: Resource = FLINK_DEPLOYMENTS

    async def a_namespace(self) -> str:
        """A new one."""
        name = f"ns-{next(_NUMBERS)}"
        self.world.namespaces.add(name)
        await self.kube.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    @contextlib.asynccontextmanager
    async def operator(
        self,
        namespace: str,
        strike: Strike | None = None,
        *,
        connection: Connection | None = None,
        agent: str = "operator",
        options: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Operator]:
        """A running operator; it is killed, not stopped, at the end."""
        strike = strike or Strike()
        kube = MortalKubeClient(connection or self.connection, agent)
        kube.strike = strike
        made: list[MortalFlinkClient] = []

        def make_flink(_: object) -> FlinkClient:
            made.append(MortalFlinkClient(2.0))
            made[-1].strike = strike
            return made[-1]

        environment = {"WATCH_NAMESPACES": namespace, "POD_NAME": agent, "OPERATOR_NAMESPACE": "flinkop", "OPERATOR_NAME": "flinkop"}
        config = load_config(environment, defaults={**_OPTIONS, **(options or {})})
        surroundings = Surroundings(base_url=self.world.jobmanagers.base_url, make_flink=make_flink, clock=self.clocks[namespace])
        manager = Manager(config, kube, surroundings)
        running = asyncio.create_task(manager.run())
        try:
            yield Operator(manager, running)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            for client in (kube, *made):
                await client.close()

    @contextlib.asynccontextmanager
    async def mortal_operator(self, namespace: str, strike: Strike) -> AsyncIterator[None]:
        """An operator with a fate. When it was killed another one is started, as Kubernetes does."""

        over = asyncio.Event()

        async def live() -> None:
            async with self.operator(namespace, strike):
                await strike.killed.wait()
            if not over.is_set():
                async with self.operator(namespace):
                    await over.wait()

        life = asyncio.create_task(live())
        try:
            yield
        finally:
            over.set()
            strike.killed.set()
            await life

    async def create(self, namespace: str, spec: dict[str, Any], name: str = NAME) -> dict[str, Any]:
        """Creates the resource."""
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": self.kind.api_version, "kind": self.kind.kind, "metadata": metadata, "spec": spec}
        return await self.kube.create(self.kind, body)

    async def change(self, namespace: str, spec: dict[str, Any], name: str = NAME) -> dict[str, Any]:
        """Merges into its spec."""
        return await self.kube.patch(self.kind, namespace, name, {"spec": spec})

    async def delete(self, namespace: str, name: str = NAME) -> None:
        """Deletes it."""
        await self.kube.delete(self.kind, namespace, name)

    async def resource(self, namespace: str, name: str = NAME) -> dict[str, Any] | None:
        """What it looks like now."""
        return await self.kube.get(self.kind, namespace, name)

    async def wait_until(self, namespace: str, what: str, condition: Condition, name: str = NAME, seconds: float = 30) -> dict[str, Any]:
        """Waits until the resource meets the condition; one that is gone is an empty object."""
        end = time.monotonic() + seconds
        while True:
            found = await self.resource(namespace, name) or {}
            if condition(found):
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{namespace}/{name}: not {what} after {seconds} s: {found.get('status')}")
            await asyncio.sleep(0.03)

    async def wait_for(
        self, namespace: str, phase: str | None, starts: int | None = None, name: str = NAME, is_reached: Condition | None = None
    ) -> dict[str, Any]:
        """Waits until the newest spec is fulfilled in `phase`, or what `is_reached` says, and the job was started so often; with None until
        the resource is gone."""

        def is_so(found: Mapping[str, Any]) -> bool:
            started = starts is None or len(self.world.jobmanagers.starts((namespace, name))) >= starts
            return started and ((is_reached or is_fulfilled)(found) and found["status"]["phase"] == phase if phase else not found)

        return await self.wait_until(namespace, f"{phase} after {starts} starts", is_so, name)

    async def running(self, namespace: str, spec: dict[str, Any] | None = None, name: str = NAME) -> dict[str, Any]:
        """Creates a resource and waits until its job runs; an operator must be there."""
        await self.create(namespace, spec or a_spec(), name)
        return await self.wait_for(namespace, "Running", name=name)

    async def leftovers(self, namespace: str) -> list[str]:
        """Objects that belong to the cluster."""
        found = [one for kind in (DEPLOYMENTS, CONFIG_MAPS, SERVICES) for one in await self.kube.list(kind, namespace, f"app={NAME}")]
        return [one["metadata"]["name"] for one in found]

    async def events(self, namespace: str) -> list[dict[str, Any]]:
        """The Events of the namespace."""
        return await self.kube.list(EVENTS, namespace)

    def problems(self, namespace: str) -> list[str]:
        """What must never happen, and did."""
        return [text for text in self.world.violations if f"'{namespace}'" in text]


def is_fulfilled(found: Mapping[str, Any]) -> bool:
    """Whether the newest spec is what is."""
    status = found.get("status") or {}
    return condition_of(found, "Ready").get("status") == "True" and status.get("observedGeneration") == found["metadata"]["generation"]


def condition_of(found: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """One condition of a resource."""
    return next((one for one in (found.get("status") or {}).get("conditions") or () if one["type"] == kind), {})


def has_reason(reason: str) -> Condition:
    """A resource whose status gives this reason."""
    return lambda found: (found.get("status") or {}).get("reason") == reason
