"""The operator is struck at every single request of a scenario: killed and started again, or left without the answer.

The end is always the same, no job runs twice, no savepoint is taken twice, and no state is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.component.controllers import story
from tests.component.controllers.everyrequest import kind_of, strike_every_request
from tests.component.controllers.mortal import Strike
from tests.component.controllers.stage import NAME, Condition, Stage, a_spec, has_reason, is_fulfilled
from tests.component.controllers.story import Story, check_deployments

from flinkop.kube.resource import DEPLOYMENTS


@dataclass(frozen=True)
class Scenario:
    """A resource is brought to a state in peace by `prepared`, (change, phase); then `story` happens, and fate strikes.

    `starts` are the restore sources of all starts of the job from its first one on; `phase` None: the resource is gone. `taskmanagers` is
    how many there are of a standalone cluster in the end.
    """

    story: Story
    phase: str | None
    starts: tuple[str | None, ...]
    spec: Mapping[str, Any] = field(default_factory=a_spec)
    prepared: tuple[tuple[dict[str, Any], str], ...] = (({}, "Running"),)
    keeps_metadata: bool = False
    taskmanagers: int | None = None
    is_reached: Condition = is_fulfilled


def change(spec: dict[str, Any] | None = None, **job: Any) -> Story:
    """A change of the spec; keyword arguments are fields of `job`."""
    return lambda stage, namespace: stage.change(namespace, {**(spec or {}), "job": job})


async def create(stage: Stage, namespace: str) -> None:
    await stage.create(namespace, a_spec())


async def delete(stage: Stage, namespace: str) -> None:
    await stage.delete(namespace)


async def upgrade_with_a_slow_savepoint(stage: Stage, namespace: str) -> None:
    """An operator that comes back finds the savepoint still in progress."""
    stage.world.jobmanagers.savepoint_seconds = 0.6
    await stage.change(namespace, {"job": {"args": ["new"]}})


async def upgrade_while_the_old_jobmanager_takes_its_time_to_end(stage: Stage, namespace: str) -> None:
    stage.world.jobmanagers.lingering_seconds = 0.6
    await stage.change(namespace, {"job": {"args": ["new"]}})


async def delete_while_the_savepoint_of_an_upgrade_is_taken(stage: Stage, namespace: str) -> None:
    stage.world.jobmanagers.alive[namespace, NAME].savepoint_may_end.clear()
    await stage.change(namespace, {"job": {"args": ["new"]}})
    await stage.wait_until(namespace, "taking a savepoint", has_reason("TakingSavepoint"))
    await stage.delete(namespace)


async def suspend_while_the_savepoint_of_an_upgrade_is_taken(stage: Stage, namespace: str) -> None:
    jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
    jobmanager.savepoint_may_end.clear()
    await stage.change(namespace, {"job": {"args": ["new"]}})
    await stage.wait_until(namespace, "taking a savepoint", has_reason("TakingSavepoint"))
    await stage.change(namespace, {"job": {"state": "suspended"}})
    jobmanager.savepoint_may_end.set()


async def lose_the_jobmanager(stage: Stage, namespace: str) -> None:
    await stage.kube.delete(DEPLOYMENTS, namespace, NAME)


async def upgrade_although_the_first_savepoint_fails(stage: Stage, namespace: str) -> None:
    jobmanager = stage.world.jobmanagers.alive[namespace, NAME]
    jobmanager.savepoint_fails_with = "java.io.IOException: disk full"
    await stage.change(namespace, {"job": {"args": ["new"]}})
    found = await stage.wait_until(namespace, "failed", has_reason("SavepointFailed"))
    assert "disk full" in found["status"]["message"]
    assert (found["status"]["phase"], jobmanager.job.state) == ("Running", "RUNNING"), "the old job keeps running"
    jobmanager.savepoint_fails_with = None
    stage.clocks[namespace].put_forward(minutes=20)


async def ask_for_a_savepoint(stage: Stage, namespace: str) -> None:
    """One is taken, and the job goes on."""
    before = len(stage.world.jobmanagers.savepoints_of(namespace))
    await stage.change(namespace, {"job": {"savepointTriggerNonce": 1}})
    found = await stage.wait_until(namespace, "with a savepoint", has_savepoint)
    assert found["status"]["jobStatus"]["savepointInfo"]["lastSavepoint"]["triggerNonce"] == 1
    assert len(stage.world.jobmanagers.savepoints_of(namespace)) == before + 1


def has_savepoint(resource: dict[str, Any]) -> bool:
    info = resource["status"]["jobStatus"].get("savepointInfo") or {}
    return "lastSavepoint" in info and "triggerId" not in info


async def ask_for_a_checkpoint(stage: Stage, namespace: str) -> None:
    """One is taken, and the job goes on."""
    await stage.change(namespace, {"job": {"checkpointTriggerNonce": 1}})
    found = await stage.wait_until(namespace, "with a checkpoint", has_checkpoint)
    last = found["status"]["jobStatus"]["checkpointInfo"]["lastCheckpoint"]
    assert (last["triggerNonce"], last["triggerType"], last["formatType"]) == (1, "MANUAL", "FULL")
    assert len(stage.world.jobmanagers.alive[namespace, NAME].job.checkpoints) == 1


def has_checkpoint(resource: dict[str, Any]) -> bool:
    info = resource["status"]["jobStatus"].get("checkpointInfo") or {}
    return "lastCheckpoint" in info and "triggerId" not in info


RUNNING = ({}, "Running")
SUSPENDED = ({"job": {"state": "suspended"}}, "Suspended")
LAST_STATE = a_spec(upgradeMode="last-state")
LAST_STATE_WITHOUT_HA = a_spec(upgradeMode="last-state", high_availability=False)
SAVEPOINT_ON_DELETION = a_spec(configuration={"kubernetes.operator.job.savepoint-on-deletion": "true"})
NEW = change(args=["new"])
SCENARIOS = {
    "deploy": Scenario(create, "Running", (None,), prepared=()),
    "upgrade with a savepoint": Scenario(NEW, "Running", (None, "savepoint")),
    "upgrade with a slow savepoint": Scenario(upgrade_with_a_slow_savepoint, "Running", (None, "savepoint")),
    "upgrade although the first savepoint fails": Scenario(upgrade_although_the_first_savepoint_fails, "Running", (None, "savepoint")),
    "upgrade from the last state": Scenario(NEW, "Running", (None, "last-state"), LAST_STATE),
    "upgrade while the old JobManager takes its time to end": Scenario(
        upgrade_while_the_old_jobmanager_takes_its_time_to_end, "Running", (None, "last-state"), LAST_STATE
    ),
    "upgrade from the last state without high availability": Scenario(NEW, "Running", (None, "checkpoint"), LAST_STATE_WITHOUT_HA),
    "stateless upgrade": Scenario(NEW, "Running", (None, None), a_spec(upgradeMode="stateless")),
    "restart": Scenario(change({"restartNonce": 7}), "Running", (None, "savepoint")),
    "suspend": Scenario(change(state="suspended"), "Suspended", (None,)),
    "suspend with the last state": Scenario(change(state="suspended"), "Suspended", (None,), LAST_STATE, keeps_metadata=True),
    "suspend in the middle of an upgrade": Scenario(suspend_while_the_savepoint_of_an_upgrade_is_taken, "Suspended", (None,)),
    "resume": Scenario(change(state="running"), "Running", (None, "savepoint"), prepared=(RUNNING, SUSPENDED)),
    "resume from the last state": Scenario(
        change(state="running"), "Running", (None, "last-state"), LAST_STATE, prepared=(RUNNING, SUSPENDED)
    ),
    "the JobManager's Deployment is deleted by somebody": Scenario(lose_the_jobmanager, "Running", (None, "last-state")),
    "a savepoint on demand": Scenario(ask_for_a_savepoint, "Running", (None,)),
    "a checkpoint on demand": Scenario(ask_for_a_checkpoint, "Running", (None,)),
    "roll back from a spec whose JobManager never gets ready": Scenario(
        story.upgrade_to_an_image_that_never_gets_ready,
        "Running",
        (None, "savepoint"),
        story.WITH_ROLLBACK,
        is_reached=story.is_rolled_back,
    ),
    "restart a failed job": Scenario(story.fail, "Running", (None, "checkpoint"), story.RESTARTED_WHEN_FAILED),
    "restart an unhealthy job": Scenario(story.restart_over_and_over, "Running", (None, "last-state"), story.WATCHED),
    "rescale in place": Scenario(story.rescale, "Running", (None,), story.ADAPTIVE),
    "rescale although Flink refuses": Scenario(story.rescale_although_flink_refuses, "Running", (None, "last-state"), story.ADAPTIVE),
    "start and scale a standalone application": Scenario(
        story.start_and_scale(story.REACTIVE), "Running", (None,), prepared=(), taskmanagers=3
    ),
    "upgrade a standalone application": Scenario(NEW, "Running", (None, "savepoint"), story.REACTIVE, taskmanagers=2),
    "delete a standalone application": Scenario(delete, None, (None,), story.REACTIVE),
    "start and scale a standalone session": Scenario(story.start_and_scale(story.SESSION), "Running", (None,), prepared=(), taskmanagers=3),
    "delete a standalone session": Scenario(delete, None, (None,), story.SESSION),
    "delete": Scenario(delete, None, (None,)),
    "delete with a savepoint": Scenario(delete, None, (None,), SAVEPOINT_ON_DELETION),
    "delete in the middle of an upgrade": Scenario(delete_while_the_savepoint_of_an_upgrade_is_taken, None, (None,)),
}


async def play(stage: Stage, scenario: Scenario, strike: Strike) -> None:
    """One run. Whatever `strike` says, the end is the scenario's."""
    namespace = await stage.a_namespace()
    await prepare(stage, scenario, namespace)
    async with stage.mortal_operator(namespace, strike):
        await scenario.story(stage, namespace)
        await stage.wait_for(namespace, scenario.phase, len(scenario.starts), is_reached=scenario.is_reached)
    async with stage.operator(namespace):
        await stage.wait_for(namespace, scenario.phase, is_reached=scenario.is_reached)
        await check(stage, scenario, namespace)


