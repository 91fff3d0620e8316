"""The work queue: no key is processed twice at once, none is lost, the earliest delay wins."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from prometheus_client import REGISTRY
from tests.virtualtime import LoopClock, VirtualTimeLoop, WaitsForever, now, run, settle

from flinkop.runtime.workqueue import ShutDown, WorkQueue

KEYS = st.sampled_from("abcd")


def a_queue() -> WorkQueue[str]:
    return WorkQueue("test", LoopClock())


async def take(queue: WorkQueue[str]) -> str:
    key = await queue.get()
    queue.done(key)
    return key


def test_keys_come_out_in_the_order_in_which_they_were_added() -> None:
    async def scenario() -> None:
        queue = a_queue()
        for key in "bac":
            queue.add(key)
        assert [await take(queue) for _ in range(3)] == ["b", "a", "c"]

    run(scenario())


def test_a_key_added_twice_comes_out_once() -> None:
    async def scenario() -> None:
        queue = a_queue()
        queue.add("a")
        queue.add("a")
        assert await take(queue) == "a"
        assert len(queue) == 0

    run(scenario())


def test_a_key_added_while_it_is_processed_waits_until_it_is_done_and_comes_again() -> None:
    async def scenario() -> None:
        queue = a_queue()
        queue.add("a")
        await queue.get()
        queue.add("a")
        assert len(queue) == 0
        queue.done("a")
        assert await take(queue) == "a"

    run(scenario())


@pytest.mark.parametrize(
    ("delays", "expected"),
    [
        pytest.param((5,), 5, id="one"),
        pytest.param((5, 2), 2, id="an earlier one overtakes"),
        pytest.param((2, 5), 2, id="a later one changes nothing"),
        pytest.param((5, 0), 0, id="no delay is at once"),
        pytest.param((5, -1), 0, id="a time gone by is at once"),
    ],
)
def test_of_several_delays_the_earliest_wins(delays: tuple[float, ...], expected: float) -> None:
    async def scenario() -> None:
        queue = a_queue()
        for delay in delays:
            queue.add_after("a", delay)
        assert await take(queue) == "a"
        assert now() == pytest.approx(expected)
        await asyncio.sleep(60)
        assert len(queue) == 0, "it came once"

    run(scenario())


def test_an_addition_overtakes_a_delayed_one() -> None:
    async def scenario() -> None:
        queue = a_queue()
        queue.add_after("a", 5)
        queue.add("a")
        assert await take(queue) == "a"
        await asyncio.sleep(60)
        assert len(queue) == 0

    run(scenario())


def test_a_worker_that_waits_gets_the_key_at_the_moment_it_is_due() -> None:
    async def scenario() -> list[tuple[float, str]]:
        queue, seen = a_queue(), []
        for delay, key in ((3, "c"), (1, "a"), (2, "b")):
            queue.add_after(key, delay)
        for _ in range(3):
            seen.append((round(now(), 1), await take(queue)))
            seen[-1] = (round(now(), 1), seen[-1][1])
        return seen

    assert run(scenario()) == [(1, "a"), (2, "b"), (3, "c")]


def test_a_worker_cancelled_at_the_moment_it_was_woken_passes_the_key_on() -> None:
    async def scenario() -> str:
        queue = a_queue()
        first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
        await settle()
        queue.add("a")
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        return await second

    assert run(scenario()) == "a"


def test_a_cancelled_waiter_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        queue = a_queue()
        for _ in range(100):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(queue.get(), 1)
        assert not queue._waiting

    run(scenario())


def test_waiting_for_a_key_that_nobody_adds_never_ends() -> None:
    with pytest.raises(WaitsForever):
        run(a_queue_that_is_empty())


async def a_queue_that_is_empty() -> None:
    await a_queue().get()


def test_shutting_down_ends_all_who_wait_and_gives_out_nothing_more() -> None:
    async def scenario() -> None:
        queue = a_queue()
        waiting = [asyncio.create_task(queue.get()) for _ in range(3)]
        queue.add_after("late", 5)
        await settle()
        queue.shut_down()
        assert [type(one) for one in await asyncio.gather(*waiting, return_exceptions=True)] == [ShutDown] * 3
        queue.add("a")
        queue.add_after("b", 1)
        await asyncio.sleep(60)
        with pytest.raises(ShutDown):
            await queue.get()

    run(scenario())


def test_a_key_that_is_often_delayed_anew_does_not_fill_the_memory() -> None:
    async def scenario() -> None:
        queue = a_queue()
        for _ in range(10_000):
            queue.add_after("a", 3600)
            queue.add("a")
            await take(queue)
        assert len(queue._delayed) < 100

    run(scenario())


def test_metrics_count_what_waits_and_how_long() -> None:
    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue("metered", LoopClock())
        for key in "aab":
            queue.add(key)
        assert REGISTRY.get_sample_value("workqueue_depth", {"name": "metered"}) == 2
        await asyncio.sleep(3)
        await take(queue)
        await take(queue)

    run(scenario())
    labels = {"name": "metered"}
    assert REGISTRY.get_sample_value("workqueue_depth", labels) == 0
    assert REGISTRY.get_sample_value("workqueue_adds_total", labels) == 2
    assert REGISTRY.get_sample_value("workqueue_queue_duration_seconds_sum", labels) == pytest.approx(6)


class QueueMachine(RuleBasedStateMachine):
    """Compares the queue with what must be: `owed` are keys that must still come out, `held` those being processed."""

    @initialize()
    def start(self) -> None:
        self.loop = VirtualTimeLoop()
        self.queue: WorkQueue[str] = self.do(a_queue)
        self.owed: set[str] = set()
        self.held: set[str] = set()
        self.due: dict[str, float] = {}

    def do(self, action: Callable[[], object]) -> object:
        async def within() -> object:
            return action()

        return self.loop.run_until_complete(within())

    def teardown(self) -> None:
        self.loop.close()

    @rule(key=KEYS)
    def add(self, key: str) -> None:
        self.do(lambda: self.queue.add(key))
        self.owed.add(key)
        self.due.pop(key, None)

    @rule(key=KEYS, seconds=st.integers(1, 20))
    def add_after(self, key: str, seconds: int) -> None:
        self.do(lambda: self.queue.add_after(key, seconds))
        if key not in self.owed:
            self.due[key] = min(self.due.get(key, float("inf")), self.loop.time() + seconds)

    @rule(seconds=st.integers(1, 30))
    def pass_time(self, seconds: int) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))
        for key in [key for key, due in self.due.items() if due <= self.loop.time()]:
            del self.due[key]
            self.owed.add(key)

    @precondition(lambda self: self.owed - self.held)
    @rule()
    def get(self) -> None:
        key = self.loop.run_until_complete(asyncio.wait_for(self.queue.get(), 0.5))
        assert key not in self.held, "processed twice at once"
        assert key in self.owed, "came though nobody asked for it"
        self.owed.remove(key)
        self.held.add(key)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.held)))
        self.do(lambda: self.queue.done(key))
        self.held.remove(key)

    @invariant()
    def what_is_owed_and_not_held_can_be_taken(self) -> None:
        queue = getattr(self, "queue", None)
        if queue is not None:
            assert len(queue) == len(self.owed - self.held)
            assert set(queue._queue) <= queue._dirty.keys()
            assert not set(queue._queue) & queue._processing.keys()
            assert len(queue._delayed) <= 2 * len(queue._due) + 64


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=60, stateful_step_count=40)


@given(
    additions=st.lists(st.tuples(KEYS, st.integers(0, 10)), min_size=1, max_size=30),
    workers=st.integers(1, 4),
    takes=st.integers(0, 5),
)
@settings(max_examples=60)
def test_with_many_workers_every_key_is_processed_after_its_last_addition(
    additions: list[tuple[str, int]], workers: int, takes: int
) -> None:
    async def scenario() -> None:
        queue, under_way, finished, added = a_queue(), set(), {}, {}

        async def work() -> None:
            with contextlib.suppress(ShutDown):
                while True:
                    key = await queue.get()
                    assert key not in under_way
                    under_way.add(key)
                    began = now()
                    await asyncio.sleep(takes)
                    under_way.remove(key)
                    finished[key] = began
                    queue.done(key)

        tasks = [asyncio.create_task(work()) for _ in range(workers)]
        for key, pause in additions:
            queue.add(key)
            added[key] = now()
            await asyncio.sleep(pause)
        await asyncio.sleep(1000)
        queue.shut_down()
        await asyncio.gather(*tasks)
        assert finished.keys() == added.keys()
        assert all(finished[key] >= added[key] for key in added)

    run(scenario())


def test_it_tells_how_long_keys_have_been_processed_and_counts_retries() -> None:
    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue("aged", LoopClock())
        queue.add("a")
        queue.retry_after("b", 1)
        await queue.get()
        await asyncio.sleep(3)
        assert queue.ages() == [3]
        queue.done("a")
        assert queue.ages() == []

    run(scenario())
    assert REGISTRY.get_sample_value("workqueue_retries_total", {"name": "aged"}) == 1
    assert REGISTRY.get_sample_value("workqueue_work_duration_seconds_sum", {"name": "aged"}) == 3
