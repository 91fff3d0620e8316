"""The effective configuration of a cluster, where it comes from, and what one start adds to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.kind import FLINK_DEPLOYMENT, Kind
from flinkop.flinkconf.flinkoptions import HA_STORAGE_DIRECTORY, JOBMANAGER_ANNOTATIONS, PINNED_JOB_ID, RESTORE_PATHS
from flinkop.flinkconf.layers import OPERATOR_CONFIGURATION, Layer, Setting, explain
from flinkop.flinkconf.syntax import format_list_of_maps, format_map
from flinkop.resources.owner import owner_option
from flinkop.resources.speclayers import FLINK_VERSION, Identified, stack

LAST_STATE_PATH = "KUBERNETES_OPERATOR_LAST_STATE"
"""A restore path that cannot exist: when the high-availability metadata vanish, Flink fails instead of starting empty."""

GENERATION_ANNOTATION = "flinkdeployment.flink.apache.org/generation"
OWNER_REFERENCE = "kubernetes.jobmanager.owner.reference"

_OPERATOR_PREFIXES = ("kubernetes.operator.", "job.autoscaler.")


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """What one start adds to the configuration. `savepoint_path` may be `LAST_STATE_PATH`; a session cluster has no job id."""

    generation: int
    owner_uid: str
    job_id: str | None
    savepoint_path: str | None
    job_result_store_id: str
    owner_kind: Kind = FLINK_DEPLOYMENT


def build_configuration(namespace: str, name: str, spec: FlinkDeploymentSpec, defaults: Mapping[str, str]) -> dict[str, str]:
    """The configuration of the cluster, with the operator's own options for it still inside.

    A value that cannot be read stays as it is: validation names it, with its path.
    """
    _, conf = stack(Identified(namespace, name, spec), [Layer(OPERATOR_CONFIGURATION, defaults)])
    return conf


def explain_configuration(namespace: str, name: str, spec: FlinkDeploymentSpec, defaults: Iterable[Layer]) -> tuple[Setting, ...]:
    """What `build_configuration` gives, each value with its source and what it won over; sorted by key."""
    layers, _ = stack(Identified(namespace, name, spec), defaults)
    return explain(layers, spec.flink_version)


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
    kept[OWNER_REFERENCE] = format_list_of_maps([owner_option(plan.owner_kind, conf["kubernetes.cluster-id"], plan.owner_uid)])
    annotations = {**JOBMANAGER_ANNOTATIONS.read(conf), GENERATION_ANNOTATION: str(plan.generation)}
    kept[JOBMANAGER_ANNOTATIONS.key] = format_map(annotations)
    _add_result_store(kept, plan)
    return kept


def _add_result_store(conf: dict[str, str], plan: DeploymentPlan) -> None:
    """A place of its own for every start: a result that an earlier start left there would end this one at once.

    A session cluster keeps Flink's: the results there are of jobs with ids of their own, and tell its next JobManager which have ended,
    should their graphs still be there.
    """
    storage = HA_STORAGE_DIRECTORY.read(conf)
    if not storage or plan.job_id is None:
        return
    stores = ["job-result-store"]
    if FlinkVersion.parse(conf[FLINK_VERSION]) >= FlinkVersion(2, 3):
        stores.append("application-result-store")
    for store in stores:
        _add_defaults(conf, {f"{store}.delete-on-commit": "false"})
        conf[f"{store}.storage-path"] = f"{storage.rstrip('/')}/{store}/{conf['kubernetes.cluster-id']}/{plan.job_result_store_id}"


def _add_defaults(conf: dict[str, str], defaults: Mapping[str, str]) -> None:
    for key, value in defaults.items():
        conf.setdefault(key, value)
