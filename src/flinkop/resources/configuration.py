"""The effective configuration of a cluster: what its spec means in Flink's options.

Source: flink-on-kubernetes, section 1; the order of the layers is the official operator's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flinkop.api.flinkdeployment import DeploymentMode, FlinkDeploymentSpec, JobSpec, UpgradeMode
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.flinkoptions import (
    CHECKPOINT_INTERVAL,
    CLASSPATHS,
    HA_STORAGE_DIRECTORY,
    JOBMANAGER_ANNOTATIONS,
    NEW_NAMES,
    PARALLELISM_OVERRIDES,
    PINNED_JOB_ID,
    RESTORE_PATHS,
    TASK_SLOTS,
)
from flinkop.flinkconf.highavailability import is_ha
from flinkop.flinkconf.jar import class_path
from flinkop.flinkconf.option import InvalidOption, integer
from flinkop.flinkconf.syntax import format_list, format_list_of_maps, format_map
from flinkop.resources.javaoptions import default_java_options
from flinkop.resources.size import size_of, taskmanager_replicas

LAST_STATE_PATH = "KUBERNETES_OPERATOR_LAST_STATE"
"""A restore path that cannot exist: when the high-availability metadata vanish, Flink fails instead of starting empty."""

GENERATION_ANNOTATION = "flinkdeployment.flink.apache.org/generation"
OWNER_REFERENCE = "kubernetes.jobmanager.owner.reference"
FLINK_VERSION = "$internal.flink.version"

_OPERATOR_PREFIXES = ("kubernetes.operator.", "job.autoscaler.")
_IMAGE_SINCE_1_17 = FlinkVersion(1, 17)
_CHECKPOINT_INTERVAL = "5 min"

_CLUSTER_DEFAULTS = {"kubernetes.rest-service.exposed.type": "ClusterIP", "web.cancel.enable": "false"}
_JOB_DEFAULTS = {
    "execution.submit-failed-job-on-application-error": "true",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
}


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """What one start adds to the configuration. `savepoint_path` may be `LAST_STATE_PATH`; a session cluster has no job id."""

    generation: int
    owner_uid: str
    job_id: str | None
    savepoint_path: str | None
    job_result_store_id: str


def build_configuration(namespace: str, name: str, spec: FlinkDeploymentSpec, defaults: Mapping[str, str]) -> dict[str, str]:
    """The configuration of the cluster, with the operator's own options for it still inside.

    A value that cannot be read stays as it is: validation names it, with its path.
    """
    conf = {**_without_renamed(defaults, spec.flink_configuration), **spec.flink_configuration}
    conf.update(_of_cluster(namespace, name, spec))
    _add_defaults(conf, _CLUSTER_DEFAULTS)
    conf.update(default_java_options(spec.flink_version, conf))
    if spec.job is not None:
        _add_job(conf, name, spec, spec.job)
    if spec.mode is DeploymentMode.STANDALONE:
        _make_standalone(conf, spec)
    if is_ha(conf):
        conf["high-availability.cluster-id"] = name
    return conf


def _without_renamed(defaults: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The defaults, but for an option that `own` sets under another of its names: Flink prefers the new name, whoever wrote it."""
    pairs = [(new, old) for new, (_, old) in NEW_NAMES.items()]
    hidden = {old for new, old in pairs if new in own} | {new for new, old in pairs if old in own}
    return {key: value for key, value in defaults.items() if key not in hidden}


def with_deployment(conf: Mapping[str, str], plan: DeploymentPlan) -> dict[str, str]:
    """The configuration of one start: without the operator's options, with the restore path, ids and owner of this start.

    Raises:
        InvalidSpec: the annotations of the JobManager cannot be read.
    """
    kept = {key: value for key, value in conf.items() if not key.startswith(_OPERATOR_PREFIXES) and key not in RESTORE_PATHS}
    if plan.savepoint_path is not None:
        kept["execution.savepoint.path"] = plan.savepoint_path
    if plan.job_id is not None:
        kept[PINNED_JOB_ID.key] = plan.job_id
    kept[OWNER_REFERENCE] = format_list_of_maps([_owner(conf["kubernetes.cluster-id"], plan.owner_uid)])
    annotations = {**JOBMANAGER_ANNOTATIONS.read(conf), GENERATION_ANNOTATION: str(plan.generation)}
    kept[JOBMANAGER_ANNOTATIONS.key] = format_map(annotations)
    _add_result_store(kept, plan)
    return kept


def _owner(name: str, uid: str) -> dict[str, str]:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkDeployment",
        "name": name,
        "uid": uid,
        "blockOwnerDeletion": "true",
        "controller": "false",
    }


