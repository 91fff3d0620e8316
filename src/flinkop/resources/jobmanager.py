"""The JobManager's Deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.processmemory import jobmanager_memory
from flinkop.resources.cluster import Cluster
from flinkop.resources.commandline import jobmanager_arguments
from flinkop.resources.container import Program, build_container
from flinkop.resources.deployment import Pod, build_deployment
from flinkop.resources.naming import jobmanager_labels
from flinkop.resources.podtemplate import map_in, split_main_container
from flinkop.resources.process import JOBMANAGER
from flinkop.resources.volume import Mounted

_STARTUP_PROBE = {"httpGet": {"path": "/config", "port": "rest"}, "periodSeconds": 1, "failureThreshold": 2147483647}
_POD_ADDRESS = {"name": "_POD_IP_ADDRESS", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}}


def build_jobmanager(cluster: Cluster, template: Mapping[str, Any], volumes: list[Mounted], startup_probe: bool) -> dict[str, Any]:
    """The Deployment; `template` is the merged pod template of the JobManager. Raises InvalidSpec."""
    host_network = options.HOST_NETWORK.read(cluster.conf)
    _, main = split_main_container(template)
    container = build_container(cluster, JOBMANAGER, _program(cluster, host_network), main, volumes)
    if startup_probe:
        container.setdefault("startupProbe", _STARTUP_PROBE)
    pod = Pod(JOBMANAGER, _with_network(template, host_network), container, volumes)
    replicas, annotations = options.JOBMANAGER_REPLICAS.read(cluster.conf), options.JOBMANAGER_ANNOTATIONS.read(cluster.conf)
    return build_deployment(cluster, cluster.name, jobmanager_labels(cluster.name, cluster.mode), replicas, annotations, pod)


def _program(cluster: Cluster, host_network: bool) -> Program:
    return Program(
        arguments=jobmanager_arguments(cluster),
        cpu=options.JOBMANAGER_CPU.read(cluster.conf),
        memory=jobmanager_memory(cluster.conf).process_size,
        ports={} if host_network else _ports(cluster.conf),
        variables=[_POD_ADDRESS],
    )


def _ports(conf: Mapping[str, str]) -> dict[str, int]:
    return {
        "rest": options.REST_PORT.read(conf),
        "jobmanager-rpc": options.JOBMANAGER_RPC_PORT.read(conf),
        "blobserver": options.BLOB_SERVER_PORT.read(conf),
    }


def _with_network(template: Mapping[str, Any], host_network: bool) -> dict[str, Any]:
    spec = map_in(template, "spec", "podTemplate")
    policy = "ClusterFirstWithHostNet" if host_network else spec.get("dnsPolicy") or "ClusterFirst"
    return {**template, "spec": {**spec, "hostNetwork": host_network, "dnsPolicy": policy}}
