"""From changes to the resources that have to look at them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from flinkop.api.flinkstatesnapshot import JobKind
from flinkop.config import load_config
from flinkop.controllers.caches import Caches
from flinkop.controllers.routes import Queues, Routes


class Changes:
    """Caches that are told of resources, and what has to be looked at then."""

    def __init__(self) -> None:
        self._caches, self._queues = Caches(cast(Any, None), load_config(defaults={})), Queues()
        self._informers = {informer.resource.kind: informer for informer in self._caches.informers}
        Routes(self._caches, self._queues)

    def put(self, kind: str, name: str, **spec: Any) -> None:
        metadata = {"namespace": "team", "name": name, "uid": name, "resourceVersion": "1"}
        self._informers[kind]._put({"kind": kind, "metadata": metadata, "spec": spec})

    async def take(self) -> dict[str, set[str]]:
        """The names that wait, by queue."""
        found: dict[str, set[str]] = {}
        for queue in self._queues.all():
            while len(queue):
                key = await queue.get()
                queue.done(key)
                found.setdefault(queue.name, set()).add(key[1])
        return found


@pytest.mark.parametrize("kind", JobKind)
async def test_a_job_and_its_snapshot_are_looked_at_when_the_other_changes(kind: JobKind) -> None:
    changes = Changes()
    changes.put(kind, "job")
    await changes.take()
    changes.put("FlinkStateSnapshot", "snapshot", jobReference={"kind": kind.value, "name": "job"})
    both = {"flinkstatesnapshot": {"snapshot"}, kind.lower(): {"job"}}
    assert await changes.take() == both
    changes.put(kind, "job", changed=True)
    assert await changes.take() == both
