"""The effective configuration of a job on a session cluster, and the part of it that is sent with the job.

Source: the official operator, which lays the job's configuration over its cluster's; Flink, whose JobManager lays what comes with a
job over its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flinkop.api.flinkdeployment import FlinkDeploymentSpec, UpgradeMode
from flinkop.api.flinksessionjob import FlinkSessionJobSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.flinkoptions import CHECKPOINT_INTERVAL, PARALLELISM, UNCLAIMED_STATE
from flinkop.flinkconf.joboption import is_for_operator, is_sent_with_job
from flinkop.flinkconf.layers import OPERATOR_CONFIGURATION, Layer, Setting, explain, other_names, put
from flinkop.resources.speclayers import OPERATOR_DEFAULT, OWN_CONFIGURATION, Identified, stack

_CONFIGURATION_SINCE = FlinkVersion(1, 17)

# Its checkpoints are what a job on a session cluster is restored from: they must outlive a job that is cancelled.
_DEFAULTS = {"execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION"}
_LAST_STATE_DEFAULTS = {CHECKPOINT_INTERVAL.key: "5 min"}


def build_session_job_configuration(
    namespace: str, name: str, spec: FlinkSessionJobSpec, cluster_spec: FlinkDeploymentSpec, defaults: Mapping[str, str]
) -> dict[str, str]:
    """The configuration of the job: `defaults`, over them its cluster's, over that its own, with the operator's options inside.

    A value that cannot be read stays as it is: validation names it, with its path.
    """
    _, conf = _stack(namespace, name, spec, cluster_spec, [Layer(OPERATOR_CONFIGURATION, defaults)])
    return conf


def explain_session_job_configuration(
    namespace: str, name: str, spec: FlinkSessionJobSpec, cluster_spec: FlinkDeploymentSpec, defaults: Iterable[Layer]
) -> tuple[Setting, ...]:
    """What `build_session_job_configuration` gives, each value with its source and what it won over; sorted by key."""
    layers, _ = _stack(namespace, name, spec, cluster_spec, defaults)
    return explain(layers, cluster_spec.flink_version)


def _stack(
    namespace: str, name: str, spec: FlinkSessionJobSpec, cluster_spec: FlinkDeploymentSpec, defaults: Iterable[Layer]
) -> tuple[list[Layer], dict[str, str]]:
    layers, conf = stack(Identified(namespace, spec.deployment_name or "", cluster_spec), defaults)
    layers = [_named_after(cluster, spec.deployment_name) for cluster in layers]
    for layer in _job_layers(name, spec, cluster_spec.flink_version):
        layers.append(layer)
        put(layer, conf, cluster_spec.flink_version)
    return layers, conf


def _named_after(layer: Layer, cluster: str | None) -> Layer:
    """The fields of the cluster's resource are not those of the job's."""
    is_field = layer.source.startswith(("spec.", "metadata."))
    return Layer(f"FlinkDeployment {cluster}: {layer.source}", layer.conf, layer.gives_way) if is_field else layer


def _job_layers(name: str, spec: FlinkSessionJobSpec, version: FlinkVersion) -> Iterator[Layer]:
    yield Layer(OWN_CONFIGURATION, _with_an_effect(spec.flink_configuration, version))
    job = spec.job
    if job is None:
        return
    if job.parallelism > 0:
        yield Layer("spec.job.parallelism", {PARALLELISM.key: str(job.parallelism)})
    if job.allow_non_restored_state is not None:
        yield Layer("spec.job.allowNonRestoredState", {UNCLAIMED_STATE: str(job.allow_non_restored_state).lower()})
    defaults = _LAST_STATE_DEFAULTS if job.upgrade_mode is UpgradeMode.LAST_STATE else {}
    yield Layer(OPERATOR_DEFAULT, _with_an_effect({"pipeline.name": name, **_DEFAULTS, **defaults}, version), gives_way=True)


def _with_an_effect(conf: Mapping[str, str], version: FlinkVersion) -> Mapping[str, str]:
    """Flink up to 1.16 takes no configuration with a job: then all that counts is what is meant for the operator."""
    return conf if version >= _CONFIGURATION_SINCE else {key: value for key, value in conf.items() if is_for_operator(key)}


def run_configuration(conf: Mapping[str, str], cluster_conf: Mapping[str, str], version: FlinkVersion) -> dict[str, str] | None:
    """`flinkConfiguration` of `POST /jars/:id/run`: in what the job's configuration differs from its cluster's; None before Flink 1.17.

    What the cluster has is not repeated: it may hold secrets, and the JobManager knows it. Options of the operator, of Flink's
    processes, and those that the request has fields for are left out. Where the cluster sets an option under another name, it is sent
    under both: Flink prefers the new name, whoever wrote it.
    """
    if version < _CONFIGURATION_SINCE:
        return None
    sent: dict[str, str] = {}
    for key, value in conf.items():
        if is_sent_with_job(key) and cluster_conf.get(key) != value:
            sent[key] = value
            sent.update({name: value for name in other_names(key, version) if name in cluster_conf and name not in conf})
    return dict(sorted(sent.items()))
