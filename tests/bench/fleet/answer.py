"""What a JobManager with one RUNNING job answers: the fields of Flink 1.20's REST API that operators read, and some that none does."""

from __future__ import annotations

from typing import Any

_TASK_STATES = ("created", "scheduled", "deploying", "finished", "canceling", "canceled", "failed", "reconciling", "initializing")
_SIZES = ("checkpointed_size", "state_size", "end_to_end_duration", "alignment_buffered", "processed_data", "persisted_data")
_SUMMARY = dict.fromkeys(("min", "max", "avg", "p50", "p90", "p95", "p99", "p999"), 0)
_VERSION, _REVISION = "1.20.5", "abcdef0"
_PARALLELISM = 2


def answer(path: str, cluster: str, job: str, started_ms: int) -> Any:
    """The JSON of `path`, without `/v1`, or None for one that is not known here. `job` is the job's id."""
    match path:
        case "/jobs/overview":
            return {"jobs": [overview(cluster, job, started_ms)]}
        case "/overview":
            return _cluster_overview()
        case "/config":
            return _config()
        case "/taskmanagers":
            return {"taskmanagers": []}
        case "/jobmanager/config":
            return []
        case _ if path == f"/jobs/{job}/checkpoints":
            return _checkpoints()
        case _ if path == f"/jobs/{job}/exceptions":
            return {"exceptionHistory": {"entries": [], "truncated": False}}
        case _:
            return None


def overview(name: str, job: str, started_ms: int) -> dict[str, Any]:
    """One RUNNING job of `/jobs/overview`."""
    return {
        "jid": job,
        "name": name,
        "start-time": started_ms,
        "end-time": -1,
        "duration": 60_000,
        "state": "RUNNING",
        "last-modification": started_ms,
        "tasks": {**dict.fromkeys(_TASK_STATES, 0), "total": _PARALLELISM, "running": _PARALLELISM},
    }


def _cluster_overview() -> dict[str, Any]:
    numbers = {"taskmanagers": 1, "slots-total": _PARALLELISM, "slots-available": 0}
    jobs = {"jobs-running": 1, "jobs-finished": 0, "jobs-cancelled": 0, "jobs-failed": 0}
    return {**numbers, **jobs, "flink-version": _VERSION, "flink-commit": _REVISION}


def _config() -> dict[str, Any]:
    return {
        "refresh-interval": 3000,
        "timezone-name": "UTC",
        "timezone-offset": 0,
        "flink-version": _VERSION,
        "flink-revision": f"{_REVISION} @ 2025-01-01T00:00:00Z",
        "features": {"web-submit": False, "web-cancel": False, "web-rescale": False, "web-history": False},
    }


def _checkpoints() -> dict[str, Any]:
    return {
        "counts": dict.fromkeys(("restored", "total", "in_progress", "completed", "failed"), 0),
        "summary": dict.fromkeys(_SIZES, _SUMMARY),
        "latest": dict.fromkeys(("completed", "savepoint", "failed", "restored")),
        "history": [],
    }
