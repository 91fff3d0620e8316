"""Gathers from the API server what a report is made from. Reads only, with the rights of whoever asks; what may not be read is told."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flinkop.api.kind import FLINK_APPLICATION, FLINK_DEPLOYMENT, FLINK_SESSION_JOB, FLINK_STATE_SNAPSHOT
from flinkop.config import OperatorConfig, load_config
from flinkop.effective import Request, effective_configurations
from flinkop.errors import FlinkopError
from flinkop.explain.facts import Facts
from flinkop.explain.report import Value
from flinkop.explain.target import NotATarget, Target, endpoint_of, kind_of
from flinkop.flinkconf.syntax import read_config_yaml, read_flink_conf_yaml
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import CONFIG_MAPS, DEPLOYMENTS, EVENTS, PODS, Resource

_CONFIGURATION = "flink-operator-config"
_FILES: Mapping[str, Callable[[str], dict[str, str]]] = {"config.yaml": read_config_yaml, "flink-conf.yaml": read_flink_conf_yaml}

Object = Mapping[str, Any]


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
        resource = await self.kube.get(self.target.endpoint, self.target.namespace, self.target.name)
        if resource is None:
            return None
        refers_to, cluster = await self._refers_to(resource), cluster_of(self.target, resource)
        return Facts(
            resource=resource,
            refers_to=refers_to,
            deployments=await self._of_cluster(DEPLOYMENTS, cluster),
            pods=await self._of_cluster(PODS, cluster),
            events=await self._events(resource),
            configuration=await self._configuration(resource),
            problems=tuple(self.problems),
        )

    async def _part(self, what: str, request: Awaitable[list[Object]]) -> tuple[Object, ...]:
        try:
            return tuple(await request)
        except FlinkopError as error:
            self.problems.append(f"{what}: {error}")
            return ()

    async def _of_cluster(self, resource: Resource, cluster: str | None) -> tuple[Object, ...]:
        if cluster is None:
            return ()
        found = self.kube.list(resource, self.target.namespace, f"app={cluster},component in (jobmanager,taskmanager)")
        return await self._part(resource.plural, _sorted(found))

    async def _refers_to(self, resource: Object) -> tuple[Object, ...]:
        reference = reference_of(self.target, resource)
        if reference is None:
            return ()

        async def look() -> list[Object]:
            found = await self.kube.get(endpoint_of(reference.kind), reference.namespace, reference.name)
            if found is None:
                self.problems.append(f"{reference.kind.name}/{reference.name}: there is none in the namespace {reference.namespace}")
            return [found] if found is not None else []

        return await self._part(f"{reference.kind.name}/{reference.name}", look())

    async def _events(self, resource: Object) -> tuple[Object, ...]:
        selector = f"involvedObject.uid={resource['metadata']['uid']}"

        async def look() -> list[Object]:
            page = await self.kube.list_page(EVENTS, self.target.namespace, {"fieldSelector": selector})
            return list(page.get("items") or [])

        return await self._part("events", look())

    async def _configuration(self, resource: Object) -> tuple[Value, ...]:
        if self.target.kind is not FLINK_DEPLOYMENT:
            return ()
        try:
            config = await self._operators()
            (found,) = effective_configurations(json.dumps(resource), config, Request(namespace=self.target.namespace))
        except (FlinkopError, ValueError) as error:
            self.problems.append(f"effective configuration: {error}")
            return ()
        return tuple(Value(setting.key, setting.value, setting.source) for setting in found.settings)

    async def _operators(self) -> OperatorConfig:
        """The operator's configuration, where it can be read; in its pod the mounted one counts."""
        found: Object | None = None
        try:
            found = await self.kube.get(CONFIG_MAPS, self.operator_namespace, _CONFIGURATION)
        except FlinkopError as error:
            self.problems.append(f"defaults of the operator: {error}")
        files = (found or {}).get("data") or {}
        if found is None and not self.problems:
            self.problems.append(f"defaults of the operator: no ConfigMap {_CONFIGURATION} in the namespace {self.operator_namespace}")
        defaults = {key: value for name, read in _FILES.items() if name in files for key, value in read(files[name]).items()}
        return load_config(defaults=defaults)


def cluster_of(target: Target, resource: Object) -> str | None:
    """The name of the Flink cluster on which the job of a resource runs; None for a snapshot."""
    spec = resource.get("spec") or {}
    if target.kind is FLINK_SESSION_JOB:
        return spec.get("deploymentName") or None
    if target.kind is FLINK_APPLICATION:
        return (spec.get("flinkCluster") or {}).get("name") or target.name
    return None if target.kind is FLINK_STATE_SNAPSHOT else target.name


def reference_of(target: Target, resource: Object) -> Target | None:
    """The other resource that one depends on."""
    spec = resource.get("spec") or {}
    if target.kind is FLINK_SESSION_JOB and spec.get("deploymentName"):
        return Target(FLINK_DEPLOYMENT, target.namespace, spec["deploymentName"])
    if target.kind is FLINK_APPLICATION and (spec.get("flinkCluster") or {}).get("name"):
        return Target(kind_of("flinkcluster"), target.namespace, spec["flinkCluster"]["name"])
    reference = spec.get("jobReference") or {}
    try:
        return Target(kind_of(reference["kind"]), target.namespace, reference["name"])
    except (KeyError, NotATarget):
        return None


async def _sorted(request: Awaitable[list[dict[str, Any]]]) -> list[Object]:
    return sorted(await request, key=lambda one: str(one["metadata"]["name"]))
