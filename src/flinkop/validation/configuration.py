"""Rules about flinkConfiguration and logConfiguration."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.job import UpgradeMode
from flinkop.flinkconf import flinkoptions, operatoroptions
from flinkop.flinkconf.configfile import legacy_problem
from flinkop.flinkconf.establishedoptions import AUTOSCALER_PREFIX, PREFIX
from flinkop.flinkconf.flinkoptions import CHECKPOINT_RETENTION, RETAINED, retains_checkpoints
from flinkop.flinkconf.highavailability import is_ha
from flinkop.flinkconf.operatoroptions import HEALTH_CHECK, RECOVERY, ROLLBACK
from flinkop.flinkconf.option import InvalidOption
from flinkop.validation.subject import Configured, Subject
from flinkop.validation.violation import Severity, Violation, warning

# The operator sets these itself, from metadata.
_FORBIDDEN = {
    "kubernetes.namespace": "metadata.namespace",
    "kubernetes.cluster-id": "metadata.name",
    "high-availability.cluster-id": "metadata.name",
}

_LOG_FILES = ("log4j-console.properties", "logback-console.xml")
_YAML_SINCE = FlinkVersion(2, 0)
_OPERATOR_PREFIXES = (PREFIX, AUTOSCALER_PREFIX)

_HIGH_AVAILABILITY = frozenset({"NONE", "KUBERNETES", "ZOOKEEPER"})

_JAVA_OPTIONS = ("env.java.opts", "env.java.default-opts")
_ENTRYPOINT_ARGUMENTS = ("kubernetes.jobmanager.entrypoint.args", "kubernetes.taskmanager.entrypoint.args")
_SHELL_CHARACTERS = frozenset("$`;&|<>(){}\n")


def leaves_identity_to_the_operator(subject: Subject) -> Iterator[Violation]:
    """Cluster id and namespace are those of the resource."""
    for key, field in _FORBIDDEN.items():
        if key in subject.spec.flink_configuration:
            yield Violation(f"spec.flinkConfiguration.{key}", f"is set from {field}", "leave it out")


def has_readable_options(subject: Configured) -> Iterator[Violation]:
    """Every option that the operator reads for a resource has a value of its type; a mistake about the operator's log is none of it."""
    for option in (*flinkoptions.ALL, *operatoroptions.ALL):
        if option in operatoroptions.TOLERATED:
            continue
        try:
            option.read(subject.conf)
        except InvalidOption as error:
            yield Violation.of(subject.path_of(error.key), error.problem)


def names_a_kind_of_high_availability(subject: Configured) -> Iterator[Violation]:
    """Flink takes any other word for the name of a class, and its JobManager ends."""
    try:
        mode = flinkoptions.HIGH_AVAILABILITY.read(subject.conf)
    except InvalidOption:
        return
    if mode.upper() not in _HIGH_AVAILABILITY and "." not in mode:
        key = next(
            key for key in (*flinkoptions.HIGH_AVAILABILITY.fallback_keys, flinkoptions.HIGH_AVAILABILITY.key) if key in subject.conf
        )
        yield Violation(subject.path_of(key), f"'{mode}' is no kind of high availability", "write kubernetes, zookeeper or NONE")


def has_overrides_that_are_numbers(subject: Configured) -> Iterator[Violation]:
    """Vertices to numbers from 1 on."""
    option = flinkoptions.PARALLELISM_OVERRIDES
    try:
        overrides = option.read(subject.conf)
    except InvalidOption:
        return
    for vertex, text in overrides.items():
        if not text.isdecimal() or int(text) < 1:
            yield Violation(subject.path_of(option.key), f"gives the vertex {vertex} no parallelism", "write VERTEX:NUMBER, from 1 on")


def has_known_operator_options(subject: Configured) -> Iterator[Violation]:
    """Options for the operator are known, and may be set by a resource. Only told: manifests made for others must pass."""
    own = subject.own
    for sentence in operatoroptions.unknown_keys(own):
        key, _, text = sentence.partition(": ")
        yield Violation.of(f"spec.flinkConfiguration.{key}", text, Severity.WARNING)
    for key in sorted(operatoroptions.SYSTEM_KEYS & own.keys()):
        problem = "is read from the operator's own configuration only, and has no effect here"
        yield warning(f"spec.flinkConfiguration.{key}", problem, "leave it out")


def can_be_written(subject: Subject) -> Iterator[Violation]:
    """Flink 1.x reads a file in which not every value can be expressed."""
    if subject.version >= _YAML_SINCE:
        return
    for key, value in {**_restore_path(subject), **subject.conf}.items():
        problem = None if key.startswith(_OPERATOR_PREFIXES) else legacy_problem(key, value)
        if problem:
            yield Violation.of(subject.path_of(key), problem)


def _restore_path(subject: Subject) -> dict[str, str]:
    """What a start adds to the configuration."""
    path = subject.spec.job.initial_savepoint_path if subject.spec.job else None
    return {"execution.savepoint.path": path} if path else {}


def leaves_restore_paths_to_the_operator(subject: Configured) -> Iterator[Violation]:
    """Each start names the state it restores: a path from the configuration would be an old one from the first upgrade on."""
    for key in sorted(flinkoptions.RESTORE_PATHS & subject.own.keys()):
        problem = "has no effect: the operator decides at each start which state is restored"
        yield warning(f"spec.flinkConfiguration.{key}", problem, "write spec.job.initialSavepointPath for the first start")


