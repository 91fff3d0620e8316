"""The job that a FlinkStateSnapshot is of: whether it runs, under which id, and where its JobManager answers. Read from the caches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from flinkop.api.flinkdeployment import parse_spec
from flinkop.api.flinksessionjob import parse_sessionjob_spec
from flinkop.api.flinkstatesnapshot import JobKind as SnapshotJobKind
from flinkop.api.flinkversion import FlinkVersion
from flinkop.controllers import view
from flinkop.controllers.applicationkind import ALONE, ON_CLUSTER
from flinkop.controllers.clusterkind import FLINK_DEPLOYMENT_KIND, ClusterKind
from flinkop.controllers.complaint import in_words
from flinkop.controllers.jobkind import FLINK_SESSION_JOB_KIND, JobKind, name_of_cluster
from flinkop.controllers.jobplace import has_own_cluster
from flinkop.controllers.observer import BaseUrl, ObjectStore
from flinkop.controllers.servedkind import NOTHING_AROUND
from flinkop.controllers.sessioncluster import Configuration, SessionClusters
from flinkop.controllers.settings import settings_of
from flinkop.errors import InvalidSpec, UnreadableStatus
from flinkop.flinkconf import flinkoptions as flink
from flinkop.flinkconf.startedoptions import as_started
from flinkop.lifecycle.desired import Settings
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import ENDED, Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.statesnapshot.seen import JobPresence, JobSight
from flinkop.lifecycle.statusreader import read_record
from flinkop.resources.configuration import build_configuration
from flinkop.resources.sessionjob import build_session_job_configuration

_OVER = ENDED | {Phase.SUSPENDED, Phase.DELETING}
_UNKNOWN_VERSION = FlinkVersion(1, 20)
"""As long as there is no job nothing is asked, and only the operator's own deadlines matter."""


@dataclass(frozen=True, slots=True)
class ReferredJob:
    """What a snapshot has to know of its job. `url` is empty where no JobManager serves."""

    sight: JobSight
    settings: Settings
    url: str = ""


class SnapshotJobs:
    """Finds the jobs that snapshots name."""

    def __init__(
        self,
        resources: Mapping[SnapshotJobKind, ObjectStore],
        deployments: ObjectStore,
        clusters: Mapping[SnapshotJobKind, SessionClusters],
        configuration: Configuration,
        base_url: BaseUrl,
    ) -> None:
        """`clusters` are those that jobs of a kind share."""
        self._resources, self._deployments, self._clusters = resources, deployments, clusters
        self._configuration, self._base_url = configuration, base_url

    def look(self, namespace: str, kind: SnapshotJobKind | None, name: str | None) -> ReferredJob:
        """The job of that resource as the caches show it."""
        resource = self._resources[kind].get((namespace, name)) if kind is not None and name else None
        if resource is None or kind is None:
            return self._without(namespace, JobPresence.MISSING, f"{kind or 'Its job'} {name or ''} does not exist in this namespace.")
        try:
            record = read_record(resource.get("status") or {})
            match _served_as(kind, resource):
                case ClusterKind() as alone:
                    return self._alone(resource, record, alone)
                case JobKind() as shared:
                    return self._on_cluster(resource, record, shared, self._clusters[kind])
        except (InvalidSpec, UnreadableStatus) as error:
            return self._without(namespace, JobPresence.NOT_YET, f"{kind} {name} cannot be read: {error}.")

    def _without(self, namespace: str, presence: JobPresence, message: str) -> ReferredJob:
        base = self._configuration.defaults_for(namespace, _UNKNOWN_VERSION)
        return ReferredJob(JobSight(presence, message), settings_of(base, base, _UNKNOWN_VERSION))

    def _alone(self, resource: Mapping[str, Any], record: Record, kind: ClusterKind) -> ReferredJob:
        """With a cluster of its own."""
        metadata = resource["metadata"]
        key = metadata["namespace"], metadata["name"]
        spec = parse_spec(record.reconciled) if record.reconciled is not None else kind.read(resource, NOTHING_AROUND)
        if spec.job is None:
            message = f"FlinkDeployment {key[1]} is a session cluster without a job of its own: name a FlinkSessionJob."
            return self._without(key[0], JobPresence.OVER, message)
        base = self._configuration.defaults_for(key[0], spec.flink_version)
        conf = build_configuration(*key, spec, base)
        settings = settings_of(conf, base, spec.flink_version)
        url = ""
        if self._serves(key, metadata["uid"]):
            url = self._base_url(key, flink.REST_PORT.read(as_started(conf, record.start.configuration if record.start else None)))
        return ReferredJob(_sight(resource, record, bool(url)), settings, url)

    def _serves(self, key: tuple[str, str], uid: str) -> bool:
        deployment = self._deployments.get(key)
        if deployment is None or not view.is_owned_by(uid, deployment):
            return False
        jobmanager = view.read_jobmanager(deployment)
        return jobmanager.available and not jobmanager.terminating

    def _on_cluster(self, resource: Mapping[str, Any], record: Record, kind: JobKind, clusters: SessionClusters) -> ReferredJob:
        """On one that it shares."""
        metadata = resource["metadata"]
        key = metadata["namespace"], metadata["name"]
        cluster = clusters.look(key[0], name_of_cluster(kind, resource, record))
        if cluster.spec is None:
            return self._without(key[0], JobPresence.NOT_YET, in_words(cluster.cluster.message, kind.words))
        recorded = record.reconciled
        spec = parse_sessionjob_spec(recorded) if recorded is not None else kind.read(resource, NOTHING_AROUND, cluster, record)
        base = self._configuration.defaults_for(key[0], cluster.spec.flink_version)
        conf = build_session_job_configuration(*key, spec, cluster.spec, base)
        url = cluster.url if cluster.cluster.serves else ""
        settings = settings_of(conf, base, cluster.spec.flink_version)
        return ReferredJob(_sight(resource, record, bool(url)), settings, url)


def _served_as(kind: SnapshotJobKind, resource: Mapping[str, Any]) -> ClusterKind | JobKind:
    match kind:
        case SnapshotJobKind.FLINK_DEPLOYMENT:
            return FLINK_DEPLOYMENT_KIND
        case SnapshotJobKind.FLINK_SESSION_JOB:
            return FLINK_SESSION_JOB_KIND
        case SnapshotJobKind.FLINK_APPLICATION:
            return ALONE if has_own_cluster(resource) else ON_CLUSTER
    assert_never(kind)


def _sight(resource: Mapping[str, Any], record: Record, serves: bool) -> JobSight:
    metadata, job_id = resource["metadata"], record.job.job_id
    who = f"{resource.get('kind')} {metadata['name']}"
    if "deletionTimestamp" in metadata:
        return JobSight(JobPresence.OVER, f"{who} is being deleted.", job_id, serves)
    if record.phase is Phase.RUNNING and record.job.state is JobState.RUNNING and serves and job_id:
        return JobSight(JobPresence.RUNNING, f"{who} runs.", job_id, serves)
    is_settled = record.phase in _OVER and record.generation >= metadata.get("generation", 0)
    told = f": {record.message}" if record.message else "."
    message = f"{who} is {record.phase}{told}"
    return JobSight(JobPresence.OVER if is_settled else JobPresence.NOT_YET, message, job_id, serves)
