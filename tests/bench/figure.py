"""The figures of the benchmark as data: what each means, what the established operator has, and what is aimed at.

The established operator was measured on a machine of the kind that docs/performance.md describes, with the same two set-ups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `aim` is met by values up to it, or from it on when `more_is_better`; a figure without an aim is for comparison."""

    name: str
    what: str
    unit: str
    established: float | None = None
    aim: float | None = None
    more_is_better: bool = False

    def is_met(self, value: float) -> bool | None:
        """Whether `value` is what is aimed at; None when nothing is."""
        if self.aim is None:
            return None
        return value >= self.aim if self.more_is_better else value <= self.aim


FIGURES: tuple[Figure, ...] = (
    Figure("create_p50", "from creating a resource to its JobManager Deployment, one after the other, median", "ms", 298, 40),
    Figure("create_p95", "the same, 95th percentile", "ms", 528, 80),
    Figure("burst_rate", "resources per minute that get their Deployment, all created at once", "1/min", 621, 2000, more_is_better=True),
    Figure("burst_cpu", "CPU time of the operator per created resource", "ms", 83, 15),
    Figure("burst_requests", "requests to the API server per created resource", "", 28, 12),
    Figure("burst_status_writes", "status writes per created resource", "", 12, 3),
    Figure("burst_log_cpu", "share of the log in the CPU time of creating: its lines, written once more", "% of the operator's CPU"),
    Figure("unready_requests", "requests to the API server at rest, no JobManager ever ready", "1/s", 86, 2),
    Figure("unready_cpu", "CPU at rest, no JobManager ever ready", "% of a core", 23, 3),
    Figure("start_seconds", "from creating all at once to all stable, with JobManagers that run", "s", 262, 60),
    Figure("start_seconds_unthrottled", "the same, with an unthrottled kube-controller-manager", "s", None, 60),
    Figure("running_cpu", "CPU at rest, all running", "% of a core", 72, 15),
    Figure("running_flink_requests", "requests to JobManagers at rest, all running", "1/s", 300, 100),
    Figure("running_requests", "requests to the API server at rest, all running, without watches and the lease", "1/min", 0, 0),
    Figure("session_requests_some", "requests to one JobManager at rest, some session jobs on it (50 in a full run)", "1/min", None, 15),
    Figure("session_requests_all", "the same with many (500 in a full run)", "1/min", None, 15),
    Figure("session_start_seconds", "from creating many session jobs at once to all stable", "s", None, 60),
    Figure("session_rss", "memory (RSS) with many session jobs", "MB", None, 110),
    Figure("rss_none", "memory (RSS) without any resource", "MB", 300, 90),
    Figure("rss_some", "memory (RSS) with some running (200 in a full run)", "MB", 1300, 110),
    Figure("rss_all", "memory (RSS) with all running (1000 in a full run)", "MB", 3800, 160),
    Figure("cold_start_seconds", "from the start of the process to the Deployment of a resource that waits", "s", 5, 1.5),
    Figure("deletion_rate", "deletions per minute, all at once, no JobManager ever ready", "1/min", 65, 3000, more_is_better=True),
    Figure("deletion_rate_running", "deletions per minute, all at once, all running", "1/min", 65, 3000, more_is_better=True),
    Figure(
        "deletion_rate_unthrottled",
        "deletions per minute, all at once, all running, with an unthrottled kube-controller-manager",
        "1/min",
        None,
        3000,
        more_is_better=True,
    ),
    Figure("healthy_looks", "looks at each healthy JobManager, none hanging", "1/min"),
    Figure("healthy_looks_hanging", "the same while others hang", "1/min"),
    Figure("healthy_gap_p99", "time between two looks at a healthy JobManager, none hanging, 99th percentile", "s"),
    Figure("healthy_gap_p99_hanging", "the same while others hang", "s"),
    Figure("create_p95_fleet", "from creating a resource to its Deployment beside all that run, 95th percentile", "ms"),
    Figure("scrape_ms", "a scrape of the metrics, all running, median", "ms"),
    Figure("scrape_cpu_ms", "CPU time of the operator per scrape, all running", "ms"),
    Figure("scrape_cpu", "share of a scrape each 15 s in the CPU time at rest, all running", "% of the operator's CPU"),
    Figure("scrape_kilobytes", "size of a scrape, all running", "kB"),
    Figure("create_p95_hanging", "the same while others hang", "ms"),
)


def judge(measured: Mapping[str, float], figures: Iterable[Figure] = FIGURES) -> list[dict[str, Any]]:
    """The figures that were measured, with their aims and whether they are met, in the order of the table."""
    return [_judge_one(figure, measured[figure.name]) for figure in figures if figure.name in measured]


def _judge_one(figure: Figure, value: float) -> dict[str, Any]:
    return {
        "name": figure.name,
        "what": figure.what,
        "unit": figure.unit,
        "established": figure.established,
        "aim": figure.aim,
        "measured": round(value, 2),
        "met": figure.is_met(value),
    }
