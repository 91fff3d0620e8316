"""Rules about standalone clusters: what Flink can do only in them, and what it cannot do in them."""

from __future__ import annotations

from collections.abc import Iterator

from flinkop.api.flinkdeployment import DeploymentMode
from flinkop.flinkconf.flinkoptions import SCHEDULER_MODE
from flinkop.flinkconf.jar import JARS_SINCE, USER_LIBRARY, is_in_user_library
from flinkop.validation.job import is_python
from flinkop.validation.subject import Subject
from flinkop.validation.violation import Violation, warning

_WITHOUT_EFFECT = {
    "kubernetes.jobmanager.entrypoint.args": "set the options they name in spec.flinkConfiguration",
    "kubernetes.taskmanager.entrypoint.args": "set the options they name in spec.flinkConfiguration",
}

# Flink's command line sets it over the configuration, and has no argument for it. Seen with Flink 1.18, 1.20 and 2.2.
_CLAIM_MODES = ("execution.savepoint-restore-mode", "execution.state-recovery.claim-mode")
_ONLY_CLAIM_MODE = "NO_CLAIM"

_LONGEST_ARGUMENT = 128 * 1024 - 1  # Linux: MAX_ARG_STRLEN, with its end


def is_reactive_where_flink_can_be(subject: Subject) -> Iterator[Violation]:
    """Flink's reactive mode takes the TaskManagers it is given: that is for one job, and where Flink cannot ask for more."""
    if SCHEDULER_MODE.read(subject.conf).lower() != "reactive":
        return
    path = subject.path_of(SCHEDULER_MODE.key)
    if not _is_standalone(subject):
        yield Violation(path, "is reactive, which Flink refuses in a native cluster", "write spec.mode: standalone, or leave it out")
    elif subject.spec.job is None:
        yield Violation(path, "is reactive, which Flink refuses in a session cluster", "leave it out")


def _is_standalone(subject: Subject) -> bool:
    return subject.spec.mode is DeploymentMode.STANDALONE


def names_the_class_of_a_jar_that_flink_does_not_search(subject: Subject) -> Iterator[Violation]:
    """Up to 1.18 the command line of a standalone cluster names no jar, so the manifests of those in one directory are read."""
    job = subject.spec.job
    if job is None or not job.jar_uri or not _is_standalone(subject) or subject.version >= JARS_SINCE:
        return
    if not job.entry_class and not is_in_user_library(job.jar_uri) and not is_python(job):
        problem = f"is not set, and Flink {subject.version.dotted} looks for the main class of a standalone job only in {USER_LIBRARY}"
        yield Violation("spec.job.entryClass", problem, "name the main class, or put the jar there")


def has_arguments_that_a_command_line_takes(subject: Subject) -> Iterator[Violation]:
    """In a standalone cluster they are arguments of the container's command."""
    job = subject.spec.job
    for position, argument in enumerate(job.args if job is not None and _is_standalone(subject) else ()):
        size = len(argument.encode())
        if size > _LONGEST_ARGUMENT:
            problem = f"has {size} bytes, and the command line of a standalone cluster takes at most {_LONGEST_ARGUMENT} in one argument"
            yield Violation(f"spec.job.args[{position}]", problem, "write spec.mode: native, or bring it to the job in a file")


def has_a_jar_that_is_one(subject: Subject) -> Iterator[Violation]:
    """Flink's command line takes a list of jars."""
    job = subject.spec.job
    if job is not None and _is_standalone(subject) and subject.version >= JARS_SINCE and "," in (job.jar_uri or ""):
        yield Violation("spec.job.jarURI", "has a comma, at which Flink's command line would cut it", "give the jar another name")


def has_options_with_an_effect(subject: Subject) -> Iterator[Violation]:
    """Options that work in a native cluster only. Only told: manifests made for others must pass."""
    if not _is_standalone(subject):
        return
    for key, remedy in _WITHOUT_EFFECT.items():
        if subject.conf.get(key, "").strip():
            yield warning(subject.path_of(key), "has no effect in a standalone cluster", remedy)
    for key in _CLAIM_MODES if subject.spec.job else ():
        if subject.conf.get(key, _ONLY_CLAIM_MODE).strip().upper() != _ONLY_CLAIM_MODE:
            problem = f"has no effect in a standalone cluster, where Flink restores with {_ONLY_CLAIM_MODE}"
            yield warning(subject.path_of(key), problem, "leave it out")
