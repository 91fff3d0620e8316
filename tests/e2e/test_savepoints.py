"""Savepoints and checkpoints of a running job, on demand and periodically, recorded in its status: old ones go, and the job goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cluster.process import until
from tests.e2e.world import STATE, World, a_flinkdeployment

NAME, CHECKPOINTS = "savepoints", "checkpoints"
IN_STATUS = {"kubernetes.operator.snapshot.resource.enabled": "false"}
INTERVAL = "kubernetes.operator.periodic.savepoint.interval"
PERIODIC = {INTERVAL: "4 s", "kubernetes.operator.savepoint.history.max.count": "2"}
CRON = {INTERVAL: "0/20 * * * * ?"}


def recorded_in_status(name: str) -> dict[str, Any]:
    """A job whose snapshots are no resources."""
    manifest = a_flinkdeployment(name)
    manifest["spec"]["flinkConfiguration"] |= IN_STATUS
    return manifest


def info(world: World, name: str = NAME, field: str = "savepointInfo") -> dict[str, Any]:
    found: dict[str, Any] = (world.status(name).get("jobStatus") or {}).get(field) or {}
    return found


def on_disk(location: str) -> Path:
    """Where the node keeps what Flink sees as `location`."""
    return Path(STATE) / location.removeprefix("file:").lstrip("/").removeprefix("state/")


def directories() -> set[Path]:
    """Every savepoint of the job that there is on disk, finished or not."""
    return set((Path(STATE) / NAME / "savepoints").iterdir())


def kept(world: World) -> set[Path]:
    """The periodic ones that the status still tells of."""
    return {on_disk(one["location"]) for one in info(world).get("savepointHistory") or () if one["triggerType"] == "PERIODIC"}


def test_savepoints_are_taken_of_a_running_job_and_old_periodic_ones_go(world: World) -> None:
    world.apply(recorded_in_status(NAME))
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
    world.patch(NAME, {"flinkConfiguration": {INTERVAL: None}})
    until(lambda: directories() == {on_disk(requested), *kept(world)}, "the end of all but the newest and what somebody asked for", 60)
    assert len(kept(world)) == 2
    assert not any(on_disk(location).exists() for location in taken if on_disk(location) not in kept(world))
    assert world.status(NAME)["jobStatus"]["jobId"] == job_id, "nothing was restarted"
    assert world.wait_for_count(NAME, before + 1).first == 0, "nothing was restored"

    world.patch(NAME, {"restartNonce": 1, "flinkConfiguration": dict.fromkeys(PERIODIC)})
    world.wait_until_running(NAME)
    world.goes_on(NAME, before)
    world.delete(NAME, 120)
    world.leaves_nothing(NAME)


def test_a_checkpoint_is_taken_on_demand_and_savepoints_at_the_times_of_a_cron_expression(world: World) -> None:
    world.apply(recorded_in_status(CHECKPOINTS))
    world.wait_until_running(CHECKPOINTS)
    before = world.wait_for_count(CHECKPOINTS, 50).newest

    world.patch(CHECKPOINTS, {"job": {"checkpointTriggerNonce": 1}})
    until(lambda: "lastCheckpoint" in info(world, CHECKPOINTS, "checkpointInfo"), "the checkpoint that was asked for", 60)
    last = info(world, CHECKPOINTS, "checkpointInfo")["lastCheckpoint"]
    assert (last["triggerNonce"], last["triggerType"], last["formatType"]) == (1, "MANUAL", "FULL")
    assert any(reason == "Checkpoint" for reason, _ in world.events(CHECKPOINTS))

    world.patch(CHECKPOINTS, {"flinkConfiguration": CRON})
    until(lambda: len(info(world, CHECKPOINTS).get("savepointHistory") or ()) >= 2, "two savepoints of the schedule", 120)
    taken = info(world, CHECKPOINTS)["savepointHistory"]
    assert {one["triggerType"] for one in taken} == {"PERIODIC"}
    assert all(on_disk(one["location"]).is_dir() for one in taken)
    assert taken[1]["timeStamp"] // 20_000 > taken[0]["timeStamp"] // 20_000, "each in a slot of its own"

    world.patch(CHECKPOINTS, {"restartNonce": 1, "flinkConfiguration": dict.fromkeys(CRON)})
    world.wait_until_running(CHECKPOINTS)
    assert info(world, CHECKPOINTS)["lastSavepoint"]["triggerType"] == "UPGRADE"
    world.goes_on(CHECKPOINTS, before)
    world.delete(CHECKPOINTS, 120)
    world.leaves_nothing(CHECKPOINTS)
