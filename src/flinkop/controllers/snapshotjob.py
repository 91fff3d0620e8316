"""The job that a FlinkStateSnapshot is of: whether it runs, under which id, and where its JobManager answers. Read from the caches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.flinkdeployment import parse_spec
from flinkop.api.flinksessionjob import parse_sessionjob_spec
from flinkop.api.flinkstatesnapshot import JobKind
from flinkop.api.flinkversion import FlinkVersion
from flinkop.controllers import view
from flinkop.controllers.jobkind import cluster_name_of
from flinkop.controllers.observer import BaseUrl, ObjectStore
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
        resources: ObjectStore,
        session_jobs: ObjectStore,
        deployments: ObjectStore,
        clusters: SessionClusters,
        configuration: Configuration,
        base_url: BaseUrl,
    ) -> None:
        self._resources, self._session_jobs, self._deployments = resources, session_jobs, deployments
        self._clusters, self._configuration, self._base_url = clusters, configuration, base_url

    def look(self, namespace: str, kind: JobKind | None, name: str | None) -> ReferredJob:
        """The job of that resource as the caches show it."""
        stores = {JobKind.FLINK_DEPLOYMENT: self._resources, JobKind.FLINK_SESSION_JOB: self._session_jobs}
        resource = stores[kind].get((namespace, name)) if kind is not None and name else None
        if resource is None or kind is None:
            return self._without(namespace, JobPresence.MISSING, f"{kind or 'Its job'} {name or ''} does not exist in this namespace.")
        try:
            record = read_record(resource.get("status") or {})
            return self._session_job(resource, record) if kind is JobKind.FLINK_SESSION_JOB else self._application(resource, record)
        except (InvalidSpec, UnreadableStatus) as error:
            return self._without(namespace, JobPresence.NOT_YET, f"{kind} {name} cannot be read: {error}.")

    def _without(self, namespace: str, presence: JobPresence, message: str) -> ReferredJob:
        base = self._configuration.defaults_for(namespace, _UNKNOWN_VERSION)
        return ReferredJob(JobSight(presence, message), settings_of(base, base, _UNKNOWN_VERSION))

    def _application(self, resource: Mapping[str, Any], record: Record) -> ReferredJob:
        metadata = resource["metadata"]
        key = metadata["namespace"], metadata["name"]
        spec = parse_spec(record.reconciled or resource.get("spec") or {})
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

    def _session_job(self, resource: Mapping[str, Any], record: Record) -> ReferredJob:
        metadata = resource["metadata"]
        spec = parse_sessionjob_spec(record.reconciled or resource.get("spec") or {})
        cluster = self._clusters.look(metadata["namespace"], spec.deployment_name or cluster_name_of(resource) or "")
        if cluster.spec is None:
            return self._without(metadata["namespace"], JobPresence.NOT_YET, cluster.cluster.message)
        base = self._configuration.defaults_for(metadata["namespace"], cluster.spec.flink_version)
        conf = build_session_job_configuration(metadata["namespace"], metadata["name"], spec, cluster.spec, base)
        url = cluster.url if cluster.cluster.serves else ""
        settings = settings_of(conf, base, cluster.spec.flink_version)
        return ReferredJob(_sight(resource, record, bool(url)), settings, url)


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
