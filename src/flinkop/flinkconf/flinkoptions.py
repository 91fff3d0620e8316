"""The Flink options that the operator reads, with every name under which Flink 1.16 to 2.3 knows them.

Defaults and fallback keys: the option tables of Flink 1.16.3 to 2.3.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.duration import parse_duration
from flinkop.flinkconf.option import MapOption, Option, any_port, boolean, count, decimal, integer, one_of, port
from flinkop.flinkconf.syntax import parse_list, parse_list_of_maps, parse_map

CHECKPOINTS_ON_DEMAND_SINCE = FlinkVersion(1, 17)
"""Before, Flink has no request for a checkpoint."""

RESTORE_PATHS = frozenset({"execution.savepoint.path", "execution.state-recovery.path"})
"""The old and the new name of the option that says what state a start restores."""

UNCLAIMED_STATE, NEW_UNCLAIMED_STATE = "execution.savepoint.ignore-unclaimed-state", "execution.state-recovery.ignore-unclaimed-state"
"""The name that every version reads of the option that says whether state may be left out, and the name since 1.20."""


def _text(key: str, default: str, *fallback_keys: str) -> Option[str]:
    return Option(key, default, str.strip, fallback_keys)


def _optional_text(key: str, *fallback_keys: str) -> Option[str | None]:
    return Option(key, None, lambda text: text.strip() or None, fallback_keys)


def _map(key: str) -> MapOption:
    return MapOption(key, {}, parse_map)


def _list(key: str) -> Option[list[str]]:
    return Option(key, [], parse_list)


def _job_id(text: str) -> str | None:
    trimmed = text.strip()
    if trimmed and not re.fullmatch("[0-9a-fA-F]{32}", trimmed):
        raise ValueError("is not a job id; write 32 hexadecimal digits, or leave it out")
    return trimmed.lower() or None


def _tolerations(text: str) -> list[dict[str, str]]:
    tolerations = parse_list_of_maps(text)
    for toleration in tolerations:
        try:
            integer(toleration.get("tolerationSeconds", "0"))
        except ValueError:
            raise ValueError("has tolerationSeconds that are not a number; write for example tolerationSeconds:60") from None
    return tolerations


def _secret_variables(text: str) -> list[dict[str, str]]:
    variables = parse_list_of_maps(text)
    if not all({"env", "secret", "key"} <= variable.keys() for variable in variables):
        raise ValueError("is not a list of variables; write env:NAME,secret:name,key:key for each, with semicolons between them")
    return variables


class ExposedType(StrEnum):
    """How the REST service is exposed."""

    CLUSTER_IP = "ClusterIP"
    NODE_PORT = "NodePort"
    LOAD_BALANCER = "LoadBalancer"
    HEADLESS = "Headless_ClusterIP"


HIGH_AVAILABILITY = _text("high-availability.type", "NONE", "high-availability", "recovery.mode")
HA_STORAGE_DIRECTORY = _optional_text(
    "high-availability.storageDir", "high-availability.zookeeper.storageDir", "recovery.zookeeper.storageDir"
)

CHECKPOINT_DIRECTORY = _optional_text("execution.checkpointing.dir", "state.checkpoints.dir", "state.backend.fs.checkpointdir")
SAVEPOINT_DIRECTORY = _optional_text("execution.checkpointing.savepoint-dir", "state.savepoints.dir", "savepoints.state.backend.fs.dir")
CHECKPOINT_INTERVAL: Option[timedelta | None] = Option("execution.checkpointing.interval", None, parse_duration)
CHECKPOINT_TIMEOUT = Option("execution.checkpointing.timeout", timedelta(minutes=10), parse_duration)

CHECKPOINT_RETENTION = _text("execution.checkpointing.externalized-checkpoint-retention", "NO_EXTERNALIZED_CHECKPOINTS")

RETAINED_CHECKPOINTS = Option("execution.checkpointing.num-retained", 1, integer, ("state.checkpoints.num-retained",))
TOLERATED_CHECKPOINT_FAILURES = Option("execution.checkpointing.tolerable-failed-checkpoints", 0, integer)

TASK_SLOTS = Option("taskmanager.numberOfTaskSlots", 1, count)
PARALLELISM = Option("parallelism.default", 1, integer)
PARALLELISM_OVERRIDES = _map("pipeline.jobvertex-parallelism-overrides")
SCHEDULER = _text("jobmanager.scheduler", "")
SCHEDULER_MODE = _text("scheduler-mode", "")
CLASSPATHS = _list("pipeline.classpaths")

REST_PORT = Option("rest.port", 8081, port, ("web.port",))
REST_BIND_PORT = Option("rest.bind-port", 8081, any_port, ("rest.port", "web.port", "jobmanager.web.port"))
JOBMANAGER_RPC_PORT = Option("jobmanager.rpc.port", 6123, port)
BLOB_SERVER_PORT = Option("blob.server.port", 0, any_port)
TASKMANAGER_RPC_PORT = Option("taskmanager.rpc.port", 0, any_port)
HA_JOBMANAGER_PORT = Option("high-availability.jobmanager.port", 0, any_port, ("recovery.jobmanager.port",))

IGNORE_UNCLAIMED_STATE = Option(
    "execution.state-recovery.ignore-unclaimed-state", False, boolean, ("execution.savepoint.ignore-unclaimed-state",)
)
PINNED_JOB_ID: Option[str | None] = Option("$internal.pipeline.job-id", None, _job_id)

JOBMANAGER_REPLICAS = Option("kubernetes.jobmanager.replicas", 1, integer)
JOBMANAGER_CPU = Option("kubernetes.jobmanager.cpu.amount", 1.0, decimal, ("kubernetes.jobmanager.cpu",))
JOBMANAGER_CPU_LIMIT_FACTOR = Option("kubernetes.jobmanager.cpu.limit-factor", 1.0, decimal)
JOBMANAGER_MEMORY_LIMIT_FACTOR = Option("kubernetes.jobmanager.memory.limit-factor", 1.0, decimal)
JOBMANAGER_ANNOTATIONS = _map("kubernetes.jobmanager.annotations")
JOBMANAGER_LABELS = _map("kubernetes.jobmanager.labels")
JOBMANAGER_NODE_SELECTOR = _map("kubernetes.jobmanager.node-selector")
JOBMANAGER_TOLERATIONS: Option[list[dict[str, str]]] = Option("kubernetes.jobmanager.tolerations", [], _tolerations)
JOBMANAGER_ENTRYPOINT_ARGUMENTS = _text("kubernetes.jobmanager.entrypoint.args", "")

TASKMANAGER_CORES: Option[float | None] = Option("taskmanager.cpu.cores", None, decimal)
TASKMANAGER_CPU = Option("kubernetes.taskmanager.cpu.amount", -1.0, decimal, ("kubernetes.taskmanager.cpu",))
TASKMANAGER_CPU_LIMIT_FACTOR = Option("kubernetes.taskmanager.cpu.limit-factor", 1.0, decimal)
TASKMANAGER_MEMORY_LIMIT_FACTOR = Option("kubernetes.taskmanager.memory.limit-factor", 1.0, decimal)
TASKMANAGER_ANNOTATIONS = _map("kubernetes.taskmanager.annotations")
TASKMANAGER_LABELS = _map("kubernetes.taskmanager.labels")
TASKMANAGER_NODE_SELECTOR = _map("kubernetes.taskmanager.node-selector")
TASKMANAGER_TOLERATIONS: Option[list[dict[str, str]]] = Option("kubernetes.taskmanager.tolerations", [], _tolerations)

HOST_NETWORK = Option("kubernetes.hostnetwork.enabled", False, boolean)
IMAGE_PULL_SECRETS = _list("kubernetes.container.image.pull-secrets")
SECRETS = _map("kubernetes.secrets")
SECRET_VARIABLES: Option[list[dict[str, str]]] = Option("kubernetes.env.secretKeyRef", [], _secret_variables)
PERSISTENT_VOLUME_CLAIMS = _map("kubernetes.persistent-volume-claims")
PERSISTENT_VOLUME_CLAIMS_READ_ONLY = Option("kubernetes.persistent-volume-claim-read-only", False, boolean)

REST_SERVICE_TYPE = Option("kubernetes.rest-service.exposed.type", ExposedType.CLUSTER_IP, one_of(ExposedType))
REST_SERVICE_ANNOTATIONS = _map("kubernetes.rest-service.annotations")
REST_SERVICE_LABELS = _map("kubernetes.rest-service.labels")
INTERNAL_SERVICE_ANNOTATIONS = _map("kubernetes.internal-service.annotations")
INTERNAL_SERVICE_LABELS = _map("kubernetes.internal-service.labels")

ALL: tuple[Option[Any], ...] = (
    HIGH_AVAILABILITY,
    HA_STORAGE_DIRECTORY,
    CHECKPOINT_DIRECTORY,
    SAVEPOINT_DIRECTORY,
    CHECKPOINT_INTERVAL,
    CHECKPOINT_TIMEOUT,
    CHECKPOINT_RETENTION,
    RETAINED_CHECKPOINTS,
    TOLERATED_CHECKPOINT_FAILURES,
    TASK_SLOTS,
    PARALLELISM,
    PARALLELISM_OVERRIDES,
    SCHEDULER,
    SCHEDULER_MODE,
    CLASSPATHS,
    IGNORE_UNCLAIMED_STATE,
    REST_PORT,
    REST_BIND_PORT,
    JOBMANAGER_RPC_PORT,
    BLOB_SERVER_PORT,
    TASKMANAGER_RPC_PORT,
    HA_JOBMANAGER_PORT,
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
    TASKMANAGER_CORES,
    TASKMANAGER_CPU,
    TASKMANAGER_CPU_LIMIT_FACTOR,
    TASKMANAGER_MEMORY_LIMIT_FACTOR,
    TASKMANAGER_ANNOTATIONS,
    TASKMANAGER_LABELS,
    TASKMANAGER_NODE_SELECTOR,
    TASKMANAGER_TOLERATIONS,
    HOST_NETWORK,
    IMAGE_PULL_SECRETS,
    SECRETS,
    SECRET_VARIABLES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUME_CLAIMS_READ_ONLY,
    REST_SERVICE_TYPE,
    REST_SERVICE_ANNOTATIONS,
    REST_SERVICE_LABELS,
    INTERNAL_SERVICE_ANNOTATIONS,
    INTERNAL_SERVICE_LABELS,
)

RETAINED = "RETAIN_ON_CANCELLATION"
"""The only retention with which a cancelled job leaves its checkpoints. The operator's default, not Flink's."""


def retains_checkpoints(conf: Mapping[str, str]) -> bool:
    """Whether a job leaves its checkpoints when it is cancelled."""
    return CHECKPOINT_RETENTION.read(conf).upper() == RETAINED


# The Flink version that brought a new name for an option whose loss loses state, and the name that older versions know.
NEW_NAMES: Mapping[str, tuple[FlinkVersion, str]] = {
    "high-availability.type": (FlinkVersion(1, 17), "high-availability"),
    "execution.checkpointing.dir": (FlinkVersion(1, 20), "state.checkpoints.dir"),
    "execution.checkpointing.savepoint-dir": (FlinkVersion(1, 20), "state.savepoints.dir"),
}
