"""What the tests of the machinery share: config maps that come, change and go, and an informer that is watched itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.controlplane import ControlPlane
from tests.component.waiting import until
from tests.fakes.faultyproxy import FaultyProxy

from flinkop.errors import ApiUnavailable
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS
from flinkop.runtime.informer import Collection, Informer
from flinkop.runtime.store import Key, key_of

Versions = dict[Key, str]


@dataclass
class Surroundings:
    """`direct` is the test's own client, `through` that of the code under test: it goes through `proxy`."""

    plane: ControlPlane
    direct: KubeClient
    through: KubeClient
    proxy: FaultyProxy
    namespace: str

    def a_config_map(self, name: str, data: str = "", **labels: str) -> dict[str, Any]:
        """A config map of the namespace."""
        metadata = {"name": name, "namespace": self.namespace, "labels": labels}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": data}}

    async def create(self, name: str, data: str = "", **labels: str) -> dict[str, Any]:
        """Creates a config map."""
        return await self.direct.create(CONFIG_MAPS, self.a_config_map(name, data, **labels))

    async def change(self, name: str, data: str) -> dict[str, Any]:
        """Changes a config map."""
        return await self.direct.patch(CONFIG_MAPS, self.namespace, name, {"data": {"text": data}})

    async def delete(self, name: str) -> None:
        """Deletes a config map."""
        await self.direct.delete(CONFIG_MAPS, self.namespace, name)

    async def create_many(self, count: int) -> None:
        """Creates config maps `object-N`."""
        slots = asyncio.Semaphore(16)

        async def one(number: int) -> None:
            async with slots:
                await self.create(f"object-{number}")

        await asyncio.gather(*map(one, range(count)))

    async def restart_apiserver(self) -> None:
        """kube-apiserver dies and comes back, while others go on."""
        self.plane.stop_apiserver()
        self.plane.spawn_apiserver()
        await asyncio.to_thread(self.plane.wait_until_ready)

    async def truth(self, label_selector: str | None = None) -> Versions:
        """What the API server has, as versions by key."""
        found = await self.direct.list(CONFIG_MAPS, self.namespace, label_selector)
        return {key_of(one): one["metadata"]["resourceVersion"] for one in found}

    def an_informer(self, label_selector: str | None = None) -> Informer:
        """An informer about the namespace's config maps."""
        return Informer(Collection(self.through, CONFIG_MAPS, self.namespace, label_selector))

    @asynccontextmanager
    async def informed(self, label_selector: str | None = None) -> AsyncIterator[Informed]:
        """A running informer about the namespace's config maps, synced."""
        informed = Informed(self.an_informer(label_selector))
        running = asyncio.create_task(informed.informer.run())
        try:
            await informed.informer.wait_until_synced(30)
            yield informed
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def until_equal(self, informed: Informed, label_selector: str | None = None) -> None:
        """Waits until the store, and what its callbacks told, equal what the API server has."""

        async def is_equal() -> bool:
            truth = await self.truth(label_selector)
            return informed.stored() == truth == informed.told

        await until(is_equal, lambda: f"stored {len(informed.stored())}, told {len(informed.told)}")


@dataclass
class Informed:
    """`told` is what somebody knows who only listens to the callbacks; `changes` all that was told, in order."""

    informer: Informer
    told: Versions = field(default_factory=dict)
    changes: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.informer.on_change(self._hear)

    def stored(self) -> Versions:
        """The store, as versions by key."""
        keys = self.informer.store.keys()
        return {key: (self.informer.store.get(key) or {})["metadata"]["resourceVersion"] for key in keys}

    def _hear(self, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        key = key_of(new or old or {})
        if new is None:
            del self.told[key]
        else:
            self.told[key] = new["metadata"]["resourceVersion"]
        self.changes.append((("changed" if old else "added") if new else "removed", key[1]))


async def persist(ask: Callable[[], Any]) -> Any:
    """Asks until the API server answers."""
    while True:
        try:
            return await ask()
        except ApiUnavailable:
            await asyncio.sleep(0.05)
