"""How Flink divides the memory of a JobManager or TaskManager process, and when it refuses to.

The operator needs it twice: the container's size is the total process memory, which users may set in other terms; and what
Flink would refuse at start is told beforehand. The rules and their order are those of Flink's JobManagerProcessUtils and
TaskExecutorProcessUtils (through ProcessMemoryUtils), 1.16 to 2.3. All sizes are in bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.memory import format_memory
from flinkop.flinkconf.memorysettings import MemorySettings, Share, times
from flinkop.flinkconf.option import InvalidOption

_MEBIBYTE = 1024**2
_GIBIBYTE = 1024**3
_NO_LIMIT = 2**63 - 1
_UNLIMITED_NETWORK_SINCE = FlinkVersion(1, 17)


@dataclass(frozen=True, slots=True)
class Jvm:
    """What the JVM itself needs, beside Flink."""

    metaspace: int
    overhead: int

    @property
    def size(self) -> int:
        """Both together."""
        return self.metaspace + self.overhead


@dataclass(frozen=True, slots=True)
class JobManagerMemory:
    """The parts of a JobManager process."""

    heap: int
    off_heap: int
    jvm: Jvm

    @property
    def process_size(self) -> int:
        """All of it: the size of the container."""
        return self.heap + self.off_heap + self.jvm.size


@dataclass(frozen=True, slots=True)
class FixedMemory:
    """The parts of a TaskManager process that do not grow with it."""

    framework_heap: int
    framework_off_heap: int
    task_off_heap: int

    def named(self) -> dict[str, int]:
        """The parts under the names that people know."""
        return {
            "framework heap": self.framework_heap,
            "framework off-heap memory": self.framework_off_heap,
            "task off-heap memory": self.task_off_heap,
        }


@dataclass(frozen=True, slots=True)
class TaskManagerMemory:
    """The parts of a TaskManager process."""

    fixed: FixedMemory
    task_heap: int
    network: int
    managed: int
    jvm: Jvm

    @property
    def heap(self) -> int:
        """The JVM's heap (`-Xmx`)."""
        return self.fixed.framework_heap + self.task_heap

    @property
    def direct(self) -> int:
        """The JVM's direct memory (`-XX:MaxDirectMemorySize`)."""
        return self.fixed.framework_off_heap + self.fixed.task_off_heap + self.network

    @property
    def process_size(self) -> int:
        """All of it: the size of the container."""
        return self.heap + self.direct + self.managed + self.jvm.size


def jobmanager_memory(conf: Mapping[str, str]) -> JobManagerMemory:
    """The memory of a JobManager. Raises InvalidOption when Flink would refuse it, and for a text that is not a size."""
    settings = MemorySettings(conf, "jobmanager.memory.")
    heap = settings.optional_size("heap.size")
    if heap is not None:
        off_heap = _off_heap_beside(settings, heap)
        return JobManagerMemory(heap, off_heap, _jvm_around(settings, heap + off_heap))
    flink, jvm = _flink_size(settings)
    off_heap = settings.size("off-heap.size", 128 * _MEBIBYTE)
    heap = _rest(settings, flink, jvm, {"off-heap memory": off_heap}, least=1)
    return JobManagerMemory(heap, off_heap, jvm)


def _off_heap_beside(settings: MemorySettings, heap: int) -> int:
    """With an explicit heap: what is set, or the rest of an explicit total."""
    total, given = settings.optional_size("flink.size"), settings.optional_size("off-heap.size")
    if total is None:
        return 128 * _MEBIBYTE if given is None else given
    if total < heap or (given is not None and given != total - heap):
        parts = f"{settings.prefix}heap.size and {settings.prefix}off-heap.size"
        raise InvalidOption(f"{settings.prefix}flink.size", f"{format_memory(total)} is not the sum of {parts}; leave one of them out")
    return total - heap


def taskmanager_memory(conf: Mapping[str, str], version: FlinkVersion) -> TaskManagerMemory:
    """The memory of a TaskManager. Raises InvalidOption when Flink would refuse it, and for a text that is not a size."""
    settings = MemorySettings(conf, "taskmanager.memory.")
    largest_network = _NO_LIMIT if version >= _UNLIMITED_NETWORK_SINCE else _GIBIBYTE
    network = settings.share("network", 64 * _MEBIBYTE, largest_network, 0.1)
    if settings.optional_size("task.heap.size") is not None and settings.optional_size("managed.size") is not None:
        return _from_its_parts(settings, network)
    return _from_a_total(settings, network)


