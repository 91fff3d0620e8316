"""The Flink options that the operator reads, with every name under which Flink 1.16 to 2.3 knows them.

Defaults and fallback keys: the option tables of Flink 1.16.3 to 2.3.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.duration import parse_duration
from flinkop.flinkconf.option import Option, boolean, decimal, integer
from flinkop.flinkconf.syntax import parse_list, parse_list_of_maps, parse_map


def _text(key: str, default: str, *fallback_keys: str) -> Option[str]:
    return Option(key, default, str.strip, fallback_keys)


def _optional_text(key: str, *fallback_keys: str) -> Option[str | None]:
    return Option(key, None, lambda text: text.strip() or None, fallback_keys)


def _map(key: str) -> Option[Mapping[str, str]]:
    return Option(key, {}, parse_map)


def _list(key: str) -> Option[list[str]]:
    return Option(key, [], parse_list)


HIGH_AVAILABILITY = _text("high-availability.type", "NONE", "high-availability", "recovery.mode")
HA_STORAGE_DIRECTORY = _optional_text(
    "high-availability.storageDir", "high-availability.zookeeper.storageDir", "recovery.zookeeper.storageDir"
)

CHECKPOINT_DIRECTORY = _optional_text("execution.checkpointing.dir", "state.checkpoints.dir", "state.backend.fs.checkpointdir")
SAVEPOINT_DIRECTORY = _optional_text("execution.checkpointing.savepoint-dir", "state.savepoints.dir", "savepoints.state.backend.fs.dir")
CHECKPOINT_INTERVAL: Option[timedelta | None] = Option("execution.checkpointing.interval", None, parse_duration)
CHECKPOINT_TIMEOUT = Option("execution.checkpointing.timeout", timedelta(minutes=10), parse_duration)

TASK_SLOTS = Option("taskmanager.numberOfTaskSlots", 1, integer)
PARALLELISM = Option("parallelism.default", 1, integer)

REST_PORT = Option("rest.port", 8081, integer, ("web.port",))
REST_BIND_PORT = _text("rest.bind-port", "8081", "rest.port", "web.port", "jobmanager.web.port")
JOBMANAGER_RPC_PORT = Option("jobmanager.rpc.port", 6123, integer)
BLOB_SERVER_PORT = _text("blob.server.port", "0")

PINNED_JOB_ID = _optional_text("$internal.pipeline.job-id")

JOBMANAGER_REPLICAS = Option("kubernetes.jobmanager.replicas", 1, integer)
JOBMANAGER_CPU = Option("kubernetes.jobmanager.cpu.amount", 1.0, decimal, ("kubernetes.jobmanager.cpu",))
JOBMANAGER_CPU_LIMIT_FACTOR = Option("kubernetes.jobmanager.cpu.limit-factor", 1.0, decimal)
JOBMANAGER_MEMORY_LIMIT_FACTOR = Option("kubernetes.jobmanager.memory.limit-factor", 1.0, decimal)
JOBMANAGER_ANNOTATIONS = _map("kubernetes.jobmanager.annotations")
JOBMANAGER_LABELS = _map("kubernetes.jobmanager.labels")
JOBMANAGER_NODE_SELECTOR = _map("kubernetes.jobmanager.node-selector")
JOBMANAGER_TOLERATIONS: Option[list[dict[str, str]]] = Option("kubernetes.jobmanager.tolerations", [], parse_list_of_maps)
JOBMANAGER_ENTRYPOINT_ARGUMENTS = _text("kubernetes.jobmanager.entrypoint.args", "")

HOST_NETWORK = Option("kubernetes.hostnetwork.enabled", False, boolean)
IMAGE_PULL_SECRETS = _list("kubernetes.container.image.pull-secrets")

ALL: tuple[Option[Any], ...] = (
    HIGH_AVAILABILITY,
    HA_STORAGE_DIRECTORY,
    CHECKPOINT_DIRECTORY,
    SAVEPOINT_DIRECTORY,
    CHECKPOINT_INTERVAL,
    CHECKPOINT_TIMEOUT,
    TASK_SLOTS,
    PARALLELISM,
    REST_PORT,
    REST_BIND_PORT,
    JOBMANAGER_RPC_PORT,
    BLOB_SERVER_PORT,
    PINNED_JOB_ID,
    JOBMANAGER_REPLICAS,
    JOBMANAGER_CPU,
    JOBMANAGER_CPU_LIMIT_FACTOR,
    JOBMANAGER_MEMORY_LIMIT_FACTOR,
    JOBMANAGER_ANNOTATIONS,
    JOBMANAGER_LABELS,
    JOBMANAGER_NODE_SELECTOR,
    JOBMANAGER_TOLERATIONS,
    JOBMANAGER_ENTRYPOINT_ARGUMENTS,
    HOST_NETWORK,
    IMAGE_PULL_SECRETS,
)

# The Flink version that brought a new name for an option whose loss loses state, and the name that older versions know.
NEW_NAMES: Mapping[str, tuple[FlinkVersion, str]] = {
    "high-availability.type": (FlinkVersion(1, 17), "high-availability"),
    "execution.checkpointing.dir": (FlinkVersion(1, 20), "state.checkpoints.dir"),
    "execution.checkpointing.savepoint-dir": (FlinkVersion(1, 20), "state.savepoints.dir"),
}