async def prepare(stage: Stage, scenario: Scenario, namespace: str) -> None:
    """Peace, with one operator."""
    async with stage.operator(namespace):
        for number, (spec, phase) in enumerate(scenario.prepared):
            await (stage.change(namespace, spec) if number else stage.create(namespace, dict(scenario.spec)))
            await stage.wait_for(namespace, phase)


async def check(stage: Stage, scenario: Scenario, namespace: str) -> None:
    """The end, and the ledger of starts."""
    key = (namespace, NAME)
    starts = stage.world.jobmanagers.starts(key)
    assert stage.problems(namespace) == []
    assert [kind_of(start.restored_from) for start in starts] == list(scenario.starts)
    assert all(start.count > 0 for start in starts if start.restored_from)
    if scenario.phase == "Running":
        jobmanager = stage.world.jobmanagers.alive[key]
        assert jobmanager.jars is not None or jobmanager.job.state == "RUNNING"
        await check_deployments(stage, namespace, scenario.taskmanagers)
    else:
        await check_removed(stage, scenario, namespace)


async def check_removed(stage: Stage, scenario: Scenario, namespace: str) -> None:
    """Nothing of the cluster is left but what the next start restores."""
    job_id = stage.world.jobmanagers.starts((namespace, NAME))[-1].job_id
    kept = [f"{NAME}-{job_id}-config-map", f"{NAME}-cluster-config-map"] if scenario.keeps_metadata else []
    for _ in range(200):
        if sorted(await stage.leftovers(namespace)) == sorted(kept) and (namespace, NAME) not in stage.world.jobmanagers.alive:
            return
        await asyncio.sleep(0.03)
    raise AssertionError(f"left: {await stage.leftovers(namespace)}; should be left: {kept}")


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
async def test_whatever_request_fate_strikes_at_the_end_is_the_same_and_the_job_is_started_once(stage: Stage, name: str) -> None:
    await strike_every_request(lambda strike: play(stage, SCENARIOS[name], strike))


async def test_a_deletion_with_a_savepoint_leaves_exactly_one(stage: Stage) -> None:
    namespace = await stage.a_namespace()
    async with stage.operator(namespace):
        await stage.running(namespace, SAVEPOINT_ON_DELETION)
        await stage.delete(namespace)
        await stage.wait_for(namespace, None)
    savepoints = stage.world.jobmanagers.savepoints
    assert list(savepoints.values()) == [1]
    said = [event["message"] for event in await stage.events(namespace) if event["reason"] == "Savepoint"]
    assert said == [f"The job was stopped with a savepoint before deletion: {next(iter(savepoints))}"]
