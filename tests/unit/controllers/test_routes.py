"""From changes to the resources that have to look at them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from flinkop.api.flinkstatesnapshot import JobKind
from flinkop.config import load_config
from flinkop.controllers.caches import Caches
from flinkop.controllers.routes import Queues, Routes
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.statuswriter import write_job_status


class Changes:
    """Caches that are told of resources, and what has to be looked at then."""

    def __init__(self) -> None:
        self._caches, self._queues = Caches(cast(Any, None), load_config(defaults={})), Queues()
        self._informers = {informer.resource.kind: informer for informer in self._caches.informers}
        Routes(self._caches, self._queues)

    def put(self, kind: str, name: str, status: dict[str, Any] | None = None, **spec: Any) -> None:
        metadata = {"namespace": "team", "name": name, "uid": name, "resourceVersion": "1"}
        self._informers[kind]._put({"kind": kind, "metadata": metadata, "spec": spec, "status": status or {}})

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


async def test_a_job_is_looked_at_with_the_cluster_it_runs_on_whatever_its_newest_spec_names() -> None:
    changes = Changes()
    running = write_job_status(Record(Phase.RUNNING, reconciled={"deploymentName": "old"}), {}, datetime(2026, 1, 1, tzinfo=UTC))
    changes.put("FlinkSessionJob", "moved", running, deploymentName="new")
    changes.put("FlinkSessionJob", "not-started", deploymentName="new")
    found = {}
    for cluster in ("old", "new"):
        await changes.take()
        changes.put("FlinkDeployment", cluster)
        found[cluster] = (await changes.take())["flinksessionjob"]
    assert found == {"old": {"moved"}, "new": {"not-started"}}