def _from_its_parts(settings: MemorySettings, share: Share) -> TaskManagerMemory:
    """Task heap and managed memory are set: the total follows from the parts."""
    fixed = _fixed_memory(settings)
    task_heap, managed = settings.size("task.heap.size", 0), settings.size("managed.size", 0)
    without_network = sum(fixed.named().values()) + task_heap + managed
    total = settings.optional_size("flink.size")
    network = share.beside(without_network) if total is None else _network_left(settings, share, total - without_network)
    return TaskManagerMemory(fixed, task_heap, network, managed, _jvm_around(settings, without_network + network))


def _from_a_total(settings: MemorySettings, share: Share) -> TaskManagerMemory:
    """A total is set: the parts follow from it, and what is left is task heap, or network memory when the task heap is set."""
    flink, jvm = _flink_size(settings)
    fixed = _fixed_memory(settings)
    managed = settings.size("managed.size", times(max(flink, 0), settings.fraction("managed.fraction", 0.4)))
    parts = {**fixed.named(), "managed memory": managed}
    task_heap = settings.optional_size("task.heap.size")
    if task_heap is None:
        network = share.of(max(flink, 0))
        task_heap = _rest(settings, flink, jvm, {**parts, "network memory": network})
    else:
        left = _rest(settings, flink, jvm, {**parts, "task heap": task_heap})
        network = _network_left(settings, share, left)
    return TaskManagerMemory(fixed, task_heap, network, managed, jvm)


def _fixed_memory(settings: MemorySettings) -> FixedMemory:
    return FixedMemory(
        framework_heap=settings.size("framework.heap.size", 128 * _MEBIBYTE),
        framework_off_heap=settings.size("framework.off-heap.size", 128 * _MEBIBYTE),
        task_off_heap=settings.size("task.off-heap.size", 0),
    )


def _network_left(settings: MemorySettings, share: Share, left: int) -> int:
    if not share.smallest <= left <= share.largest:
        allowed = f"{format_memory(share.smallest)} to {format_memory(share.largest)}"
        problem = f"the other parts leave {_about(left)} for network memory, which may be {allowed}; leave one of the parts out"
        raise InvalidOption(f"{settings.prefix}task.heap.size", problem)
    return left


def _flink_size(settings: MemorySettings) -> tuple[int, Jvm]:
    """Flink's part of a process whose total is set, and the JVM's. Flink's part is not positive when the total is too small."""
    flink, process = settings.optional_size("flink.size"), settings.optional_size("process.size")
    if flink is not None:
        return flink, _jvm_around(settings, flink)
    if process is None:
        raise InvalidOption(f"{settings.prefix}process.size", "is missing; set the memory of the process, for example 2048m")
    jvm = Jvm(_metaspace(settings), _overhead(settings).of(process))
    return process - jvm.size, jvm


def _jvm_around(settings: MemorySettings, flink: int) -> Jvm:
    """The JVM's part when Flink's is known. An explicit total leaves its rest to the overhead."""
    metaspace, overhead = _metaspace(settings), _overhead(settings)
    process = settings.optional_size("process.size")
    if process is None:
        return Jvm(metaspace, overhead.beside(flink + metaspace))
    left = process - flink - metaspace
    if not overhead.smallest <= left <= overhead.largest:
        allowed = f"{format_memory(overhead.smallest)} to {format_memory(overhead.largest)}"
        problem = f"{format_memory(process)} leaves {_about(left)} for JVM overhead, which may be {allowed}; leave this option out"
        raise InvalidOption(f"{settings.prefix}process.size", problem)
    return Jvm(metaspace, left)


def _metaspace(settings: MemorySettings) -> int:
    return settings.size("jvm-metaspace.size", 256 * _MEBIBYTE)


def _overhead(settings: MemorySettings) -> Share:
    return settings.share("jvm-overhead", 192 * _MEBIBYTE, _GIBIBYTE, 0.1)


def _rest(settings: MemorySettings, flink: int, jvm: Jvm, parts: Mapping[str, int], least: int = 0) -> int:
    """What `parts` leave of Flink's memory. Raises InvalidOption, with every part named, when that is below `least`."""
    left = flink - sum(parts.values())
    if left >= least:
        return left
    is_flink_size = settings.optional_size("flink.size") is not None
    total, key = (flink, "flink.size") if is_flink_size else (flink + jvm.size, "process.size")
    named = parts if is_flink_size else {"JVM metaspace": jvm.metaspace, "JVM overhead": jvm.overhead, **parts}
    listed = ", ".join(f"{name} {_about(size)}" for name, size in named.items() if size)
    needed = _about(sum(named.values()))
    raise InvalidOption(settings.prefix + key, f"{format_memory(total)} is too little: {listed} need {needed}; raise it")


def _about(size: int) -> str:
    return f"{round(size / _MEBIBYTE)}m"
