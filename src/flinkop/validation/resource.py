"""Rules about CPU, memory and replicas of JobManager and TaskManagers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from flinkop.api.cluster import JobManagerSpec, Resource, ResourceRequirements, TaskManagerSpec
from flinkop.flinkconf.flinkoptions import JOBMANAGER_CPU, TASKMANAGER_CORES
from flinkop.flinkconf.highavailability import is_ha
from flinkop.flinkconf.memory import parse_memory, parse_quantity, to_mebibytes
from flinkop.flinkconf.option import InvalidOption, Option, decimal
from flinkop.flinkconf.processmemory import JobManagerMemory, TaskManagerMemory, jobmanager_memory, taskmanager_memory
from flinkop.validation.subject import Subject
from flinkop.validation.violation import Violation, warning

_MEBIBYTE = 1024**2

# Flink warns below this heap: such a JobManager may run out of memory at any time.
_SMALLEST_HEAP = 128 * _MEBIBYTE

_NATIVE = ("cpu", "memory", "ephemeral-storage")
_HUGE_PAGES = "hugepages-"

_JOBMANAGER_SIZE = "jobmanager.memory.process.size"
_MUST_BE_POSITIVE = frozenset({"cpu", "memory"})
_LIMIT_FACTORS = tuple(
    f"kubernetes.{process}.{resource}.limit-factor" for process in ("jobmanager", "taskmanager") for resource in ("cpu", "memory")
)


def has_readable_resources(subject: Subject) -> Iterator[Violation]:
    """Every amount is one, and what is set aside is within what may be used."""
    for path, process in _processes(subject):
        if process.resource is not None:
            yield from _check_resource(f"{path}.resource", process.resource)
        if process.resources is not None:
            yield from _check_requirements(f"{path}.resources", process.resources)


def _processes(subject: Subject) -> tuple[tuple[str, JobManagerSpec | TaskManagerSpec], ...]:
    return ("spec.jobManager", subject.spec.job_manager), ("spec.taskManager", subject.spec.task_manager)


def _check_resource(path: str, resource: Resource) -> Iterator[Violation]:
    if resource.cpu is not None and resource.cpu <= 0:
        yield Violation(f"{path}.cpu", f"is {resource.cpu:g}", "write a number above 0")
    if resource.memory is not None:
        yield from _check_text(f"{path}.memory", resource.memory, parse_memory)
    if resource.ephemeral_storage is not None:
        yield from _check_amount(f"{path}.ephemeralStorage", "ephemeral-storage", resource.ephemeral_storage)


def _check_text(path: str, text: str, parse: Callable[[str], object]) -> Iterator[Violation]:
    try:
        parse(text)
    except ValueError as error:
        yield Violation.of(path, str(error))


def _check_requirements(path: str, requirements: ResourceRequirements) -> Iterator[Violation]:
    amounts: dict[str, Mapping[str, Decimal]] = {}
    for kind, texts in (("requests", requirements.requests), ("limits", requirements.limits)):
        for name, text in texts.items():
            yield from _check_name(f"{path}.{kind}.{name}", name)
            yield from _check_amount(f"{path}.{kind}.{name}", name, text)
        amounts[kind] = {name: amount for name, text in texts.items() if (amount := _amount(name, text)) is not None}
    for name, requested in amounts["requests"].items():
        if requested > amounts["limits"].get(name, requested):
            problem = f"{requirements.requests[name]} is above the limit, {requirements.limits[name]}"
            yield Violation(f"{path}.requests.{name}", problem, "lower the request or raise the limit")
        elif requested >= 0 and not _may_differ(name) and requested != amounts["limits"].get(name):
            yield Violation(f"{path}.requests.{name}", "is not the limit, and Kubernetes takes no other", "write the same under limits")


def _check_name(path: str, name: str) -> Iterator[Violation]:
    """The API server refuses others, when the old job is stopped already. Source: ValidateContainerResourceName."""
    if "/" not in name and name not in _NATIVE and not name.startswith(_HUGE_PAGES):
        remedy = f"write {', '.join(_NATIVE)} or a name with a domain: example.com/gpu"
        yield Violation(path, "is no resource of Kubernetes", remedy)


def _may_differ(name: str) -> bool:
    """Whether a container may use more of it than it asks for. Source: IsOvercommitAllowed."""
    return not name.startswith(_HUGE_PAGES) and ("/" not in name or "kubernetes.io/" in name)


def _check_amount(path: str, name: str, text: str) -> Iterator[Violation]:
    amount = _amount(name, text)
    if amount is None:
        yield from _check_text(path, text, _parser_of(name))
    elif amount < 0 or (amount == 0 and name in _MUST_BE_POSITIVE):
        yield Violation(path, f"is {text}", "write an amount above 0" if name in _MUST_BE_POSITIVE else "write 0 or more")
    elif name == "memory" and text.endswith("m"):
        problem = f"{text} is taken in Flink's form; to Kubernetes m means thousandths"
        yield warning(path, problem, f"write {to_mebibytes(int(amount))}Mi")


def _amount(name: str, text: str) -> Decimal | None:
    try:
        return Decimal(_parser_of(name)(text))
    except ValueError:
        return None


def _parser_of(name: str) -> Callable[[str], Decimal | int]:
    """Memory may be in Flink's form here too, as the established operator takes it."""
    return parse_memory if name == "memory" else parse_quantity


