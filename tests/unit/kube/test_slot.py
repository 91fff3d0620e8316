"""Slots for requests: how many at once, and who comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtualtime import run

from flinkop.kube.slot import TURN, Slots


class Requests:
    """Requests that take a second each: the order in which they got their slots, and the most that were under way at once."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.order: list[int] = []
        self.under_way = self.most = 0

    async def send(self, turn: int) -> None:
        TURN.set(turn)
        async with self._slots.taken():
            self.order.append(turn)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(1)
            self.under_way -= 1

    async def send_all(self, turns: Iterable[int]) -> None:
        """One task each, in this order."""
        await asyncio.gather(*(asyncio.create_task(self.send(turn)) for turn in turns))


@pytest.mark.parametrize(
    ("turns", "order"),
    [
        pytest.param([3, 1, 2], [3, 1, 2], id="a free slot is taken by who comes first"),
        pytest.param([9, 3, 1, 2], [9, 1, 2, 3], id="of those who wait the earliest turn goes first"),
        pytest.param([9, 2, 1, 0], [9, 0, 1, 2], id="what belongs to no pass goes before all"),
    ],
)
def test_slots_are_given_in_order(turns: list[int], order: list[int]) -> None:
    async def scenario() -> None:
        requests = Requests(Slots(len(turns) if turns == order else 1))
        await requests.send_all(turns)
        assert requests.order == order

    run(scenario())


def test_requests_of_one_turn_go_in_the_order_in_which_they_came() -> None:
    async def scenario() -> None:
        slots, order = Slots(1), []

        async def send(name: str) -> None:
            async with slots.taken():
                order.append(name)
                await asyncio.sleep(1)

        await asyncio.gather(*(asyncio.create_task(send(name)) for name in "abcd"))
        assert order == ["a", "b", "c", "d"]

    run(scenario())


@given(st.integers(1, 4), st.lists(st.integers(0, 9), max_size=20))
def test_there_are_never_more_under_way_than_slots_and_everybody_is_served(free: int, turns: list[int]) -> None:
    async def scenario() -> None:
        requests = Requests(Slots(free))
        await requests.send_all(turns)
        assert requests.most == min(free, len(turns))
        assert sorted(requests.order) == sorted(turns)

    run(scenario())


@given(st.integers(1, 3), st.lists(st.booleans(), min_size=1, max_size=12))
def test_no_slot_is_lost_when_requests_are_given_up(free: int, given_up: list[bool]) -> None:
    async def scenario() -> None:
        requests = Requests(Slots(free))
        tasks = [asyncio.create_task(requests.send(number)) for number, _ in enumerate(given_up)]
        await asyncio.sleep(0.5)
        for task in (task for task, is_given_up in zip(tasks, given_up, strict=True) if is_given_up):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        requests.under_way = requests.most = 0
        await requests.send_all(range(2 * free))
        assert requests.most == free

    run(scenario())


def test_a_slot_that_comes_together_with_the_end_of_who_waits_for_it_goes_to_the_next() -> None:
    async def scenario() -> None:
        slots = Slots(1)
        heir, next_one = Requests(slots), Requests(slots)

        async def hold() -> None:
            async with slots.taken():
                await asyncio.sleep(1)
            inheriting.cancel()  # it has the slot, and has not run yet

        holding = asyncio.create_task(hold())
        await asyncio.sleep(0)
        inheriting = asyncio.create_task(heir.send(2))
        waiting = asyncio.create_task(next_one.send(3))
        await holding
        await waiting
        assert (heir.order, next_one.order) == ([], [3])

    run(scenario())
