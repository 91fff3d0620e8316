"""Answers of real JobManagers, read; and what is no such answer, refused."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from tests.unit.flink.transcript import (
    BAD_SAVEPOINT,
    CLOSE_FAILED,
    MULTILINE,
    NESTED,
    NOBODYS,
    RESTORED,
    RUNNING,
    STOPPED,
    SUPPRESSED,
    VERSIONS,
    exchange,
    exchanges,
)

from flinkop.flink.model import (
    NO_CHECKPOINTS,
    NOT_ADDRESSABLE,
    CheckpointStatistics,
    Completed,
    Failed,
    InProgress,
    JobFailure,
    JobOverview,
    JobState,
    read_checkpoint_operation,
    read_checkpoint_path,
    read_checkpoints,
    read_cluster_info,
    read_exceptions,
    read_execution_result,
    read_failures,
    read_jobs,
    read_operation,
    read_requirements,
    read_restarts,
    read_vertices,
)

both_versions = pytest.mark.parametrize("version", VERSIONS)


def answer(version: str, what: str, request: str) -> dict[str, Any]:
    found = exchange(version, what, request).answer
    assert isinstance(found, dict)
    return found


@both_versions
def test_a_running_job_is_read(version: str) -> None:
    (job,) = read_jobs(answer(version, "running", "/jobs/overview"))
    assert (job.job_id, job.name, job.state) == (RUNNING, "probe-run", JobState.RUNNING)
    assert (job.tasks_total, job.tasks_running, job.tasks_finished) == (1, 1, 0)
    assert 0 < job.start_time < job.last_modification


@both_versions
def test_jobs_that_have_ended_are_read(version: str) -> None:
    jobs = read_jobs(answer(version, "four ends", "/jobs/overview"))
    assert {job.job_id: job.state.value for job in jobs} == {
        STOPPED: "FINISHED",
        NESTED: "FAILED",
        MULTILINE: "FAILED",
        SUPPRESSED: "FAILED",
        BAD_SAVEPOINT: "FAILED",
        "d" * 32: "FAILED",
        CLOSE_FAILED: "FAILED",
    }


@pytest.mark.parametrize(
    ("total", "running", "finished", "all_running"),
    [(2, 2, 0, True), (2, 1, 1, True), (2, 1, 0, False), (0, 0, 0, True)],
    ids=["all", "some have finished", "one is missing", "no tasks"],
)
def test_a_task_that_has_finished_counts_as_running(total: int, running: int, finished: int, all_running: bool) -> None:
    job = JobOverview("j", "n", JobState.RUNNING, 1, 1, total, running, finished)
    assert job.all_tasks_running is all_running


@both_versions
def test_a_savepoint_is_read_at_every_stage(version: str) -> None:
    trigger = f"savepoints/{'1' * 32}"
    assert read_operation(answer(version, "at once", trigger)) == InProgress()
    done = read_operation(answer(version, "done", trigger))
    assert isinstance(done, Completed)
    assert done.location.startswith("file:/data/sp/savepoint-aaaaaa-")
    failed = read_operation(answer(version, "failed bad directory", f"savepoints/{'3' * 32}"))
    assert isinstance(failed, Failed)
    assert "Could not find a file system implementation for scheme 'nosuch'" in failed.cause


@both_versions
def test_a_stop_with_savepoint_is_read_at_every_stage(version: str) -> None:
    trigger = f"savepoints/{'4' * 32}"
    assert read_operation(answer(version, "stop at once", trigger)) == InProgress()
    assert isinstance(read_operation(answer(version, "stop done", trigger)), Completed)
    again = read_operation(answer(version, "stop finished status", f"savepoints/{'5' * 32}"))
    assert again == Failed(f"org.apache.flink.runtime.messages.FlinkJobNotFoundException: Could not find Flink job ({STOPPED})")


@both_versions
def test_a_stop_that_failed_after_its_savepoint_has_its_savepoint(version: str) -> None:
    operation = read_operation(answer(version, "stop close fails", f"savepoints/{'7' * 32}"))
    assert isinstance(operation, Completed)
    path = answer(version, "stop close fails", "/checkpoints")["latest"]["savepoint"]["external_path"]
    assert operation.location == path


def test_a_savepoint_that_failed_without_a_cause_has_failed() -> None:
    for operation in (None, {}, {"failure-cause": None}, {"failure-cause": {"class": "x"}}):
        assert read_operation({"status": {"id": "COMPLETED"}, "operation": operation}) == Failed("Flink gives no cause")


@both_versions
def test_the_checkpoints_of_a_running_job_are_read(version: str) -> None:
    found = read_checkpoints(answer(version, "running", "/checkpoints"))
    newest = answer(version, "running", "/checkpoints")["latest"]["completed"]
    assert found == CheckpointStatistics(
        completed=answer(version, "running", "/checkpoints")["counts"]["completed"],
        latest_path=newest["external_path"],
        latest_completed_at=newest["latest_ack_timestamp"],
        restored_path=None,
        stop_path=None,
    )


@both_versions
def test_the_savepoint_of_a_stop_is_known_by_its_type(version: str) -> None:
    found = read_checkpoints(answer(version, "stopped", "/checkpoints"))
    savepoint = answer(version, "stopped", "/checkpoints")["latest"]["savepoint"]
    assert savepoint["checkpoint_type"] == "SYNC_SAVEPOINT"
    assert found.stop_path == savepoint["external_path"]
    assert found.latest_path == found.stop_path


@both_versions
def test_a_restored_job_tells_what_it_was_restored_from(version: str) -> None:
    found = read_checkpoints(answer(version, "restored", f"{RESTORED}/checkpoints"))
    stop = read_operation(answer(version, "stop done", f"savepoints/{'4' * 32}"))
    assert isinstance(stop, Completed)
    assert found.restored_path == stop.location
    assert found.stop_path is None


@both_versions
def test_a_job_without_checkpoints_has_statistics_with_nan_and_no_checkpoints(version: str) -> None:
    raw = answer(version, "bad savepoint", "/checkpoints")
    assert "NaN" in json.dumps(raw)
    assert read_checkpoints(raw) == NO_CHECKPOINTS


def statistics(**latest: Any) -> dict[str, Any]:
    return {"counts": {"completed": 1}, "latest": {"completed": None, "savepoint": None, "failed": None, "restored": None, **latest}}


def a_checkpoint(path: str | None, at: int, **more: Any) -> dict[str, Any]:
    return {"external_path": path, "latest_ack_timestamp": at, "trigger_timestamp": at, "checkpoint_type": "CHECKPOINT", **more}


@pytest.mark.parametrize(
    ("latest", "path"),
    [
        ({"completed": a_checkpoint("c", 1)}, "c"),
        ({"completed": a_checkpoint("c", 2), "savepoint": a_checkpoint("s", 1, checkpoint_type="SAVEPOINT")}, "c"),
        ({"completed": a_checkpoint("c", 1), "savepoint": a_checkpoint("s", 2, checkpoint_type="SAVEPOINT")}, "s"),
        ({"completed": a_checkpoint("c", 1), "savepoint": a_checkpoint("s", 2, discarded=True)}, "c"),
        ({"completed": a_checkpoint("c", 2, discarded=True), "savepoint": a_checkpoint("s", 1)}, None),
        ({"completed": a_checkpoint(NOT_ADDRESSABLE, 2), "savepoint": a_checkpoint("s", 1)}, None),
        ({"completed": a_checkpoint("c", 1, discarded=True), "savepoint": a_checkpoint("s", 2)}, "s"),
        ({"completed": a_checkpoint(NOT_ADDRESSABLE, 1)}, None),
        ({"completed": a_checkpoint(None, 1)}, None),
        ({"completed": a_checkpoint("", 1)}, None),
    ],
    ids=[
        "a checkpoint",
        "an older savepoint",
        "a newer savepoint",
        "a savepoint that is gone",
        "a newer checkpoint that is gone",
        "a newer one that is not in files",
        "a gone one before a savepoint",
        "not in files",
        "no path",
        "an empty path",
    ],
)
def test_the_newest_state_that_can_be_restored_is_found(latest: dict[str, Any], path: str | None) -> None:
    assert read_checkpoints(statistics(**latest)).latest_path == path


def test_a_savepoint_by_hand_is_not_that_of_a_stop() -> None:
    assert read_checkpoints(statistics(savepoint=a_checkpoint("s", 1, checkpoint_type="SAVEPOINT"))).stop_path is None


@pytest.mark.parametrize(
    "case", [("nested", NESTED), ("multiline", MULTILINE), ("suppressed", SUPPRESSED), ("bad savepoint", BAD_SAVEPOINT)]
)
@both_versions
def test_the_trace_of_a_failed_job_is_found_in_both_places(version: str, case: tuple[str, str]) -> None:
    what, job_id = case
    exceptions = read_exceptions(answer(version, what, f"{job_id}/exceptions?maxExceptions=1"))
    assert exceptions is not None
    assert exceptions == read_execution_result(answer(version, what, f"{job_id}/execution-result"))


def test_the_root_exception_counts_where_the_history_is_empty() -> None:
    """So it is up to 1.20, of a job that failed before it ran."""
    assert read_exceptions({"root-exception": "boom", "exceptionHistory": {"entries": []}}) == "boom"


@both_versions
def test_a_job_that_runs_has_no_failure(version: str) -> None:
    assert read_exceptions(answer(version, "running", "exceptions?maxExceptions=1")) is None
    assert read_execution_result(answer(version, "running", "execution-result")) is None


def test_a_job_that_succeeded_has_no_failure() -> None:
    result = {"id": NOBODYS, "application-status": "SUCCEEDED", "accumulator-results": {}, "net-runtime": 18274}
    assert read_execution_result({"status": {"id": "COMPLETED"}, "job-execution-result": result}) is None


@both_versions
def test_the_version_of_flink_is_read(version: str) -> None:
    info = read_cluster_info(answer(version, "config", "/config"))
    assert info["flink-version"] == version
    assert " @ 2" in info["flink-revision"]


@pytest.mark.parametrize(
    ("details", "path"),
    [
        ({"external_path": "file:/ck/chk-8", "discarded": False}, "file:/ck/chk-8"),
        ({"external_path": "file:/ck/chk-8", "discarded": True}, ""),
        ({"external_path": NOT_ADDRESSABLE}, ""),
        ({"className": "failed"}, ""),
    ],
    ids=["is there", "was deleted", "is on no file system", "was never complete"],
)
def test_a_checkpoint_has_a_place_only_where_it_can_be_read(details: dict[str, Any], path: str) -> None:
    assert read_checkpoint_path(details) == path


Reader = Callable[[dict[str, Any]], object]
# A reader, and the recorded answers that are for it.
READERS: tuple[tuple[Reader, str], ...] = (
    (read_jobs, r"/jobs/overview"),
    (read_operation, r"/savepoints/\w+"),
    (read_checkpoints, r"/checkpoints"),
    (read_exceptions, r"/exceptions\?maxExceptions=1"),
    (read_execution_result, r"/execution-result"),
    (read_cluster_info, r"/config"),
)
RECORDED = [
    pytest.param(reader, row.answer, id=f"{version} {row.what} {row.request[-18:]}")
    for reader, pattern in READERS
    for version in VERSIONS
    for row in exchanges(version)
    if row.status == 200 and re.search(f"GET.*{pattern}$", row.request)
]
WRITTEN: tuple[tuple[Reader, dict[str, Any]], ...] = (
    (read_restarts, {"elements": [{"id": "numRestarts", "value": "3"}, {"id": "uptime", "value": "12"}]}),
    (read_vertices, {"jid": "j", "vertices": [{"id": "v", "parallelism": 2, "metrics": {"read-bytes": 0}}]}),
    (read_requirements, {"v": {"parallelism": {"lowerBound": 1, "upperBound": 2}}}),
)
"""Answers in the form of Flink's documentation, of requests that are not among the recorded ones."""
RECORDED += [pytest.param(reader, answer, id=reader.__name__) for reader, answer in WRITTEN]
WRONG = (None, True, -1, 10**30, 1e999, "", "NaN", "COMPLETED", [], [None], {}, {"id": 1})


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a value."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*path, key)
        yield from paths(value, (*path, key))


