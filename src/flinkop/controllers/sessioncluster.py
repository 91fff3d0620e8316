"""The session cluster that a job names, read from the caches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.controllers import view
from flinkop.controllers.clusterkind import FLINK_DEPLOYMENT_KIND, ClusterKind
from flinkop.controllers.observer import BaseUrl, ObjectStore
from flinkop.controllers.servedkind import NOTHING_AROUND
from flinkop.errors import InvalidSpec, UnreadableStatus
from flinkop.flinkconf import flinkoptions as flink
from flinkop.flinkconf.highavailability import is_kubernetes_ha
from flinkop.flinkconf.startedoptions import as_started
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.rival import NAME_TAKEN
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState
from flinkop.lifecycle.statusreader import read_record
from flinkop.lifecycle.step import StoppingJobs
from flinkop.resources.configuration import build_configuration

_FEW = 100


class Configuration(Protocol):
    """The operator's configuration, which may change while it runs; then `revision` does too."""

    revision: int

    def defaults_for(self, namespace: str, version: FlinkVersion) -> Mapping[str, str]:
        """What a cluster starts from."""
        ...


@dataclass(frozen=True, slots=True)
class SessionCluster:
    """What a job has to know of it. `uid` is that of its JobManager Deployment; without a `spec` there is no cluster.

    `default_parallelism` is that of jobs which do not say their own, where the kind of the cluster has a field for it.

    `version_changes`: it is about to be deployed anew with another Flink.
    """

    cluster: Cluster
    name: str
    uid: str = ""
    url: str = ""
    spec: FlinkDeploymentSpec | None = None
    conf: Mapping[str, str] = field(default_factory=dict)
    high_availability: bool = False
    default_parallelism: int = 1
    version_changes: bool = False


class SessionClusters:
    """Finds session clusters by name."""

    def __init__(
        self,
        resources: ObjectStore,
        deployments: ObjectStore,
        configuration: Configuration,
        base_url: BaseUrl,
        kind: ClusterKind = FLINK_DEPLOYMENT_KIND,
    ) -> None:
        self._resources, self._deployments, self._kind = resources, deployments, kind
        self._configuration, self._base_url = configuration, base_url
        self._read: dict[tuple[str, str], tuple[tuple[Any, ...], FlinkDeploymentSpec, Mapping[str, str]]] = {}
        self._many = _FEW

    def look(self, namespace: str, name: str) -> SessionCluster:
        """The cluster of that name as the caches show it."""
        resource = self._resources.get((namespace, name))
        if resource is None:
            self._read.pop((namespace, name), None)
            message = f"FlinkDeployment {name} does not exist in namespace {namespace}: create it, or correct spec.deploymentName."
            return SessionCluster(Cluster(ClusterState.MISSING, message), name)
        try:
            spec, conf = self._running(resource)
        except (InvalidSpec, UnreadableStatus) as error:
            return SessionCluster(Cluster(ClusterState.NOT_READY, f"Session cluster {name} cannot be read: {error}."), name)
        if spec.job is not None:
            message = f"FlinkDeployment {name} is an application cluster, which runs its own job only: name a session cluster."
            return SessionCluster(Cluster(ClusterState.NOT_SESSION, message), name, spec=spec)
        return self._session(resource, spec, conf)

    def _session(self, resource: Mapping[str, Any], spec: FlinkDeploymentSpec, conf: Mapping[str, str]) -> SessionCluster:
        namespace, name = resource["metadata"]["namespace"], resource["metadata"]["name"]
        deployment = self._deployments.get((namespace, name))
        mine = deployment if deployment is not None and view.is_owned_by(resource["metadata"]["uid"], deployment) else None
        jobmanager = view.read_jobmanager(mine) if mine is not None else None
        serves = jobmanager is not None and jobmanager.available and not jobmanager.terminating
        cluster = _state(resource, serves)
        return SessionCluster(
            cluster=cluster,
            name=name,
            uid=jobmanager.uid if jobmanager is not None else "",
            url=self._base_url((namespace, name), flink.REST_PORT.read(conf)),
            spec=spec,
            conf=conf,
            high_availability=is_kubernetes_ha(conf),
            default_parallelism=_default_parallelism(resource),
            version_changes=cluster.leaves and self._wanted_version(resource, spec) != spec.flink_version,
        )

    def _wanted_version(self, resource: Mapping[str, Any], running: FlinkDeploymentSpec) -> FlinkVersion:
        try:
            return self._kind.read(resource, NOTHING_AROUND).flink_version
        except InvalidSpec:  # then nothing new is wanted, as the pass of the cluster will say
            return running.flink_version

    def _running(self, resource: Mapping[str, Any]) -> tuple[FlinkDeploymentSpec, Mapping[str, str]]:
        """The spec that the cluster runs, or else the one that is wanted; reading it costs milliseconds."""
        metadata = resource["metadata"]
        status = resource.get("status") or {}
        text = (status.get("reconciliationStatus") or {}).get("lastReconciledSpec")
        started = (status.get("start") or {}).get("startedAt")
        place = metadata["namespace"], metadata["name"]
        key = (metadata["uid"], metadata["generation"] if text is None else text, started, self._configuration.revision)
        known = self._read.get(place)
        if known is None or known[0] != key:
            record = read_record(status)
            spec = parse_spec(record.reconciled) if record.reconciled is not None else self._kind.read(resource, NOTHING_AROUND)
            computed = build_configuration(*place, spec, self._configuration.defaults_for(place[0], spec.flink_version))
            conf = as_started(computed, record.start.configuration if record.start is not None else None)
            self._forget_gone()
            known = self._read[place] = key, spec, conf
        return known[1], known[2]

    def _forget_gone(self) -> None:
        """Nobody looks any more for a cluster that went together with its jobs. To go through all is rare: their number has doubled."""
        if len(self._read) < self._many:
            return
        self._read = {place: known for place, known in self._read.items() if self._resources.get(place) is not None}
        self._many = max(_FEW, 2 * len(self._read))


def _default_parallelism(resource: Mapping[str, Any]) -> int:
    """The newest that is written: it counts from the next start of a job."""
    found = ((resource.get("spec") or {}).get("job") or {}).get("parallelism")
    return found if isinstance(found, int) and found > 0 else 1


def _state(resource: Mapping[str, Any], serves: bool) -> Cluster:
    name, status = resource["metadata"]["name"], resource.get("status") or {}
    if "deletionTimestamp" in resource["metadata"]:
        return Cluster(ClusterState.DELETING, f"Session cluster {name} is being deleted.", serves)
    if (status.get("operation") or {}).get("step") == StoppingJobs.__name__:
        message = f"Session cluster {name} is about to be deployed anew: its jobs come back with it."
        return Cluster(ClusterState.NOT_READY, message, serves, leaves=True)
    if serves and status.get("phase") in (None, Phase.RUNNING):
        return Cluster(ClusterState.READY, f"Session cluster {name} is ready.", serves)
    if status.get("reason") == NAME_TAKEN:  # what it tells is of another kind, whose word is not to be replaced by that of its own
        message = f"Waiting for session cluster {name}, whose name another resource has: its status tells which, and what to do."
        return Cluster(ClusterState.NOT_READY, message, serves)
    told = status.get("message") or "it was not looked at yet."
    return Cluster(ClusterState.NOT_READY, f"Waiting for session cluster {name}, which is {status.get('phase', 'new')}: {told}", serves)
