"""All objects of a cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.flinkdeployment import DeploymentMode, FlinkDeploymentSpec
from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf import operatoroptions
from flinkop.flinkconf.configfile import read_config_yaml, read_flink_conf_yaml
from flinkop.flinkconf.highavailability import is_ha
from flinkop.flinkconf.syntax import write_config_yaml, write_flink_conf_yaml
from flinkop.resources import logconfiguration
from flinkop.resources.cluster import Cluster
from flinkop.resources.jobmanager import build_jobmanager
from flinkop.resources.jobmetrics import with_metrics
from flinkop.resources.naming import common_labels, config_map_name, pod_template_config_map_name
from flinkop.resources.podtemplate import merge, with_resources
from flinkop.resources.service import build_services
from flinkop.resources.size import size_of
from flinkop.resources.sqlrunner import runs_sql, with_sql_runner
from flinkop.resources.taskmanager import build_taskmanagers
from flinkop.resources.volume import TEMPLATE_FILE, taskmanager_volumes_of, user_library_of, volumes_of

_ENTRYPOINT = "org.apache.flink.kubernetes.entrypoint.Kubernetes{}ClusterEntrypoint"
# what only a client needs, or what would bind the cluster to one machine
_LEFT_OUT = frozenset(
    {
        "kubernetes.config.file",
        "$internal.deployment.config-dir",
        "rest.bind-address",
        "jobmanager.bind-host",
        "taskmanager.bind-host",
        "taskmanager.host",
    }
)


@dataclass(frozen=True, slots=True)
class ClusterObjects:
    """The Deployment is made first; what depends on it is then made as its property, so that it goes with it.

    `taskmanagers` is the other Deployment of a standalone cluster. It has the owner that the first has.
    """

    deployment: dict[str, Any]
    dependents: tuple[dict[str, Any], ...]
    taskmanagers: dict[str, Any] | None = None


def build_application(
    namespace: str,
    name: str,
    spec: FlinkDeploymentSpec,
    conf: Mapping[str, str],
    by_name: bool = False,
    startup_probe: bool = True,
    sql_runner_image: str | None = None,
    json_logs: bool = False,
) -> ClusterObjects:
    """The objects of a start. `conf` comes from `with_deployment`; what follows it are options of the operator.

    Raises:
        InvalidSpec: an option or a part of a pod template cannot be read, memory cannot be computed, or the configuration
            file cannot express a value.
    """
    cluster = Cluster(namespace, name, spec, _with_fixed_keys(namespace, name, spec, conf))
    jobmanager, taskmanager = (with_metrics(template, conf) for template in _templates(spec, by_name))
    if runs_sql(spec):
        jobmanager = with_sql_runner(jobmanager, sql_runner_image)
    log_files = dict(sorted((spec.log_configuration or logconfiguration.log_files_in(json_logs)).items()))
    build = _standalone if cluster.is_standalone else _native
    return build(cluster, jobmanager, taskmanager, log_files, startup_probe)


def _native(
    cluster: Cluster, jobmanager: Mapping[str, Any], taskmanager: Mapping[str, Any], log_files: Mapping[str, str], startup_probe: bool
) -> ClusterObjects:
    volumes = volumes_of(cluster, log_files, has_template=bool(taskmanager))
    dependents = [_config_map(cluster, log_files), *build_services(cluster)]
    if taskmanager:
        dependents.append(_template_config_map(cluster, taskmanager))
    return ClusterObjects(build_jobmanager(cluster, jobmanager, volumes, startup_probe), tuple(dependents))


def _standalone(
    cluster: Cluster, jobmanager: Mapping[str, Any], taskmanager: Mapping[str, Any], log_files: Mapping[str, str], startup_probe: bool
) -> ClusterObjects:
    volumes = [*volumes_of(cluster, log_files, has_template=False), *user_library_of(jobmanager)]
    taskmanager_volumes = [*taskmanager_volumes_of(cluster, log_files), *user_library_of(taskmanager)]
    return ClusterObjects(
        build_jobmanager(cluster, jobmanager, volumes, startup_probe),
        (_config_map(cluster, log_files), *build_services(cluster)),
        build_taskmanagers(cluster, taskmanager, taskmanager_volumes),
    )


def options_of(conf: Mapping[str, str]) -> dict[str, Any]:
    """The keyword arguments of `build_application` that the operator's options give."""
    return {
        "by_name": operatoroptions.MERGE_ARRAYS_BY_NAME.read(conf),
        "startup_probe": operatoroptions.STARTUP_PROBE.read(conf),
        "sql_runner_image": operatoroptions.SQL_RUNNER_IMAGE.read(conf),
        "json_logs": operatoroptions.FLINK_LOG_FORMAT.read(conf) == "json",
    }


