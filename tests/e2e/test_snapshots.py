"""Savepoints and checkpoints as resources, of real jobs: taken, started from, made by the operator itself, deleted with their files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cluster.process import until
from tests.e2e.test_savepoints import on_disk
from tests.e2e.world import NAMESPACE, World, a_flinkdeployment, condition

NAME, SECOND, OWN = "snapshots", "from-snapshot", "own-snapshots"
SEVERAL = {"state.checkpoints.num-retained": "10"}
"""Flink may delete a checkpoint before it tells where it is, if it keeps only the newest."""
PERIODIC = {"kubernetes.operator.periodic.savepoint.interval": "4 s", "kubernetes.operator.savepoint.history.max.count": "2"}


def a_job(name: str, **job: Any) -> dict[str, Any]:
    manifest = a_flinkdeployment(name, **job)
    manifest["spec"]["flinkConfiguration"] |= SEVERAL
    return manifest


def a_snapshot(name: str, job: str = NAME, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "flink.apache.org/v1beta1",
        "kind": "FlinkStateSnapshot",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"jobReference": {"kind": "FlinkDeployment", "name": job}, **spec},
    }


def is_state(state: str) -> Callable[[dict[str, Any]], bool]:
    return lambda one: bool((one.get("status") or {}).get("state") == state)


def snapshots(world: World) -> World:
    return World(world.cluster, "flinksnp")


def take(world: World, name: str, job: str = NAME, **spec: Any) -> dict[str, Any]:
    world.apply(a_snapshot(name, job, **spec))
    found = snapshots(world).wait_for(name, lambda one: condition(one, "Ready")["status"] == "True", 60, "complete")
    return dict(found["status"])


def test_snapshots_are_taken_started_from_and_deleted_with_their_files(world: World) -> None:
    world.apply(a_job(NAME))
    world.wait_until_running(NAME)
    before = world.wait_for_count(NAME, 50).newest
    job_id = world.status(NAME)["jobStatus"]["jobId"]

    savepoint = take(world, "first", savepoint={})
    assert (savepoint["state"], on_disk(savepoint["path"]).is_dir()) == ("COMPLETED", True)
    checkpoint = take(world, "second", checkpoint={})
    assert on_disk(checkpoint["path"]).is_dir()
    assert world.status(NAME)["jobStatus"]["jobId"] == job_id, "nothing was restarted"
    columns = world.cluster.kubectl("-n", NAMESPACE, "get", "flinksnp", "first").splitlines()[0].split("  ")
    assert [column.strip() for column in columns if column.strip()][1:4] == ["PATH", "RESULT TIMESTAMP", "SNAPSHOT STATE"]

    disposable = take(world, "third", savepoint={"formatType": "NATIVE"})
    snapshots(world).delete("third", 60)
    until(lambda: not on_disk(disposable["path"]).exists(), "end of the savepoint's files", 30)
    snapshots(world).delete("second", 30)
    assert on_disk(savepoint["path"]).is_dir()

    world.apply(a_job(SECOND, initialSavepointPath=savepoint["path"]))
    world.goes_on(SECOND, before)
    snapshots(world).delete("first", 60)
    assert on_disk(savepoint["path"]).is_dir(), "a job goes back to it"
    for name in (SECOND, NAME):
        world.delete(name, 120)
        world.leaves_nothing(name)


def test_what_cannot_be_taken_fails_or_is_abandoned(world: World) -> None:
    world.apply(a_snapshot("of-nothing", "no-such-job", savepoint={}))
    manifest = a_job("nowhere")
    del manifest["spec"]["flinkConfiguration"]["state.savepoints.dir"]
    manifest["spec"]["job"]["upgradeMode"] = "last-state"
    world.apply(manifest)
    world.wait_until_running("nowhere")

    world.apply(a_snapshot("no-place", "nowhere", savepoint={}, backoffLimit=1))
    failed = snapshots(world).wait_for("no-place", is_state("FAILED"), 90, "failed")
    assert failed["status"]["failures"] == 2
    assert "savepoint-dir" in failed["status"]["error"]
    assert condition(failed, "Stalled")["status"] == "True"

    snapshots(world).wait_for("of-nothing", is_state("ABANDONED"), 120, "abandoned")
    assert any(reason == "SnapshotAbandoned" for reason, _ in world.events("of-nothing"))
    for name in ("of-nothing", "no-place"):
        snapshots(world).delete(name, 30)
    world.delete("nowhere", 120)


def test_the_operators_own_savepoints_are_resources_with_a_history(world: World) -> None:
    world.apply(a_job(OWN))
    world.wait_until_running(OWN)
    before = world.wait_for_count(OWN, 50).newest

    def own(by: str) -> list[str]:
        return world.names("flinksnp", f"job-reference.name={OWN},snapshot.trigger-type={by},snapshot.state=COMPLETED")

    world.patch(OWN, {"job": {"savepointTriggerNonce": 1, "checkpointTriggerNonce": 1}})
    until(lambda: len(own("MANUAL")) == 2, "a savepoint and a checkpoint", 60)

    world.patch(OWN, {"flinkConfiguration": PERIODIC})
    taken: set[str] = set()

    def enough() -> bool:
        taken.update(own("PERIODIC"))
        return len(taken) >= 4

    until(enough, "four periodic savepoints", 120)
    world.patch(OWN, {"flinkConfiguration": {"kubernetes.operator.periodic.savepoint.interval": None}})
    until(lambda: len(own("PERIODIC")) == 2, "the limit of the history", 60)
    assert len(own("MANUAL")) == 2, "what somebody asked for stays"

    world.patch(OWN, {"restartNonce": 1})
    world.wait_until_running(OWN)
    until(lambda: len(own("UPGRADE")) == 1, "the savepoint of the upgrade", 60)
    world.goes_on(OWN, before)
    world.cluster.kubectl("-n", NAMESPACE, "delete", "flinksnp", "-l", f"job-reference.name={OWN}", "--timeout=60s")
    world.delete(OWN, 120)
    world.leaves_nothing(OWN)
