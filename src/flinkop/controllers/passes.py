"""The passes of all kinds, made from what they share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from flinkop.clock import Clock
from flinkop.controllers.actuator import Actuator
from flinkop.controllers.caches import Cache, Caches
from flinkop.controllers.clusterkind import FLINK_DEPLOYMENT_KIND, ClusterKind
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.controllers.flinkdeployment import FlinkDeploymentController
from flinkop.controllers.flinksessionjob import FlinkSessionJobController
from flinkop.controllers.jarsupply import JarSupply
from flinkop.controllers.jobkind import FLINK_SESSION_JOB_KIND, JobKind
from flinkop.controllers.observer import BaseUrl, Observer
from flinkop.controllers.routes import Queues
from flinkop.controllers.sessionactuator import SessionJobActuator
from flinkop.controllers.sessioncluster import Configuration, SessionClusters
from flinkop.controllers.sessionobserver import SessionJobObserver
from flinkop.controllers.sharedlook import SharedLook
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

    def all(self) -> Iterator[Pass]:
        """One for every kind that is served."""
        caches, queues = self._caches, self._queues
        deployments = self._of_clusters(FLINK_DEPLOYMENT_KIND, caches.flink_deployments, caches.flink_session_jobs)
        yield Pass(FLINK_DEPLOYMENT_KIND.kind.name, queues.flink_deployments, deployments.reconcile)
        jobs = self._of_jobs(FLINK_SESSION_JOB_KIND, caches.flink_session_jobs, caches.flink_deployments)
        yield Pass(FLINK_SESSION_JOB_KIND.kind.name, queues.flink_session_jobs, jobs.reconcile)

    def _of_clusters(self, kind: ClusterKind, resources: Cache, jobs: Cache) -> FlinkDeploymentController:
        caches, tools = self._caches, self._tools
        ingresses = caches.ingresses.store if caches.ingresses is not None else None
        return FlinkDeploymentController(
            resources.store,
            caches.deployments.store,
            Observer(caches.deployments.store, caches.pods.store, ingresses, tools.kube, tools.flink, tools.base_url, jobs.store),
            Actuator(tools.kube, tools.flink, tools.base_url, kind),
            tools.events,
            tools.kube,
            tools.clock,
            tools.config,
            kind=kind,
        )

    def _of_jobs(self, kind: JobKind, resources: Cache, clusters: Cache) -> FlinkSessionJobController:
        tools = self._tools
        return FlinkSessionJobController(
            resources.store,
            SessionClusters(clusters.store, self._caches.deployments.store, tools.config, tools.base_url),
            SessionJobObserver(tools.kube, tools.flink, self._looks, tools.jars),
            SessionJobActuator(tools.kube, tools.flink, tools.jars, kind),
            tools.events,
            tools.kube,
            tools.clock,
            tools.config,
            kind=kind,
        )
