"""The operator's own configuration: its system options, and the defaults of every cluster it runs.

It comes from the files of the established operator, `config.yaml` or `flink-conf.yaml` in a directory (the ConfigMap
`flink-operator-config`, mounted), and from the environment. Everything is checked whenever it is read.
"""

from __future__ import annotations

import os
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Generic, TypeVar

from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidConfiguration, InvalidSpec
from flinkop.flinkconf import operatoroptions as options
from flinkop.flinkconf.establishedoptions import PREFIX
from flinkop.flinkconf.layers import OPERATOR_CONFIGURATION, Layer, merge
from flinkop.flinkconf.option import InvalidOption, Option
from flinkop.flinkconf.syntax import read_config_yaml, read_flink_conf_yaml

T = TypeVar("T")

FILES: tuple[tuple[str, Callable[[str], dict[str, str]]], ...] = (
    ("flink-conf.yaml", read_flink_conf_yaml),
    ("config.yaml", read_config_yaml),
)
"""The configuration files; the first that is there counts. Flink 1.20, on which the established operator is built, has this order."""
_LOG_FILES = ("log4j-console.properties", "logback-console.xml")
_FAMILIES = (options.NAMESPACE_DEFAULTS, options.VERSION_DEFAULTS)
_SOURCE_OF_NAMESPACE, _SOURCE_OF_VERSION = (family.removeprefix(PREFIX) for family in _FAMILIES)
# A leader must have time to renew, and give up before another takes over.
_FALLING_TIMES = (options.LEASE_DURATION, options.RENEW_DEADLINE, options.RETRY_PERIOD)
_NAMESPACE_OF_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class _SystemOption(Generic[T]):
    """A property of OperatorConfig: the value of one option."""

    def __init__(self, option: Option[T]) -> None:
        self._option = option

    def __get__(self, config: OperatorConfig, owner: type[OperatorConfig]) -> T:
        return self._option.read(config.base)


