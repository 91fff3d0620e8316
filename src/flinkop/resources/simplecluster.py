"""FlinkClusters, and the clusters of FlinkApplications, in terms of a FlinkDeployment: one model behind two ways to write it.

Fields win over `configuration`, and that over what nobody said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flinkop.api.cluster import DeploymentMode, JobManagerSpec, Resource, TaskManagerSpec
from flinkop.api.flinkcluster import FlinkClusterSpec
from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinkrelease import FlinkRelease
from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.job import JobSpec
from flinkop.api.simplecluster import MetricsSpec, SimpleClusterSpec, SimpleJobManager, SimpleTaskManager, StorageSpec
from flinkop.flinkconf.flinkoptions import (
    CHECKPOINT_DIRECTORY,
    HA_STORAGE_DIRECTORY,
    HIGH_AVAILABILITY,
    NEW_NAMES,
    PARALLELISM,
    SAVEPOINT_DIRECTORY,
    TASK_SLOTS,
)
from flinkop.flinkconf.operatoroptions import MERGE_ARRAYS_BY_NAME
from flinkop.resources.jobmetrics import container_port, reporter_options, scrape_annotations
from flinkop.resources.naming import MAIN_CONTAINER

STATE_DIRECTORY = "/opt/flink/state"
"""Where the volume is mounted."""

DEFAULT_SLOTS = 2
DEFAULT_SERVICE_ACCOUNT = "flink"

# What Flink's images set, and lose when a configuration is mounted over it.
_JOBMANAGER_MEMORY, _TASKMANAGER_MEMORY = "1600m", "1728m"
_CORES = 1.0

_VOLUME = "flink-state"
_FLINK_GROUP = 9999  # of the user flink in Flink's images
_REPORTER = "metrics.reporter.prom"


def adapt_cluster(spec: FlinkClusterSpec) -> FlinkDeploymentSpec:
    """The session cluster: standalone where the number of TaskManagers is fixed, native where it follows the jobs.

    Raises InvalidOption when the slots in `configuration` cannot be read.
    """
    manager = spec.task_manager
    if not is_elastic(manager):
        manager = manager.model_copy(update={"replicas": 1 if manager.replicas is None else manager.replicas})
    fields = {} if spec.job.parallelism is None else {PARALLELISM.key: str(spec.job.parallelism)}
    adapted = spec.model_copy(update={"task_manager": manager})
    return adapt_own_cluster(adapted, spec.flink_version, fields).model_copy(update={"restart_nonce": spec.restart_nonce})


def is_elastic(manager: SimpleTaskManager) -> bool:
    """Whether the number of TaskManagers follows the jobs because `min` or `max` says so."""
    return manager.replicas is None and (manager.min is not None or manager.max is not None)


def adapt_own_cluster(
    spec: SimpleClusterSpec, release: FlinkRelease, fields: Mapping[str, str], job: JobSpec | None = None
) -> FlinkDeploymentSpec:
    """The cluster, with the options `fields` besides those of its own fields. Raises InvalidOption, as `adapt_cluster` does."""
    return FlinkDeploymentSpec(
        image=spec.image or f"flink:{release}",
        image_pull_policy=spec.image_pull_policy,
        service_account=spec.service_account or DEFAULT_SERVICE_ACCOUNT,
        flink_version=release.version,
        mode=DeploymentMode.NATIVE if spec.task_manager.replicas is None else DeploymentMode.STANDALONE,
        flink_configuration={**_defaults(spec, release.version), **spec.configuration, **_fields(spec, release.version), **fields},
        pod_template=_pod_template(spec),
        ingress=spec.ingress,
        job_manager=_jobmanager(spec.job_manager),
        task_manager=_taskmanager(spec.task_manager),
        job=job,
    )


def _jobmanager(manager: SimpleJobManager) -> JobManagerSpec:
    return JobManagerSpec(
        resource=Resource(cpu=_or(manager.cpu, _CORES), memory=manager.memory or _JOBMANAGER_MEMORY),
        replicas=1 if manager.replicas is None else manager.replicas,
        pod_template=manager.pod_template,
    )


def _taskmanager(manager: SimpleTaskManager) -> TaskManagerSpec:
    return TaskManagerSpec(
        resource=Resource(cpu=_or(manager.cpu, _CORES), memory=manager.memory or _TASKMANAGER_MEMORY),
        replicas=manager.replicas,
        pod_template=manager.pod_template,
    )


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _defaults(spec: SimpleClusterSpec, version: FlinkVersion) -> dict[str, str]:
    """What holds where neither a field nor `configuration` says anything."""
    defaults = {TASK_SLOTS.key: str(DEFAULT_SLOTS)}
    if _pod_template(spec) is not None:
        defaults[MERGE_ARRAYS_BY_NAME.key] = "true"
    if spec.high_availability is None and _place(spec.storage, "ha") and not HIGH_AVAILABILITY.is_set(spec.configuration):
        defaults[_known(HIGH_AVAILABILITY.key, version)] = "kubernetes"
    return defaults


def _fields(spec: SimpleClusterSpec, version: FlinkVersion) -> dict[str, str]:
    """What the fields say in Flink's options."""
    return {
        **dict(_slots(spec)),
        **{_known(key, version): place for key, place in _places(spec.storage) if place},
        **dict(_modes(spec, version)),
        **(reporter_options(spec.metrics.port, _REPORTER) if spec.metrics and spec.metrics.enabled else {}),
    }


