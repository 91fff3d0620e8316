"""What JobManagers answer: only the fields that are read. Times are epoch milliseconds.

Source of the forms: transcripts of Flink 1.16 to 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from flinkop.flink.stacktrace import causes_of, places_of, summarize

NOT_ADDRESSABLE = "<checkpoint-not-externally-addressable>"

# The text of Flink's StopWithSavepointStoppingException, 1.16 to 2.3.
_SAVEPOINT_ALL_THE_SAME = re.compile(r"savepoint has been created at: (\S{1,2000}), but the corresponding job")

# What Flink appends to the name of a task in the history of exceptions, 1.20.
_EXECUTION = re.compile(r" - execution #\d+$")

# The texts of Flink's FileNotFoundExceptions, 1.16 to 2.3.
_NOT_THERE = re.compile(r"Cannot find (?:checkpoint or savepoint file/directory|meta data file)")


class JobState(StrEnum):
    """Flink's `JobStatus`."""

    INITIALIZING = "INITIALIZING"
    CREATED = "CREATED"
    RUNNING = "RUNNING"
    FAILING = "FAILING"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"
    RESTARTING = "RESTARTING"
    SUSPENDED = "SUSPENDED"
    RECONCILING = "RECONCILING"


@dataclass(frozen=True, slots=True)
class JobOverview:
    """One job of `/jobs/overview`."""

    job_id: str
    name: str
    state: JobState
    start_time: int
    last_modification: int
    tasks_total: int
    tasks_running: int
    tasks_finished: int
    tasks_scheduled: int = 0
    tasks_created: int = 0

    @property
    def waits_for_slots(self) -> bool:
        """Whether tasks wait for a slot. Those of later stages of a batch job are created only: they need none yet."""
        return self.tasks_scheduled > 0 or self.tasks_created == self.tasks_total

    @property
    def all_tasks_running(self) -> bool:
        """Whether every task runs or has finished."""
        return self.tasks_running + self.tasks_finished >= self.tasks_total


@dataclass(frozen=True, slots=True)
class InProgress:
    """The operation is under way."""


@dataclass(frozen=True, slots=True)
class Completed:
    """The operation succeeded; a savepoint's `location`."""

    location: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The operation failed."""

    cause: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The JobManager knows of no operation with this trigger id."""


@dataclass(frozen=True, slots=True)
class CompletedCheckpoint:
    """A checkpoint that was asked for is complete; `number` is Flink's id of it."""

    number: int


AsyncOperation = InProgress | Completed | Failed | Unknown


@dataclass(frozen=True, slots=True)
class CheckpointStatistics:
    """`/jobs/:id/checkpoints`. `stop_path` is the savepoint of a stop-with-savepoint, known by its type `SYNC_SAVEPOINT`.

    `known`: the JobManager has told them; it has none of a job that another process ran, or that it did not initialize.
    """

    completed: int
    latest_path: str | None
    latest_completed_at: int | None
    restored_path: str | None
    stop_path: str | None
    known: bool = True


@dataclass(frozen=True, slots=True)
class JobFailure:
    """An entry of the job's exception history: when, its first causes in one line each, where it was thrown, and by which task."""

    at: int
    causes: tuple[str, ...]
    places: tuple[str, ...]
    task: str | None


_CAUSES = 3
_PLACES = 50
_NEVER = 2**63 - 1

NO_CHECKPOINTS = CheckpointStatistics(0, None, None, None, None)
"""The statistics of a job that has made none."""

NOTHING_KNOWN = replace(NO_CHECKPOINTS, known=False)
"""The statistics of a job without statistics."""


def read_jobs(answer: Mapping[str, Any]) -> list[JobOverview]:
    """The jobs of `/jobs/overview`. As all readers here: raises KeyError or ValueError for what is no such answer."""
    return [_read_job(job) for job in _maps(answer["jobs"])]


def _read_job(job: Mapping[str, Any]) -> JobOverview:
    tasks = _map(job["tasks"])
    return JobOverview(
        job_id=_text(job["jid"]),
        name=_text(job["name"]),
        state=JobState(job["state"]),
        start_time=_number(job["start-time"]),
        last_modification=_number(job["last-modification"]),
        tasks_total=_number(tasks["total"]),
        tasks_running=_number(tasks["running"]),
        tasks_finished=_number(tasks["finished"]),
        tasks_scheduled=_number(tasks.get("scheduled", 0)),
        tasks_created=_number(tasks.get("created", 0)),
    )


def read_operation(answer: Mapping[str, Any]) -> InProgress | Completed | Failed:
    """The status of a savepoint trigger."""
    if _text(_map(answer["status"])["id"]) != "COMPLETED":
        return InProgress()
    operation = _optional_map(answer["operation"])
    if "location" in operation:
        return Completed(_text(operation["location"]))
    trace = _trace(operation.get("failure-cause"))
    return _made_all_the_same(trace) or Failed(summarize(trace))


def read_request_id(answer: Mapping[str, Any]) -> str:
    """Under which the outcome of a request is asked for."""
    return _text(answer["request-id"])


def read_disposal(answer: Mapping[str, Any]) -> InProgress | Completed | Failed:
    """The status of a disposal. A savepoint that is not there counts as disposed of."""
    if _text(_map(answer["status"])["id"]) != "COMPLETED":
        return InProgress()
    cause = _optional_map(answer.get("operation")).get("failure-cause")
    if cause is None:
        return Completed("")
    trace = _trace(cause)
    return Completed("") if _NOT_THERE.search(trace) else Failed(summarize(trace))


