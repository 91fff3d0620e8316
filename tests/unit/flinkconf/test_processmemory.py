"""The memory of Flink's processes. The numbers are what Flink 1.20 itself computes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.memory import format_memory, parse_memory
from flinkop.flinkconf.option import InvalidOption
from flinkop.flinkconf.processmemory import jobmanager_memory, taskmanager_memory

V1_16, V1_20 = FlinkVersion(1, 16), FlinkVersion(1, 20)
MEBIBYTE = 1024**2


def jobmanager(**options: str) -> dict[str, str]:
    return {f"jobmanager.memory.{name.replace('__', '-').replace('_', '.')}": text for name, text in options.items()}


def taskmanager(**options: str) -> dict[str, str]:
    return {f"taskmanager.memory.{name.replace('__', '-').replace('_', '.')}": text for name, text in options.items()}


@pytest.mark.parametrize(
    ("size", "heap"),
    [
        ("600m", 24 * MEBIBYTE),
        ("1024m", 448 * MEBIBYTE),
        ("1600m", 1024 * MEBIBYTE),
        ("2048m", 1530082096),
        ("4096m", 3462817376),
        ("8g", 7328287936),
        ("16g", 15703474176),
    ],
)
def test_the_jobmanagers_heap_is_flinks(size: str, heap: int) -> None:
    memory = jobmanager_memory(jobmanager(process_size=size))
    assert memory.heap == heap
    assert memory.process_size == parse_memory(size)


@pytest.mark.parametrize(
    ("size", "heap", "direct"),
    [
        ("1024m", 161061270, 201326592),
        ("1728m", 536870902, 268435458),
        ("2048m", 697932173, 300647712),
        ("4096m", 1664299798, 493921243),
        ("8g", 3597035049, 880468305),
        ("16g", 7784628106, 1717986942),
    ],
)
def test_the_taskmanagers_heap_and_direct_memory_are_flinks(size: str, heap: int, direct: int) -> None:
    memory = taskmanager_memory(taskmanager(process_size=size), V1_20)
    assert (memory.heap, memory.direct) == (heap, direct)
    assert memory.process_size == parse_memory(size)


JOBMANAGER_TOTALS: dict[str, tuple[dict[str, str], int]] = {
    "from Flink's size": (jobmanager(flink_size="1g"), 1073741824 + 256 * MEBIBYTE + 192 * MEBIBYTE),
    "from the heap": (jobmanager(heap_size="1g"), 1073741824 + (128 + 256 + 192) * MEBIBYTE),
    "from heap and off-heap": (jobmanager(heap_size="1g", off__heap_size="256m"), 1073741824 + (256 + 256 + 192) * MEBIBYTE),
    "from heap and Flink's size": (jobmanager(heap_size="1g", flink_size="1500m"), 2045888287),
    "a big overhead": (jobmanager(flink_size="8g", jvm__overhead_fraction="0.05"), 9324600057),
    "from all of them": (jobmanager(flink_size="1g", process_size="1600m"), 1600 * MEBIBYTE),
}


@pytest.mark.parametrize(("conf", "size"), JOBMANAGER_TOTALS.values(), ids=JOBMANAGER_TOTALS.keys())
def test_the_jobmanagers_container_follows_from_what_is_set(conf: dict[str, str], size: int) -> None:
    assert jobmanager_memory(conf).process_size == size


def test_the_taskmanagers_container_follows_from_its_parts() -> None:
    memory = taskmanager_memory(taskmanager(task_heap_size="512m", managed_size="256m"), V1_20)
    # Task heap, managed memory, the framework's heap and off-heap memory, and a ninth of these as network memory.
    assert memory.network == 119304649
    assert memory.process_size == 1662808521


def test_an_older_name_of_managed_memory_counts() -> None:
    conf = taskmanager(process_size="2g", size="100m")
    assert taskmanager_memory(conf, V1_20).managed == 100 * MEBIBYTE


def test_network_memory_was_limited_before_1_17() -> None:
    conf = taskmanager(process_size="32g")
    assert taskmanager_memory(conf, V1_16).network == 1024 * MEBIBYTE
    assert taskmanager_memory(conf, V1_20).network > 3000 * MEBIBYTE


REFUSED: dict[str, tuple[dict[str, str], str, str]] = {
    "a JobManager of 512m": (
        jobmanager(process_size="512m"),
        "process.size",
        "512m is too little: JVM metaspace 256m, JVM overhead 192m, off-heap memory 128m need 576m; raise it",
    ),
    "a JobManager without a heap": (jobmanager(process_size="576m"), "process.size", "576m is too little"),
    "off-heap memory that is all": (
        jobmanager(flink_size="300m", off__heap_size="300m"),
        "flink.size",
        "300m is too little: off-heap memory 300m need 300m; raise it",
    ),
    "nothing set": ({}, "process.size", "is missing; set the memory of the process, for example 2048m"),
    "a Kubernetes quantity": (jobmanager(process_size="2Gi"), "process.size", "'2Gi' is not a memory size; write for example 2048m or 2g"),
    "a minimum above the maximum": (
        jobmanager(process_size="2g", jvm__overhead_min="2g"),
        "jvm-overhead.min",
        "2g is above jobmanager.memory.jvm-overhead.max, 1g; swap them",
    ),
    "a fraction that becomes all in Flink's 32 bits": (
        jobmanager(flink_size="2g", jvm__overhead_fraction="0.99999999"),
        "jvm-overhead.fraction",
        "0.99999999 is not a fraction; write a number from 0 to below 1",
    ),
    "a fraction of all": (
        jobmanager(process_size="2g", jvm__overhead_fraction="1"),
        "jvm-overhead.fraction",
        "1.0 is not a fraction; write a number from 0 to below 1",
    ),
    "a process that leaves no overhead": (
        jobmanager(process_size="1g", flink_size="1g"),
        "process.size",
        "1g leaves -256m for JVM overhead, which may be 192m to 1g; leave this option out",
    ),
    "a heap above Flink's size": (
        jobmanager(heap_size="2g", flink_size="1g"),
        "flink.size",
        "1g is not the sum of jobmanager.memory.heap.size and jobmanager.memory.off-heap.size; leave one of them out",
    ),
}


@pytest.mark.parametrize(("conf", "name", "problem"), REFUSED.values(), ids=REFUSED.keys())
def test_what_flink_would_refuse_is_refused_with_the_key(conf: dict[str, str], name: str, problem: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        jobmanager_memory(conf)
    assert refused.value.key == f"jobmanager.memory.{name}"
    assert refused.value.problem.startswith(problem)


REFUSED_TASKMANAGERS: dict[str, tuple[dict[str, str], str, str]] = {
    "600m": (taskmanager(process_size="600m"), "process.size", "600m is too little: JVM metaspace 256m, JVM overhead 192m, framework heap"),
    "managed memory above the total": (
        taskmanager(flink_size="1g", managed_size="1g"),
        "flink.size",
        "1g is too little: framework heap 128m",
    ),
    "a task heap that leaves too little network memory": (
        taskmanager(flink_size="1g", task_heap_size="300m"),
        "task.heap.size",
        "the other parts leave 58m for network memory, which may be 64m to",
    ),
}


@pytest.mark.parametrize(("conf", "name", "problem"), REFUSED_TASKMANAGERS.values(), ids=REFUSED_TASKMANAGERS.keys())
def test_a_taskmanager_that_flink_would_refuse_is_refused(conf: dict[str, str], name: str, problem: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        taskmanager_memory(conf, V1_20)
    assert refused.value.key == f"taskmanager.memory.{name}"
    assert refused.value.problem.startswith(problem)


@given(st.integers(min_value=0, max_value=64 * 1024))
def test_the_parts_of_a_taskmanager_add_up_to_its_container_or_it_is_refused(mebibytes: int) -> None:
    size = format_memory(mebibytes * MEBIBYTE)
    try:
        memory = taskmanager_memory(taskmanager(process_size=size), V1_20)
    except InvalidOption:
        assert mebibytes < 1024
    else:
        assert memory.process_size == mebibytes * MEBIBYTE
        assert min(memory.task_heap, memory.network, memory.managed) >= 0