def _add_result_store(conf: dict[str, str], plan: DeploymentPlan) -> None:
    """A place of its own for every start: a result that an earlier start left there would end this one at once."""
    storage = HA_STORAGE_DIRECTORY.read(conf)
    if not storage:
        return
    stores = ["job-result-store"]
    if FlinkVersion.parse(conf[FLINK_VERSION]) >= FlinkVersion(2, 3):
        stores.append("application-result-store")
    for store in stores:
        _add_defaults(conf, {f"{store}.delete-on-commit": "false"})
        conf[f"{store}.storage-path"] = f"{storage.rstrip('/')}/{store}/{conf['kubernetes.cluster-id']}/{plan.job_result_store_id}"


def _of_cluster(namespace: str, name: str, spec: FlinkDeploymentSpec) -> dict[str, str]:
    version = spec.flink_version
    image_key = "kubernetes.container.image.ref" if version >= _IMAGE_SINCE_1_17 else "kubernetes.container.image"
    jobmanager = size_of("jobmanager", spec.job_manager.resource, spec.job_manager.resources, version)
    taskmanager = size_of("taskmanager", spec.task_manager.resource, spec.task_manager.resources, version)
    optional = {
        image_key: spec.image,
        "kubernetes.container.image.pull-policy": spec.image_pull_policy,
        "kubernetes.service-account": spec.service_account,
    }
    return {
        FLINK_VERSION: str(version),
        "kubernetes.cluster-id": name,
        "kubernetes.namespace": namespace,
        "execution.target": "kubernetes-session" if spec.job is None else "kubernetes-application",
        **{key: value for key, value in optional.items() if value is not None},
        **jobmanager.options,
        **taskmanager.options,
        **({"kubernetes.jobmanager.replicas": str(spec.job_manager.replicas)} if spec.job_manager.replicas > 0 else {}),
    }


def _add_job(conf: dict[str, str], name: str, spec: FlinkDeploymentSpec, job: JobSpec) -> None:
    optional = {
        "pipeline.jars": format_list([job.jar_uri]) if job.jar_uri and spec.mode is DeploymentMode.NATIVE else None,
        "$internal.application.main": job.entry_class,
        "$internal.application.program-args": format_list(job.args) if job.args else None,
    }
    conf.update({key: value for key, value in optional.items() if value is not None})
    if job.allow_non_restored_state is not None:
        _allow_non_restored_state(conf, job.allow_non_restored_state)
    conf["parallelism.default"] = str(_parallelism(conf, spec, job))
    conf["execution.shutdown-on-application-finish"] = "false"
    _add_defaults(conf, {**_JOB_DEFAULTS, "pipeline.name": name})
    if job.upgrade_mode is UpgradeMode.LAST_STATE and not CHECKPOINT_INTERVAL.is_set(conf):
        conf[CHECKPOINT_INTERVAL.key] = _CHECKPOINT_INTERVAL


def _make_standalone(conf: dict[str, str], spec: FlinkDeploymentSpec) -> None:
    """Flink then has no resource manager of its own. The command line names the jar, or where it cannot, the class path does."""
    conf["execution.target"] = "remote"
    conf["kubernetes.internal.cluster-mode"] = "SESSION" if spec.job is None else "APPLICATION"
    jar = class_path(spec.job, spec.flink_version) if spec.job else None
    try:
        conf["kubernetes.internal.taskmanager.replicas"] = str(taskmanager_replicas(spec, conf))
        if jar:
            conf[CLASSPATHS.key] = format_list(dict.fromkeys([*CLASSPATHS.read(conf), jar]))
    except InvalidOption:
        return


def _allow_non_restored_state(conf: dict[str, str], allowed: bool) -> None:
    """Under the name that every version reads; the new name, where it is known, would win over it."""
    old_name, new_name = "execution.savepoint.ignore-unclaimed-state", "execution.state-recovery.ignore-unclaimed-state"
    conf.pop(new_name, None)
    conf[old_name] = str(allowed).lower()


def _parallelism(conf: Mapping[str, str], spec: FlinkDeploymentSpec, job: JobSpec) -> int:
    replicas = spec.task_manager.replicas
    try:
        if replicas is not None:
            return replicas * TASK_SLOTS.read(conf)
        if spec.mode is DeploymentMode.STANDALONE:
            return _highest_override(conf) or job.parallelism
    except (InvalidOption, ValueError):
        pass
    return job.parallelism


def _highest_override(conf: Mapping[str, str]) -> int:
    """What the busiest vertex is told: nobody adds TaskManagers for it in a standalone cluster. Raises ValueError or InvalidOption."""
    return max((integer(text) for text in PARALLELISM_OVERRIDES.read(conf).values()), default=0)


def _add_defaults(conf: dict[str, str], defaults: Mapping[str, str]) -> None:
    for key, value in defaults.items():
        conf.setdefault(key, value)
