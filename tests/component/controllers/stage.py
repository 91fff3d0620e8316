"""Operators that can be killed after any of their requests, and the resources they work on."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.flinkworld import FlinkWorld

from flinkop.config import load_config
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.connection import find_connection
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, FLINK_DEPLOYMENTS, NAMESPACES, SERVICES
from flinkop.manager import Manager, Surroundings

_NUMBERS = itertools.count()
_OPTIONS = {
    "kubernetes.operator.observer.progress-check.interval": "30 ms",
    "kubernetes.operator.reconcile.interval": "100 ms",
    "kubernetes.operator.health.probe.port": "0",
}
NAME = "job"


class Crash:
    """Counts requests that change something; after number `after` the process stands still, as one that is killed does."""

    def __init__(self, after: int | None = None) -> None:
        self.after, self.count, self.happened = after, 0, asyncio.Event()

    async def before_request(self) -> None:
        """A dead process asks for nothing more."""
        if self.happened.is_set():
            await asyncio.Event().wait()

    async def after_request(self) -> None:
        """The request is done; its answer may never be heard."""
        self.count += 1
        if self.count == self.after:
            self.happened.set()
            await asyncio.Event().wait()


def _mortal(method: Callable[..., Any]) -> Callable[..., Any]:
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        await self.crash.before_request()
        answer = await method(self, *args, **kwargs)
        await self.crash.after_request()
        return answer

    return call


class MortalKubeClient(KubeClient):
    """Dies after a request."""

    crash: Crash
    create = _mortal(KubeClient.create)
    apply = _mortal(KubeClient.apply)
    patch = _mortal(KubeClient.patch)
    replace_status = _mortal(KubeClient.replace_status)
    delete = _mortal(KubeClient.delete)


class MortalFlinkClient(FlinkClient):
    """Dies after a request."""

    crash: Crash
    stop_with_savepoint = _mortal(FlinkClient.stop_with_savepoint)
    cancel_job = _mortal(FlinkClient.cancel_job)


def a_spec(**job: Any) -> dict[str, Any]:
    """A healthy application with high availability; keyword arguments are fields of `job`."""
    return {
        "image": "flink:1.20",
        "flinkVersion": "v1_20",
        "serviceAccount": "flink",
        "flinkConfiguration": {
            "high-availability.type": "kubernetes",
            "high-availability.storageDir": "file:///ha",
            "state.checkpoints.dir": "file:///checkpoints",
            "state.savepoints.dir": "file:///savepoints",
        },
        "jobManager": {"resource": {"cpu": 1, "memory": "1024m"}},
        "taskManager": {"resource": {"cpu": 1, "memory": "1024m"}},
        "job": {"jarURI": "local:///job.jar", "parallelism": 1, "upgradeMode": "savepoint", **job},
    }


@dataclass
class Stage:
    """Shared by all scenarios; each has a namespace, and an operator that watches only that."""

    kubeconfig: Path
    kube: KubeClient
    world: FlinkWorld
    _operators: list[asyncio.Task[None]] = field(default_factory=list)

    async def a_namespace(self) -> str:
        """A new one."""
        name = f"ns-{next(_NUMBERS)}"
        await self.kube.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    @contextlib.asynccontextmanager
    async def operator(self, namespace: str, crash: Crash | None = None) -> AsyncIterator[Crash]:
        """A running operator; it is killed, not stopped, at the end."""
        crash = crash or Crash()
        kube = MortalKubeClient(await find_connection(self.kubeconfig), "operator")
        kube.crash = crash
        made: list[MortalFlinkClient] = []

        def make_flink(_: object) -> FlinkClient:
            made.append(MortalFlinkClient(2.0))
            made[-1].crash = crash
            return made[-1]

        config = load_config({"WATCH_NAMESPACES": namespace, "POD_NAME": "operator"}, defaults=_OPTIONS)
        surroundings = Surroundings(base_url=self.world.jobmanagers.base_url, make_flink=make_flink)
        running = asyncio.create_task(Manager(config, kube, surroundings).run())
        try:
            yield crash
        finally:
            await _kill(running)
            for client in (kube, *made):
                await client.close()

    async def create(self, namespace: str, spec: dict[str, Any]) -> None:
        """Creates the resource."""
        metadata = {"name": NAME, "namespace": namespace}
        body = {"apiVersion": FLINK_DEPLOYMENTS.api_version, "kind": FLINK_DEPLOYMENTS.kind, "metadata": metadata, "spec": spec}
        await self.kube.create(FLINK_DEPLOYMENTS, body)

    async def change(self, namespace: str, spec: dict[str, Any]) -> None:
        """Merges into its spec."""
        await self.kube.patch(FLINK_DEPLOYMENTS, namespace, NAME, {"spec": spec})

    async def delete(self, namespace: str) -> None:
        """Deletes it."""
        await self.kube.delete(FLINK_DEPLOYMENTS, namespace, NAME)

    async def resource(self, namespace: str) -> dict[str, Any] | None:
        """What it looks like now."""
        return await self.kube.get(FLINK_DEPLOYMENTS, namespace, NAME)

    async def wait_for(self, namespace: str, phase: str | None, seconds: float = 15) -> dict[str, Any]:
        """Waits until the newest generation is in `phase`, or with None until the resource is gone."""
        end = time.monotonic() + seconds
        while True:
            found = await self.resource(namespace)
            if found is None and phase is None:
                return {}
            if found is not None and _is_in(found, phase):
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{namespace}: not {phase} after {seconds} s: {found and found.get('status')}")
            await asyncio.sleep(0.03)

    async def leftovers(self, namespace: str) -> list[str]:
        """Objects that belong to the cluster."""
        found = [one for kind in (DEPLOYMENTS, CONFIG_MAPS, SERVICES) for one in await self.kube.list(kind, namespace, f"app={NAME}")]
        return [one["metadata"]["name"] for one in found]

    def problems(self, namespace: str) -> list[str]:
        """What must never happen, and did."""
        return [text for text in self.world.violations if f"'{namespace}'" in text]


def _is_in(found: dict[str, Any], phase: str | None) -> bool:
    status = found.get("status") or {}
    settled = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or ())
    return settled and status.get("phase") == phase and status.get("observedGeneration") == found["metadata"]["generation"]


async def _kill(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task
    for other in asyncio.all_tasks():
        if other is not asyncio.current_task() and _writes_events(other):
            other.cancel()


def _writes_events(task: asyncio.Task[Any]) -> bool:
    return getattr(task.get_coro(), "__qualname__", "").startswith("EventRecorder.")
