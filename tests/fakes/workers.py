"""The pods of standalone clusters' TaskManagers. Unlike those that a JobManager makes, they end only with their own Deployment."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.fakes.jobmanager import Key

from flinkop.errors import AlreadyExists
from flinkop.kube.resource import PODS

_SUFFIX = "-taskmanager"


def build_pod(deployment: dict[str, Any], number: int | None = None) -> dict[str, Any]:
    """A pod of that Deployment."""
    metadata = deployment["metadata"]
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": metadata["name"], "uid": metadata["uid"]}
    name = f"{metadata['name']}-{metadata['uid'][:8]}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name if number is None else f"{name}-{number}",
            "namespace": metadata["namespace"],
            "labels": deployment["spec"]["template"]["metadata"]["labels"],
            "ownerReferences": [owner],
        },
        "spec": {"containers": [{"name": "main", "image": "flink"}]},
    }


class StandaloneWorkers:
    """`alive` holds the names of the pods of each cluster."""

    def __init__(self, kube: Any, violations: list[str]) -> None:
        self._kube, self._violations = kube, violations
        self.alive: dict[Key, set[str]] = {}
        self._in_turn = asyncio.Lock()

    def expect_none(self, cluster: Key) -> None:
        """A new JobManager comes: whoever is there already would offer itself, with the old image."""
        if self.alive.get(cluster):
            self._violations.append(f"{cluster}: TaskManagers of an older cluster beside a new JobManager")

    async def follow(self, old: dict[str, Any] | None, new: dict[str, Any] | None, lingering_seconds: float) -> None:
        """As many pods as the Deployment asks for; when it is gone, none a while later."""
        deployment = new or old or {}
        metadata = deployment["metadata"]
        cluster = metadata["namespace"], metadata["name"].removesuffix(_SUFFIX)
        if new is None:
            await asyncio.sleep(lingering_seconds)
        async with self._in_turn:
            await self._scale(deployment, self.alive.setdefault(cluster, set()), new["spec"]["replicas"] if new is not None else 0)

    async def _scale(self, deployment: dict[str, Any], alive: set[str], wanted: int) -> None:
        mine = {name for name in alive if name.startswith(f"{deployment['metadata']['name']}-{deployment['metadata']['uid'][:8]}")}
        for number in range(max(wanted, len(mine))):
            pod = build_pod(deployment, number)
            if number < wanted:
                await self._create(pod, alive)
            else:
                await self._kube.delete(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
                alive.discard(pod["metadata"]["name"])

    async def _create(self, pod: dict[str, Any], alive: set[str]) -> None:
        if pod["metadata"]["name"] in alive:
            return
        alive.add(pod["metadata"]["name"])
        try:
            await self._kube.create(PODS, pod)
        except AlreadyExists:
            return
