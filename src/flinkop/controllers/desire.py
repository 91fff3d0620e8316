"""From a resource to what is desired: the spec is read, checked and compared with the one that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flinkop.api.flinkdeployment import DeploymentMode, DesiredJobState, FlinkDeploymentSpec, parse_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.controllers.clusterkind import FLINK_DEPLOYMENT_KIND, ClusterKind
from flinkop.controllers.scaling import parallelism_of, scaling_of
from flinkop.controllers.servedkind import NOTHING_AROUND, Around
from flinkop.controllers.settings import settings_of
from flinkop.errors import InvalidSpec
from flinkop.flinkconf import flinkoptions as flink
from flinkop.flinkconf import operatoroptions as options
from flinkop.flinkconf.highavailability import is_kubernetes_ha
from flinkop.flinkconf.startedoptions import as_started, options_of_start
from flinkop.lifecycle.desired import Desired, Scaling
from flinkop.lifecycle.phase import ENDED
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.rollback import in_place_of, stays_rolled_back
from flinkop.lifecycle.specdiff import NO_CHANGE, Change, Effect
from flinkop.lifecycle.step import Rescaling
from flinkop.lifecycle.wantedchange import change_of
from flinkop.resources.application import build_application, options_of
from flinkop.resources.configuration import DeploymentPlan, build_configuration, with_deployment
from flinkop.resources.ingress import digest_of
from flinkop.resources.size import taskmanager_replicas
from flinkop.validation.flinkdeployment import validate_flinkdeployment

Defaults = Callable[[str, FlinkVersion], Mapping[str, str]]
"""Namespace and Flink version to the operator's default configuration."""
Recorded = Mapping[str, str] | None
"""The options that were recorded with the start of a cluster."""


@dataclass(frozen=True, slots=True)
class Running:
    """What the cluster that runs was made with, as far as that is recorded; without one, what it will be made with."""

    spec: FlinkDeploymentSpec
    configuration: Mapping[str, str]

    @property
    def rest_port(self) -> int:
        """Where its JobManager answers."""
        return flink.REST_PORT.read(self.configuration)


@dataclass(frozen=True, slots=True)
class Wish:
    """A desired state together with what is needed to carry it out.

    What belongs to the resource names its `uid` as its owner's.
    """

    uid: str
    desired: Desired
    spec: FlinkDeploymentSpec
    configuration: Mapping[str, str]
    taskmanagers: int
    running: Running


@dataclass(frozen=True, slots=True)
class NeverValid:
    """There is no spec that could be in force: the only one is invalid, or what was recorded cannot be read any more."""

    problems: tuple[str, ...]


def read_wish(
    resource: Mapping[str, Any],
    record: Record,
    defaults: Defaults,
    kind: ClusterKind = FLINK_DEPLOYMENT_KIND,
    around: Around = NOTHING_AROUND,
    refused: str | None = None,
) -> Wish | NeverValid:
    """The newest valid spec of the resource: the present one, or else the one that was accepted last.

    `refused` is what the API server has against the present one, whose objects it was shown.

    After a rollback the last stable spec takes its place, until a spec comes that differs from the rejected one by more than a scale.
    """
    try:
        wish = _accept(kind, resource, kind.read(resource, around), record, defaults)
    except InvalidSpec as refused:
        return _fall_back(kind, resource, record, record.reconciled, defaults, (str(refused),))
    if stays_rolled_back(record, wish.desired.spec):
        return _fall_back(kind, resource, record, wish.desired.spec, defaults, ())
    return wish if refused is None else _fall_back(kind, resource, record, record.reconciled, defaults, (refused,))


def basis_of(record: Record) -> tuple[Any, ...]:
    """All of the record that `read_wish` asks for: as long as it is the same, so is the wish."""
    return (
        record.reconciled,  # the same object as long as its text is the same
        record.phase in ENDED,
        isinstance(record.step, Rescaling),
        record.request_is_unmet,
        record.start.configuration if record.start is not None else "never started",
        record.rollback,
        record.rollback is not None and record.stable,
    )


def _fall_back(
    kind: ClusterKind,
    resource: Mapping[str, Any],
    record: Record,
    accepted: Mapping[str, Any] | None,
    defaults: Defaults,
    problems: tuple[str, ...],
) -> Wish | NeverValid:
    """Specs that have run before are not checked again. `accepted` is the newest that was."""
    rolled_back = record.rollback is not None and accepted is not None
    if accepted is not None:
        try:
            spec = in_place_of(record, accepted) if rolled_back else accepted
            return _accept(kind, resource, parse_spec(spec), record, defaults, problems, is_new=False, rolled_back=rolled_back)
        except InvalidSpec as unreadable:  # an older or newer operator wrote it: what runs is left alone, but for a deletion
            problems = (f"status.reconciliationStatus.{'lastStableSpec' if rolled_back else 'lastReconciledSpec'}: {unreadable}",)
    return _deleted_before_valid(kind, resource) if "deletionTimestamp" in resource["metadata"] else NeverValid(problems)


