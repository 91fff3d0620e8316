"""The Deployment of a standalone cluster's TaskManagers. In a native cluster Flink makes their pods itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.processmemory import taskmanager_memory
from flinkop.resources.cluster import Cluster
from flinkop.resources.configuration import GENERATION_ANNOTATION
from flinkop.resources.container import Program, build_container
from flinkop.resources.deployment import Pod, build_deployment
from flinkop.resources.naming import taskmanager_deployment_name, taskmanager_labels
from flinkop.resources.podtemplate import split_main_container
from flinkop.resources.process import TASKMANAGER
from flinkop.resources.size import taskmanager_replicas
from flinkop.resources.volume import Mounted


def build_taskmanagers(cluster: Cluster, template: Mapping[str, Any], volumes: list[Mounted]) -> dict[str, Any]:
    """The Deployment; `template` is the merged pod template of the TaskManagers. Raises InvalidSpec.

    A change of the number alone replaces no pod: the generation stands on the Deployment, and not on its pods.
    """
    _, main = split_main_container(template)
    container = build_container(cluster, TASKMANAGER, _program(cluster), main, volumes)
    return build_deployment(
        cluster,
        taskmanager_deployment_name(cluster.name),
        taskmanager_labels(cluster.name, cluster.mode),
        taskmanager_replicas(cluster.spec, cluster.conf),
        {**options.TASKMANAGER_ANNOTATIONS.read(cluster.conf), **_generation(cluster)},
        Pod(TASKMANAGER, template, container, volumes),
    )


def _generation(cluster: Cluster) -> dict[str, str]:
    annotations = options.JOBMANAGER_ANNOTATIONS.read(cluster.conf)
    return {name: text for name, text in annotations.items() if name == GENERATION_ANNOTATION}


def _program(cluster: Cluster) -> Program:
    return Program(
        arguments=["taskmanager"],
        cpu=_cores(cluster.conf),
        memory=taskmanager_memory(cluster.conf, cluster.version).process_size,
        ports={"taskmanager-rpc": options.TASKMANAGER_RPC_PORT.read(cluster.conf)},
    )


def _cores(conf: Mapping[str, str]) -> float:
    """Flink's order: its own option, that for Kubernetes, else one core a slot."""
    cores, amount = options.TASKMANAGER_CORES.read(conf), options.TASKMANAGER_CPU.read(conf)
    if cores is not None:
        return cores
    return amount if amount > 0 else float(options.TASK_SLOTS.read(conf))
