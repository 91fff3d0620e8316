"""From a FlinkSessionJob to what is desired: the spec is read, checked and compared with the one that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.flinkdeployment import DesiredJobState, FlinkDeploymentSpec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec, parse_sessionjob_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.controllers.desire import Defaults, NeverValid
from flinkop.controllers.jobkind import FLINK_SESSION_JOB_KIND, JobKind
from flinkop.controllers.servedkind import NOTHING_AROUND, Around
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.controllers.settings import settings_of
from flinkop.errors import InvalidSpec
from flinkop.flinkconf import flinkoptions as flink
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import NO_CHANGE
from flinkop.lifecycle.wantedchange import change_of
from flinkop.resources.sessionjob import build_session_job_configuration
from flinkop.validation.flinksessionjob import validate_flinksessionjob

CHECKSUM_ANNOTATION = "flink.apache.org/jar-sha256"
"""The digest that the jar of a session job has to have, in hexadecimal digits."""

_UNKNOWN_VERSION = FlinkVersion(1, 20)
"""As long as there is no cluster nothing is submitted, and only rules that hold for all versions matter."""


@dataclass(frozen=True, slots=True)
class SessionWish:
    """A desired state together with what is needed to carry it out."""

    uid: str
    desired: Desired
    spec: FlinkSessionJobSpec
    configuration: Mapping[str, str]
    version: FlinkVersion
    checksum: str | None = None


def read_session_wish(
    resource: Mapping[str, Any],
    cluster: SessionCluster,
    record: Record,
    defaults: Defaults,
    kind: JobKind = FLINK_SESSION_JOB_KIND,
    around: Around = NOTHING_AROUND,
) -> SessionWish | NeverValid:
    """The newest valid spec of the resource: the present one, or else the one that was accepted last."""
    try:
        return _accept(kind, resource, kind.read(resource, around, cluster, record), cluster, record, defaults, problems=())
    except InvalidSpec as refused:
        return _fall_back(kind, resource, cluster, record, defaults, (str(refused),))


def basis_of_session(resource: Mapping[str, Any], cluster: SessionCluster, record: Record) -> tuple[Any, ...]:
    """All that `read_session_wish` asks for beside generation and defaults: as long as it is the same, so is the wish.

    An annotation or finalizer changes no generation, and a cluster that was started anew with other defaults has the same spec.
    """
    metadata = resource["metadata"]
    checksum = (metadata.get("annotations") or {}).get(CHECKSUM_ANNOTATION)
    never_started = record.start is None
    of_cluster = cluster.spec, cluster.high_availability, cluster.default_parallelism, cluster.cluster.leaves, cluster.version_changes
    return (
        tuple(metadata.get("finalizers", ())),
        checksum,
        record.reconciled,
        record.phase,
        never_started,
        record.request_is_unmet,
        *of_cluster,
    )


def _fall_back(
    kind: JobKind, resource: Mapping[str, Any], cluster: SessionCluster, record: Record, defaults: Defaults, problems: tuple[str, ...]
) -> SessionWish | NeverValid:
    if record.reconciled is not None:
        try:
            return _accept(kind, resource, parse_sessionjob_spec(record.reconciled), cluster, record, defaults, problems)
        except InvalidSpec as unreadable:
            problems = (f"status.reconciliationStatus.lastReconciledSpec: {unreadable}",)
    return _deleted_before_valid(kind, resource) if "deletionTimestamp" in resource["metadata"] else NeverValid(problems)


def _accept(
    kind: JobKind,
    resource: Mapping[str, Any],
    spec: FlinkSessionJobSpec,
    cluster: SessionCluster,
    record: Record,
    defaults: Defaults,
    problems: tuple[str, ...],
) -> SessionWish:
    metadata = resource["metadata"]
    before = parse_sessionjob_spec(record.reconciled) if record.reconciled is not None else None
    version = cluster.spec.flink_version if cluster.spec is not None else _UNKNOWN_VERSION
    base = defaults(metadata["namespace"], version)
    configuration = _configuration(metadata, spec, cluster, base)
    running = _configuration(metadata, before, cluster, base) if before is not None else configuration
    if not problems:
        _check(kind, metadata, spec, configuration, before, cluster.spec)
    job = spec.job
    desired = Desired(
        generation=metadata["generation"],
        spec=spec.to_wire(),
        change=change_of(record, spec.to_wire()),
        suspended=job is not None and job.state is DesiredJobState.SUSPENDED,
        upgrade_mode=job.upgrade_mode.value if job is not None else "stateless",
        settings=settings_of(configuration, base, version),
        deleting="deletionTimestamp" in metadata,
        has_finalizer=kind.finalizer in metadata.get("finalizers", ()),
        deployed_high_availability=cluster.high_availability,
        leaves=cluster.cluster.leaves,
        version_changed=cluster.version_changes,
        checkpoints_retained=flink.retains_checkpoints(running),
        initial_savepoint_path=(job.initial_savepoint_path or None) if job is not None else None,
        pinned_job_id=flink.PINNED_JOB_ID.read(configuration),
        problems=problems,
        manages_ingress=False,
    )
    checksum = (metadata.get("annotations") or {}).get(CHECKSUM_ANNOTATION)
    return SessionWish(metadata["uid"], desired, spec, configuration, version, checksum)


def _configuration(
    metadata: Mapping[str, Any], spec: FlinkSessionJobSpec, cluster: SessionCluster, base: Mapping[str, str]
) -> Mapping[str, str]:
    if cluster.spec is None:
        return {**base, **spec.flink_configuration}
    return build_session_job_configuration(metadata["namespace"], metadata["name"], spec, cluster.spec, base)


def _check(
    kind: JobKind,
    metadata: Mapping[str, Any],
    spec: FlinkSessionJobSpec,
    configuration: Mapping[str, str],
    before: FlinkSessionJobSpec | None,
    cluster: FlinkDeploymentSpec | None,
) -> None:
    violations = validate_flinksessionjob(metadata["name"], metadata["namespace"], spec, configuration, before, cluster)
    errors = [str(kind.tell(violation)) for violation in violations if violation.is_error]
    if errors:
        raise InvalidSpec("; ".join(errors))


def _deleted_before_valid(kind: JobKind, resource: Mapping[str, Any]) -> SessionWish:
    """Without a spec that can be read a stand-in lets the deletion end."""
    metadata, spec = resource["metadata"], parse_sessionjob_spec({})
    desired = Desired(
        generation=metadata["generation"],
        spec=spec.to_wire(),
        change=NO_CHANGE,
        suspended=False,
        upgrade_mode="stateless",
        settings=settings_of({}, {}, _UNKNOWN_VERSION),
        deleting=True,
        has_finalizer=kind.finalizer in metadata.get("finalizers", ()),
        manages_ingress=False,
    )
    return SessionWish(metadata["uid"], desired, spec, {}, _UNKNOWN_VERSION)
