"""The two kinds of processes of a cluster, by the options that make their pods."""

from __future__ import annotations

from dataclasses import dataclass

from flinkop.flinkconf import flinkoptions as options
from flinkop.flinkconf.option import MapOption, Option


@dataclass(frozen=True, slots=True)
class Process:
    """The options for the pods of one kind of process. `variables` is the prefix of the options that set environment variables."""

    labels: MapOption
    annotations: MapOption
    node_selector: MapOption
    tolerations: Option[list[dict[str, str]]]
    cpu_limit_factor: Option[float]
    memory_limit_factor: Option[float]
    variables: str
    service_accounts: tuple[str, ...]


JOBMANAGER = Process(
    options.JOBMANAGER_LABELS,
    options.JOBMANAGER_ANNOTATIONS,
    options.JOBMANAGER_NODE_SELECTOR,
    options.JOBMANAGER_TOLERATIONS,
    options.JOBMANAGER_CPU_LIMIT_FACTOR,
    options.JOBMANAGER_MEMORY_LIMIT_FACTOR,
    "containerized.master.env.",
    ("kubernetes.jobmanager.service-account", "kubernetes.service-account"),
)
TASKMANAGER = Process(
    options.TASKMANAGER_LABELS,
    options.TASKMANAGER_ANNOTATIONS,
    options.TASKMANAGER_NODE_SELECTOR,
    options.TASKMANAGER_TOLERATIONS,
    options.TASKMANAGER_CPU_LIMIT_FACTOR,
    options.TASKMANAGER_MEMORY_LIMIT_FACTOR,
    "containerized.taskmanager.env.",
    ("kubernetes.taskmanager.service-account", "kubernetes.service-account"),
)
