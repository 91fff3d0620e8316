"""Gathers from the API server what a report is made from. Reads only, with the rights of whoever asks; what may not be read is told."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flinkop.api.kind import FLINK_STATE_SNAPSHOT
from flinkop.errors import FlinkopError, Forbidden, NotFound
from flinkop.explain.configuration import ConfigurationReader
from flinkop.explain.facts import Facts
from flinkop.explain.relation import cluster_of, has_snapshots, kind_of_jobs, reference_of, refers_to, selector_of_snapshots
from flinkop.explain.target import Target, endpoint_of
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import DEPLOYMENTS, EVENTS, PODS, SERVICES, Resource

Object = Mapping[str, Any]

_PROCESSES = "component in (jobmanager,taskmanager)"
_TYPES = "type in (flink-native-kubernetes,flink-standalone-kubernetes)"
"""Labels of the Deployments and pods of a cluster, and of its Services, which have no component."""


@dataclass(slots=True)
class Fetch:
    """One gathering. Parts that cannot be had are named in `problems` and left out."""

    kube: KubeClient
    target: Target
    operator_namespace: str
    problems: list[str] = field(default_factory=list)

    async def run(self) -> Facts | None:
        """None when there is no such resource.

        Raises:
            FlinkopError: the resource itself cannot be read.
        """
        resource = await self._find(self.target)
        if resource is None:
            return None
        reference, cluster = await self._reference(resource), cluster_of(self.target, resource)
        settings = ConfigurationReader(self.kube, self.operator_namespace, self.problems)
        pods = await self._of_cluster(PODS, cluster, _PROCESSES)
        return Facts(
            resource=resource,
            refers_to=reference,
            jobs=await self._jobs(resource),
            snapshots=await self._snapshots(resource),
            deployments=await self._of_cluster(DEPLOYMENTS, cluster, _PROCESSES) or (),
            services=await self._of_cluster(SERVICES, cluster, _TYPES) or (),
            pods=pods or (),
            pods_are_known=pods is not None,
            events=await self._events(resource),
            configuration=await settings.read(self.target, resource, reference),
            problems=tuple(self.problems),
        )

    async def _find(self, target: Target) -> Object | None:
        """The resource. The operator may list, but not get, so in its pod that is another way to the same."""
        endpoint = endpoint_of(target.kind)
        try:
            return await self.kube.get(endpoint, target.namespace, target.name)
        except Forbidden as refused:
            try:
                page = await self.kube.list_page(endpoint, target.namespace, {"fieldSelector": f"metadata.name={target.name}"})
            except Forbidden:
                raise refused from None
            return next(iter(page.get("items") or ()), None)

    async def _part(self, what: str, request: Awaitable[list[Object]]) -> tuple[Object, ...] | None:
        """None when it cannot be had."""
        try:
            return tuple(await request)
        except FlinkopError as error:
            self.problems.append(f"{what}: {error}")
            return None

    async def _of_cluster(self, resource: Resource, cluster: str | None, labels: str) -> tuple[Object, ...] | None:
        if cluster is None:
            return ()
        found = self.kube.list(resource, self.target.namespace, f"app={cluster},{labels}")
        return await self._part(resource.plural, _sorted(found))

    async def _reference(self, resource: Object) -> tuple[Object, ...]:
        reference = reference_of(self.target, resource)
        if reference is None:
            return ()

        async def look() -> list[Object]:
            found = await self._find(reference)
            if found is None:
                self.problems.append(f"{reference.kind.name}/{reference.name}: there is none in the namespace {reference.namespace}")
            return [found] if found is not None else []

        return await self._part(f"{reference.kind.name}/{reference.name}", look()) or ()

    async def _jobs(self, resource: Object) -> tuple[Object, ...]:
        """The jobs that share the cluster."""
        kind = kind_of_jobs(self.target, resource)
        if kind is None:
            return ()
        found = await self._part(kind.plural, self._installed(endpoint_of(kind), None))
        return tuple(one for one in found or () if refers_to(kind, one, self.target))

    async def _snapshots(self, resource: Object) -> tuple[Object, ...]:
        if not has_snapshots(self.target, resource):
            return ()
        kind = FLINK_STATE_SNAPSHOT
        found = await self._part(kind.plural, self._installed(endpoint_of(kind), selector_of_snapshots(self.target)))
        return tuple(one for one in found or () if refers_to(kind, one, self.target))

    async def _installed(self, resource: Resource, selector: str | None) -> list[Object]:
        """Those in the namespace; none of a kind that is not installed."""
        try:
            return await _sorted(self.kube.list(resource, self.target.namespace, selector))
        except NotFound:
            return []

    async def _events(self, resource: Object) -> tuple[Object, ...]:
        selector = f"involvedObject.uid={resource['metadata']['uid']}"

        async def look() -> list[Object]:
            page = await self.kube.list_page(EVENTS, self.target.namespace, {"fieldSelector": selector})
            return list(page.get("items") or [])

        return await self._part("events", look()) or ()


async def _sorted(request: Awaitable[list[dict[str, Any]]]) -> list[Object]:
    return sorted(await request, key=lambda one: str(one["metadata"]["name"]))
