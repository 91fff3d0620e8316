"""FlinkStateSnapshots against a real API server and pretended JobManagers, and struck at every single request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.component.controllers.mortal import Fate, Strike
from tests.component.controllers.snapshotstage import SNAPSHOT, a_checkpoint, a_savepoint, ask, drop, is_state, wait_for_snapshot
from tests.component.controllers.stage import NAME, Stage, a_spec
from tests.component.waiting import until

from flinkop.kube.resource import FLINK_STATE_SNAPSHOTS

_AT_ONCE = 6
WITH_RESOURCES = a_spec(configuration={"kubernetes.operator.snapshot.resource.enabled": "true"})
Story = Callable[[Stage, str], Awaitable[Any]]


@dataclass(frozen=True)
class Scenario:
    """A job runs, `prepared` happens in peace, then `story`, and fate strikes. `state` None: the snapshot is gone.

    `savepoints` is how many there are in the end. Without a `name` it is the one that the operator makes.
    """

    story: Story
    state: str | None
    savepoints: int
    prepared: Story | None = None
    name: str | None = SNAPSHOT


def asks(spec: dict[str, Any]) -> Story:
    return lambda stage, namespace: ask(stage, namespace, spec)


async def ask_in_vain(stage: Stage, namespace: str) -> None:
    stage.world.jobmanagers.alive[namespace, NAME].savepoint_fails_with = "java.io.IOException: disk full"
    await ask(stage, namespace, {**a_savepoint(), "backoffLimit": 0})


async def ask_slowly(stage: Stage, namespace: str) -> None:
    stage.world.jobmanagers.alive[namespace, NAME].savepoint_may_end.clear()
    await ask(stage, namespace, a_savepoint())
    await wait_for_snapshot(stage, namespace, is_state("IN_PROGRESS"))
    stage.world.jobmanagers.alive[namespace, NAME].savepoint_may_end.set()


async def delete_in_the_middle(stage: Stage, namespace: str) -> None:
    jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
    jobmanager.savepoint_may_end.clear()
    await ask(stage, namespace, a_savepoint())
    await wait_for_snapshot(stage, namespace, is_state("IN_PROGRESS"))
    await until(lambda: bool(jobmanager.job.triggers))
    await drop(stage, namespace)
    jobmanager.savepoint_may_end.set()


async def take(stage: Stage, namespace: str) -> None:
    await ask(stage, namespace, a_savepoint())
    await wait_for_snapshot(stage, namespace, is_state("COMPLETED"))


async def take_and_keep(stage: Stage, namespace: str) -> None:
    await ask(stage, namespace, a_savepoint(disposeOnDelete=False))
    await wait_for_snapshot(stage, namespace, is_state("COMPLETED"))


async def raise_the_nonce(stage: Stage, namespace: str) -> None:
    await stage.change(namespace, {"job": {"savepointTriggerNonce": 1}})


async def upgrade(stage: Stage, namespace: str) -> None:
    await stage.change(namespace, {"job": {"args": ["new"]}})


SCENARIOS = {
    "a nonce": Scenario(raise_the_nonce, "COMPLETED", 1, name=None),
    "the savepoint of an upgrade": Scenario(upgrade, "COMPLETED", 1, name=None),
    "a savepoint": Scenario(asks(a_savepoint()), "COMPLETED", 1),
    "a slow savepoint": Scenario(ask_slowly, "COMPLETED", 1),
    "a checkpoint": Scenario(asks(a_checkpoint()), "COMPLETED", 0),
    "a savepoint that exists": Scenario(asks(a_savepoint(alreadyExists=True, path="file:/old")), "COMPLETED", 0),
    "a savepoint that fails": Scenario(ask_in_vain, "FAILED", 0),
    "delete": Scenario(drop, None, 0, take),
    "delete and keep the files": Scenario(drop, None, 1, take_and_keep),
    "delete in the middle": Scenario(delete_in_the_middle, None, 0),
}


async def play(stage: Stage, scenario: Scenario, strike: Strike) -> None:
    namespace = await stage.a_namespace()

    async def end() -> None:
        await wait_for_snapshot(stage, namespace, is_state(scenario.state) if scenario.state else None, scenario.name)

    async with stage.operator(namespace):
        await stage.running(namespace, WITH_RESOURCES)
        if scenario.prepared is not None:
            await scenario.prepared(stage, namespace)
    async with stage.mortal_operator(namespace, strike):
        await scenario.story(stage, namespace)
        await end()
    async with stage.operator(namespace):
        await end()
        await until(lambda: len(stage.world.jobmanagers.savepoints_of(namespace)) == scenario.savepoints)
    assert stage.problems(namespace) == []


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
async def test_whatever_request_fate_strikes_at_the_end_is_the_same_and_the_snapshot_is_taken_once(stage: Stage, name: str) -> None:
    scenario, undisturbed = SCENARIOS[name], Strike()
    await play(stage, scenario, undisturbed)
    assert undisturbed.count > 0
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(strike: Strike) -> str | None:
        async with slots:
            try:
                await play(stage, scenario, strike)
            except AssertionError as failure:
                return f"{strike}: {failure}"
        return None

    strikes = [Strike(after, fate) for fate in Fate for after in range(1, undisturbed.count + 1)]
    failures = await asyncio.gather(*map(one, strikes))
    assert list(filter(None, failures)) == []


async def test_a_savepoint_tells_its_path_in_the_established_form(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        await take(stage, namespace)
        found = await stage.kube.get(FLINK_STATE_SNAPSHOTS, namespace, SNAPSHOT)
    assert found is not None
    status, labels = found["status"], found["metadata"]["labels"]
    assert [status["path"]] == stage.world.jobmanagers.savepoints_of(namespace)
    assert status.keys() >= {"triggerId", "triggerTimestamp", "resultTimestamp", "conditions", "observedGeneration"}
    assert labels == {
        "snapshot.type": "SAVEPOINT",
        "snapshot.trigger-type": "MANUAL",
        "snapshot.state": "COMPLETED",
        "job-reference.kind": "FlinkDeployment",
        "job-reference.name": NAME,
    }
    assert found["metadata"]["finalizers"] == ["flinkstatesnapshots.flink.apache.org/finalizer"]


async def test_at_rest_nothing_is_written(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        await take(stage, namespace)
    strike = Strike()
    async with stage.operator(namespace, strike) as operator:
        await stage.wait_for(namespace, "Running")
        await operator.stop()
    assert strike.count == 0


async def test_a_savepoint_that_a_job_goes_back_to_is_not_deleted(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        await take(stage, namespace)
        (path,) = stage.world.jobmanagers.savepoints_of(namespace)
        await stage.change(namespace, {"job": {"initialSavepointPath": path}})
        await drop(stage, namespace)
        await wait_for_snapshot(stage, namespace, None)
        assert stage.world.jobmanagers.savepoints_of(namespace) == [path]
        await until(lambda: has_event(stage, namespace, "SavepointKept"))


async def test_files_that_no_jobmanager_deletes_are_named_and_the_deletion_ends(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace)
        await take(stage, namespace)
        stage.world.jobmanagers.disposal_fails_with = "java.io.IOException: not yours"
        await drop(stage, namespace)
        await wait_for_snapshot(stage, namespace, lambda found: "not yours" in found["status"]["message"])
        stage.clocks[namespace].put_forward(minutes=6)
        await wait_for_snapshot(stage, namespace, None)
        await until(lambda: has_event(stage, namespace, "CleanupFailed"))


async def test_a_snapshot_of_a_job_that_does_not_exist_is_abandoned_in_the_end(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await ask(stage, namespace, a_savepoint())
        await wait_for_snapshot(stage, namespace, lambda found: (found.get("status") or {}).get("reason") == "WaitingForJob")
        stage.clocks[namespace].put_forward(minutes=2)
        await wait_for_snapshot(stage, namespace, is_state("ABANDONED"))
        await until(lambda: has_event(stage, namespace, "SnapshotAbandoned"))


async def test_a_snapshot_waits_for_a_job_that_is_about_to_be_created(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await ask(stage, namespace, a_savepoint())
        await wait_for_snapshot(stage, namespace, lambda found: (found.get("status") or {}).get("reason") == "WaitingForJob")
        await stage.running(namespace)
        await wait_for_snapshot(stage, namespace, is_state("COMPLETED"))


async def test_a_snapshot_that_makes_no_sense_says_so_and_can_be_deleted(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await ask(stage, namespace, {"jobReference": {"kind": "FlinkDeployment", "name": NAME}})
        found = await wait_for_snapshot(stage, namespace, lambda found: (found.get("status") or {}).get("reason") == "ValidationError")
        assert "neither a savepoint nor a checkpoint" in found["status"]["error"]
        await drop(stage, namespace)
        await wait_for_snapshot(stage, namespace, None)


async def has_event(stage: Stage, namespace: str, reason: str) -> bool:
    return any(event["reason"] == reason for event in await stage.events(namespace))
