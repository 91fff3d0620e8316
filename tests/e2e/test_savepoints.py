"""Savepoints of a running job, on demand and periodically: they are there, the job goes on, and old ones go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cluster.process import until
from tests.e2e.world import STATE, World, a_flinkdeployment

NAME = "savepoints"
PERIODIC = {"kubernetes.operator.periodic.savepoint.interval": "4 s", "kubernetes.operator.savepoint.history.max.count": "2"}


def info(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (world.status(NAME).get("jobStatus") or {}).get("savepointInfo") or {}
    return found


def on_disk(location: str) -> Path:
    """Where the node keeps what Flink sees as `location`."""
    return Path(STATE) / location.removeprefix("file:").lstrip("/").removeprefix("state/")


def test_savepoints_are_taken_of_a_running_job_and_old_periodic_ones_go(world: World) -> None:
    world.apply(a_flinkdeployment(NAME))
    world.wait_until_running(NAME)
    before, job_id = world.wait_for_count(NAME, 50).newest, world.status(NAME)["jobStatus"]["jobId"]

    world.patch(NAME, {"job": {"savepointTriggerNonce": 1}})
    until(lambda: (info(world).get("lastSavepoint") or {}).get("triggerNonce") == 1, "the savepoint that was asked for", 60)
    requested = info(world)["lastSavepoint"]["location"]
    assert on_disk(requested).is_dir()

    world.patch(NAME, {"flinkConfiguration": PERIODIC})
    taken: set[str] = set()

    def enough() -> bool:
        taken.update(one["location"] for one in info(world).get("savepointHistory") or () if one["triggerType"] == "PERIODIC")
        return len(taken) >= 4

    until(enough, "four periodic savepoints", 120)
    until(lambda: sum(on_disk(location).is_dir() for location in taken) <= 3, "the end of the oldest", 60)
    assert on_disk(requested).is_dir(), "what somebody asked for stays"
    assert world.status(NAME)["jobStatus"]["jobId"] == job_id, "nothing was restarted"
    assert world.wait_for_count(NAME, before + 1).first == 0, "nothing was restored"

    world.patch(NAME, {"restartNonce": 1, "flinkConfiguration": dict.fromkeys(PERIODIC)})
    world.wait_until_running(NAME)
    world.goes_on(NAME, before)
    world.delete(NAME, 120)
    world.leaves_nothing(NAME)