def _accept(
    kind: ClusterKind,
    resource: Mapping[str, Any],
    spec: FlinkDeploymentSpec,
    record: Record,
    defaults: Defaults,
    problems: tuple[str, ...] = (),
    *,
    is_new: bool = True,
    rolled_back: bool = False,
) -> Wish:
    metadata = resource["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    before = parse_spec(record.reconciled) if record.reconciled is not None else None
    base = defaults(namespace, spec.flink_version)
    configuration = build_configuration(namespace, name, spec, base)
    if is_new:
        _check(kind, name, namespace, spec, configuration, before)
    recorded = record.start.configuration if record.start is not None else None
    running = _running(namespace, name, before, recorded, defaults) if before is not None else Running(spec, configuration)
    wire = spec.to_wire()
    change = change_of(record, wire)
    scaling = scaling_of(change, spec, configuration, running.configuration) if record.phase not in ENDED else Scaling.NONE
    desired = Desired(
        generation=metadata["generation"],
        spec=wire,
        change=change if scaling is not Scaling.NONE else _restarting(change),
        scaling=scaling,
        standalone=spec.mode is DeploymentMode.STANDALONE,
        taskmanagers=_taskmanagers(spec, configuration, running, scaling, recorded),
        parallelism=parallelism_of(configuration) if scaling is Scaling.REQUIREMENTS or isinstance(record.step, Rescaling) else {},
        rolled_back=rolled_back,
        suspended=spec.job is not None and spec.job.state is DesiredJobState.SUSPENDED,
        upgrade_mode=spec.job.upgrade_mode.value if spec.job else "stateless",
        settings=settings_of(configuration, base, spec.flink_version),
        deleting="deletionTimestamp" in metadata,
        has_finalizer=kind.finalizer in metadata.get("finalizers", ()),
        deployed_high_availability=before is not None and is_kubernetes_ha(running.configuration),
        checkpoints_retained=flink.retains_checkpoints(running.configuration),
        version_changed=before is not None and before.flink_version != spec.flink_version,
        initial_savepoint_path=(spec.job.initial_savepoint_path or None) if spec.job else None,
        pinned_job_id=flink.PINNED_JOB_ID.read(configuration),
        problems=problems,
        configuration=options_of_start(configuration),
        session=spec.job is None,
        manages_ingress=options.MANAGE_INGRESS.read(base),
        ingress=digest_of(spec.ingress, running.rest_port) if spec.ingress else None,
    )
    return _wish(metadata["uid"], desired, spec, configuration, running)


def _wish(uid: str, desired: Desired, spec: FlinkDeploymentSpec, configuration: Mapping[str, str], running: Running) -> Wish:
    return Wish(
        uid=uid,
        desired=desired,
        spec=spec,
        configuration=configuration,
        taskmanagers=taskmanager_replicas(spec, configuration) if spec.job or desired.standalone else 0,
        running=running,
    )


def _check(
    kind: ClusterKind,
    name: str,
    namespace: str,
    spec: FlinkDeploymentSpec,
    configuration: Mapping[str, str],
    before: FlinkDeploymentSpec | None,
) -> None:
    violations = validate_flinkdeployment(name, namespace, spec, configuration, before)
    errors = [str(kind.tell(violation)) for violation in violations if violation.is_error]
    if errors:
        raise InvalidSpec("; ".join(errors))
    _build_on_trial(namespace, name, spec, configuration)


def _build_on_trial(namespace: str, name: str, spec: FlinkDeploymentSpec, configuration: Mapping[str, str]) -> None:
    """What cannot be built is found out before the old job is stopped for it. Raises InvalidSpec."""
    plan = DeploymentPlan(generation=0, owner_uid="", job_id=None, savepoint_path=None, job_result_store_id="")
    build_application(namespace, name, spec, with_deployment(configuration, plan), **options_of(configuration))


def _restarting(change: Change) -> Change:
    """What cannot be scaled in place is a restart."""
    return replace(change, effect=Effect.UPGRADE) if change.effect is Effect.SCALE else change


def _running(namespace: str, name: str, before: FlinkDeploymentSpec, recorded: Recorded, defaults: Defaults) -> Running:
    computed = build_configuration(namespace, name, before, defaults(namespace, before.flink_version))
    return Running(before, as_started(computed, recorded))


def _taskmanagers(spec: FlinkDeploymentSpec, conf: Mapping[str, str], running: Running, scaling: Scaling, recorded: Recorded) -> int:
    """Those of the cluster that runs: `spec` has a say in their number where that is changed without a restart."""
    if scaling is Scaling.REPLICAS:
        return taskmanager_replicas(spec, as_started(conf, recorded))
    return taskmanager_replicas(running.spec, running.configuration)


def _deleted_before_valid(kind: ClusterKind, resource: Mapping[str, Any]) -> Wish:
    """Without a spec that can be read a stand-in lets the deletion end."""
    stand_in = {**resource, "spec": {"flinkVersion": "v1_20"}}
    spec = parse_spec(stand_in["spec"])
    metadata = resource["metadata"]
    desired = Desired(
        generation=metadata["generation"],
        spec=spec.to_wire(),
        change=NO_CHANGE,
        suspended=False,
        upgrade_mode="stateless",
        settings=settings_of({}, {}, spec.flink_version),
        deleting=True,
        has_finalizer=kind.finalizer in metadata.get("finalizers", ()),
    )
    return _wish(metadata["uid"], desired, spec, {}, Running(spec, {}))
