"""The operator is killed after every single request of a scenario, and started again: the end is always the same, and no job runs twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.component.controllers.stage import NAME, Crash, Stage, a_spec

_AT_ONCE = 6


@dataclass(frozen=True)
class Scenario:
    """A resource is brought to `prepared` in peace; then `change` happens while the operator dies.

    `starts` are the restore sources of all starts of the job from its first one on; `phase` None: the resource is gone.
    """

    change: Callable[[Stage, str], Awaitable[None]]
    phase: str | None
    starts: tuple[str | None, ...]
    spec: dict[str, Any] = field(default_factory=a_spec)
    prepared: tuple[tuple[dict[str, Any], str], ...] = ()


def patch(**job: Any) -> Callable[[Stage, str], Awaitable[None]]:
    """A change of `spec.job`."""
    return lambda stage, namespace: stage.change(namespace, {"job": job})


async def nothing(stage: Stage, namespace: str) -> None:
    """Creation is change enough."""


async def delete(stage: Stage, namespace: str) -> None:
    """Deletes the resource."""
    await stage.delete(namespace)


RUNNING = ({}, "Running")
SUSPENDED = ({"job": {"state": "suspended"}}, "Suspended")
SCENARIOS = {
    "deploy": Scenario(nothing, "Running", (None,)),
    "upgrade with a savepoint": Scenario(patch(args=["new"]), "Running", (None, "savepoint"), prepared=(RUNNING,)),
    "upgrade from the last state": Scenario(
        patch(args=["new"]), "Running", (None, "last-state"), a_spec(upgradeMode="last-state"), (RUNNING,)
    ),
    "stateless upgrade": Scenario(patch(args=["new"]), "Running", (None, None), a_spec(upgradeMode="stateless"), (RUNNING,)),
    "suspend": Scenario(patch(state="suspended"), "Suspended", (None,), prepared=(RUNNING,)),
    "resume": Scenario(patch(state="running"), "Running", (None, "savepoint"), prepared=(RUNNING, SUSPENDED)),
    "delete": Scenario(delete, None, (None,), prepared=(RUNNING,)),
}


async def play(stage: Stage, scenario: Scenario, crash: Crash) -> None:
    """One run. Whatever `crash` says, the end is the scenario's."""
    namespace = await stage.a_namespace()
    await prepare(stage, scenario, namespace)
    async with stage.operator(namespace, crash):
        await scenario.change(stage, namespace)
        if not scenario.prepared:
            await stage.create(namespace, scenario.spec)
        end = asyncio.create_task(stage.wait_for(namespace, scenario.phase))
        died = asyncio.create_task(crash.happened.wait())
        await asyncio.wait((end, died), return_when=asyncio.FIRST_COMPLETED)
        end.cancel(), died.cancel()
    async with stage.operator(namespace):
        await stage.wait_for(namespace, scenario.phase)
    await check(stage, scenario, namespace, f"killed after request {crash.after}")


async def prepare(stage: Stage, scenario: Scenario, namespace: str) -> None:
    """Peace, with one operator."""
    for number, (change, phase) in enumerate(scenario.prepared):
        async with stage.operator(namespace):
            await (stage.change(namespace, change) if number else stage.create(namespace, scenario.spec))
            await stage.wait_for(namespace, phase)


async def check(stage: Stage, scenario: Scenario, namespace: str, when: str) -> None:
    """The end, and the ledger of starts."""
    key = (namespace, NAME)
    starts = stage.world.jobmanagers.starts(key)
    assert stage.problems(namespace) == [], when
    assert [kind_of(start.restored_from) for start in starts] == list(scenario.starts), when
    assert all(start.count > 0 for start in starts if start.restored_from), when
    if scenario.phase != "Running":
        for _ in range(100):
            if not await stage.leftovers(namespace) and key not in stage.world.jobmanagers.alive:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{when}: left over: {await stage.leftovers(namespace)}")


def kind_of(restored_from: str | None) -> str | None:
    return "savepoint" if restored_from and "savepoint" in restored_from else restored_from


@pytest.mark.parametrize("name", SCENARIOS)
async def test_killed_after_any_request_the_end_is_the_same_and_the_job_is_started_once(stage: Stage, name: str) -> None:
    scenario, undisturbed = SCENARIOS[name], Crash()
    await play(stage, scenario, undisturbed)
    assert undisturbed.count > 2, "a scenario that asks for nothing shows nothing"
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(after: int) -> None:
        async with slots:
            await play(stage, scenario, Crash(after))

    async with asyncio.TaskGroup() as group:
        for after in range(1, undisturbed.count + 1):
            group.create_task(one(after))
