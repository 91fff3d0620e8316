"""Electors against one lease: at most one leads, somebody does, and a release is taken up at once. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.kubeapi import FakeKubeApi
from tests.virtualtime import LoopClock, now, run, until

from flinkop.errors import ApiUnavailable, Conflict, FlinkopError
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import LEASES
from flinkop.runtime.leaderelection import ElectionSettings, LeaderElector

UNAVAILABLE = ApiUnavailable("connection refused")


class Link:
    """One replica's way to the API server; it can be cut, or made to swallow answers."""

    def __init__(self, api: FakeKubeApi) -> None:
        self._api = api
        self.cut: FlinkopError | None = None
        self.swallows = False

    def __getattr__(self, name: str) -> Any:
        if name == "watch":
            return self._api.watch
        return self._pass_on(getattr(self._api, name))

    def _pass_on(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any) -> Any:
            if self.cut is not None:
                raise self.cut
            answer = await method(*arguments)
            if self.swallows:
                await asyncio.Event().wait()
            return answer

        return call


class Replica:
    """A process with an elector. `acting` says whether it would act now."""

    def __init__(self, api: FakeKubeApi, name: str) -> None:
        self.name, self.link = name, Link(api)
        self.acting = False
        self.elector = LeaderElector(
            cast(KubeClient, self.link), "system", "operator", name, ElectionSettings(15, 10, 2), LoopClock(), on_lost=self._stop
        )
        self.elector.on_started(self._act)
        self._task = asyncio.create_task(self.elector.run())

    def _act(self) -> None:
        self.acting = True

    def _stop(self) -> None:
        self.acting = False

    async def kill(self) -> None:
        """The process is gone, without a word."""
        self._stop()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def leave(self) -> None:
        """The process ends in order."""
        await self.kill()
        await self.elector.release()


def record(api: FakeKubeApi) -> dict[str, Any]:
    return dict(api._objects[("leases", "system", "operator")]["spec"])


def play(scenario: Callable[[FakeKubeApi, Replica, Replica], Awaitable[None]]) -> None:
    """Runs a scenario in which the first replica leads and the second stands by, since five seconds."""

    async def main() -> None:
        api = FakeKubeApi()
        first = Replica(api, "first")
        await until(lambda: first.acting, seconds=1)
        second = Replica(api, "second")
        await asyncio.sleep(5)
        assert (first.acting, second.acting) == (True, False)
        try:
            await scenario(api, first, second)
        finally:
            for replica in (first, second):
                await replica.kill()

    run(main())


def test_the_first_to_come_leads_at_once_and_keeps_the_lease() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        before = record(api)
        await asyncio.sleep(300)
        assert (first.acting, second.acting) == (True, False)
        after = record(api)
        assert after["renewTime"] > before["renewTime"]
        assert {**after, "renewTime": ""} == {**before, "renewTime": ""}
        assert (after["holderIdentity"], after["leaseTransitions"]) == ("first", 0)

    play(scenario)


def test_a_standby_asks_for_nothing_while_the_leader_renews() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        api.requests.clear()
        await asyncio.sleep(100)
        assert {verb for verb, _ in api.requests} == {"replace"}
        assert len(api.requests) == pytest.approx(50, abs=2)

    play(scenario)


def test_an_orderly_end_hands_over_at_once() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        await first.leave()
        assert await until(lambda: second.acting) < 0.1
        assert record(api)["leaseTransitions"] == 1

    play(scenario)


def test_an_orderly_end_in_the_middle_of_a_renewal_hands_over_at_once() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        first.link.swallows = True
        before = record(api)["renewTime"]
        await until(lambda: record(api)["renewTime"] != before)
        await first.kill()
        first.link.swallows = False
        await first.elector.release()
        assert await until(lambda: second.acting) < 0.1

    play(scenario)


def test_a_leader_that_dies_is_followed_after_the_lease_duration_and_not_before() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        await first.kill()
        assert 12.9 <= await until(lambda: second.acting) <= 15.1

    play(scenario)


def test_a_leader_that_is_cut_off_stops_before_another_takes_over() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        first.link.cut = UNAVAILABLE
        stopped = await until(lambda: not first.acting)
        assert 7.9 <= stopped <= 10.1
        assert not second.acting
        assert stopped + await until(lambda: second.acting) <= 15.1

    play(scenario)


def test_a_leader_whose_requests_hang_stops_before_another_takes_over() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        api.hangs = True
        assert await until(lambda: not first.acting) <= 10.1

    play(scenario)


def test_a_leader_that_is_cut_off_for_a_short_while_goes_on() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        for trouble in (UNAVAILABLE, Conflict("changed by somebody"), UNAVAILABLE):
            first.link.cut = trouble
            await asyncio.sleep(6)
            first.link.cut = None
            await asyncio.sleep(6)
            assert (first.acting, second.acting) == (True, False)

    play(scenario)


def test_a_renewal_whose_answer_is_lost_does_not_end_the_leader() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        first.link.swallows = True
        await asyncio.sleep(4)
        first.link.swallows = False
        await asyncio.sleep(100)
        assert (first.acting, second.acting) == (True, False)

    play(scenario)