def owned_by_deployment(obj: Mapping[str, Any], name: str, uid: str) -> dict[str, Any]:
    """The object as the property of the Deployment `name`: Kubernetes removes it after that."""
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": uid, "controller": True, "blockOwnerDeletion": True}
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": [owner]}}


def _with_fixed_keys(namespace: str, name: str, spec: FlinkDeploymentSpec, conf: Mapping[str, str]) -> dict[str, str]:
    """What Flink's client writes beside the user's options."""
    fixed = {key: value for key, value in conf.items() if key not in _LEFT_OUT}
    _fix_ports(fixed)
    fixed["kubernetes.internal.jobmanager.entrypoint.class"] = _ENTRYPOINT.format("Session" if spec.job is None else "Application")
    fixed["internal.cluster.execution-mode"] = "NORMAL"
    if spec.mode is DeploymentMode.STANDALONE or not is_ha(conf):
        fixed["jobmanager.rpc.address"] = f"{name}.{namespace}"
    return fixed


def _fix_ports(conf: dict[str, str]) -> None:
    """Services and containers name their ports, so none can be left to chance, which is what 0 means and the default."""
    wanted = [(options.BLOB_SERVER_PORT, 6124), (options.TASKMANAGER_RPC_PORT, 6122), (options.REST_BIND_PORT, 8081)]
    if is_ha(conf):
        wanted.append((options.HA_JOBMANAGER_PORT, options.JOBMANAGER_RPC_PORT.read(conf)))
    for option, port in wanted:
        if option.read(conf) == 0:
            conf[option.key] = str(port)


def _templates(spec: FlinkDeploymentSpec, by_name: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    return _template(spec, "jobmanager", by_name), _template(spec, "taskmanager", by_name)


def _template(spec: FlinkDeploymentSpec, component: str, by_name: bool) -> dict[str, Any]:
    part = spec.job_manager if component == "jobmanager" else spec.task_manager
    sizing = size_of(component, part.resource, part.resources, spec.flink_version)
    return with_resources(merge(spec.pod_template, part.pod_template, by_name), sizing)


def _config_map(cluster: Cluster, log_files: Mapping[str, str]) -> dict[str, Any]:
    conf = dict(sorted(cluster.conf.items()))
    write = write_config_yaml if cluster.conf_file == "config.yaml" else write_flink_conf_yaml
    return _build_config_map(cluster, config_map_name(cluster.name), {**log_files, cluster.conf_file: write(conf)})


def read_configuration(config_map: Mapping[str, Any]) -> dict[str, str]:
    """The configuration in a cluster's config map, as it was given to `build_application`; empty when there is none.

    Raises:
        InvalidSpec: somebody has changed it into something that cannot be read.
    """
    data = config_map.get("data") or {}
    return read_config_yaml(data["config.yaml"]) if "config.yaml" in data else read_flink_conf_yaml(data.get("flink-conf.yaml", ""))


def _template_config_map(cluster: Cluster, template: Mapping[str, Any]) -> dict[str, Any]:
    """JSON is YAML; `kind: Pod` is what every version parses."""
    pod = {**template, "apiVersion": "v1", "kind": "Pod"}
    pod.pop("status", None)
    return _build_config_map(cluster, pod_template_config_map_name(cluster.name), {TEMPLATE_FILE: json.dumps(pod, indent=1)})


def _build_config_map(cluster: Cluster, name: str, data: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": cluster.namespace, "labels": common_labels(cluster.name, cluster.mode)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
