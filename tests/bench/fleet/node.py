"""A fake node: pods that the scheduler binds to it are Running and Ready at once, all with one address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.bench.apiserver import ALREADY_EXISTS, NOT_FOUND, ApiServer
from tests.bench.manifest import NODE_LABEL

NAME = "fleet"
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
_HEARTBEAT_SECONDS = 4
_CAPACITY = {"cpu": "100000", "memory": "100Ti", "pods": "20000", "ephemeral-storage": "100Ti"}
_POD_CONDITIONS = ("Initialized", "PodScheduled", "ContainersReady", "Ready")


def timestamp() -> str:
    """Now, as a Kubernetes MicroTime."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def running(pod: Mapping[str, Any], address: str, now: str) -> dict[str, Any]:
    """The status of a pod all of whose containers run."""
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "hostIP": address,
        "startTime": now,
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in _POD_CONDITIONS],
        "containerStatuses": [_container(container, now) for container in pod["spec"]["containers"]],
    }


def _container(container: Mapping[str, Any], now: str) -> dict[str, Any]:
    running = {"state": {"running": {"startedAt": now}}, "ready": True, "started": True, "restartCount": 0}
    return {"name": container["name"], "image": container["image"], "imageID": "", **running}


class Node:
    """The node and what its kubelet would do."""

    def __init__(self, api: ApiServer, address: str, on_start: Callable[[str, str], None]) -> None:
        """`on_start` is told namespace and cluster of every pod that begins to run."""
        self._api, self._address, self._on_start = api, address, on_start
        self._moving: set[asyncio.Task[None]] = set()

    async def join(self) -> None:
        """Makes the node, ready for pods that tolerate its taint."""
        labels, taint = {NODE_LABEL: "yes"}, {"key": NODE_LABEL, "value": "yes", "effect": "NoSchedule"}
        await self._create("/api/v1/nodes", {"metadata": {"name": NAME, "labels": labels}, "spec": {"taints": [taint]}})
        lease = {"holderIdentity": NAME, "leaseDurationSeconds": 10 * _HEARTBEAT_SECONDS, "renewTime": timestamp()}
        await self._create(_LEASES, {"metadata": {"name": NAME}, "spec": lease})
        ready = {"type": "Ready", "status": "True", "reason": "Fleet", "lastHeartbeatTime": timestamp(), "lastTransitionTime": timestamp()}
        addresses = [{"type": "InternalIP", "address": self._address}]
        status = {"capacity": _CAPACITY, "allocatable": _CAPACITY, "conditions": [ready], "addresses": addresses}
        await self._api.patch(f"/api/v1/nodes/{NAME}/status", {"status": status})

    async def beat(self) -> None:
        """Says for ever that it is alive."""
        while True:
            await self._api.patch(f"{_LEASES}/{NAME}", {"spec": {"renewTime": timestamp()}})
            await asyncio.sleep(_HEARTBEAT_SECONDS)

    async def run_pods(self) -> None:
        """Does for ever what pods bound to the node need."""
        async for kind, pod in self._api.watch("/api/v1/pods", {"fieldSelector": f"spec.nodeName={NAME}"}):
            if kind in ("ADDED", "MODIFIED"):
                task = asyncio.create_task(self._move(pod))
                self._moving.add(task)
                task.add_done_callback(self._moving.discard)

    async def _move(self, pod: Mapping[str, Any]) -> None:
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        if "deletionTimestamp" in metadata:
            await self._api.delete(path, {"gracePeriodSeconds": 0})
        elif pod["status"].get("phase") != "Running":
            self._on_start(metadata["namespace"], metadata["labels"]["app"])
            status = running(pod, self._address, timestamp())
            await self._api.patch(f"{path}/status", {"status": status}, accept=(NOT_FOUND,))

    async def _create(self, path: str, body: Mapping[str, Any]) -> None:
        await self._api.create(path, body, accept=(ALREADY_EXISTS,))
