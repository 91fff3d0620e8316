"""All scenarios by name, in the order in which they leave most for the next one to use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from tests.bench.result import Result
from tests.bench.scenario import (
    burst,
    coldstart,
    deletion,
    hanging,
    memory,
    onebyone,
    runningrest,
    scrape,
    sessionjobs,
    start,
    unreadyrest,
    unthrottled,
)
from tests.bench.stage import Stage

Scenario = Callable[[Stage], Awaitable[Result]]

SCENARIOS: Mapping[str, Scenario] = {
    "one-by-one": onebyone.measure,
    "cold-start": coldstart.measure,
    "burst": burst.measure,
    "unready-rest": unreadyrest.measure,
    "deletion": deletion.measure_unready,
    "memory": memory.measure,
    "start": start.measure,
    "running-rest": runningrest.measure,
    "scrape": scrape.measure,
    "hanging": hanging.measure,
    "session-jobs": sessionjobs.measure,
    "deletion-running": deletion.measure_running,
    "unthrottled": unthrottled.measure,
}
"""Each makes what it needs, so that any can be run alone."""
