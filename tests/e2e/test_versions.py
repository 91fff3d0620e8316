"""What must hold on every Flink version, and from one to another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import versions
from tests.cluster.process import until
from tests.e2e.conftest import VERSIONS, flink_image
from tests.e2e.world import STATE, World, a_flinkdeployment
from tests.versions import Life

CHECKPOINTS_ON_DEMAND_SINCE = (1, 17)


@pytest.mark.long
def test_a_job_moves_to_another_flink_version_with_a_savepoint_though_its_mode_is_last_state(world: World) -> None:
    name = "version-change"
    world.apply(a_flinkdeployment(name, version="1.20", upgradeMode="last-state"))
    world.wait_until_running(name)
    before, old_id = world.wait_for_count(name, 100).newest, world.status(name)["jobStatus"]["jobId"]

    world.patch(name, {"image": "flink:2.2", "flinkVersion": "v2_2"})
    world.goes_on(name, before)
    status = world.status(name)
    assert (status["restore"]["source"], status["jobStatus"]["jobId"] != old_id) == ("savepoint", True)
    assert world.flink(name, "/config")["flink-version"].startswith("2.2.")

    before = world.wait_for_count(name, before + 200).newest
    world.patch(name, {"job": {"args": ["--rate", "300"]}})
    world.goes_on(name, before)
    assert world.status(name)["restore"]["source"] == "last-state"
    world.delete(name)
    world.leaves_nothing(name)


@pytest.fixture(params=versions.RELEASES)
def life(world: World, request: pytest.FixtureRequest) -> Iterator[Life]:
    """A version, whose image is in the cluster only meanwhile. What is found goes into docs/versions.md, whatever it is."""
    life, stays = Life(request.param), request.param in VERSIONS
    if not stays:
        archive = flink_image(life.release)
        world.cluster.load(archive)
        archive.unlink()
    yield life
    versions.keep(life)
    for name in names_of(life):
        world.delete(name, 120)
    if not stays:
        world.cluster.unload(f"docker.io/library/flink:{life.release}")


def names_of(life: Life) -> tuple[str, str]:
    """The native cluster and the standalone one."""
    name = f"version-{life.minor.replace('.', '-')}"
    return name, f"{name}-standalone"


def a_job(name: str, version: str) -> dict[str, Any]:
    """With high availability under the name that the version knows: what Flink 1.16 would overlook is refused."""
    manifest = a_flinkdeployment(name, version=version)
    configuration = manifest["spec"]["flinkConfiguration"]
    configuration["kubernetes.operator.snapshot.resource.enabled"] = "false"
    if version == "1.16":
        configuration["high-availability"] = configuration.pop("high-availability.type")
    return manifest


@pytest.mark.versions
def test_a_job_lives_on_every_flink_version(world: World, life: Life) -> None:
    name, standalone = names_of(life)
    with life.step("deploy"):
        world.apply(a_job(name, life.minor))
        world.wait_until_running(name)
        assert world.flink(name, "/config")["flink-version"] == life.release
    life.java = java_of(world, name)
    with life.step("count"):
        world.wait_for_count(name, 100)
    take_snapshots(world, name, life)
    upgrade(world, name, life)
    with life.step("delete"):
        world.delete(name)
        world.leaves_nothing(name)
    with life.step("standalone"):
        live_standalone(world, standalone, life.minor)


def take_snapshots(world: World, name: str, life: Life) -> None:
    """A savepoint and a checkpoint of the running job; nothing is restarted."""
    job_id = world.status(name)["jobStatus"]["jobId"]
    with life.step("savepoint"):
        location = take(world, name, "savepoint")["location"]
        assert (Path(STATE) / location.partition("/state/")[2]).is_dir()
    if tuple(map(int, life.minor.split("."))) < CHECKPOINTS_ON_DEMAND_SINCE:
        life.steps["checkpoint"] = "not in this Flink"
    else:
        with life.step("checkpoint"):
            assert take(world, name, "checkpoint")["formatType"] == "FULL"
    assert world.status(name)["jobStatus"]["jobId"] == job_id


def take(world: World, name: str, kind: str) -> dict[str, Any]:
    """Asks for a snapshot by nonce; gives its record."""
    info, last = f"{kind}Info", f"last{kind.capitalize()}"

    def recorded() -> dict[str, Any]:
        return (world.status(name)["jobStatus"].get(info) or {}).get(last) or {}

    world.patch(name, {"job": {f"{kind}TriggerNonce": 7}})
    until(lambda: recorded().get("triggerNonce") == 7, f"{kind} that was asked for", 60)
    return recorded()


def upgrade(world: World, name: str, life: Life) -> None:
    """Once in each mode that keeps state."""
    for mode, rate in (("savepoint", "250"), ("last-state", "300")):
        with life.step(f"{mode} upgrade"):
            before = world.wait_for_count(name, world.count(name).newest + 100).newest
            world.patch(name, {"job": {"upgradeMode": mode, "args": ["--rate", rate]}})
            world.goes_on(name, before)
            assert world.status(name)["restore"]["source"] == mode


def live_standalone(world: World, name: str, version: str) -> None:
    """Deployed, running, counting, deleted."""
    manifest = a_job(name, version)
    manifest["spec"]["mode"] = "standalone"
    manifest["spec"]["taskManager"]["replicas"] = 1
    world.apply(manifest)
    world.wait_until_running(name)
    world.wait_for_count(name, 50)
    world.delete(name)
    world.leaves_nothing(name)


def java_of(world: World, name: str) -> str:
    """The version of Java in which the JobManager runs."""
    found = re.search(r"\d+(\.\d+)*", world.flink(name, "/jobmanager/environment")["jvm"]["version"].rpartition(" - ")[2])
    return found[0] if found else "?"
