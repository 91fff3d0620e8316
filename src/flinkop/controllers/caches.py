"""What a process keeps in memory: the resources of all kinds, and the objects that belong to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flinkop.config import OperatorConfig
from flinkop.controllers.jobplace import session_cluster_of, shared_cluster_of
from flinkop.controllers.trigger import Key, job_of, owner_of
from flinkop.controllers.trim import trim_deployment, trim_ingress, trim_pod
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import (
    DEPLOYMENTS,
    FLINK_APPLICATIONS,
    FLINK_CLUSTERS,
    FLINK_DEPLOYMENTS,
    FLINK_SESSION_JOBS,
    FLINK_STATE_SNAPSHOTS,
    INGRESSES,
    PODS,
    Resource,
)
from flinkop.runtime.informer import Callback, Collection, Informer
from flinkop.runtime.store import NamespacedStores

_TYPES = "type in (flink-native-kubernetes,flink-standalone-kubernetes)"
_OF_CLUSTERS = f"component in (jobmanager,taskmanager),{_TYPES}"
_INGRESSES = "component=ingress"

Trim = Callable[[dict[str, Any]], dict[str, Any]]
Trigger = Callable[[Mapping[str, Any]], Key | None]


class Cache:
    """The objects of one kind in the watched namespaces, and who is told of their changes."""

    def __init__(self, informers: Mapping[str | None, Informer]) -> None:
        self.informers = tuple(informers.values())
        self.store = NamespacedStores({namespace: informer.store for namespace, informer in informers.items()})

    def on_change(self, callback: Callback) -> None:
        """Calls `callback(old, new)` for every change."""
        for informer in self.informers:
            informer.on_change(callback)


class Caches:
    """The caches of one process. Without Ingresses to look after it keeps none."""

    def __init__(self, kube: KubeClient, config: OperatorConfig) -> None:
        self._kube, self._config = kube, config
        self.flink_deployments = self._of_kind(FLINK_DEPLOYMENTS)
        self.flink_session_jobs = self._of_kind(FLINK_SESSION_JOBS, cluster=session_cluster_of)
        self.flink_clusters = self._of_kind(FLINK_CLUSTERS)
        self.flink_applications = self._of_kind(FLINK_APPLICATIONS, cluster=shared_cluster_of)
        self.flink_state_snapshots = self._of_kind(FLINK_STATE_SNAPSHOTS, job=job_of)
        self.deployments = self._cache(DEPLOYMENTS, _OF_CLUSTERS, trim_deployment)
        self.pods = self._cache(PODS, _OF_CLUSTERS, trim_pod, owner=owner_of)
        self.ingresses = self._cache(INGRESSES, _INGRESSES, trim_ingress) if config.manage_ingress else None

    @property
    def label_selector(self) -> str | None:
        """What the labels of resources have to match."""
        return self._config.label_selector

    @property
    def informers(self) -> tuple[Informer, ...]:
        """Those that have to run."""
        return tuple(informer for cache in self._all() for informer in cache.informers)

    def sizes(self) -> dict[str, int]:
        """How many objects there are of each kind."""
        return {cache.informers[0].resource.plural: len(cache.store) for cache in self._all()}

    def of_resources(self) -> tuple[Cache, ...]:
        """Those of the kinds that are served. Those whose changes concern others come first: their index is filled when these are told."""
        jobs, clusters = (self.flink_session_jobs, self.flink_applications), (self.flink_deployments, self.flink_clusters)
        return self.flink_state_snapshots, *jobs, *clusters

    def _all(self) -> Iterable[Cache]:
        yield from self.of_resources()
        yield from (self.deployments, self.pods)
        if self.ingresses is not None:
            yield self.ingresses

    def _of_kind(self, resource: Resource, **indexes: Trigger) -> Cache:
        """Helm does not upgrade definitions: a kind that is not installed keeps no other from working."""
        return self._cache(resource, self._config.label_selector, _whole, optional=resource != FLINK_DEPLOYMENTS, **indexes)

    def _cache(self, resource: Resource, selector: str | None, trim: Trim, *, optional: bool = False, **indexes: Trigger) -> Cache:
        indexers = {name: _index(trigger) for name, trigger in indexes.items()}
        namespaces = self._config.watched_namespaces or (None,)
        collections = {namespace: Collection(self._kube, resource, namespace, selector) for namespace in namespaces}
        return Cache({place: Informer(collection, trim, indexers, optional=optional) for place, collection in collections.items()})


def _whole(obj: dict[str, Any]) -> dict[str, Any]:
    return obj


def _index(trigger: Trigger) -> Callable[[Mapping[str, Any]], list[str]]:
    """An index by the key that an object points to."""
    return lambda obj: ["/".join(key)] if (key := trigger(obj)) else []