def test_somebody_who_edits_the_lease_does_not_end_the_leader() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        api.put(LEASES, "system", "operator", spec={**record(api), "strategy": "edited"})
        await asyncio.sleep(100)
        assert (first.acting, second.acting) == (True, False)
        assert record(api)["strategy"] == "edited"

    play(scenario)


def test_a_lease_that_somebody_deletes_is_made_again_by_its_holder() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        api.drop(LEASES, "system", "operator")
        await asyncio.sleep(100)
        assert (first.acting, second.acting) == (True, False)
        assert record(api)["holderIdentity"] == "first"

    play(scenario)


def test_a_lease_that_somebody_deletes_after_its_holder_died_is_taken_when_it_would_have_run_out() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        await first.kill()
        api.drop(LEASES, "system", "operator")
        assert 12.9 <= await until(lambda: second.acting) <= 15.1

    play(scenario)


def test_a_leader_whose_lease_was_taken_stops_at_its_next_renewal() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        api.put(LEASES, "system", "operator", spec={**record(api), "holderIdentity": "usurper"})
        assert await until(lambda: not first.acting) <= 4.1

    play(scenario)


def test_a_standby_whose_watch_is_dead_still_takes_over() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        api.break_watches(UNAVAILABLE)
        api.refuse(UNAVAILABLE)
        await first.kill()
        assert await until(lambda: second.acting) <= 20

    play(scenario)


def test_a_process_that_starts_again_under_the_same_name_leads_at_once() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        await first.kill()
        again = Replica(api, "first")
        assert await until(lambda: again.acting) < 0.1
        assert record(api)["leaseTransitions"] == 0
        await again.kill()

    play(scenario)


def test_a_release_that_cannot_reach_the_server_ends_all_the_same() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        await first.kill()
        api.hangs = True
        began = now()
        await first.elector.release()
        assert now() - began <= 5.1

    play(scenario)


def test_a_standby_that_ends_leaves_the_lease_alone() -> None:
    async def scenario(api: FakeKubeApi, first: Replica, second: Replica) -> None:
        await second.leave()
        assert record(api)["holderIdentity"] == "first"

    play(scenario)


EVENTS = st.sampled_from(["cut", "mend", "swallow", "kill", "leave", "edit", "watch ends", "history forgotten", "delete"])


@given(history=st.lists(st.tuples(st.integers(0, 2), EVENTS, st.sampled_from([0.0, 0.3, 2.0, 9.0, 16.0])), max_size=15))
@settings(max_examples=40)
def test_whatever_happens_no_two_act_at_once_and_in_the_end_one_does(history: list[tuple[int, str, float]]) -> None:
    async def main() -> None:
        api = FakeKubeApi()
        replicas = [Replica(api, f"replica-{number}") for number in range(3)]

        async def guard() -> None:
            while True:
                acting = [replica.name for replica in replicas if replica.acting]
                assert len(acting) <= 1, f"{acting} at {now()}"
                await asyncio.sleep(0.05)

        watchdog = asyncio.create_task(guard())
        for number, event, pause in history:
            await _do(event, api, replicas, number)
            await asyncio.sleep(pause)
            assert not watchdog.done(), watchdog.exception()
        for number, replica in enumerate(replicas):
            await replica.kill()
            replicas[number] = Replica(api, f"fresh-{number}")
        await asyncio.sleep(20)
        assert not watchdog.done(), watchdog.exception()
        assert sum(replica.acting for replica in replicas) == 1
        watchdog.cancel()
        for replica in replicas:
            await replica.kill()

    run(main())


async def _do(event: str, api: FakeKubeApi, replicas: list[Replica], number: int) -> None:
    replica = replicas[number]
    match event:
        case "cut":
            replica.link.cut = UNAVAILABLE
        case "mend":
            replica.link.cut, replica.link.swallows = None, False
        case "swallow":
            replica.link.swallows = True
        case "kill":
            await replica.kill()
        case "leave":
            await replica.leave()
        case "edit" if ("leases", "system", "operator") in api._objects:
            api.put(LEASES, "system", "operator", spec={**record(api), "strategy": str(now())})
        case "delete" if ("leases", "system", "operator") in api._objects:
            api.drop(LEASES, "system", "operator")
        case "watch ends":
            api.break_watches()
        case "history forgotten":
            api.compact()
            api.break_watches(UNAVAILABLE)


def test_a_lease_that_can_be_read_and_not_written_is_no_reason_to_hurry() -> None:
    async def scenario() -> None:
        api = FakeKubeApi()
        reads = 0
        get = api.get

        async def read(*arguments: Any) -> Any:
            nonlocal reads
            reads += 1
            await asyncio.sleep(0.01)
            return await get(*arguments)

        async def refuse(*_: Any) -> Any:
            raise ApiUnavailable("no space left")

        api.get, api.create = read, refuse  # type: ignore[method-assign]
        replica = Replica(api, "a")
        await asyncio.sleep(20)
        assert 5 <= reads <= 11
        await replica.kill()

    run(scenario())
