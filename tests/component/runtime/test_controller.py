"""Informer, queue and workers together against a real API server: whatever happens, every object is brought to what it should be."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.component.runtime.surroundings import Surroundings, persist
from tests.component.waiting import until
from tests.fakes.faultyproxy import Refusal

from flinkop.kube.resource import CONFIG_MAPS
from flinkop.runtime.backoff import Backoff, BackoffSettings
from flinkop.runtime.controller import Controller, Done, Outcome
from flinkop.runtime.store import Key, key_of
from flinkop.runtime.workqueue import WorkQueue


def digest_of(config_map: dict[str, Any]) -> str:
    return hashlib.sha256(config_map["data"]["text"].encode()).hexdigest()


class Digester:
    """A controller in small: writes the digest of each config map's text beside it."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._informer = around.an_informer()
        self._queue: WorkQueue[Key] = WorkQueue("digester")
        self._informer.on_change(lambda old, new: self._queue.add(key_of(new or old or {})))
        self.under_way: set[Key] = set()
        self.passes = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        backoff: Backoff[Key] = Backoff(BackoffSettings(initial=0.05, maximum=1), lambda: 0.5)
        controller = Controller("digester", self._queue, self._reconcile, 8, backoff)
        informing, working = asyncio.create_task(self._informer.run()), asyncio.create_task(controller.run())
        try:
            yield
        finally:
            self._queue.shut_down()
            await working
            informing.cancel()
            await asyncio.gather(informing, return_exceptions=True)

    async def _reconcile(self, key: Key) -> Outcome:
        assert key not in self.under_way, "a key is never processed twice at once"
        self.under_way.add(key)
        try:
            await self._write(self._informer.store.get(key))
        finally:
            self.under_way.remove(key)
        self.passes += 1
        return Done()

    async def _write(self, found: dict[str, Any] | None) -> None:
        if found is None or found["data"].get("digest") == digest_of(found):
            return
        metadata = found["metadata"]
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "data": {"digest": digest_of(found)}}
        await self._around.through.patch(CONFIG_MAPS, metadata["namespace"], metadata["name"], patch)


async def all_digested(around: Surroundings) -> bool:
    found = await around.direct.list(CONFIG_MAPS, around.namespace)
    return all(one["data"].get("digest") == digest_of(one) for one in found)


async def test_everything_is_done_although_the_api_server_restarts_refuses_and_breaks_connections(around: Surroundings) -> None:
    await around.create_many(60)
    digester = Digester(around)
    async with digester.running():
        around.proxy.refuse(Refusal(429, retry_after=0), times=20, when=lambda asked: asked.method == "PATCH")
        around.proxy.refuse(Refusal(500), times=20, when=lambda asked: asked.method == "PATCH")
        await until(lambda: digester.passes > 30)
        around.proxy.cut_watches()
        await around.restart_apiserver()
        for number in range(60):
            await persist(lambda number=number: around.change(f"object-{number}", f"new {number}"))  # type: ignore[misc]
            if number % 20 == 0:
                around.proxy.cut_watches()
        await until(lambda: all_digested(around))
    assert digester.under_way == set(), "passes that were under way have ended"
