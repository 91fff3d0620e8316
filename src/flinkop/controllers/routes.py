"""From changes to the resources that have to look at them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flinkop.controllers.caches import Cache, Caches
from flinkop.controllers.jobplace import session_cluster_of, shared_cluster_of
from flinkop.controllers.trigger import Key, has_news, is_open, job_of, key_of, owner_of
from flinkop.kube.resource import FLINK_APPLICATIONS, FLINK_DEPLOYMENTS, FLINK_SESSION_JOBS
from flinkop.runtime.informer import Callback
from flinkop.runtime.workqueue import WorkQueue

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Queues:
    """The keys that wait for a pass, by kind."""

    flink_deployments: WorkQueue[Key] = field(default_factory=lambda: WorkQueue("flinkdeployment"))
    flink_session_jobs: WorkQueue[Key] = field(default_factory=lambda: WorkQueue("flinksessionjob"))
    flink_clusters: WorkQueue[Key] = field(default_factory=lambda: WorkQueue("flinkcluster"))
    flink_applications: WorkQueue[Key] = field(default_factory=lambda: WorkQueue("flinkapplication"))

    flink_state_snapshots: WorkQueue[Key] = field(default_factory=lambda: WorkQueue("flinkstatesnapshot"))

    def all(self) -> Iterable[WorkQueue[Key]]:
        """Every one of them."""
        jobs = (self.flink_deployments, self.flink_session_jobs, self.flink_clusters, self.flink_applications)
        return (*jobs, self.flink_state_snapshots)


@dataclass(frozen=True, slots=True)
class Place:
    """The resources of a kind, and the keys of those that have to be looked at."""

    cache: Cache
    queue: WorkQueue[Key]

    def look_at(self, key: Key) -> None:
        """Looks at the resource of that key, if there is one."""
        if self.cache.store.get(key) is not None:
            self.queue.add(key)


@dataclass(frozen=True, slots=True)
class Sharing:
    """A kind of clusters that jobs share, and the kind of those jobs; `cluster_of` gives the cluster that a job names."""

    clusters: Place
    jobs: Place
    cluster_of: Callable[[Object], Key | None]

    def cluster_changed(self, key: Key) -> None:
        """What happens to a cluster concerns the jobs that name it."""
        for job in self.jobs.cache.store.by_index("cluster", key):
            self.jobs.queue.add(key_of(job))

    def job_changed(self, old: Object | None, new: Object | None) -> None:
        """A cluster that is to be deleted waits for the last of its jobs to go."""
        cluster = self.cluster_of(old) if old is not None and new is None else None
        if cluster is not None:
            self.clusters.queue.add(cluster)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """FlinkStateSnapshots, and the kinds of jobs that they name."""

    snapshots: Place
    jobs: Mapping[str, Place]

    def job_changed(self, kind: str, key: Key) -> None:
        """What happens to a job concerns the snapshots of it that are not at their end."""
        namespace, name = key
        for snapshot in self.snapshots.cache.store.by_index("job", (namespace, f"{kind}/{name}")):
            if is_open(snapshot):
                self.snapshots.queue.add(key_of(snapshot))

    def snapshot_changed(self, old: Object | None, new: Object | None) -> None:
        """Its job may be waiting for it, or has one less to keep."""
        namespace, job = job_of(new or old or {}) or ("", "")
        kind, _, name = job.partition("/")
        if kind in self.jobs:
            self.jobs[kind].look_at((namespace, name))


class Routes:
    """Puts the keys of those that a change concerns on their queues."""

    def __init__(self, caches: Caches, queues: Queues) -> None:
        deployments, session_jobs = (
            Place(caches.flink_deployments, queues.flink_deployments),
            Place(caches.flink_session_jobs, queues.flink_session_jobs),
        )
        clusters, applications = (
            Place(caches.flink_clusters, queues.flink_clusters),
            Place(caches.flink_applications, queues.flink_applications),
        )
        snapshots = Place(caches.flink_state_snapshots, queues.flink_state_snapshots)
        self._places = (deployments, session_jobs, clusters, applications, snapshots)
        self._snapshots = Snapshots(
            snapshots,
            {FLINK_DEPLOYMENTS.kind: deployments, FLINK_SESSION_JOBS.kind: session_jobs, FLINK_APPLICATIONS.kind: applications},
        )
        self._with_cluster = (deployments, clusters, applications)
        self._with_jobs_on_clusters = (session_jobs, applications)
        self._sharings = (Sharing(deployments, session_jobs, session_cluster_of), Sharing(clusters, applications, shared_cluster_of))
        self._connect(caches)

    def _connect(self, caches: Caches) -> None:
        for place in self._places:
            place.cache.on_change(_told(_own(place)))
        for place in self._with_cluster:
            place.cache.on_change(_told(lambda old, new: self._name_changed(key_of(new or old or {}))))
        for sharing in self._sharings:
            sharing.clusters.cache.on_change(_told(_of_cluster(sharing)))
            sharing.jobs.cache.on_change(_told(sharing.job_changed))
        self._snapshots.snapshots.cache.on_change(_told(self._snapshots.snapshot_changed))
        for kind, place in self._snapshots.jobs.items():
            place.cache.on_change(_told(_of_job(self._snapshots, kind)))
        caches.deployments.on_change(_told(lambda old, new: self._deployment_changed(owner_of(new or old or {}))))
        caches.pods.on_change(_told(lambda old, new: self._child_changed(owner_of(new or old or {}))))
        if caches.ingresses is not None:
            caches.ingresses.on_change(_told(lambda old, new: self._child_changed(key_of(new or old or {}))))

    def look_at_all(self) -> None:
        """Changed defaults may make a spec valid that was not, or the other way round."""
        for place in self._places:
            for key in place.cache.store.keys():  # noqa: SIM118 - not a mapping
                place.queue.add(key)

    def jar_came(self, waiter: Hashable) -> None:
        """What a job waits for is there, or cannot be had."""
        if isinstance(waiter, tuple):
            for place in self._with_jobs_on_clusters:
                place.look_at(waiter)

    def _deployment_changed(self, key: Key | None) -> None:
        self._child_changed(key)
        for sharing in self._sharings:
            if key is not None:
                sharing.cluster_changed(key)

    def _child_changed(self, key: Key | None) -> None:
        """Names are shared by all kinds of clusters, and the labels of objects tell only the name."""
        if key is not None:
            self._name_changed(key)

    def _name_changed(self, key: Key) -> None:
        """Of several resources of one name one has the cluster; when it goes, another has it."""
        for place in self._with_cluster:
            place.look_at(key)


def _own(place: Place) -> Callback:
    return lambda old, new: place.queue.add(key_of(new or old or {}))


def _of_cluster(sharing: Sharing) -> Callback:
    return lambda old, new: sharing.cluster_changed(key_of(new or old or {}))


def _of_job(snapshots: Snapshots, kind: str) -> Callback:
    return lambda old, new: snapshots.job_changed(kind, key_of(new or old or {}))


def _told(changed: Callback) -> Callback:
    """Only news is passed on."""

    def told(old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        if has_news(old, new):
            changed(old, new)

    return told
