"""The passes of all kinds, made from what they share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.flinkstatesnapshot import JobKind as SnapshotJobKind
from flinkop.api.kind import FLINK_STATE_SNAPSHOT
from flinkop.clock import Clock
from flinkop.controllers.actuator import Actuator
from flinkop.controllers.applicationkind import ALONE, FLINK_CLUSTER_KIND, ON_CLUSTER
from flinkop.controllers.caches import Cache, Caches
from flinkop.controllers.clusterkind import FLINK_DEPLOYMENT_KIND, ClusterKind
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.flinkapplication import FlinkApplicationController
from flinkop.controllers.flinkdeployment import FlinkDeploymentController
from flinkop.controllers.flinksessionjob import FlinkSessionJobController
from flinkop.controllers.flinkstatesnapshot import FlinkStateSnapshotController
from flinkop.controllers.jarsupply import JarSupply
from flinkop.controllers.jobkind import FLINK_SESSION_JOB_KIND, JobKind
from flinkop.controllers.jobplace import has_own_cluster
from flinkop.controllers.observer import BaseUrl, Observer
from flinkop.controllers.rivals import Claimants, Rivals
from flinkop.controllers.routes import Queues
from flinkop.controllers.servedkind import LookAround, ServedKind, look_at_nothing
from flinkop.controllers.sessionactuator import SessionJobActuator
from flinkop.controllers.sessioncluster import Configuration, SessionClusters
from flinkop.controllers.sessionobserver import SessionJobObserver
from flinkop.controllers.sharedlook import SharedLook
from flinkop.controllers.slots import Slots
from flinkop.controllers.snapshotjob import SnapshotJobs
from flinkop.controllers.snapshotresources import OwnSnapshots
from flinkop.controllers.statements import Statements
from flinkop.controllers.trigger import Key
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.runtime.controller import Outcome
from flinkop.runtime.workqueue import WorkQueue


@dataclass(frozen=True, slots=True)
class Tools:
    """What every pass works with."""

    kube: KubeClient
    flink: FlinkClient
    events: EventRecorder
    clock: Clock
    config: Configuration
    base_url: BaseUrl
    jars: JarSupply


@dataclass(frozen=True, slots=True)
class Pass:
    """The pass of one kind, and the keys that wait for it. `name` is the kind, as log lines have it; metrics have it in small letters."""

    name: str
    queue: WorkQueue[Key]
    reconcile: Callable[[Key], Awaitable[Outcome]]


class Passes:
    """Makes the passes."""

    def __init__(self, caches: Caches, queues: Queues, tools: Tools) -> None:
        self._caches, self._queues, self._tools = caches, queues, tools
        self._looks = SharedLook(tools.flink, tools.clock)
        self._rivals = Rivals(
            (
                Claimants(caches.flink_deployments.store, lambda _: True),
                Claimants(caches.flink_clusters.store, lambda _: True),
                Claimants(caches.flink_applications.store, has_own_cluster),
            ),
            caches.deployments.store,
        )

    def all(self) -> Iterator[Pass]:
        """One for every kind that is served."""
        caches, queues = self._caches, self._queues
        deployments = self._of_clusters(FLINK_DEPLOYMENT_KIND, caches.flink_deployments, caches.flink_session_jobs)
        yield Pass(FLINK_DEPLOYMENT_KIND.kind.name, queues.flink_deployments, deployments.reconcile)
        jobs = self._of_jobs(FLINK_SESSION_JOB_KIND, caches.flink_session_jobs, caches.flink_deployments, FLINK_DEPLOYMENT_KIND)
        yield Pass(FLINK_SESSION_JOB_KIND.kind.name, queues.flink_session_jobs, jobs.reconcile)
        clusters = self._of_clusters(FLINK_CLUSTER_KIND, caches.flink_clusters, caches.flink_applications)
        yield Pass(FLINK_CLUSTER_KIND.kind.name, queues.flink_clusters, clusters.reconcile)
        yield Pass(ALONE.kind.name, queues.flink_applications, self._of_applications().reconcile)
        yield Pass(FLINK_STATE_SNAPSHOT.name, queues.flink_state_snapshots, self._of_snapshots().reconcile)

    def _of_applications(self) -> FlinkApplicationController:
        caches, look = self._caches, Statements(self._tools.kube).look
        alone = self._of_clusters(ALONE, caches.flink_applications, None, look)
        on_cluster = self._of_jobs(ON_CLUSTER, caches.flink_applications, caches.flink_clusters, FLINK_CLUSTER_KIND, look)
        return FlinkApplicationController(caches.flink_applications.store, alone, on_cluster)

    def _of_clusters(
        self, kind: ClusterKind, resources: Cache, jobs: Cache | None, look_around: LookAround = look_at_nothing
    ) -> FlinkDeploymentController:
        caches, tools = self._caches, self._tools
        return FlinkDeploymentController(
            resources.store,
            caches.deployments.store,
            self._observer(kind, jobs),
            Actuator(tools.kube, tools.flink, tools.base_url, kind, caches.label_selector),
            tools.events,
            tools.kube,
            tools.clock,
            tools.config,
            kind=kind,
            look_around=look_around,
            rival=self._rivals.holder,
        )

    def _observer(self, kind: ClusterKind, jobs: Cache | None) -> Observer:
        caches, tools = self._caches, self._tools
        return Observer(
            caches.deployments.store,
            caches.pods.store,
            caches.ingresses.store if caches.ingresses is not None else None,
            tools.kube,
            tools.flink,
            tools.base_url,
            jobs.store if jobs is not None else None,
            self._own_snapshots(kind),
        )

    def _of_jobs(
        self, kind: JobKind, resources: Cache, clusters: Cache, cluster_kind: ClusterKind, look_around: LookAround = look_at_nothing
    ) -> FlinkSessionJobController:
        caches, tools = self._caches, self._tools
        slots = Slots(tools.flink, tools.clock) if kind.waits_for_slots else None
        return FlinkSessionJobController(
            resources.store,
            self._session_clusters(clusters, cluster_kind),
            SessionJobObserver(tools.kube, tools.flink, self._looks, tools.jars, slots, self._own_snapshots(kind), caches.pods.store),
            SessionJobActuator(tools.kube, tools.flink, tools.jars, kind, caches.label_selector),
            tools.events,
            tools.kube,
            tools.clock,
            tools.config,
            kind=kind,
            look_around=look_around,
        )

    def _session_clusters(self, clusters: Cache, kind: ClusterKind) -> SessionClusters:
        tools = self._tools
        return SessionClusters(clusters.store, self._caches.deployments.store, tools.config, tools.base_url, kind)

    def _own_snapshots(self, kind: ServedKind) -> OwnSnapshots | None:
        """What a FlinkStateSnapshot cannot name has no job."""
        name = kind.kind.name
        return OwnSnapshots(self._caches.flink_state_snapshots.store, name) if name in set(SnapshotJobKind) else None

    def _of_snapshots(self) -> FlinkStateSnapshotController:
        caches, tools = self._caches, self._tools
        deployments = caches.deployments.store
        jobs = {
            SnapshotJobKind.FLINK_DEPLOYMENT: caches.flink_deployments.store,
            SnapshotJobKind.FLINK_SESSION_JOB: caches.flink_session_jobs.store,
            SnapshotJobKind.FLINK_APPLICATION: caches.flink_applications.store,
        }
        clusters = {
            SnapshotJobKind.FLINK_SESSION_JOB: self._session_clusters(caches.flink_deployments, FLINK_DEPLOYMENT_KIND),
            SnapshotJobKind.FLINK_APPLICATION: self._session_clusters(caches.flink_clusters, FLINK_CLUSTER_KIND),
        }

        def users(namespace: str) -> list[Mapping[str, Any]]:
            keys = [(store, key) for store in jobs.values() for key in store.keys() if key[0] == namespace]  # noqa: SIM118
            return [found for store, key in keys if (found := store.get(key)) is not None]

        return FlinkStateSnapshotController(
            caches.flink_state_snapshots.store,
            SnapshotJobs(jobs, deployments, clusters, tools.config, tools.base_url),
            users,
            tools.flink,
            tools.events,
            tools.kube,
            tools.clock,
        )
