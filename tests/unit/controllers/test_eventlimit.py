"""How many Events about one object are written. In virtual time.

Source: client-go's EventSourceObjectSpamFilter, a token bucket for each component and object: a burst of 25, then one after each pause.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.virtualtime import LoopClock, now, run

from flinkop.controllers.eventlimit import EventLimit

JOB, OTHER = ("Job", "uid-1"), ("Job", "uid-2")
MINUTE, HOUR = 60.0, 3600.0


def limited(play: Callable[[EventLimit], Awaitable[None]], **bounds: int) -> None:
    async def main() -> None:
        await play(EventLimit(LoopClock(), **bounds))

    run(main())


def admitted(limit: EventLimit, count: int, source: tuple[str, str] = JOB, identity: str = "same") -> int:
    """Of so many Events, how many are written."""
    return sum(limit.admit(source, identity).times > 0 for _ in range(count))


def test_a_burst_is_let_through_and_then_one_each_minute() -> None:
    async def play(limit: EventLimit) -> None:
        assert admitted(limit, 30) == 25
        await asyncio.sleep(MINUTE - 1)
        assert admitted(limit, 5) == 0
        await asyncio.sleep(1)
        assert admitted(limit, 5) == 1
        await asyncio.sleep(10 * MINUTE)
        assert admitted(limit, 30) == 10
        await asyncio.sleep(HOUR)
        assert admitted(limit, 30) == 25, "rest saves up no more than a burst"

    limited(play)


def test_neither_another_object_nor_another_component_has_to_give_way() -> None:
    async def play(limit: EventLimit) -> None:
        assert admitted(limit, 100) == 25
        assert admitted(limit, 1, OTHER) == 1
        assert admitted(limit, 1, ("Operator", JOB[1])) == 1

    limited(play)


def test_those_held_back_are_in_the_count_of_the_next_like_them() -> None:
    async def play(limit: EventLimit) -> None:
        admitted(limit, 25 + 7, identity="loop")
        admitted(limit, 2, identity="else")
        await asyncio.sleep(MINUTE)
        assert limit.admit(JOB, "loop").times == 1 + 7
        await asyncio.sleep(MINUTE)
        assert limit.admit(JOB, "loop").times == 1
        await asyncio.sleep(HOUR - 2 * MINUTE - 1)
        assert limit.admit(JOB, "else").times == 1 + 2

    limited(play)


@pytest.mark.parametrize("beside", [False, True], ids=["at rest", "beside what goes on and on"])
def test_those_held_back_are_forgotten_after_the_time_for_which_kubernetes_keeps_events(beside: bool) -> None:
    async def play(limit: EventLimit) -> None:
        admitted(limit, 25 + 7, identity="loop")
        admitted(limit, 2, identity="else")
        for _minute in range(60):
            await asyncio.sleep(MINUTE)
            if beside:
                assert limit.admit(JOB, "another").times == 1
        await asyncio.sleep(MINUTE)
        assert limit.admit(JOB, "else").times == 1

    limited(play)


def test_those_that_are_held_back_again_and_again_are_all_in_the_count() -> None:
    async def play(limit: EventLimit) -> None:
        admitted(limit, 25)
        for _half_minute in range(200):
            limit.admit(JOB, "rare")
            await asyncio.sleep(MINUTE / 2)
            admitted(limit, 1, identity="often")
            await asyncio.sleep(MINUTE / 2)
            admitted(limit, 1, identity="often")
        await asyncio.sleep(MINUTE)
        assert limit.admit(JOB, "rare").times == 1 + 200

    limited(play)


def test_forgotten_ones_leave_their_place_to_others() -> None:
    async def play(limit: EventLimit) -> None:
        for number in range(25 + 500):
            limit.admit(JOB, str(number))
        await asyncio.sleep(HOUR)
        admitted(limit, 25)
        assert limit.admit(JOB, "late").times == 0
        await asyncio.sleep(MINUTE)
        assert limit.admit(JOB, "late").times == 1 + 1

    limited(play)


def test_that_events_are_held_back_is_told_once_until_there_was_room_for_all_again() -> None:
    def told(limit: EventLimit, identities: range) -> int:
        return sum(limit.admit(JOB, str(identity)).begins for identity in identities)

    async def play(limit: EventLimit) -> None:
        assert told(limit, range(25)) == 0
        assert told(limit, range(50)) == 1
        await asyncio.sleep(MINUTE)
        assert told(limit, range(50)) == 0
        await asyncio.sleep(HOUR)
        assert told(limit, range(50)) == 1

    limited(play)


def test_what_is_remembered_is_bounded() -> None:
    async def play(limit: EventLimit) -> None:
        for number in range(1000):
            limit.admit(("Job", str(number)), "one")
            limit.admit(JOB, str(number))
        assert len(limit) == 10
        assert admitted(limit, 1) == 0, "the one that is used most is not forgotten"

    limited(play, remembered=10)


@settings(max_examples=30)
@given(pauses=st.lists(st.floats(0, 200), max_size=200))
def test_in_no_time_more_is_written_than_burst_and_rate_allow_and_all_are_counted(pauses: list[float]) -> None:
    async def play(limit: EventLimit) -> None:
        began, written, counted = now(), 0, 0
        for pause in pauses:
            await asyncio.sleep(pause)
            times = limit.admit(JOB, "same").times
            written, counted = written + (times > 0), counted + times
            assert written <= 25 + timedelta(seconds=now() - began) / timedelta(minutes=1) + 1e-6
        await asyncio.sleep(MINUTE)
        assert counted + limit.admit(JOB, "same").times == len(pauses) + 1

    limited(play)
