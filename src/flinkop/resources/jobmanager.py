"""The JobManager's Deployment.

Two things differ from Flink's own on purpose: the strategy is Recreate, since two JobManagers of one job must never run at
once, and what a crashed container said last is kept in the pod's status, so that the cause can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.memory import to_mebibytes
from flinkop.flinkconf.processmemory import jobmanager_memory
from flinkop.flinkconf.syntax import parse_list_of_maps
from flinkop.resources.cluster import Cluster
from flinkop.resources.configuration import OWNER_REFERENCE
from flinkop.resources.naming import MAIN_CONTAINER, jobmanager_labels
from flinkop.resources.podtemplate import MAIN_PATH, list_in, map_in, split_main_container
from flinkop.resources.volume import Mounted, hadoop_config_map

_STARTUP_PROBE = {"httpGet": {"path": "/config", "port": "rest"}, "periodSeconds": 1, "failureThreshold": 2147483647}
_MASTER_ENVIRONMENT = "containerized.master.env."
_SERVICE_ACCOUNTS = ("kubernetes.jobmanager.service-account", "kubernetes.service-account")
_IMAGES = ("kubernetes.container.image.ref", "kubernetes.container.image")
_PULL_POLICY = "kubernetes.container.image.pull-policy"
_SPEC_PATH = "podTemplate.spec"


def build_deployment(cluster: Cluster, template: Mapping[str, Any], volumes: list[Mounted], startup_probe: bool) -> dict[str, Any]:
    """The Deployment; `template` is the merged pod template of the JobManager."""
    selector = jobmanager_labels(cluster.name)
    labels = {**options.JOBMANAGER_LABELS.read(cluster.conf), **selector}
    annotations = options.JOBMANAGER_ANNOTATIONS.read(cluster.conf)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": cluster.name,
            "namespace": cluster.namespace,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": _owners(cluster),
        },
        "spec": {
            "replicas": options.JOBMANAGER_REPLICAS.read(cluster.conf),
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": _pod_metadata(template, labels, annotations),
                "spec": _pod_spec(cluster, template, volumes, startup_probe),
            },
        },
    }


def _owners(cluster: Cluster) -> list[dict[str, Any]]:
    owners = parse_list_of_maps(cluster.conf.get(OWNER_REFERENCE, ""))
    flags = ("blockOwnerDeletion", "controller")
    return [{key: value == "true" if key in flags else value for key, value in owner.items()} for owner in owners]


def _pod_metadata(template: Mapping[str, Any], labels: Mapping[str, str], annotations: Mapping[str, str]) -> dict[str, Any]:
    metadata = map_in(template, "metadata", "podTemplate")
    path = "podTemplate.metadata"
    merged_labels = {**map_in(metadata, "labels", path), **labels}
    merged_annotations = {**map_in(metadata, "annotations", path), **annotations}
    return {**metadata, "labels": merged_labels, "annotations": merged_annotations}


def _pod_spec(cluster: Cluster, template: Mapping[str, Any], volumes: list[Mounted], startup_probe: bool) -> dict[str, Any]:
    base = map_in(template, "spec", "podTemplate")
    host_network = options.HOST_NETWORK.read(cluster.conf)
    account = _resolve(cluster, _SERVICE_ACCOUNTS, base.get("serviceAccountName") or base.get("serviceAccount"), "default")
    sides, main = split_main_container(template)
    own_volumes = list_in(base, "volumes", _SPEC_PATH)
    spec = {
        **base,
        "containers": [*sides, _main_container(cluster, main, volumes, host_network, startup_probe)],
        "serviceAccount": account,
        "serviceAccountName": account,
        "hostNetwork": host_network,
        "dnsPolicy": "ClusterFirstWithHostNet" if host_network else base.get("dnsPolicy") or "ClusterFirst",
        "volumes": _last_of_each("name", [*own_volumes, *(mounted.volume for mounted in volumes)]),
    }
    return {**spec, **_scheduling(cluster, base)}


def _scheduling(cluster: Cluster, base: Mapping[str, Any]) -> dict[str, Any]:
    secrets = [{"name": name} for name in options.IMAGE_PULL_SECRETS.read(cluster.conf)]
    tolerations = [_toleration(found) for found in options.JOBMANAGER_TOLERATIONS.read(cluster.conf)]
    wanted = {
        "imagePullSecrets": [*list_in(base, "imagePullSecrets", _SPEC_PATH), *secrets],
        "tolerations": [*list_in(base, "tolerations", _SPEC_PATH), *tolerations],
        "nodeSelector": {**map_in(base, "nodeSelector", _SPEC_PATH), **options.JOBMANAGER_NODE_SELECTOR.read(cluster.conf)},
    }
    return {key: value for key, value in wanted.items() if value}


def _toleration(found: Mapping[str, str]) -> dict[str, Any]:
    return {key: int(value) if key == "tolerationSeconds" else value for key, value in found.items()}


def _main_container(
    cluster: Cluster, base: Mapping[str, Any], volumes: list[Mounted], host_network: bool, startup_probe: bool
) -> dict[str, Any]:
    word = cluster.conf["execution.target"]
    arguments = options.JOBMANAGER_ENTRYPOINT_ARGUMENTS.read(cluster.conf)
    container = {
        "terminationMessagePolicy": "FallbackToLogsOnError",
        **base,
        "name": MAIN_CONTAINER,
        "image": _resolve(cluster, _IMAGES, base.get("image"), f"apache/flink:{cluster.version.dotted}"),
        "imagePullPolicy": _resolve(cluster, (_PULL_POLICY,), base.get("imagePullPolicy"), "IfNotPresent"),
        "command": [cluster.conf.get("kubernetes.entry.path", "/docker-entrypoint.sh")],
        "args": ["bash", "-c", f"kubernetes-jobmanager.sh {word} {arguments}"],
        "env": _last_of_each("name", [*list_in(base, "env", MAIN_PATH), *_environment(cluster)]),
        "resources": _resources(cluster, base),
        "volumeMounts": _last_of_each("mountPath", [*list_in(base, "volumeMounts", MAIN_PATH), *(mounted.mount for mounted in volumes)]),
    }
    if not host_network:
        container["ports"] = _last_of_each("name", [*list_in(base, "ports", MAIN_PATH), *_ports(cluster)])
    if startup_probe:
        container.setdefault("startupProbe", _STARTUP_PROBE)
    return container


def _resolve(cluster: Cluster, keys: Iterable[str], from_template: Any, default: str) -> Any:
    """Flink's rule: what the configuration sets, else what the template says, else the default."""
    configured = next((cluster.conf[key] for key in keys if key in cluster.conf), None)
    return configured or from_template or default