def _slots(spec: SimpleClusterSpec) -> Iterator[tuple[str, str]]:
    manager = spec.task_manager
    if manager.slots is not None:
        yield TASK_SLOTS.key, str(manager.slots)
    if not is_elastic(manager):
        return
    each = TASK_SLOTS.read({TASK_SLOTS.key: str(DEFAULT_SLOTS), **spec.configuration}) if manager.slots is None else manager.slots
    if manager.min is not None:
        yield "slotmanager.number-of-slots.min", str(manager.min * each)
    if manager.max is not None:
        yield "slotmanager.number-of-slots.max", str(manager.max * each)


def _places(storage: StorageSpec | None) -> Iterator[tuple[str, str | None]]:
    yield CHECKPOINT_DIRECTORY.key, _place(storage, "checkpoints")
    yield SAVEPOINT_DIRECTORY.key, _place(storage, "savepoints")
    yield HA_STORAGE_DIRECTORY.key, _place(storage, "ha")


def _place(storage: StorageSpec | None, name: str) -> str | None:
    """The directory that is named, else one on the volume, else none."""
    if storage is None:
        return None
    named = {"checkpoints": storage.checkpoints, "savepoints": storage.savepoints, "ha": storage.high_availability}[name]
    return named or (f"file://{STATE_DIRECTORY}/{name}" if storage.volume_claim else None)


def _modes(spec: SimpleClusterSpec, version: FlinkVersion) -> Iterator[tuple[str, str]]:
    if spec.high_availability is not None:
        yield _known(HIGH_AVAILABILITY.key, version), "kubernetes" if spec.high_availability else "NONE"
    if spec.storage is not None and spec.storage.ephemeral:
        yield "state.checkpoint-storage", "jobmanager"


def _known(key: str, version: FlinkVersion) -> str:
    """The name of an option that this Flink version knows."""
    since, old_name = NEW_NAMES.get(key, (version, key))
    return key if version >= since else old_name


def _pod_template(spec: SimpleClusterSpec) -> dict[str, Any] | None:
    """What all pods get: the volume, and what Prometheus looks for."""
    claim = spec.storage.volume_claim if spec.storage else None
    metrics = spec.metrics if spec.metrics and spec.metrics.enabled else None
    if not claim and metrics is None:
        return None
    main: dict[str, Any] = {"name": MAIN_CONTAINER}
    if claim:
        main["volumeMounts"] = [{"name": _VOLUME, "mountPath": STATE_DIRECTORY}]
    if metrics:
        main["ports"] = [container_port(metrics.port)]
    return {**(_annotations(metrics) if metrics else {}), "spec": {"containers": [main], **(_volume(claim) if claim else {})}}


def _annotations(metrics: MetricsSpec) -> dict[str, Any]:
    return {"metadata": {"annotations": scrape_annotations(metrics.port)}}


def _volume(claim: str) -> dict[str, Any]:
    return {
        "volumes": [{"name": _VOLUME, "persistentVolumeClaim": {"claimName": claim}}],
        "securityContext": {"fsGroup": _FLINK_GROUP},
    }
