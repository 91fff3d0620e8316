"""What every scenario works with: the cluster, the operator, the fleet, and resources that are made as they are needed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bench.apiserver import ALREADY_EXISTS, ApiServer
from tests.bench.extent import Extent
from tests.bench.fleetprocess import FleetProcess
from tests.bench.manifest import DEPLOYMENTS, FLEET_NAMESPACE, FLINK_DEPLOYMENTS, QUOTA_NAMESPACE, a_flinkdeployment, a_namespace
from tests.bench.meter import Meter
from tests.bench.operatorundertest import OperatorUnderTest
from tests.bench.sightings import Condition, exists, watching
from tests.cluster.localcluster import LocalCluster

_PATIENCE_SECONDS = 900


def is_stable(found: Mapping[str, Any]) -> bool:
    """Whether the newest spec of a FlinkDeployment runs and is believed to go on running."""
    status = found.get("status") or {}
    return status.get("lifecycleState") == "STABLE" and status.get("observedGeneration") == found["metadata"]["generation"]


def is_refused(found: Mapping[str, Any]) -> bool:
    """Whether the operator has written down that the JobManager of a FlinkDeployment cannot start."""
    return (found.get("status") or {}).get("jobManagerDeploymentStatus") == "ERROR"


def names(prefix: str, count: int) -> list[str]:
    """Names of resources."""
    return [f"{prefix}-{number:04d}" for number in range(count)]


@dataclass(slots=True)
class Stage:
    """One cluster with the operator in it."""

    cluster: LocalCluster
    api: ApiServer
    operator: OperatorUnderTest
    fleet: FleetProcess
    extent: Extent
    _namespaces: set[str] = field(default_factory=set)

    def meter(self) -> Meter:
        """Measures what the operator uses from now on."""
        return Meter(self.operator.process, self.cluster.audit_log)

    async def prepare(self, namespace: str) -> None:
        """Makes the namespace; for the fleet's, the fleet as well."""
        if namespace in self._namespaces:
            return
        self._namespaces.add(namespace)
        for path, body in a_namespace(namespace):
            await self.api.create(path, body, accept=(ALREADY_EXISTS,))
        if namespace == FLEET_NAMESPACE:
            await self.fleet.start()

    async def create(self, namespace: str, wanted: Iterable[str]) -> None:
        """Creates FlinkDeployments, as fast as the API server takes them."""
        path = FLINK_DEPLOYMENTS.format(namespace=namespace)
        async with asyncio.TaskGroup() as group:
            for name in wanted:
                group.create_task(self.api.create(path, a_flinkdeployment(namespace, name)))

    async def delete(self, namespace: str, wanted: Iterable[str]) -> None:
        """Asks for the deletion of FlinkDeployments; does not wait for it."""
        path = FLINK_DEPLOYMENTS.format(namespace=namespace)
        async with asyncio.TaskGroup() as group:
            for name in wanted:
                group.create_task(self.api.delete(f"{path}/{name}"))

    async def existing(self, namespace: str) -> set[str]:
        """The names of the FlinkDeployments that are there."""
        found = await self.api.get(FLINK_DEPLOYMENTS.format(namespace=namespace))
        return {one["metadata"]["name"] for one in found["items"]}

    async def has_deployments(self, wanted: Collection[str]) -> None:
        """Makes sure that exactly `wanted` are there without a JobManager that gets ready, each with its Deployment."""
        await self._have(QUOTA_NAMESPACE, wanted, DEPLOYMENTS, exists)

    async def has_refused(self, wanted: Collection[str]) -> None:
        """Makes sure that exactly `wanted` are there, and that all is said about their JobManagers that cannot start."""
        await self._have(QUOTA_NAMESPACE, wanted, FLINK_DEPLOYMENTS, is_refused)

    async def has_running(self, wanted: Collection[str]) -> None:
        """Makes sure that exactly `wanted` are there and run."""
        await self._have(FLEET_NAMESPACE, wanted, FLINK_DEPLOYMENTS, is_stable)

    async def _have(self, namespace: str, wanted: Collection[str], collection: str, is_so: Condition) -> None:
        for other in {QUOTA_NAMESPACE, FLEET_NAMESPACE} - {namespace}:
            await self.clear(other)
        await self.prepare(namespace)
        there = await self.existing(namespace)
        await self.remove(namespace, there - set(wanted))
        async with watching(self.api, collection.format(namespace=namespace), is_so) as sightings:
            await self.create(namespace, [name for name in wanted if name not in there])
            await sightings.until_seen(wanted, _PATIENCE_SECONDS, f"resources of {namespace}")

    async def remove(self, namespace: str, unwanted: Collection[str]) -> None:
        """Deletes FlinkDeployments and waits until they are gone, and their Deployments with them."""
        if not unwanted:
            return
        async with (
            watching(self.api, FLINK_DEPLOYMENTS.format(namespace=namespace)) as resources,
            watching(self.api, DEPLOYMENTS.format(namespace=namespace)) as deployments,
        ):
            await resources.until_seen(unwanted, _PATIENCE_SECONDS, "resources to delete")
            with_deployment = [name for name in unwanted if name in deployments.seen]
            await self.delete(namespace, unwanted)
            await resources.until_gone(unwanted, _PATIENCE_SECONDS, f"end of the resources of {namespace}")
            await deployments.until_gone(with_deployment, _PATIENCE_SECONDS, f"end of the Deployments of {namespace}")

    async def clear(self, namespace: str) -> None:
        """Deletes all FlinkDeployments of a namespace."""
        unwanted = await self.existing(namespace)
        if unwanted:
            await self.prepare(namespace)
            await self.remove(namespace, unwanted)

    async def clear_all(self) -> None:
        """Deletes all FlinkDeployments."""
        for namespace in (QUOTA_NAMESPACE, FLEET_NAMESPACE):
            await self.clear(namespace)

    async def restart_operator(self) -> None:
        """A new process of the operator."""
        await asyncio.to_thread(self.operator.restart)

    async def settle(self) -> None:
        """Lets end what a burst has left to do."""
        await asyncio.sleep(self.extent.settle_seconds)
