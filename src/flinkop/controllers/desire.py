"""From a resource to what is desired: the spec is read, checked and compared with the one that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flinkop.api.flinkdeployment import DeploymentMode, DesiredJobState, FlinkDeploymentSpec, parse_spec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.controllers.scaling import parallelism_of, scaling_of
from flinkop.controllers.settings import settings_of
from flinkop.controllers.view import FINALIZER
from flinkop.errors import InvalidSpec
from flinkop.flinkconf import flinkoptions as flink
from flinkop.flinkconf import operatoroptions as options
from flinkop.flinkconf.highavailability import is_kubernetes_ha
from flinkop.lifecycle.desired import Desired, Scaling
from flinkop.lifecycle.phase import ENDED
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.rollback import in_place_of, stays_rolled_back
from flinkop.lifecycle.specdiff import NO_CHANGE, Change, Effect, diff_spec
from flinkop.resources.application import build_application, options_of
from flinkop.resources.configuration import DeploymentPlan, build_configuration, with_deployment
from flinkop.resources.ingress import digest_of
from flinkop.resources.size import taskmanager_replicas
from flinkop.validation.flinkdeployment import validate_flinkdeployment

Defaults = Callable[[str, FlinkVersion], Mapping[str, str]]
"""Namespace and Flink version to the operator's default configuration."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A desired state together with what is needed to carry it out. `rest_port`, `running` and its configuration are those of the cluster
    that runs.

    What belongs to the resource names its `uid` as its owner's.
    """

    uid: str
    desired: Desired
    spec: FlinkDeploymentSpec
    configuration: Mapping[str, str]
    taskmanagers: int
    rest_port: int
    running: FlinkDeploymentSpec
    running_configuration: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NeverValid:
    """There is no spec that could be in force: the only one is invalid, or what was recorded cannot be read any more."""

    problems: tuple[str, ...]


def read_wish(resource: Mapping[str, Any], record: Record, defaults: Defaults) -> Wish | NeverValid:
    """The newest valid spec of the resource: the present one, or else the one that was accepted last.

    After a rollback the last stable spec takes its place, until a spec comes that differs from the rejected one by more than a scale.
    """
    try:
        wish = _accept(resource, resource.get("spec") or {}, record, defaults)
    except InvalidSpec as refused:
        return _fall_back(resource, record, record.reconciled, defaults, (str(refused),))
    if stays_rolled_back(record, wish.desired.spec):
        return _fall_back(resource, record, wish.desired.spec, defaults, ())
    return wish


def _fall_back(
    resource: Mapping[str, Any], record: Record, accepted: Mapping[str, Any] | None, defaults: Defaults, problems: tuple[str, ...]
) -> Wish | NeverValid:
    """Specs that have run before are not checked again. `accepted` is the newest that was."""
    rolled_back = record.rollback is not None and accepted is not None
    if accepted is not None:
        try:
            spec = in_place_of(record, accepted) if rolled_back else accepted
            return _accept(resource, spec, record, defaults, problems, is_new=False, rolled_back=rolled_back)
        except InvalidSpec as unreadable:  # an older or newer operator wrote it: what runs is left alone, but for a deletion
            problems = (f"status.reconciliationStatus.{'lastStableSpec' if rolled_back else 'lastReconciledSpec'}: {unreadable}",)
    return _deleted_before_valid(resource) if "deletionTimestamp" in resource["metadata"] else NeverValid(problems)


def _accept(
    resource: Mapping[str, Any],
    raw: Mapping[str, Any],
    record: Record,
    defaults: Defaults,
    problems: tuple[str, ...] = (),
    *,
    is_new: bool = True,
    rolled_back: bool = False,
) -> Wish:
    metadata = resource["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    spec = parse_spec(raw)
    before = parse_spec(record.reconciled) if record.reconciled is not None else None
    base = defaults(namespace, spec.flink_version)
    configuration = build_configuration(namespace, name, spec, base)
    if is_new:
        _check(name, namespace, spec, configuration, before)
    running = _running_configuration(namespace, name, before, defaults) if before else configuration
    wire = spec.to_wire()
    change = _change(record, wire)
    scaling = scaling_of(change, spec, configuration, running) if record.phase not in ENDED else Scaling.NONE
    desired = Desired(
        generation=metadata["generation"],
        spec=wire,
        change=change if scaling is not Scaling.NONE else _restarting(change),
        scaling=scaling,
        standalone=spec.mode is DeploymentMode.STANDALONE,
        taskmanagers=taskmanager_replicas(spec, configuration),
        parallelism=parallelism_of(configuration) if scaling is Scaling.REQUIREMENTS else {},
        rolled_back=rolled_back,
        suspended=spec.job is not None and spec.job.state is DesiredJobState.SUSPENDED,
        upgrade_mode=spec.job.upgrade_mode.value if spec.job else "stateless",
        settings=settings_of(configuration, base, spec.flink_version),
        deleting="deletionTimestamp" in metadata,
        has_finalizer=FINALIZER in metadata.get("finalizers", ()),
        deployed_high_availability=before is not None and is_kubernetes_ha(running),
        version_changed=before is not None and before.flink_version != spec.flink_version,
        initial_savepoint_path=(spec.job.initial_savepoint_path or None) if spec.job else None,
        pinned_job_id=flink.PINNED_JOB_ID.read(configuration),
        problems=problems,
        session=spec.job is None,
        manages_ingress=options.MANAGE_INGRESS.read(base),
        ingress=digest_of(spec.ingress, flink.REST_PORT.read(running)) if spec.ingress else None,
    )
    return _wish(metadata["uid"], desired, spec, configuration, before or spec, running)


def _wish(
    uid: str,
    desired: Desired,
    spec: FlinkDeploymentSpec,
    configuration: Mapping[str, str],
    running: FlinkDeploymentSpec,
    running_configuration: Mapping[str, str],
) -> Wish:
    return Wish(
        uid=uid,
        desired=desired,
        spec=spec,
        configuration=configuration,
        taskmanagers=taskmanager_replicas(spec, configuration) if spec.job or desired.standalone else 0,
        rest_port=flink.REST_PORT.read(running_configuration),
        running=running,
        running_configuration=running_configuration,
    )


def _check(
    name: str,
    namespace: str,
    spec: FlinkDeploymentSpec,
    configuration: Mapping[str, str],
    before: FlinkDeploymentSpec | None,
) -> None:
    violations = validate_flinkdeployment(name, namespace, spec, configuration, before)
    errors = [str(violation) for violation in violations if violation.is_error]
    if errors:
        raise InvalidSpec("; ".join(errors))
    _build_on_trial(namespace, name, spec, configuration)


def _build_on_trial(namespace: str, name: str, spec: FlinkDeploymentSpec, configuration: Mapping[str, str]) -> None:
    """What cannot be built is found out before the old job is stopped for it. Raises InvalidSpec."""
    plan = DeploymentPlan(generation=0, owner_uid="", job_id=None, savepoint_path=None, job_result_store_id="")
    build_application(namespace, name, spec, with_deployment(configuration, plan), **options_of(configuration))


def _change(record: Record, wire: Mapping[str, Any]) -> Change:
    if record.reconciled is None:
        return NO_CHANGE if record.start is None else Change(Effect.UPGRADE, ())
    return diff_spec(record.reconciled, wire)


def _restarting(change: Change) -> Change:
    """What cannot be scaled in place is a restart."""
    return replace(change, effect=Effect.UPGRADE) if change.effect is Effect.SCALE else change


def _running_configuration(namespace: str, name: str, before: FlinkDeploymentSpec, defaults: Defaults) -> Mapping[str, str]:
    return build_configuration(namespace, name, before, defaults(namespace, before.flink_version))


def _deleted_before_valid(resource: Mapping[str, Any]) -> Wish:
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
        has_finalizer=FINALIZER in metadata.get("finalizers", ()),
    )
    return _wish(metadata["uid"], desired, spec, {}, spec, {})
