"""The operator's process: who acts when, and in which order it ends. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from tests.fakes.kubeapi import FakeKubeApi
from tests.virtualtime import LoopClock, now, run, until

from flinkop.config import load_config
from flinkop.errors import ApiUnavailable
from flinkop.flink.client import FlinkClient
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import LEASES
from flinkop.manager import Manager, Surroundings

_OPTIONS = {
    "kubernetes.operator.health.probe.enabled": "false",
    "kubernetes.operator.leader-election.enabled": "true",
    "kubernetes.operator.leader-election.lease-name": "lease",
    "kubernetes.operator.termination.timeout": "10 s",
}


class NoFlink:
    """Nobody asks it."""

    async def close(self) -> None:
        return


class Observed(Manager):
    """A manager whose work is to wait for the end; `story` tells what happened, and when."""

    story: list[tuple[str, float]]
    passes_end_after = 0.0
    was_leader = False

    async def _work(self) -> None:
        self._is_working = True
        self.story.append(("begins to work", now()))
        try:
            await self._stopping.wait()
            await asyncio.sleep(self.passes_end_after)
        finally:
            self.story.append(("has stopped working", now()))
            self.was_leader = self._elector is not None and self._elector.is_leader


@asynccontextmanager
async def operator(api: FakeKubeApi, me: str = "me") -> AsyncIterator[tuple[Observed, asyncio.Task[None]]]:
    config = load_config({"POD_NAME": me, "OPERATOR_NAMESPACE": "ns"}, defaults=_OPTIONS)
    surroundings = Surroundings(make_flink=lambda _: cast(FlinkClient, NoFlink()), clock=LoopClock())
    manager = Observed(config, cast(KubeClient, api), surroundings)
    manager.story = []
    running = asyncio.create_task(manager.run())
    try:
        yield manager, running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def holder(api: FakeKubeApi) -> str | None:
    lease = await api.get(LEASES, "ns", "lease")
    return lease["spec"]["holderIdentity"] if lease else None


Scenario = Callable[[FakeKubeApi], Awaitable[None]]


def play(scenario: Scenario) -> None:
    async def main() -> None:
        await scenario(FakeKubeApi())

    run(main())


def began(manager: Observed) -> Callable[[], bool]:
    return lambda: bool(manager.story)


def test_work_begins_when_the_caches_are_filled_and_the_lease_is_held() -> None:
    async def scenario(api: FakeKubeApi) -> None:
        api.go_away(ApiUnavailable("not yet"))
        async with operator(api) as (manager, _):
            await asyncio.sleep(20)
            assert manager.story == []
            api.come_back()
            await until(began(manager))
            assert await holder(api) == "me"

    play(scenario)


def test_a_standby_does_not_work_and_stops_at_once() -> None:
    async def scenario(api: FakeKubeApi) -> None:
        async with operator(api) as (leader, _):
            await until(began(leader))
            async with operator(api, "standby") as (standby, running):
                await asyncio.sleep(5)
                assert standby.story == []
                standby.stop()
                assert await until(running.done) < 1
                assert await holder(api) == "me"

    play(scenario)


def test_an_operator_that_is_stopped_before_its_caches_are_filled_stops_at_once() -> None:
    async def scenario(api: FakeKubeApi) -> None:
        api.hangs = True
        async with operator(api) as (manager, running):
            await asyncio.sleep(1)
            manager.stop()
            assert await until(running.done) < 1

    play(scenario)


@pytest.mark.parametrize(
    ("passes_end_after", "waited"),
    [pytest.param(3, 3, id="passes that end"), pytest.param(1000, 10, id="passes that take longer than the termination timeout")],
)
def test_the_lease_is_kept_until_nobody_works_any_more_and_then_released(passes_end_after: float, waited: float) -> None:
    async def scenario(api: FakeKubeApi) -> None:
        async with operator(api) as (manager, running):
            manager.passes_end_after = passes_end_after
            await until(began(manager))
            stopped_at = now()
            manager.stop()
            await until(lambda: len(manager.story) == 2)
            assert manager.story[1] == ("has stopped working", pytest.approx(stopped_at + waited, abs=0.5))
            assert manager.was_leader
            await until(running.done)
            assert await holder(api) == ""

    play(scenario)


def test_when_the_election_itself_fails_nobody_goes_on_working() -> None:
    """Whoever does not keep its lease must not act, whatever the reason."""

    async def scenario(api: FakeKubeApi) -> None:
        async with operator(api) as (manager, running):
            await until(began(manager))

            def fail(*_: Any) -> Any:
                raise RuntimeError("a fault")

            manager._elector._take = fail  # type: ignore[union-attr, method-assign]
            await until(running.done, step=0.1)
            with pytest.raises(RuntimeError, match="a fault"):
                running.result()
            assert [what for what, _ in manager.story] == ["begins to work", "has stopped working"]

    play(scenario)


def test_an_api_server_that_cannot_be_listed_ends_the_start_and_says_why() -> None:
    async def scenario(api: FakeKubeApi) -> None:
        api.go_away(ApiUnavailable("connection refused"))
        async with operator(api) as (_, running):
            await until(running.done, step=0.1)
            with pytest.raises(ApiUnavailable, match="not listed within 120 s: connection refused"):
                running.result()
            assert 120 <= now() < 121

    play(scenario)