def read_checkpoint_operation(answer: Mapping[str, Any]) -> InProgress | CompletedCheckpoint | Failed:
    """The status of a checkpoint trigger, whose fields are named otherwise than those of a savepoint's."""
    if _text(_map(answer["status"])["id"]) != "COMPLETED":
        return InProgress()
    operation = _optional_map(answer["operation"])
    number = operation.get("checkpointId")
    return Failed(summarize(_trace(operation.get("failureCause")))) if number is None else CompletedCheckpoint(_number(number))


def read_checkpoint_path(answer: Mapping[str, Any]) -> str:
    """Where the checkpoint of `/jobs/:id/checkpoints/details/:number` is; empty when it cannot be read there any more."""
    return _path(answer) or ""


def _trace(cause: object) -> str:
    return _text(_optional_map(cause).get("stack-trace") or "Flink gives no cause")


def _made_all_the_same(trace: str) -> Completed | None:
    """A stop whose savepoint was made while the job failed to stop afterwards has its savepoint: the text holds the path."""
    found = _SAVEPOINT_ALL_THE_SAME.search(trace)
    return Completed(found[1]) if found else None


def read_checkpoints(answer: Mapping[str, Any]) -> CheckpointStatistics:
    """The statistics of `/jobs/:id/checkpoints`. An answer without counts must not pass for one of no checkpoints."""
    counts, latest = _map(answer["counts"]), _map(answer["latest"])
    completed, savepoint, restored = (_optional_map(latest.get(name)) for name in ("completed", "savepoint", "restored"))
    stop = savepoint if savepoint.get("checkpoint_type") == "SYNC_SAVEPOINT" else {}
    return CheckpointStatistics(
        completed=_number(counts["completed"]),
        latest_path=_newest(completed, savepoint),
        latest_completed_at=_number(completed["latest_ack_timestamp"]) if completed else None,
        restored_path=_path(restored),
        stop_path=_path(stop),
    )


def _newest(completed: Mapping[str, Any], savepoint: Mapping[str, Any]) -> str | None:
    """A savepoint that was taken by hand may be newer than the last checkpoint. An older one is no substitute for it."""
    by_hand = _path(savepoint)
    return by_hand if by_hand and _acknowledged_at(savepoint) > _acknowledged_at(completed) else _path(completed)


def _acknowledged_at(checkpoint: Mapping[str, Any]) -> int:
    return _number(checkpoint["latest_ack_timestamp"]) if checkpoint else -1


def _path(checkpoint: Mapping[str, Any]) -> str | None:
    path = checkpoint.get("external_path")
    if path is None or path == NOT_ADDRESSABLE or checkpoint.get("discarded"):
        return None
    return _text(path) or None


def read_takes_checkpoints(answer: Mapping[str, Any]) -> bool:
    """Whether the job takes checkpoints by itself, in `/jobs/:id/checkpoints/config`: else the interval is the largest number of Java."""
    return _number(answer["interval"]) != _NEVER


def read_exceptions(answer: Mapping[str, Any]) -> str | None:
    """The stack trace of the newest failure in `/jobs/:id/exceptions`: up to 1.20 of the root exception, later of the history."""
    entries = _maps(_map(answer["exceptionHistory"])["entries"])
    trace = answer.get("root-exception") or (entries[0]["stacktrace"] if entries else None)
    return None if trace is None else _text(trace)


def read_failures(answer: Mapping[str, Any]) -> list[JobFailure]:
    """The history in `/jobs/:id/exceptions`, the newest first."""
    return [_read_failure(entry) for entry in _maps(_map(answer["exceptionHistory"])["entries"])]


def _read_failure(entry: Mapping[str, Any]) -> JobFailure:
    trace, task = _text(entry["stacktrace"]), entry.get("taskName")
    causes, places = causes_of(trace, _CAUSES), places_of(trace, _PLACES)
    # the same exception in the next execution of a task is the same again
    name = None if task is None else _EXECUTION.sub("", _text(task))
    return JobFailure(_number(entry["timestamp"]), causes, places, name)


def read_execution_result(answer: Mapping[str, Any]) -> str | None:
    """The stack trace in `/jobs/:id/execution-result`; None while the job runs, and when it did not fail."""
    cause = _optional_map(_optional_map(answer.get("job-execution-result")).get("failure-cause"))
    return _text(cause["stack-trace"]) if cause else None


def read_requirements(answer: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """The bounds of each vertex in `/jobs/:id/resource-requirements`."""
    bounds = {vertex: _map(_map(value)["parallelism"]) for vertex, value in answer.items()}
    return {vertex: (_number(bound["lowerBound"]), _number(bound["upperBound"])) for vertex, bound in bounds.items()}


def read_vertices(answer: Mapping[str, Any]) -> dict[str, int]:
    """The parallelism of each vertex in `/jobs/:id`."""
    return {_text(vertex["id"]): _number(vertex["parallelism"]) for vertex in _maps(answer["vertices"])}


def read_restarts(answer: Mapping[str, Any]) -> int | None:
    """`numRestarts` of `/jobs/:id/metrics?get=numRestarts`, a list under `elements`: metrics that are not there yet are left out of it."""
    values = [_text(metric["value"]) for metric in _maps(answer["elements"]) if metric.get("id") == "numRestarts"]
    return int(values[0]) if values and values[0].isdecimal() else None


def read_slots(answer: Mapping[str, Any]) -> tuple[int, int]:
    """All slots and the free ones of `/overview`."""
    return int(answer["slots-total"]), int(answer["slots-available"])


def read_cluster_info(answer: Mapping[str, Any]) -> dict[str, str]:
    """`status.clusterInfo` of `/config`."""
    return {name: _text(answer[name]) for name in ("flink-version", "flink-revision")}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is not a text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("is not a whole number")
    return value


def _map(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("is not an object")
    return value


def _optional_map(value: object) -> Mapping[str, Any]:
    return {} if value is None else _map(value)


def _maps(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise ValueError("is not a list")
    return [_map(element) for element in value]
