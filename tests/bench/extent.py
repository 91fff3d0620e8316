"""How much is measured: the numbers that the aims are for, and small ones for work on the benchmark itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """Numbers of resources and, where the names say so, seconds."""

    one_by_one: int
    burst: int
    some_running: int
    all_running: int
    hanging: int
    cold_starts: int
    some_session_jobs: int
    all_session_jobs: int
    settle_seconds: float
    rest_seconds: float


FULL = Extent(
    one_by_one=30,
    burst=1000,
    some_running=200,
    all_running=1000,
    hanging=60,
    cold_starts=5,
    some_session_jobs=50,
    all_session_jobs=500,
    settle_seconds=30,
    rest_seconds=60,
)
QUICK = Extent(
    one_by_one=10,
    burst=100,
    some_running=20,
    all_running=100,
    hanging=6,
    cold_starts=2,
    some_session_jobs=5,
    all_session_jobs=50,
    settle_seconds=8,
    rest_seconds=20,
)
