"""Rules about the job, and about where its state is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from flinkop.api.cluster import DeploymentMode
from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.job import JobSpec, UpgradeMode
from flinkop.flinkconf.flinkoptions import CHECKPOINT_DIRECTORY, CHECKPOINTS_ON_DEMAND_SINCE, NEW_NAMES, SAVEPOINT_DIRECTORY
from flinkop.flinkconf.jar import PYTHON_CLASSES
from flinkop.flinkconf.operatoroptions import MAX_CHECKPOINT_AGE, PERIODIC_CHECKPOINT_INTERVAL, PERIODIC_SAVEPOINT_INTERVAL
from flinkop.flinkconf.option import InvalidOption, Option
from flinkop.flinkconf.schedule import Schedule
from flinkop.validation.subject import Subject, WithJob
from flinkop.validation.violation import Violation, warning

# Up to 1.18 the jar must be in the image; up to 1.20 one must be named, unless the program is Python, or the cluster standalone.
_REMOTE_JARS_SINCE = FlinkVersion(1, 19)
_NO_JAR_SINCE = FlinkVersion(2, 0)
_PYTHON_ARGUMENTS = frozenset({"-py", "-pym", "--python", "--pyModule"})

# The path that stands for "high-availability metadata, or fail" in a configuration.
_LAST_STATE_PATH = "KUBERNETES_OPERATOR_LAST_STATE"

_SHORTEST_PAUSE = timedelta(seconds=10)
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def has_parallelism(subject: WithJob) -> Iterator[Violation]:
    """Parallelism is given, directly or by the number of TaskManagers."""
    job, task_manager = subject.job, subject.task_manager
    if job is None or job.parallelism >= 1 or (task_manager is not None and task_manager.replicas is not None):
        return
    remedy = "write 1 or more" if task_manager is None else "write 1 or more, or set spec.taskManager.replicas"
    is_set = "parallelism" in job.model_fields_set
    yield Violation("spec.job.parallelism", f"is {job.parallelism}" if is_set else "is not set", remedy)


def has_a_jar_that_flink_can_run(subject: Subject) -> Iterator[Violation]:
    """The jar is where this Flink version can take it from."""
    job = subject.spec.job
    if job is None:
        return
    if not job.jar_uri:
        needs_jar = subject.version < _NO_JAR_SINCE and subject.spec.mode is DeploymentMode.NATIVE
        if needs_jar and not is_python(job):
            problem = f"is not set, and Flink {subject.version.dotted} runs Java jobs only from a jar"
            yield Violation("spec.job.jarURI", problem, "name the jar in the image: local:///opt/flink/usrlib/job.jar")
    elif subject.version < _REMOTE_JARS_SINCE and not job.jar_uri.startswith("local:"):
        problem = f"is not a local: path, the only kind that Flink {subject.version.dotted} runs"
        yield Violation("spec.job.jarURI", problem, "put the jar in the image and write local:///opt/flink/usrlib/job.jar")


def is_python(job: JobSpec) -> bool:
    """Whether Flink takes the job for a Python program."""
    return job.entry_class in PYTHON_CLASSES or not _PYTHON_ARGUMENTS.isdisjoint(job.args)


def keeps_its_state_somewhere(subject: WithJob) -> Iterator[Violation]:
    """An upgrade that carries state needs the directories that the state goes to."""
    job = subject.job
    if job is None:
        return
    mode = f"is {job.upgrade_mode}"
    if job.upgrade_mode is not UpgradeMode.STATELESS and not _directory(subject, CHECKPOINT_DIRECTORY):
        yield _missing(subject, "spec.job.upgradeMode", mode, CHECKPOINT_DIRECTORY, "checkpoints")
    if job.upgrade_mode is UpgradeMode.SAVEPOINT and not _directory(subject, SAVEPOINT_DIRECTORY):
        yield _missing(subject, "spec.job.upgradeMode", mode, SAVEPOINT_DIRECTORY, "savepoints")
    if job.savepoint_trigger_nonce is not None and not _directory(subject, SAVEPOINT_DIRECTORY):
        yield _missing(subject, "spec.job.savepointTriggerNonce", "is set", SAVEPOINT_DIRECTORY, "savepoints")
    if MAX_CHECKPOINT_AGE.is_set(subject.conf) and not _directory(subject, SAVEPOINT_DIRECTORY):
        yield _missing(subject, subject.path_of(MAX_CHECKPOINT_AGE.key), "is set", SAVEPOINT_DIRECTORY, "savepoints")
    if _takes_periodic_savepoints(subject) and not _directory(subject, SAVEPOINT_DIRECTORY):
        yield _missing(subject, subject.path_of(PERIODIC_SAVEPOINT_INTERVAL.key), "is set", SAVEPOINT_DIRECTORY, "savepoints")


def _takes_periodic_savepoints(subject: WithJob) -> bool:
    """An interval that cannot be read is told by another rule; one that is off needs no directory."""
    try:
        return PERIODIC_SAVEPOINT_INTERVAL.read(subject.conf) is not None
    except InvalidOption:
        return False


def takes_snapshots_in_a_rhythm_that_can_be_kept(subject: WithJob) -> Iterator[Violation]:
    """One at a time is taken, and each takes seconds at least."""
    for option in (PERIODIC_SAVEPOINT_INTERVAL, PERIODIC_CHECKPOINT_INTERVAL) if subject.job is not None else ():
        pause = _pause(subject, option)
        if pause is not None and pause < _SHORTEST_PAUSE:
            problem = f"asks for one every {pause.total_seconds():g} s, and the next one is always due"
            yield warning(subject.path_of(option.key), problem, f"write {_SHORTEST_PAUSE.total_seconds():g} s or more")


def _pause(subject: WithJob, option: Option[Schedule | None]) -> timedelta | None:
    """The time between the first two; None when there are none. What cannot be read is told by another rule."""
    try:
        schedule = option.read(subject.conf)
    except InvalidOption:
        return None
    first = schedule.next_after(_SOME_DAY) if schedule is not None else None
    second = schedule.next_after(first) if schedule is not None and first is not None else None
    return second - first if first is not None and second is not None else None


def asks_for_checkpoints_that_flink_can_take(subject: WithJob) -> Iterator[Violation]:
    """Older versions of Flink take checkpoints by themselves only."""
    if subject.version >= CHECKPOINTS_ON_DEMAND_SINCE or subject.job is None:
        return
    problem = f"has no effect: Flink {subject.version.dotted} takes no checkpoints on demand"
    remedy = f"leave it out, or use Flink {CHECKPOINTS_ON_DEMAND_SINCE.dotted} or newer"
    if subject.job.checkpoint_trigger_nonce is not None:
        yield warning("spec.job.checkpointTriggerNonce", problem, remedy)
    if subject.conf.get(PERIODIC_CHECKPOINT_INTERVAL.key, "").strip():
        yield warning(subject.path_of(PERIODIC_CHECKPOINT_INTERVAL.key), problem, remedy)


def _directory(subject: WithJob, option: Option[str | None]) -> str | None:
    """The directory, under a name that this Flink version knows."""
    since, _ = NEW_NAMES[option.key]
    known: Mapping[str, str] = {key: text for key, text in subject.conf.items() if key != option.key or subject.version >= since}
    return option.read(known)


def _missing(subject: WithJob, path: str, fact: str, option: Option[str | None], what: str) -> Violation:
    since, old_name = NEW_NAMES[option.key]
    key = option.key if subject.version >= since else old_name
    problem = f"{fact}, but Flink {subject.version.dotted} is told no directory for {what}"
    return Violation(path, problem, f"set {key} in spec.flinkConfiguration")


def redeploys_from_a_path(subject: WithJob) -> Iterator[Violation]:
    """A redeployment from a savepoint names the savepoint."""
    job, before = subject.job, subject.previous_job
    if job is None or before is None or job.savepoint_redeploy_nonce is None:
        return
    if job.savepoint_redeploy_nonce != before.savepoint_redeploy_nonce and not job.initial_savepoint_path:
        problem = "is not set, though spec.job.savepointRedeployNonce asks for a start from it"
        yield Violation("spec.job.initialSavepointPath", problem, "write the path of a savepoint or checkpoint")


def starts_from_a_real_path(subject: WithJob) -> Iterator[Violation]:
    """The initial path is not the operator's own marker."""
    job = subject.job
    if job is not None and job.initial_savepoint_path == _LAST_STATE_PATH:
        problem = f"{_LAST_STATE_PATH} is a marker and not a place"
        yield Violation("spec.job.initialSavepointPath", problem, "write the path of a savepoint or checkpoint")


def starts_from_a_path_without_blanks(subject: WithJob) -> Iterator[Violation]:
    """Flink 1.x takes them away, and starts empty where nothing is left; newer ones look for a path of that name."""
    path = subject.job.initial_savepoint_path if subject.job is not None else None
    if path and path != path.strip():
        remedy = "write the path of a savepoint or checkpoint without them"
        yield Violation("spec.job.initialSavepointPath", "begins or ends with blanks", remedy)
