"""What must hold on every Flink version: a job is deployed, upgraded with a savepoint, and deleted."""

from __future__ import annotations

import pytest
from tests.e2e.world import World, a_flinkdeployment


@pytest.mark.parametrize("version", ["2.2"])
def test_a_job_is_deployed_upgraded_with_a_savepoint_and_deleted(world: World, version: str) -> None:
    name = f"version-{version.replace('.', '-')}"
    world.apply(a_flinkdeployment(name, version=version))
    world.wait_until_running(name)
    before, old_id = world.wait_for_count(name, 50).newest, world.status(name)["jobStatus"]["jobId"]
    world.patch(name, {"job": {"args": ["--rate", "300"]}})
    world.goes_on(name, before)
    status = world.status(name)
    assert (status["restore"]["source"], status["jobStatus"]["jobId"] != old_id) == ("savepoint", True)
    world.delete(name)
    world.leaves_nothing(name)