@dataclass(frozen=True, slots=True)
class VersionDefaults:
    """Defaults for the clusters of one Flink version, or of that version and later."""

    version: FlinkVersion
    and_later: bool
    conf: Mapping[str, str]

    def apply_to(self, version: FlinkVersion) -> bool:
        """Whether a cluster of `version` gets them."""
        return version >= self.version if self.and_later else version == self.version

    @property
    def name(self) -> str:
        """The form that the keys have: `v1_20`, `v1_20+`."""
        return f"{self.version}{'+' if self.and_later else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorConfig:
    """One reading of it. What the options mean: `flinkconf.operatoroptions`."""

    operator_namespace: str
    operator_name: str
    pod_name: str
    base: Mapping[str, str]
    """Everything that is set, but the defaults for namespaces and versions."""
    namespace_defaults: Mapping[str, Mapping[str, str]]
    version_defaults: tuple[VersionDefaults, ...]
    """The weakest first."""
    log_files: Mapping[str, str]
    """Log configuration files by name, for clusters that bring none of their own."""
    warnings: tuple[str, ...]
    """One sentence for each key that has no effect."""

    reconcile_interval = _SystemOption(options.RECONCILE_INTERVAL)
    progress_check_interval = _SystemOption(options.PROGRESS_CHECK_INTERVAL)
    rest_ready_delay = _SystemOption(options.REST_READY_DELAY)
    reconcile_parallelism = _SystemOption(options.RECONCILE_PARALLELISM)
    flink_client_timeout = _SystemOption(options.FLINK_CLIENT_TIMEOUT)
    cancel_timeout = _SystemOption(options.CANCEL_TIMEOUT)
    resource_cleanup_timeout = _SystemOption(options.RESOURCE_CLEANUP_TIMEOUT)
    termination_timeout = _SystemOption(options.TERMINATION_TIMEOUT)
    retry_initial_interval = _SystemOption(options.RETRY_INITIAL_INTERVAL)
    retry_multiplier = _SystemOption(options.RETRY_MULTIPLIER)
    retry_max_interval = _SystemOption(options.RETRY_MAX_INTERVAL)
    watched_namespaces = _SystemOption(options.WATCHED_NAMESPACES)
    label_selector = _SystemOption(options.LABEL_SELECTOR)
    leader_election = _SystemOption(options.LEADER_ELECTION)
    lease_name = _SystemOption(options.LEASE_NAME)
    lease_duration = _SystemOption(options.LEASE_DURATION)
    renew_deadline = _SystemOption(options.RENEW_DEADLINE)
    retry_period = _SystemOption(options.RETRY_PERIOD)
    health_probe = _SystemOption(options.HEALTH_PROBE)
    health_probe_port = _SystemOption(options.HEALTH_PROBE_PORT)
    resource_metrics = _SystemOption(options.RESOURCE_METRICS)
    resource_metrics_limit = _SystemOption(options.RESOURCE_METRICS_LIMIT)
    established_metric_names = _SystemOption(options.ESTABLISHED_METRIC_NAMES)
    manage_ingress = _SystemOption(options.MANAGE_INGRESS)
    savepoint_history_count_ceiling = _SystemOption(options.SAVEPOINT_HISTORY_COUNT_CEILING)
    savepoint_history_age_ceiling = _SystemOption(options.SAVEPOINT_HISTORY_AGE_CEILING)
    job_submission_timeout = _SystemOption(options.JOB_SUBMISSION_TIMEOUT)
    artifact_schemes = _SystemOption(options.ARTIFACT_SCHEMES)
    artifact_directory = _SystemOption(options.ARTIFACT_DIRECTORY)
    artifact_max_size = _SystemOption(options.ARTIFACT_MAX_SIZE)
    artifact_file_directories = _SystemOption(options.ARTIFACT_FILE_DIRECTORIES)
    refuse_restricted_hosts = _SystemOption(options.REFUSE_RESTRICTED_HOSTS)
    exception_events_limit = _SystemOption(options.EXCEPTION_EVENTS_LIMIT)
    exception_events_lines = _SystemOption(options.EXCEPTION_EVENTS_LINES)
    dynamic_config = _SystemOption(options.DYNAMIC_CONFIG)
    dynamic_config_interval = _SystemOption(options.DYNAMIC_CONFIG_INTERVAL)

    def defaults_for(self, namespace: str, version: FlinkVersion) -> dict[str, str]:
        """The configuration that a cluster of this version in this namespace starts from, before its own `flinkConfiguration`."""
        return merge(self.layers_for(namespace, version), version)

    def layers_for(self, namespace: str, version: FlinkVersion) -> Iterator[Layer]:
        """The layers of these defaults.

        The base is the weakest, then come the namespace's defaults, those of `version` and earlier "or later" ones in
        ascending order, and those of exactly this version.
        """
        yield Layer(OPERATOR_CONFIGURATION, self.base)
        if namespace in self.namespace_defaults:
            yield Layer(f"{_SOURCE_OF_NAMESPACE}{namespace}", self.namespace_defaults[namespace])
        for defaults in self.version_defaults:
            if defaults.apply_to(version):
                yield Layer(f"{_SOURCE_OF_VERSION}{defaults.name}", defaults.conf)


def load_config(
    environment: Mapping[str, str] = os.environ, directory: Path | None = None, defaults: Mapping[str, str] | None = None
) -> OperatorConfig:
    """Reads and checks the configuration.

    `defaults` is the weakest, then come the file in `directory` (or `FLINK_CONF_DIR`), the one in `CONF_OVERRIDE_DIR`, and
    `WATCH_NAMESPACES`. Raises InvalidConfiguration, which names every file or key that is wrong.
    """
    places = (directory or environment.get("FLINK_CONF_DIR"), environment.get("CONF_OVERRIDE_DIR"))
    directories = [_existing_directory(Path(place)) for place in places if place]
    conf = dict(defaults or {})
    for place in directories:
        conf.update(_read_configuration(place))
    if namespaces := environment.get("WATCH_NAMESPACES"):
        conf[options.WATCHED_NAMESPACES.key] = namespaces
    log_files = {path.name: _read(path) for place in directories for name in _LOG_FILES if (path := place / name).is_file()}
    return _build(conf, log_files, environment)


