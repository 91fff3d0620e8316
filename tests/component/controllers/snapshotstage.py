"""FlinkStateSnapshots on a stage."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.component.controllers.stage import NAME, Stage

from flinkop.kube.resource import FLINK_STATE_SNAPSHOTS

SNAPSHOT = "snapshot"
REFERENCE = {"kind": "FlinkDeployment", "name": NAME}
Is = Callable[[Mapping[str, Any]], bool]


def a_savepoint(**savepoint: Any) -> dict[str, Any]:
    """The spec of a savepoint of the stage's job."""
    return {"jobReference": REFERENCE, "savepoint": savepoint}


def a_checkpoint() -> dict[str, Any]:
    """The spec of a checkpoint of the stage's job."""
    return {"jobReference": REFERENCE, "checkpoint": {}}


def is_state(state: str) -> Is:
    """A snapshot in that state, as its label says too."""
    return lambda found: (
        (found.get("status") or {}).get("state") == state and (found["metadata"].get("labels") or {}).get("snapshot.state") == state
    )


async def ask(stage: Stage, namespace: str, spec: Mapping[str, Any], name: str = SNAPSHOT) -> None:
    """Creates a snapshot."""
    body = {"apiVersion": FLINK_STATE_SNAPSHOTS.api_version, "kind": FLINK_STATE_SNAPSHOTS.kind, "spec": spec}
    await stage.kube.create(FLINK_STATE_SNAPSHOTS, {**body, "metadata": {"name": name, "namespace": namespace}})


async def drop(stage: Stage, namespace: str, name: str = SNAPSHOT) -> None:
    """Deletes it."""
    await stage.kube.delete(FLINK_STATE_SNAPSHOTS, namespace, name)


async def find(stage: Stage, namespace: str, name: str | None) -> dict[str, Any] | None:
    """The snapshot of that name, or else the only one."""
    if name is not None:
        return await stage.kube.get(FLINK_STATE_SNAPSHOTS, namespace, name)
    found = await stage.kube.list(FLINK_STATE_SNAPSHOTS, namespace)
    assert len(found) <= 1, f"{namespace}: {[one['metadata']['name'] for one in found]}"
    return found[0] if found else None


async def wait_for_snapshot(
    stage: Stage, namespace: str, is_so: Is | None, name: str | None = SNAPSHOT, seconds: float = 30
) -> dict[str, Any]:
    """Waits until the snapshot is so; with None until it is gone."""
    end = time.monotonic() + seconds
    while True:
        found = await find(stage, namespace, name)
        if (found is None) if is_so is None else (found is not None and is_so(found)):
            return found or {}
        if time.monotonic() > end:
            raise AssertionError(f"{namespace}/{name}: not so after {seconds} s: {(found or {}).get('status')}")
        await asyncio.sleep(0.03)