def has_memory_that_flink_accepts(subject: Subject) -> Iterator[Violation]:
    """Flink can divide the memory of both processes into its parts."""
    jobmanager, taskmanager = _processes(subject)
    if not _has_unreadable_memory(*jobmanager):
        yield from _check_division(subject, jobmanager[0], lambda: jobmanager_memory(subject.conf))
    if not _has_unreadable_memory(*taskmanager):
        yield from _check_division(subject, taskmanager[0], lambda: taskmanager_memory(subject.conf, subject.version))


def _has_unreadable_memory(path: str, process: JobManagerSpec | TaskManagerSpec) -> bool:
    """Whether another rule has told of it already."""
    texts = [process.resource.memory] if process.resource else []
    if process.resources is not None:
        texts += [process.resources.requests.get("memory"), process.resources.limits.get("memory")]
    return any(any(_check_text(path, text, parse_memory)) for text in texts if text is not None)


def _check_division(subject: Subject, path: str, divide: Callable[[], JobManagerMemory | TaskManagerMemory]) -> Iterator[Violation]:
    try:
        memory = divide()
    except InvalidOption as error:
        yield _without_memory(subject, path, error) if error.key not in subject.conf else _too_little(subject, path, error)
        return
    if isinstance(memory, JobManagerMemory) and memory.heap < _SMALLEST_HEAP:
        problem = f"leaves the JobManager a heap of {to_mebibytes(memory.heap)}m, and Flink asks for {to_mebibytes(_SMALLEST_HEAP)}m"
        yield warning(_memory_path(subject, _JOBMANAGER_SIZE) or f"{path}.resource.memory", problem, "raise it")


def _too_little(subject: Subject, path: str, error: InvalidOption) -> Violation:
    return Violation.of(_memory_path(subject, error.key) or f"{path}.resource.memory", error.problem)


def _without_memory(subject: Subject, path: str, error: InvalidOption) -> Violation:
    """Where it would be written. `resources` wins as a whole: memory beside it does not count."""
    process = dict(_processes(subject))[path]
    if process.resources is None:
        return _too_little(subject, path, error)
    beside = process.resource is not None and process.resource.memory is not None
    problem = f"{error.problem}; {path}.resource does not count beside it" if beside else error.problem
    return Violation.of(f"{path}.resources.requests.memory", problem)


def _memory_path(subject: Subject, key: str) -> str | None:
    """The field that sets the option `key`: what users wrote, not what became of it. None when nothing sets it."""
    path, process = _processes(subject)["taskmanager" in key]
    if key.endswith("process.size"):
        for kind in ("requests", "limits"):
            if process.resources is not None and "memory" in getattr(process.resources, kind):
                return f"{path}.resources.{kind}.memory"
        if process.resource is not None and process.resource.memory is not None:
            return f"{path}.resource.memory"
    return subject.path_of(key) if key in subject.conf else None


def has_cpu_that_can_be_asked_for(subject: Subject) -> Iterator[Violation]:
    """The API server refuses less than nothing, when the old job is stopped already."""
    for option in (JOBMANAGER_CPU, TASKMANAGER_CORES):
        try:
            cores = option.read(subject.conf)
        except InvalidOption:
            continue  # another rule tells it
        key = option.key_in(subject.conf)
        if key is not None and key in subject.own and cores is not None and cores < 0:
            yield Violation(subject.path_of(key), f"is {cores:g}", "write a number above 0")


def has_limits_above_requests(subject: Subject) -> Iterator[Violation]:
    """Flink refuses limit factors below 1."""
    for key in _LIMIT_FACTORS:
        try:
            factor = Option(key, 1.0, decimal).read(subject.conf)
        except InvalidOption as error:
            yield Violation.of(subject.path_of(key), error.problem)
        else:
            if factor < 1 and key in subject.spec.flink_configuration:
                yield Violation(subject.path_of(key), f"is {factor:g}, a limit below the request", "write 1 or more")


def has_enough_replicas(subject: Subject) -> Iterator[Violation]:
    """There is at least one of each process, and standby JobManagers have a way to elect a leader."""
    jobmanagers, taskmanagers = subject.spec.job_manager.replicas, subject.spec.task_manager.replicas
    if jobmanagers < 1:
        yield Violation("spec.jobManager.replicas", f"is {jobmanagers}", "write 1 or more; to stop the job write spec.job.state: suspended")
    if jobmanagers > 1 and not is_ha(subject.conf):
        problem = f"is {jobmanagers}, and without high availability no leader is elected among them"
        yield Violation("spec.jobManager.replicas", problem, "set high-availability.type: kubernetes, or write 1")
    if taskmanagers is not None and taskmanagers < 1:
        yield Violation("spec.taskManager.replicas", f"is {taskmanagers}", "write 1 or more, or leave it out")
