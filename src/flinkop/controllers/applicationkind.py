"""The kinds in the simple style, as data in front of the passes of clusters and of session jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flinkop.api.flinkapplication import FlinkApplicationSpec, parse_application_spec
from flinkop.api.flinkcluster import parse_cluster_spec
from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec
from flinkop.api.kind import FLINK_APPLICATION, FLINK_CLUSTER, FLINK_DEPLOYMENT, FLINK_SESSION_JOB
from flinkop.controllers.clusterkind import ClusterKind
from flinkop.controllers.jobkind import JobKind
from flinkop.controllers.jobplace import shared_cluster_name
from flinkop.controllers.servedkind import Around
from flinkop.controllers.sessioncluster import SessionCluster
from flinkop.errors import InvalidSpec
from flinkop.lifecycle.counts import count_cluster, count_job
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import Effect, diff_spec
from flinkop.resources.simpleapplication import adapt_application
from flinkop.resources.simplecluster import adapt_cluster
from flinkop.validation.flinkapplication import has_statements_of_a_size, validate_flinkapplication
from flinkop.validation.flinkcluster import validate_flinkcluster
from flinkop.validation.simplepath import as_simple
from flinkop.validation.violation import Violation

_CONFIGURATION = ("spec.flinkConfiguration", "spec.configuration")
_MAIN_CLASS = ("spec.job.entryClass", "spec.job.mainClass")
_JOBS = (FLINK_SESSION_JOB.name, FLINK_APPLICATION.name)
_SHARED = (FLINK_DEPLOYMENT.name, FLINK_CLUSTER.name)
_MOVE = "to move the job, create another FlinkApplication with spec.job.initialSavepointPath"

_RESTING = frozenset({Phase.DEPLOYING, Phase.RUNNING, Phase.FAILED, Phase.FINISHED})


def read_cluster(resource: Mapping[str, Any], _around: Around) -> FlinkDeploymentSpec:
    """A FlinkCluster as a session cluster. Raises InvalidSpec."""
    spec = parse_cluster_spec(resource.get("spec") or {})
    _refuse(validate_flinkcluster(spec))
    return adapt_cluster(spec)


def read_alone(resource: Mapping[str, Any], around: Around) -> FlinkDeploymentSpec:
    """A FlinkApplication as an application cluster. Raises InvalidSpec."""
    spec = _application(resource, around)
    if spec.flink_cluster is not None:
        raise InvalidSpec(f"spec.flinkCluster: is set, and the job runs on a cluster of its own, which it keeps; leave it out, or {_MOVE}")
    adapted = adapt_application(spec, around.statements)
    assert isinstance(adapted, FlinkDeploymentSpec)
    return adapted


def read_on_cluster(resource: Mapping[str, Any], around: Around, cluster: SessionCluster, record: Record) -> FlinkSessionJobSpec:
    """A FlinkApplication as a job on a session cluster. Raises InvalidSpec."""
    spec = _application(resource, around)
    if spec.flink_cluster is None:
        raise InvalidSpec(f"spec.flinkCluster: is not set, and the job runs on FlinkCluster {cluster.name}; write its name, or {_MOVE}")
    as_recorded = _adapted(spec, around, _recorded_parallelism(record))
    return as_recorded if _goes_on(as_recorded, record) else _adapted(spec, around, cluster.default_parallelism)


def _adapted(spec: FlinkApplicationSpec, around: Around, parallelism: int) -> FlinkSessionJobSpec:
    adapted = adapt_application(spec, around.statements, parallelism)
    assert isinstance(adapted, FlinkSessionJobSpec)
    return adapted


def _recorded_parallelism(record: Record) -> int:
    found = ((record.reconciled or {}).get("job") or {}).get("parallelism")
    return found if isinstance(found, int) and found > 0 else 1


def _goes_on(as_recorded: FlinkSessionJobSpec, record: Record) -> bool:
    """What a FlinkCluster says of jobs counts from their next start: it starts none anew."""
    if record.reconciled is None or record.phase not in _RESTING:
        return False
    return diff_spec(record.reconciled, as_recorded.to_wire()).effect < Effect.UPGRADE


def _application(resource: Mapping[str, Any], around: Around) -> FlinkApplicationSpec:
    spec = parse_application_spec(resource.get("spec") or {})
    _refuse(validate_flinkapplication(spec))
    if around.problem is not None:
        raise InvalidSpec(around.problem)
    _refuse(has_statements_of_a_size(spec, around.statements or ""))
    return spec


def _refuse(violations: Iterable[Violation]) -> None:
    errors = [str(violation) for violation in violations if violation.is_error]
    if errors:
        raise InvalidSpec("; ".join(errors))


def _complete_cluster(_resource: Mapping[str, Any], status: dict[str, Any], _record: Record, observed: Observed | None) -> dict[str, Any]:
    return status if observed is None else count_cluster(status, observed)


def _complete_alone(_resource: Mapping[str, Any], status: dict[str, Any], record: Record, observed: Observed | None) -> dict[str, Any]:
    kept = {field: value for field, value in status.items() if field != "cluster"}
    return count_job(kept, record, observed)


def _complete_on_cluster(resource: Mapping[str, Any], status: dict[str, Any], record: Record, _observed: Observed | None) -> dict[str, Any]:
    name = shared_cluster_name(resource)
    return count_job({**status, **({"cluster": name} if name else {})}, record, None)


FLINK_CLUSTER_KIND = ClusterKind(
    FLINK_CLUSTER,
    words=(_CONFIGURATION, _JOBS, _SHARED),
    tell=as_simple,
    complete=_complete_cluster,
    read=read_cluster,
)

ALONE = ClusterKind(
    FLINK_APPLICATION,
    words=(_CONFIGURATION, (FLINK_DEPLOYMENT.name, FLINK_APPLICATION.name)),
    tell=as_simple,
    complete=_complete_alone,
    read=read_alone,
)
"""A FlinkApplication with a cluster of its own."""

ON_CLUSTER = JobKind(
    FLINK_APPLICATION,
    words=(
        _CONFIGURATION,
        _MAIN_CLASS,
        _JOBS,
        ("spec.deploymentName", "spec.flinkCluster.name"),
        _SHARED,
        ("Session cluster", FLINK_CLUSTER.name),
        ("session cluster", FLINK_CLUSTER.name),
    ),
    tell=as_simple,
    complete=_complete_on_cluster,
    read=read_on_cluster,
    cluster_name=shared_cluster_name,
    waits_for_slots=True,
)
"""A FlinkApplication on a FlinkCluster."""