def with_value(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The same with `value` in one place, or nothing there if it is `...`."""
    changed = copy.copy(node)
    if len(path) > 1:
        changed[path[0]] = with_value(node[path[0]], path[1:], value)
    elif value is ...:
        del changed[path[0]]
    else:
        changed[path[0]] = value
    return changed


@pytest.mark.parametrize(("reader", "recorded"), RECORDED)
def test_whatever_is_wrong_in_an_answer_a_reader_gives_a_value_or_one_of_two_errors(reader: Reader, recorded: dict[str, Any]) -> None:
    reader(recorded)
    for path in paths(recorded):
        for value in (*WRONG, ...):
            with suppress(KeyError, ValueError):
                reader(with_value(recorded, path, value))


MISSING: dict[str, tuple[Reader, dict[str, Any]]] = {
    "no jobs": (read_jobs, {}),
    "a state of another world": (read_jobs, {"jobs": [{"jid": "j", "name": "n", "state": "DANCING"}]}),
    "no status": (read_operation, {"operation": {"location": "s"}}),
    "no operation": (read_operation, {"status": {"id": "COMPLETED"}}),
    "a location that is no text": (read_operation, {"status": {"id": "COMPLETED"}, "operation": {"location": 5}}),
    "a checkpoint without a status": (read_checkpoint_operation, {"operation": {"checkpointId": 8}}),
    "a checkpoint without an operation": (read_checkpoint_operation, {"status": {"id": "COMPLETED"}}),
    "a number that is none": (read_checkpoint_operation, {"status": {"id": "COMPLETED"}, "operation": {"checkpointId": "8"}}),
    "no counts": (read_checkpoints, {"latest": {}}),
    "no latest": (read_checkpoints, {"counts": {"completed": 0}}),
    "nothing of checkpoints": (read_checkpoints, {}),
    "no history": (read_exceptions, {"root-exception": None}),
    "no vertices": (read_vertices, {"jid": "j"}),
    "vertices that are none": (read_vertices, {"vertices": None}),
    "a vertex that is none": (read_vertices, {"vertices": [{"id": "a", "parallelism": 1}, None]}),
    "a vertex without an id": (read_vertices, {"vertices": [{"parallelism": 1}]}),
    "a vertex whose parallelism is no number": (read_vertices, {"vertices": [{"id": "a", "parallelism": "NaN"}]}),
    "a vertex without bounds": (read_requirements, {"a": {}}),
    "a metric without a value": (read_restarts, {"elements": [{"id": "numRestarts"}]}),
    "no version": (read_cluster_info, {"flink-revision": "x"}),
}


@pytest.mark.parametrize(("reader", "raw"), MISSING.values(), ids=MISSING.keys())
def test_what_is_missing_is_not_made_up(reader: Reader, raw: dict[str, Any]) -> None:
    """Least of all a count of no checkpoints, on which a start from empty state may rest."""
    with pytest.raises((KeyError, ValueError)):
        reader(raw)


def test_the_history_of_exceptions_tells_when_why_where_and_which_task() -> None:
    entry = {"stacktrace": "java.lang.Error: boom\n\tat a.B.c(B.java:1)\n", "timestamp": 7, "taskName": "map (1/2)", "endpoint": "h:1"}
    nameless = {"stacktrace": "java.lang.Error: boom", "timestamp": 8, "taskName": None}
    found = read_failures({"exceptionHistory": {"entries": [entry, nameless]}})
    assert found == [
        JobFailure(7, ("java.lang.Error: boom",), ("at a.B.c(B.java:1)",), "map (1/2)"),
        JobFailure(8, ("java.lang.Error: boom",), (), None),
    ]


@pytest.mark.parametrize("name", ["map (1/2)", "map (1/2) - execution #0", "map (1/2) - execution #46"])
def test_a_task_has_one_name_however_often_it_was_executed(name: str) -> None:
    (found,) = read_failures({"exceptionHistory": {"entries": [{"stacktrace": "x.Y: boom", "timestamp": 7, "taskName": name}]}})
    assert found.task == "map (1/2)"


@pytest.mark.parametrize("answer", [{}, {"exceptionHistory": None}, {"exceptionHistory": {"entries": [{"timestamp": 1}]}}])
def test_a_history_that_is_none_is_not_taken_for_an_empty_one(answer: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        read_failures(answer)