def _build(conf: Mapping[str, str], log_files: Mapping[str, str], environment: Mapping[str, str]) -> OperatorConfig:
    layers = _layers(conf)
    _check(layers)
    version_defaults, unknown_versions = _version_defaults(layers)
    return OperatorConfig(
        operator_namespace=environment.get("OPERATOR_NAMESPACE") or _namespace_of_pod(),
        operator_name=environment.get("OPERATOR_NAME") or "flinkop",
        pod_name=environment.get("POD_NAME") or f"{socket.gethostname()}-{os.getpid()}",
        base=layers[""],
        namespace_defaults=dict(_named(layers, options.NAMESPACE_DEFAULTS)),
        version_defaults=version_defaults,
        log_files=log_files,
        warnings=(*options.unknown_keys(conf), *unknown_versions, *_tolerated(layers[""])),
    )


def _layers(conf: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The configuration by what its keys begin with: nothing, or the prefix of one namespace's or version's defaults."""
    layers: dict[str, dict[str, str]] = defaultdict(dict, {"": {}})
    for key, value in conf.items():
        prefix = _prefix_of(key)
        layers[prefix][key.removeprefix(prefix)] = value
    return dict(layers)


def _prefix_of(key: str) -> str:
    for family in _FAMILIES:
        if key.startswith(family):
            return f"{family}{key.removeprefix(family).partition('.')[0]}."
    return ""


def _named(layers: Mapping[str, dict[str, str]], family: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The layers of one family, by the name that their prefix gives."""
    for prefix, part in layers.items():
        if prefix.startswith(family):
            yield prefix.removeprefix(family).removesuffix("."), part


def _version_defaults(layers: Mapping[str, dict[str, str]]) -> tuple[tuple[VersionDefaults, ...], list[str]]:
    """The defaults of the versions that are known, the weakest first, and a sentence for each other one."""
    known, unknown = [], []
    for name, part in _named(layers, options.VERSION_DEFAULTS):
        try:
            known.append(VersionDefaults(FlinkVersion.parse(name.removesuffix("+")), name.endswith("+"), part))
        except ValueError as error:
            unknown.append(f"{options.VERSION_DEFAULTS}{name}: {error}; it has no effect")
    return tuple(sorted(known, key=lambda defaults: (not defaults.and_later, defaults.version))), unknown


def _check(layers: Mapping[str, dict[str, str]]) -> None:
    problems = [problem for prefix, part in layers.items() for problem in _problems(prefix, part)]
    if problems:
        raise InvalidConfiguration("; ".join(problems))
    times = [option.read(layers[""]) for option in _FALLING_TIMES]
    if not times[0] > times[1] > times[2] > timedelta():
        raise InvalidConfiguration(f"{' > '.join(option.key for option in _FALLING_TIMES)} > 0: does not hold; change one of them")


def _problems(prefix: str, conf: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the operator's options in one layer; `prefix` is what stands before its keys in the file."""
    for option in options.ALL:
        if option in options.TOLERATED:
            continue
        try:
            option.read(conf)
        except InvalidOption as error:
            yield f"{prefix}{error.key}: {error.problem}"


def _tolerated(conf: Mapping[str, str]) -> Iterator[str]:
    for option in options.TOLERATED:
        try:
            option.read(conf)
        except InvalidOption as error:
            yield f"{error.key}: {error.problem}; the log stays as it is"


def _existing_directory(path: Path) -> Path:
    if not path.is_dir():
        raise InvalidConfiguration(f"{path}: is not a directory; mount the operator's configuration there, or name another directory")
    return path


def _read_configuration(directory: Path) -> dict[str, str]:
    for name, parse in FILES:
        path = directory / name
        if path.is_file():
            return _parsed(path, parse)
    return {}


def _parsed(path: Path, parse: Callable[[str], dict[str, str]]) -> dict[str, str]:
    try:
        return parse(_read(path))
    except InvalidSpec as error:
        raise InvalidConfiguration(f"{path.parent}/{error}") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise InvalidConfiguration(f"{path}: cannot be read: {reason}") from None


def _namespace_of_pod() -> str:
    return _NAMESPACE_OF_POD.read_text(encoding="utf-8").strip() if _NAMESPACE_OF_POD.is_file() else "default"
