"""What is wrong with one object of a kind of ours, as far as that can be known from it and from those in the same input."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flinkop.api.flinkapplication import FlinkApplicationSpec, parse_application_spec
from flinkop.api.flinkcluster import parse_cluster_spec
from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec, parse_sessionjob_spec
from flinkop.api.flinkstatesnapshot import parse_snapshot_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.kind import ALL, FLINK_APPLICATION, FLINK_CLUSTER, FLINK_DEPLOYMENT, FLINK_SESSION_JOB, FLINK_STATE_SNAPSHOT, Kind
from flinkop.errors import InvalidSpec
from flinkop.resources.configuration import build_configuration
from flinkop.resources.sessionjob import build_session_job_configuration
from flinkop.resources.simpleapplication import adapt_application
from flinkop.resources.simplecluster import adapt_cluster
from flinkop.validation.flinkapplication import validate_flinkapplication
from flinkop.validation.flinkcluster import validate_flinkcluster
from flinkop.validation.flinkdeployment import validate_flinkdeployment
from flinkop.validation.flinksessionjob import validate_flinksessionjob, validate_submitted_alone
from flinkop.validation.flinkstatesnapshot import validate_flinkstatesnapshot
from flinkop.validation.simplepath import as_simple
from flinkop.validation.violation import Violation

Defaults = Callable[[str, FlinkVersion], Mapping[str, str]]
"""Namespace and Flink version to the operator's default configuration."""

# As long as a session job's cluster is not known, only what holds for all versions matters.
UNKNOWN_VERSION = FlinkVersion(1, 20)

_NEXT_COMPLAINT = re.compile(r"; (?=spec[.:\[])")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The operator's defaults, and the specs in the same input by kind, namespace and name."""

    defaults: Defaults
    specs: Mapping[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict)

    def find(self, kind: Kind, namespace: str, name: str | None) -> Mapping[str, Any] | None:
        """The spec of another object in the input."""
        return self.specs.get((kind.name, namespace, name or ""))


@dataclass(frozen=True, slots=True)
class Manifest:
    """An object as it is written."""

    name: str
    namespace: str
    spec: Mapping[str, Any]


def kind_of(api_version: object, name: object) -> Kind | None:
    """The kind of ours with this name in this version of the API."""
    return next((kind for kind in ALL if (kind.api_version, kind.name) == (api_version, name)), None)


def broken_rules(kind: Kind, manifest: Manifest, around: Surroundings) -> tuple[Violation, ...]:
    """What is wrong with the manifest: types, and then rules."""
    try:
        return tuple(_CHECKS[kind.name](manifest, around))
    except InvalidSpec as error:
        return tuple(_complaint(text) for text in _NEXT_COMPLAINT.split(str(error)))


def _complaint(text: str) -> Violation:
    path, _, sentence = text.partition(": ")
    return Violation.of(path, sentence)


def _deployment(manifest: Manifest, around: Surroundings) -> Iterator[Violation]:
    yield from _check_deployment(manifest, parse_spec(manifest.spec), around)


def _check_deployment(manifest: Manifest, spec: FlinkDeploymentSpec, around: Surroundings) -> tuple[Violation, ...]:
    defaults = around.defaults(manifest.namespace, spec.flink_version)
    conf = build_configuration(manifest.namespace, manifest.name, spec, defaults)
    return validate_flinkdeployment(manifest.name, manifest.namespace, spec, conf)


def _session_job(manifest: Manifest, around: Surroundings) -> Iterator[Violation]:
    spec = parse_sessionjob_spec(manifest.spec)
    raw = around.find(FLINK_DEPLOYMENT, manifest.namespace, spec.deployment_name)
    yield from _check_session_job(manifest, spec, read_cluster(raw, parse_spec), around)


def _check_session_job(
    manifest: Manifest, spec: FlinkSessionJobSpec, cluster: FlinkDeploymentSpec | None, around: Surroundings
) -> tuple[Violation, ...]:
    known = cluster or FlinkDeploymentSpec(flink_version=UNKNOWN_VERSION)
    defaults = around.defaults(manifest.namespace, known.flink_version)
    conf = build_session_job_configuration(manifest.namespace, manifest.name, spec, known, defaults)
    found = validate_flinksessionjob(manifest.name, manifest.namespace, spec, conf, cluster=cluster)
    return found if cluster is not None else tuple(dict.fromkeys((*found, *validate_submitted_alone(spec, conf, known))))


def read_cluster(raw: Mapping[str, Any] | None, read: Callable[[Mapping[str, Any]], FlinkDeploymentSpec]) -> FlinkDeploymentSpec | None:
    """The cluster, if it is there. None also when it cannot be read: that is told of the cluster itself."""
    try:
        return None if raw is None else read(raw)
    except InvalidSpec:
        return None


def _snapshot(manifest: Manifest, _around: Surroundings) -> Iterator[Violation]:
    yield from validate_flinkstatesnapshot(parse_snapshot_spec(manifest.spec))


def _cluster(manifest: Manifest, around: Surroundings) -> Iterator[Violation]:
    spec = parse_cluster_spec(manifest.spec)
    violations = validate_flinkcluster(spec)
    yield from violations
    if not any(violation.is_error for violation in violations):
        yield from map(as_simple, _check_deployment(manifest, adapt_cluster(spec), around))


def _application(manifest: Manifest, around: Surroundings) -> Iterator[Violation]:
    spec = parse_application_spec(manifest.spec)
    violations = validate_flinkapplication(spec)
    yield from violations
    if not any(violation.is_error for violation in violations):
        yield from map(as_simple, _check_adapted(manifest, spec, around))


def _check_adapted(manifest: Manifest, spec: FlinkApplicationSpec, around: Surroundings) -> tuple[Violation, ...]:
    adapted = adapt_application(spec)
    if isinstance(adapted, FlinkDeploymentSpec):
        return _check_deployment(manifest, adapted, around)
    raw = around.find(FLINK_CLUSTER, manifest.namespace, adapted.deployment_name)
    return _check_session_job(manifest, adapted, read_cluster(raw, lambda spec: adapt_cluster(parse_cluster_spec(spec))), around)


_CHECKS: Mapping[str, Callable[[Manifest, Surroundings], Iterator[Violation]]] = {
    FLINK_DEPLOYMENT.name: _deployment,
    FLINK_SESSION_JOB.name: _session_job,
    FLINK_STATE_SNAPSHOT.name: _snapshot,
    FLINK_CLUSTER.name: _cluster,
    FLINK_APPLICATION.name: _application,
}
