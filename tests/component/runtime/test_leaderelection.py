"""Leader election on a real Lease: exactly one acts, whatever happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from tests.component.runtime.surroundings import Surroundings
from tests.component.waiting import until

from flinkop.clock import SystemClock
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import LEASES
from flinkop.runtime.leaderelection import ElectionSettings, LeaderElector

PATIENT = ElectionSettings(lease_duration=600, renew_deadline=60, retry_period=0.2)
QUICK = ElectionSettings(lease_duration=3, renew_deadline=1.5, retry_period=0.2)
NAME = "operator"


@dataclass
class Replicas:
    """`acting` are those that believe to be the leader now, at most `most` of them; `history` is who began and ended, in order."""

    around: Surroundings
    acting: set[str] = field(default_factory=set)
    most: int = 0
    history: list[str] = field(default_factory=list)

    def elector(self, client: KubeClient, me: str, settings: ElectionSettings) -> LeaderElector:
        elector = LeaderElector(client, self.around.namespace, NAME, me, settings, SystemClock(), lambda: self._end(me))
        elector.on_started(lambda: self._begin(me))
        return elector

    @asynccontextmanager
    async def replica(
        self, me: str, settings: ElectionSettings = PATIENT, client: KubeClient | None = None
    ) -> AsyncIterator[LeaderElector]:
        """A replica; leaving the block kills it."""
        elector = self.elector(client or self.around.direct, me, settings)
        running = asyncio.create_task(elector.run())
        try:
            yield elector
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self._end(me)

    async def holder(self) -> str:
        lease = await self.around.direct.get(LEASES, self.around.namespace, NAME)
        return (lease or {"spec": {}})["spec"].get("holderIdentity", "")

    def _begin(self, me: str) -> None:
        self.acting.add(me)
        self.history.append(f"{me} begins")
        self.most = max(self.most, len(self.acting))

    def _end(self, me: str) -> None:
        if me in self.acting:
            self.acting.remove(me)
            self.history.append(f"{me} ends")


@pytest.fixture
def replicas(around: Surroundings) -> Iterator[Replicas]:
    replicas = Replicas(around)
    yield replicas
    assert replicas.most == 1, replicas.history


def leads(replicas: Replicas, me: str) -> Callable[[], bool]:
    return lambda: replicas.acting == {me}


async def test_of_several_that_start_at_once_exactly_one_acts(replicas: Replicas) -> None:
    async with AsyncExitStack() as stack:
        electors = [await stack.enter_async_context(replicas.replica(f"replica-{number}")) for number in range(5)]
        await until(lambda: bool(replicas.acting))
        renewed = await replicas.around.direct.get(LEASES, replicas.around.namespace, NAME)
        await until(
            lambda: any(elector._record.get("renewTime") != renewed["spec"]["renewTime"] for elector in electors if elector.is_leader)
        )
        assert [await replicas.holder()] == list(replicas.acting)
        assert [elector.is_leader for elector in electors].count(True) == 1


async def test_a_leader_that_stops_in_order_is_followed_at_once(replicas: Replicas) -> None:
    """The lease would last for ten minutes more."""
    async with replicas.replica("first") as first:
        await until(leads(replicas, "first"))
        async with replicas.replica("second") as second:
            await until(lambda: bool(second._record), lambda: "it has not seen the lease")
            replicas._end("first")
            await first.release()
            await until(leads(replicas, "second"))
    assert replicas.history == ["first begins", "first ends", "second begins", "second ends"]


async def test_a_leader_that_is_killed_is_followed_when_its_lease_has_run_out(replicas: Replicas) -> None:
    async with replicas.replica("second", QUICK) as second:
        await until(leads(replicas, "second"))
        async with replicas.replica("first", QUICK):
            pass
        assert second.is_leader, "a standby that comes and goes changes nothing"
    async with replicas.replica("third", QUICK):
        await until(leads(replicas, "third"))
    lease = await replicas.around.direct.get(LEASES, replicas.around.namespace, NAME)
    assert lease is not None
    assert (lease["spec"]["holderIdentity"], lease["spec"]["leaseTransitions"]) == ("third", 1)


async def test_a_leader_that_is_cut_off_ends_before_another_one_begins(replicas: Replicas) -> None:
    async with replicas.replica("cut off", QUICK, replicas.around.through):
        await until(leads(replicas, "cut off"))
        async with replicas.replica("other", QUICK):
            replicas.around.proxy.hangs = True
            await until(leads(replicas, "other"))
            assert replicas.history == ["cut off begins", "cut off ends", "other begins"]


async def test_a_leader_lives_through_a_restart_of_the_api_server(replicas: Replicas) -> None:
    async with replicas.replica("first"):
        await until(leads(replicas, "first"))
        async with replicas.replica("second"):
            await replicas.around.restart_apiserver()
            before = await replicas.around.direct.get(LEASES, replicas.around.namespace, NAME)

            async def is_renewed() -> bool:
                now = await replicas.around.direct.get(LEASES, replicas.around.namespace, NAME)
                return bool(now and before and now["spec"]["renewTime"] != before["spec"]["renewTime"])

            await until(is_renewed)
            assert replicas.history == ["first begins"]


async def test_a_leader_whose_lease_is_deleted_writes_it_again(replicas: Replicas) -> None:
    async with replicas.replica("first"):
        await until(leads(replicas, "first"))
        async with replicas.replica("second") as second:
            await until(lambda: bool(second._record), lambda: "it has not seen the lease")
            await replicas.around.direct.delete(LEASES, replicas.around.namespace, NAME)

            async def is_back() -> bool:
                return await replicas.holder() == "first"

            await until(is_back)
            assert replicas.history == ["first begins"]


async def test_a_process_that_starts_again_under_the_same_name_leads_at_once(replicas: Replicas) -> None:
    for _ in range(2):
        async with replicas.replica("first"):
            await until(leads(replicas, "first"))


async def test_a_leader_that_was_robbed_ends(replicas: Replicas) -> None:
    async with replicas.replica("first"):
        await until(leads(replicas, "first"))
        lease = await replicas.around.direct.get(LEASES, replicas.around.namespace, NAME)
        assert lease is not None
        await replicas.around.direct.patch(LEASES, replicas.around.namespace, NAME, {"spec": {"holderIdentity": "robber"}})
        await until(lambda: not replicas.acting)
        assert replicas.history == ["first begins", "first ends"]
