"""The effective configuration of one object of any kind that has one, and where each value comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from flinkop.api.flinkapplication import parse_application_spec
from flinkop.api.flinkcluster import parse_cluster_spec
from flinkop.api.flinkdeployment import FlinkDeploymentSpec, parse_spec
from flinkop.api.flinksessionjob import FlinkSessionJobSpec, parse_sessionjob_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.kind import FLINK_APPLICATION, FLINK_CLUSTER, FLINK_DEPLOYMENT, FLINK_SESSION_JOB, Kind
from flinkop.flinkconf.layers import Layer, Setting
from flinkop.kindcheck import UNKNOWN_VERSION, Manifest, Surroundings, read_cluster
from flinkop.resources.configuration import explain_configuration
from flinkop.resources.sessionjob import explain_session_job_configuration
from flinkop.resources.simpleapplication import adapt_application
from flinkop.resources.simplecluster import adapt_cluster
from flinkop.resources.speclayers import OWN_CONFIGURATION

SIMPLE_CONFIGURATION, OTHER_FIELDS = "spec.configuration", "the other fields of the spec"
"""Sources in the simple kinds: what is written as an option, and what fields mean or leave out."""

LayersFor = Callable[[str, FlinkVersion], Iterable[Layer]]
Explained = tuple[tuple[Setting, ...], bool]
"""The settings, and whether they are all."""


def explain_kind(kind: Kind, manifest: Manifest, layers_for: LayersFor, around: Surroundings) -> Explained:
    """The configuration of an object whose kind is in EXPLAIN. Raises InvalidSpec when its spec cannot be read."""
    return EXPLAIN[kind.name](manifest, layers_for, around)


def _deployment(manifest: Manifest, layers_for: LayersFor, _around: Surroundings) -> Explained:
    return _of_deployment(manifest, parse_spec(manifest.spec), layers_for), True


def _of_deployment(manifest: Manifest, spec: FlinkDeploymentSpec, layers_for: LayersFor) -> tuple[Setting, ...]:
    return explain_configuration(manifest.namespace, manifest.name, spec, layers_for(manifest.namespace, spec.flink_version))


def _session_job(manifest: Manifest, layers_for: LayersFor, around: Surroundings) -> Explained:
    spec = parse_sessionjob_spec(manifest.spec)
    cluster = read_cluster(around.find(FLINK_DEPLOYMENT, manifest.namespace, spec.deployment_name), parse_spec)
    return _of_session_job(manifest, spec, cluster, layers_for)


def _of_session_job(manifest: Manifest, spec: FlinkSessionJobSpec, cluster: FlinkDeploymentSpec | None, layers_for: LayersFor) -> Explained:
    known = cluster or FlinkDeploymentSpec(flink_version=UNKNOWN_VERSION)
    layers = layers_for(manifest.namespace, known.flink_version)
    settings = explain_session_job_configuration(manifest.namespace, manifest.name, spec, known, layers)
    return (settings if cluster else _without_the_cluster(settings, spec)), cluster is not None


def _without_the_cluster(settings: Iterable[Setting], spec: FlinkSessionJobSpec) -> tuple[Setting, ...]:
    made_up = f"FlinkDeployment {spec.deployment_name}: "
    return tuple(setting for setting in settings if not setting.source.startswith(made_up))


def _cluster(manifest: Manifest, layers_for: LayersFor, _around: Surroundings) -> Explained:
    spec = parse_cluster_spec(manifest.spec)
    return _simple(_of_deployment(manifest, adapt_cluster(spec), layers_for), spec.configuration), True


def _application(manifest: Manifest, layers_for: LayersFor, around: Surroundings) -> Explained:
    spec = parse_application_spec(manifest.spec)
    adapted = adapt_application(spec)
    if isinstance(adapted, FlinkDeploymentSpec):
        return _simple(_of_deployment(manifest, adapted, layers_for), spec.configuration), True
    raw = around.find(FLINK_CLUSTER, manifest.namespace, adapted.deployment_name)
    cluster = read_cluster(raw, lambda written: adapt_cluster(parse_cluster_spec(written)))
    settings, complete = _of_session_job(manifest, adapted, cluster, layers_for)
    return _simple(settings, spec.configuration), complete


def _simple(settings: Iterable[Setting], configuration: Mapping[str, str]) -> tuple[Setting, ...]:
    """Sources under the names of those who wrote the simple kind: in the model behind it all is `spec.flinkConfiguration`."""
    return tuple(_in_simple_words(setting, configuration) for setting in settings)


def _in_simple_words(setting: Setting, configuration: Mapping[str, Any]) -> Setting:
    def named(source: str, key: str, value: str) -> str:
        if source == OWN_CONFIGURATION:
            return SIMPLE_CONFIGURATION if str(configuration.get(key)) == value else OTHER_FIELDS
        return source.replace("FlinkDeployment ", "FlinkCluster ").replace(OWN_CONFIGURATION, SIMPLE_CONFIGURATION)

    weaker = tuple(replace(given, source=named(given.source, given.key, given.value)) for given in setting.overridden)
    return replace(setting, source=named(setting.source, setting.key, setting.value), overridden=weaker)


EXPLAIN: Mapping[str, Callable[[Manifest, LayersFor, Surroundings], Explained]] = {
    FLINK_DEPLOYMENT.name: _deployment,
    FLINK_SESSION_JOB.name: _session_job,
    FLINK_CLUSTER.name: _cluster,
    FLINK_APPLICATION.name: _application,
}
"""The kinds that have a configuration."""
