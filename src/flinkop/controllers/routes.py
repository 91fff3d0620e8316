"""From changes to the resources that have to look at them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flinkop.controllers.caches import Cache, Caches
from flinkop.controllers.trigger import Key, cluster_of, has_news, key_of, owner_of
from flinkop.runtime.informer import Callback
from flinkop.runtime.store import NamespacedStores
from flinkop.runtime.workqueue import WorkQueue

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Queues:
    """The keys that wait for a pass, by kind."""

    flink_deployments: WorkQueue[Key] = field(default_factory=lambda: WorkQueue("flinkdeployment"))
    flink_session_jobs: WorkQueue[Key] = field(default_factory=lambda: WorkQueue("flinksessionjob"))

    def all(self) -> Iterable[WorkQueue[Key]]:
        """Every one of them."""
        return self.flink_deployments, self.flink_session_jobs


@dataclass(frozen=True, slots=True)
class Clusters:
    """One kind of clusters, and the kind of the jobs on them."""

    cache: Cache
    queue: WorkQueue[Key]
    jobs: NamespacedStores
    job_queue: WorkQueue[Key]

    def changed(self, key: Key) -> None:
        """What happens to a cluster concerns the jobs that name it."""
        for job in self.jobs.by_index("cluster", key):
            self.job_queue.add(key_of(job))


class Routes:
    """Puts the keys of those that a change concerns on their queues."""

    def __init__(self, caches: Caches, queues: Queues) -> None:
        self._caches, self._queues = caches, queues
        jobs = caches.flink_session_jobs.store
        self._clusters = (Clusters(caches.flink_deployments, queues.flink_deployments, jobs, queues.flink_session_jobs),)
        self._connect()

    def _connect(self) -> None:
        caches, queues = self._caches, self._queues
        for clusters in self._clusters:
            clusters.cache.on_change(_told(lambda old, new, clusters=clusters: self._cluster_changed(clusters, key_of(new or old))))
        caches.flink_session_jobs.on_change(_told(self._job_changed))
        caches.deployments.on_change(_told(lambda old, new: self._deployment_changed(owner_of(new or old))))
        caches.pods.on_change(_told(lambda old, new: self._child_changed(owner_of(new or old))))
        if caches.ingresses is not None:
            caches.ingresses.on_change(_told(lambda old, new: self._child_changed(key_of(new or old))))
        self._places = ((caches.flink_deployments, queues.flink_deployments), (caches.flink_session_jobs, queues.flink_session_jobs))

    def look_at_all(self) -> None:
        """Changed defaults may make a spec valid that was not, or the other way round."""
        for cache, queue in self._places:
            for key in cache.store.keys():  # noqa: SIM118 - not a mapping
                queue.add(key)

    def jar_came(self, waiter: Hashable) -> None:
        """What a job waits for is there, or cannot be had."""
        if isinstance(waiter, tuple):
            self._queues.flink_session_jobs.add(waiter)

    def _cluster_changed(self, clusters: Clusters, key: Key) -> None:
        clusters.queue.add(key)
        clusters.changed(key)

    def _job_changed(self, old: Object | None, new: Object | None) -> None:
        """A cluster that is to be deleted waits for the last of its jobs to go."""
        self._queues.flink_session_jobs.add(key_of(new or old or {}))
        cluster = cluster_of(old) if old is not None and new is None else None
        if cluster is not None:
            self._queues.flink_deployments.add(cluster)

    def _deployment_changed(self, key: Key | None) -> None:
        self._child_changed(key)
        for clusters in self._clusters:
            if key is not None:
                clusters.changed(key)

    def _child_changed(self, key: Key | None) -> None:
        """Names are shared by all kinds, and the labels of objects tell only the name."""
        for cache, queue in self._places[:1]:
            if key is not None and cache.store.get(key) is not None:
                queue.add(key)


def _told(changed: Any) -> Callback:
    """Only news is passed on."""

    def told(old: Object | None, new: Object | None) -> None:
        if has_news(old, new):
            changed(old, new)

    return told
