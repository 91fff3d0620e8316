"""What JobManagers answer: only the fields that are read. Times are epoch milliseconds.

Source of the forms: transcripts of Flink 1.16 to 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

NOT_ADDRESSABLE = "<checkpoint-not-externally-addressable>"
_STOPPING = "StopWithSavepointStoppingException"
_SAVEPOINT_IN_TEXT = re.compile(r"[Ss]avepoint[^:]*?(?:at|in|to|path)[:\s]+['\"]?([a-z0-9+.-]+:/[^\s'\"]+?)[.,'\"]?(?:\s|$)")
_LIMIT = 500


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


AsyncOperation = InProgress | Completed | Failed | Unknown


@dataclass(frozen=True, slots=True)
class CheckpointStatistics:
    """`/jobs/:id/checkpoints`. `stop_path` is the savepoint of a stop-with-savepoint, known by its type `SYNC_SAVEPOINT`."""

    completed: int
    latest_path: str | None
    latest_completed_at: int | None
    restored_path: str | None
    stop_path: str | None
    stop_triggered_at: int | None


def read_jobs(answer: Mapping[str, Any]) -> list[JobOverview]:
    """The jobs of `/jobs/overview`. Raises KeyError, TypeError or ValueError for what is no such answer."""
    return [_read_job(job) for job in answer["jobs"]]


def _read_job(job: Mapping[str, Any]) -> JobOverview:
    tasks = job.get("tasks") or {}
    return JobOverview(
        job_id=job["jid"],
        name=job["name"],
        state=JobState(job["state"]),
        start_time=int(job["start-time"]),
        last_modification=int(job["last-modification"]),
        tasks_total=int(tasks.get("total", 0)),
        tasks_running=int(tasks.get("running", 0)),
        tasks_finished=int(tasks.get("finished", 0)),
    )


def read_operation(answer: Mapping[str, Any]) -> AsyncOperation:
    """The status of a savepoint trigger."""
    if answer["status"]["id"] != "COMPLETED":
        return InProgress()
    operation = answer.get("operation") or {}
    if "location" in operation:
        return Completed(operation["location"])
    trace = (operation.get("failure-cause") or {}).get("stack-trace") or "Flink gives no cause"
    return _made_all_the_same(trace) or Failed(summarize(trace))


def _made_all_the_same(trace: str) -> Completed | None:
    """A stop whose savepoint was made while the job failed to stop afterwards has its savepoint: the text holds the path."""
    if _STOPPING not in trace:
        return None
    found = _SAVEPOINT_IN_TEXT.search(trace)
    return Completed(found[1]) if found else None


def read_checkpoints(answer: Mapping[str, Any]) -> CheckpointStatistics:
    """The statistics of `/jobs/:id/checkpoints`."""
    latest = answer.get("latest") or {}
    completed = latest.get("completed") or {}
    savepoint = latest.get("savepoint") or {}
    stop = savepoint if savepoint.get("checkpoint_type") == "SYNC_SAVEPOINT" else {}
    return CheckpointStatistics(
        completed=int((answer.get("counts") or {}).get("completed", 0)),
        latest_path=_newest(completed, savepoint),
        latest_completed_at=completed.get("latest_ack_timestamp"),
        restored_path=_path(latest.get("restored") or {}),
        stop_path=_path(stop),
        stop_triggered_at=stop.get("trigger_timestamp"),
    )


def _newest(*candidates: Mapping[str, Any]) -> str | None:
    """A savepoint that was taken by hand may be newer than the last checkpoint."""
    dated = [(found.get("latest_ack_timestamp") or 0, _path(found)) for found in candidates]
    return max(((at, path) for at, path in dated if path), default=(0, None))[1]


def _path(checkpoint: Mapping[str, Any]) -> str | None:
    path = checkpoint.get("external_path")
    return path if path and path != NOT_ADDRESSABLE and not checkpoint.get("discarded") else None


def find_cause(text: str) -> str | None:
    """The root cause that a Java stack trace in `text` names, in one line; None when there is no stack trace."""
    causes = re.findall(r"^(?:Caused by: )?([\w.$]+(?:Exception|Error|Throwable)\b.*)$", text, re.MULTILINE)
    return _one_line(causes[-1]) if causes else None


def summarize(trace: str) -> str:
    """The root cause of a Java stack trace in one line; of any other text its first line."""
    return find_cause(trace) or (_one_line(trace.strip().splitlines()[0]) if trace.strip() else "unknown")


def _one_line(text: str) -> str:
    line = _without_wrappers(" ".join(text.split()))
    return line if len(line) <= _LIMIT else f"{line[: _LIMIT - 1]}…"


def _without_wrappers(line: str) -> str:
    """`A: B: message` where A only wraps B, as Java's completion exceptions do."""
    return re.sub(r"^(?:java\.util\.concurrent\.(?:CompletionException|ExecutionException): )+", "", line)