def _ports(cluster: Cluster) -> list[dict[str, Any]]:
    return [
        {"name": "rest", "containerPort": options.REST_PORT.read(cluster.conf)},
        {"name": "jobmanager-rpc", "containerPort": options.JOBMANAGER_RPC_PORT.read(cluster.conf)},
        {"name": "blobserver", "containerPort": options.BLOB_SERVER_PORT.read(cluster.conf)},
    ]


def _environment(cluster: Cluster) -> list[dict[str, Any]]:
    conf = cluster.conf
    found: list[dict[str, Any]] = [
        {"name": key.removeprefix(_MASTER_ENVIRONMENT), "value": conf[key]} for key in sorted(conf) if key.startswith(_MASTER_ENVIRONMENT)
    ]
    address = {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}
    found.append({"name": "_POD_IP_ADDRESS", "valueFrom": address})
    if "kubernetes.flink.log.dir" in conf:
        found.append({"name": "FLINK_LOG_DIR", "value": conf["kubernetes.flink.log.dir"]})
    for variable in options.SECRET_VARIABLES.read(conf):
        reference = {"secretKeyRef": {"name": variable["secret"], "key": variable["key"]}}
        found.append({"name": variable["env"], "valueFrom": reference})
    if hadoop_config_map(cluster):
        found.append({"name": "HADOOP_CONF_DIR", "value": "/opt/hadoop/conf"})
    return found


def _resources(cluster: Cluster, base: Mapping[str, Any]) -> dict[str, Any]:
    conf, given, path = cluster.conf, map_in(base, "resources", MAIN_PATH), f"{MAIN_PATH}.resources"
    cpu, memory = options.JOBMANAGER_CPU.read(conf), to_mebibytes(jobmanager_memory(conf).process_size)
    cpu_limit = cpu * options.JOBMANAGER_CPU_LIMIT_FACTOR.read(conf)
    memory_limit = int(memory * options.JOBMANAGER_MEMORY_LIMIT_FACTOR.read(conf))
    return {
        **given,
        "requests": {**map_in(given, "requests", path), "cpu": _number(cpu), "memory": f"{memory}Mi"},
        "limits": {**map_in(given, "limits", path), "cpu": _number(cpu_limit), "memory": f"{memory_limit}Mi"},
    }


def _number(value: float) -> str:
    """As Java writes a double, but never in scientific notation, which Kubernetes reads as something else."""
    return str(round(value, 3))


def _last_of_each(key: str, elements: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The API server refuses two of the same `key`: the later one, Flink's own, wins, in the place of the first.

    What has no such key stays: ports need no name, and of anything else the API server says best what is wrong.
    """
    found: dict[object, dict[str, Any]] = {}
    for position, element in enumerate(elements):
        value = element.get(key)
        found[value if isinstance(value, str) else position] = element
    return list(found.values())