def uses_names_that_flink_knows(subject: Configured) -> Iterator[Violation]:
    """Flink ignores names it does not know: with these, it would run without the user's state being safe."""
    own = subject.own
    for key, (since, old_name) in flinkoptions.NEW_NAMES.items():
        if key in own and subject.version < since and old_name not in own:
            problem = f"is not known to Flink {subject.version.dotted}, which would run without it"
            yield Violation(f"spec.flinkConfiguration.{key}", problem, f"write {old_name}")


def names_each_option_once(subject: Configured) -> Iterator[Violation]:
    """An option under its old and its new name, with different values, is a trap."""
    own = subject.own
    for key, (_, old_name) in flinkoptions.NEW_NAMES.items():
        if key in own and old_name in own and own[key] != own[old_name]:
            problem = f"is another name for {key}, which is set to something else"
            yield warning(f"spec.flinkConfiguration.{old_name}", problem, "keep one of the two")


def has_storage_for_high_availability(subject: Subject) -> Iterator[Violation]:
    """High availability keeps its data in a directory, and Flink does not start without one."""
    if not is_ha(subject.conf) or flinkoptions.HA_STORAGE_DIRECTORY.read(subject.conf):
        return
    mode, storage = flinkoptions.HIGH_AVAILABILITY.key_in(subject.conf), flinkoptions.HA_STORAGE_DIRECTORY.key
    if mode is None or mode in subject.own:
        path = f"spec.flinkConfiguration.{storage}"
        yield Violation(path, "is not set, and high availability needs it", "name a directory that all JobManagers reach")
    else:
        problem = f"asks for high availability, and {storage} is not set, which that needs"
        yield Violation(subject.path_of(mode), problem, "name a directory that all JobManagers reach, there or in spec.flinkConfiguration")


def has_java_options_that_survive_the_shell(subject: Subject) -> Iterator[Violation]:
    """Flink's scripts strip one quote from the end of Java options and hand the rest to `eval`."""
    for key, value in subject.conf.items():
        if not key.startswith(_JAVA_OPTIONS):
            continue
        if value.rstrip().endswith('"'):
            problem = "ends in a double quote, with which Flink's scripts lose all Java options"
            yield Violation(subject.path_of(key), problem, "put the quoted option first, so that another one ends the line")
        if not _SHELL_CHARACTERS.isdisjoint(value):
            yield _read_by_a_shell(subject, key)


def has_entrypoint_arguments_that_survive_the_shell(subject: Subject) -> Iterator[Violation]:
    """Arguments of the entry point are part of a `bash -c` line."""
    for key in _ENTRYPOINT_ARGUMENTS:
        value = subject.conf.get(key, "")
        if not _is_closed(value):
            yield Violation(subject.path_of(key), "has a quote that is not closed", "close it: a shell reads this line")
        elif not _SHELL_CHARACTERS.isdisjoint(value):
            yield _read_by_a_shell(subject, key)


def _is_closed(line: str) -> bool:
    try:
        shlex.split(line)
    except ValueError:
        return False
    return True


def _read_by_a_shell(subject: Subject, key: str) -> Violation:
    return warning(subject.path_of(key), "has characters that a shell acts on", "put those arguments in single quotes")


def rolls_back_only_with_high_availability(subject: Subject) -> Iterator[Violation]:
    """What was running may have made state that only the metadata of high availability know."""
    key = ROLLBACK.key
    if key in subject.spec.flink_configuration and ROLLBACK.read(subject.conf) and not is_ha(subject.conf):
        problem = "is true, and without high availability it may not be known what to go back to"
        yield Violation(subject.path_of(key), problem, "set high-availability.type: kubernetes")


def checks_health_only_with_recovery(subject: Subject) -> Iterator[Violation]:
    """To find out that a job is not well is of use only where it may be started again."""
    key = HEALTH_CHECK.key
    if key in subject.spec.flink_configuration and HEALTH_CHECK.read(subject.conf) and not RECOVERY.read(subject.conf):
        problem = f"is true, and {RECOVERY.key} is false, so that nothing would be started again"
        yield Violation(subject.path_of(key), problem, f"set {RECOVERY.key} to true")


def keeps_the_checkpoints_of_a_cancelled_job(subject: Subject) -> Iterator[Violation]:
    """Without high availability a job is cancelled for its last checkpoint. Only told: one that would lose it is not cancelled."""
    job, key = subject.job, CHECKPOINT_RETENTION.key
    if job is None or is_ha(subject.conf) or not CHECKPOINT_RETENTION.is_set(subject.conf) or retains_checkpoints(subject.conf):
        return
    if job.upgrade_mode is UpgradeMode.LAST_STATE or HEALTH_CHECK.read(subject.conf):
        problem = "lets Flink delete the checkpoints of a cancelled job, so that it cannot be started again from its last state"
        yield warning(subject.path_of(key), problem, f"write {RETAINED}, or set high-availability.type: kubernetes")


def has_known_log_files(subject: Subject) -> Iterator[Violation]:
    """Flink looks for two files."""
    for name in subject.spec.log_configuration:
        if name not in _LOG_FILES:
            yield Violation(f"spec.logConfiguration.{name}", "is not a file that Flink reads", f"use {' or '.join(_LOG_FILES)}")
