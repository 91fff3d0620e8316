"""Rules for FlinkClusters, in the words in which they are written. What they mean is checked as a FlinkDeployment."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flinkop.api.flinkcluster import FlinkClusterSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.api.simplecluster import SimpleClusterSpec
from flinkop.flinkconf.option import any_port
from flinkop.validation.violation import Violation

_MINIMUM_SINCE = FlinkVersion(1, 19)
_MANAGER = "spec.taskManager"


def has_one_kind_of_number(spec: SimpleClusterSpec, _version: FlinkVersion | None) -> Iterator[Violation]:
    """The number of TaskManagers is fixed or follows the jobs."""
    manager = spec.task_manager
    if manager.replicas is not None and (manager.min is not None or manager.max is not None):
        remedy = "write replicas for a fixed number, or min and max"
        yield Violation(f"{_MANAGER}.replicas", "is set together with min or max", remedy)


def has_numbers_that_can_be(spec: SimpleClusterSpec, _version: FlinkVersion | None) -> Iterator[Violation]:
    """Bounds and slots are in their ranges."""
    manager = spec.task_manager
    for field, number, least in (("min", manager.min, 0), ("max", manager.max, 1), ("slots", manager.slots, 1)):
        if number is not None and number < least:
            yield Violation(f"{_MANAGER}.{field}", f"is {number}", f"write {least} or more")
    if manager.min is not None and manager.max is not None and manager.min > manager.max:
        yield Violation(f"{_MANAGER}.min", f"is {manager.min}, above max, which is {manager.max}", "lower it or raise max")


def has_a_minimum_that_flink_keeps(spec: SimpleClusterSpec, version: FlinkVersion | None) -> Iterator[Violation]:
    """Older versions of Flink give back every TaskManager that has nothing to do."""
    if spec.task_manager.min and version is not None and version < _MINIMUM_SINCE:
        problem = f"is {spec.task_manager.min}, and Flink {version.dotted} keeps no idle TaskManagers"
        yield Violation(f"{_MANAGER}.min", problem, f"leave it out, or use Flink {_MINIMUM_SINCE.dotted} or newer")


def keeps_state_in_one_way(spec: SimpleClusterSpec, _version: FlinkVersion | None) -> Iterator[Violation]:
    """State outlives the JobManager or it does not."""
    storage = spec.storage
    if storage is None or not storage.ephemeral:
        return
    if storage.volume_claim or storage.checkpoints or storage.savepoints or storage.high_availability:
        yield Violation("spec.storage.ephemeral", "is set together with places for state", "keep one of the two")


def has_a_port_for_metrics(spec: SimpleClusterSpec, _version: FlinkVersion | None) -> Iterator[Violation]:
    """The port is one."""
    if spec.metrics is None:
        return
    try:
        port = any_port(str(spec.metrics.port))
    except ValueError as error:
        yield Violation.of("spec.metrics.port", str(error))
    else:
        if port == 0:
            yield Violation("spec.metrics.port", "is 0", "write a number from 1 to 65535")


RULES: tuple[Callable[[SimpleClusterSpec, FlinkVersion | None], Iterator[Violation]], ...] = (
    has_one_kind_of_number,
    has_numbers_that_can_be,
    has_a_minimum_that_flink_keeps,
    keeps_state_in_one_way,
    has_a_port_for_metrics,
)


def validate_own_cluster(spec: SimpleClusterSpec, version: FlinkVersion | None) -> Iterator[Violation]:
    """What is wrong with a cluster in the simple style."""
    return (violation for rule in RULES for violation in rule(spec, version))


def validate_flinkcluster(spec: FlinkClusterSpec) -> tuple[Violation, ...]:
    """What is wrong with a FlinkCluster as it is written. What `adapt_cluster` makes of it is to be validated too."""
    found = list(validate_own_cluster(spec, spec.flink_version.version))
    if spec.job.parallelism is not None and spec.job.parallelism < 1:
        found.append(Violation("spec.job.parallelism", f"is {spec.job.parallelism}", "write 1 or more, or leave it out"))
    return tuple(found)
