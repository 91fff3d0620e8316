"""What a spec means in Flink's options, layer by layer: its `flinkConfiguration`, its other fields, and what the operator adds.

Source: flink-on-kubernetes, section 1; the order of the layers is the official operator's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flinkop.api.cluster import JobManagerSpec, TaskManagerSpec
from flinkop.api.flinkdeployment import DeploymentMode, FlinkDeploymentSpec, UpgradeMode
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.flinkoptions import (
    CHECKPOINT_INTERVAL,
    CLASSPATHS,
    PARALLELISM,
    PARALLELISM_OVERRIDES,
    TASK_SLOTS,
    UNCLAIMED_STATE,
)
from flinkop.flinkconf.highavailability import is_ha
from flinkop.flinkconf.jar import class_path
from flinkop.flinkconf.layers import Layer, put
from flinkop.flinkconf.option import InvalidOption, integer
from flinkop.flinkconf.syntax import format_list
from flinkop.resources.javaoptions import default_java_options
from flinkop.resources.jobmetrics import default_reporter
from flinkop.resources.size import size_of, taskmanager_replicas

FLINK_VERSION = "$internal.flink.version"
PROGRAM_ARGUMENTS = "$internal.application.program-args"

OWN_CONFIGURATION = "spec.flinkConfiguration"
OPERATOR_DEFAULT = "operator default"
SET_BY_OPERATOR = "set by the operator"
"""Sources of layers: what the resource says itself; what holds when nobody says anything; what nobody can change."""

_NAME = "metadata.name"
_OVERRIDES = "pipeline.jobvertex-parallelism-overrides"
_IMAGE_SINCE_1_17 = FlinkVersion(1, 17)

_CLUSTER_DEFAULTS = {"kubernetes.rest-service.exposed.type": "ClusterIP", "web.cancel.enable": "false"}
_JOB_DEFAULTS = {
    "execution.submit-failed-job-on-application-error": "true",
    "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
}
_LAST_STATE_DEFAULTS = {CHECKPOINT_INTERVAL.key: "5 min"}


@dataclass(frozen=True, slots=True)
class Identified:
    """A spec and whose it is."""

    namespace: str
    name: str
    spec: FlinkDeploymentSpec


Layers = Iterator[Layer]
_Field = tuple[str, str, str | None]
"""The field of the resource, the option, and the value; None when the field is not set."""


def stack(resource: Identified, defaults: Iterable[Layer]) -> tuple[list[Layer], dict[str, str]]:
    """All layers of a resource, the weakest first, beginning with `defaults`; and the configuration that they make.

    A value that cannot be read stays as it is: validation names it, with its path.
    """
    layers: list[Layer] = []
    conf: dict[str, str] = {}
    for layer in _all(resource, defaults, conf):
        layers.append(layer)
        put(layer, conf, resource.spec.flink_version)
    return layers, conf


def _all(resource: Identified, defaults: Iterable[Layer], conf: Mapping[str, str]) -> Layers:
    """Some layers depend on what stands below them, in `conf`."""
    yield from defaults
    for make in _MAKERS:
        yield from make(resource, conf)


def _own_configuration(resource: Identified, _conf: Mapping[str, str]) -> Layers:
    yield Layer(OWN_CONFIGURATION, resource.spec.flink_configuration)


def _cluster_fields(resource: Identified, _conf: Mapping[str, str]) -> Layers:
    spec, version = resource.spec, resource.spec.flink_version
    image_key = "kubernetes.container.image.ref" if version >= _IMAGE_SINCE_1_17 else "kubernetes.container.image"
    yield from _fields(
        ("spec.flinkVersion", FLINK_VERSION, str(version)),
        (_NAME, "kubernetes.cluster-id", resource.name),
        ("metadata.namespace", "kubernetes.namespace", resource.namespace),
        ("spec.job", "execution.target", "kubernetes-session" if spec.job is None else "kubernetes-application"),
        ("spec.image", image_key, spec.image),
        ("spec.imagePullPolicy", "kubernetes.container.image.pull-policy", spec.image_pull_policy),
        ("spec.serviceAccount", "kubernetes.service-account", spec.service_account),
    )
    yield _size("jobManager", spec.job_manager, version)
    yield _size("taskManager", spec.task_manager, version)
    replicas = spec.job_manager.replicas
    yield from _fields(("spec.jobManager.replicas", "kubernetes.jobmanager.replicas", str(replicas) if replicas > 0 else None))


def _size(field: str, process: JobManagerSpec | TaskManagerSpec, version: FlinkVersion) -> Layer:
    source = f"spec.{field}.{'resource' if process.resources is None else 'resources'}"
    return Layer(source, size_of(field.lower(), process.resource, process.resources, version).options)


def _cluster_defaults(resource: Identified, conf: Mapping[str, str]) -> Layers:
    yield Layer(OPERATOR_DEFAULT, _CLUSTER_DEFAULTS, gives_way=True)
    yield Layer(OPERATOR_DEFAULT, default_java_options(resource.spec.flink_version, conf))
    yield Layer(OPERATOR_DEFAULT, default_reporter(conf), gives_way=True)


def _job_fields(resource: Identified, conf: Mapping[str, str]) -> Layers:
    job = resource.spec.job
    if job is None:
        return
    allowed = job.allow_non_restored_state
    yield from _fields(
        ("spec.job.jarURI", "pipeline.jars", format_list([job.jar_uri]) if job.jar_uri and not _is_standalone(resource) else None),
        ("spec.job.entryClass", "$internal.application.main", job.entry_class),
        ("spec.job.args", PROGRAM_ARGUMENTS, format_list(job.args) if job.args else None),
        ("spec.job.allowNonRestoredState", UNCLAIMED_STATE, None if allowed is None else str(allowed).lower()),
        ("spec.job.parallelism", PARALLELISM.key, str(job.parallelism)),
        (_OVERRIDES, PARALLELISM.key, _by_overrides(conf) if _is_standalone(resource) else None),
        ("spec.taskManager.replicas", PARALLELISM.key, _by_taskmanagers(resource.spec, conf)),
    )


def _job_defaults(resource: Identified, _conf: Mapping[str, str]) -> Layers:
    job = resource.spec.job
    if job is None:
        return
    yield Layer(SET_BY_OPERATOR, {"execution.shutdown-on-application-finish": "false"})
    yield Layer(OPERATOR_DEFAULT, {**_JOB_DEFAULTS, "pipeline.name": resource.name}, gives_way=True)
    if job.upgrade_mode is UpgradeMode.LAST_STATE:
        yield Layer(OPERATOR_DEFAULT, _LAST_STATE_DEFAULTS, gives_way=True)


def _standalone_fields(resource: Identified, conf: Mapping[str, str]) -> Layers:
    """Flink then has no resource manager of its own. The command line names the jar, or where it cannot, the class path does."""
    if not _is_standalone(resource):
        return
    spec = resource.spec
    jar = class_path(spec.job, spec.flink_version) if spec.job else None
    yield from _fields(
        ("spec.mode", "execution.target", "remote"),
        ("spec.mode", "kubernetes.internal.cluster-mode", "SESSION" if spec.job is None else "APPLICATION"),
        ("spec.mode", "kubernetes.internal.taskmanager.replicas", _taskmanagers(spec, conf)),
        ("spec.job.jarURI", CLASSPATHS.key, _with_jar(jar, conf) if jar else None),
    )


def _high_availability(resource: Identified, conf: Mapping[str, str]) -> Layers:
    if is_ha(conf):
        yield from _fields((_NAME, "high-availability.cluster-id", resource.name))


_MAKERS: tuple[Callable[[Identified, Mapping[str, str]], Layers], ...] = (
    _own_configuration,
    _cluster_fields,
    _cluster_defaults,
    _job_fields,
    _job_defaults,
    _standalone_fields,
    _high_availability,
)


def _fields(*fields: _Field) -> Layers:
    for source, key, value in fields:
        if value is not None:
            yield Layer(source, {key: value})


def _is_standalone(resource: Identified) -> bool:
    return resource.spec.mode is DeploymentMode.STANDALONE


def _taskmanagers(spec: FlinkDeploymentSpec, conf: Mapping[str, str]) -> str | None:
    try:
        return str(taskmanager_replicas(spec, conf))
    except InvalidOption:
        return None


def _with_jar(jar: str, conf: Mapping[str, str]) -> str | None:
    try:
        return format_list(dict.fromkeys([*CLASSPATHS.read(conf), jar]))
    except InvalidOption:
        return None


def _by_overrides(conf: Mapping[str, str]) -> str | None:
    """What the busiest vertex is told: nobody adds TaskManagers for it in a standalone cluster."""
    try:
        highest = max((integer(text) for text in PARALLELISM_OVERRIDES.read(conf).values()), default=0)
    except (InvalidOption, ValueError):
        return None
    return str(highest) if highest else None


def _by_taskmanagers(spec: FlinkDeploymentSpec, conf: Mapping[str, str]) -> str | None:
    """The parallelism that the number of TaskManagers asks for."""
    try:
        return None if spec.task_manager.replicas is None else str(spec.task_manager.replicas * TASK_SLOTS.read(conf))
    except InvalidOption:
        return None
