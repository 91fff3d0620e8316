"""Background work: looked at without waiting, done once, tried again after pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from tests.virtualtime import LoopClock, run

from flinkop.artifact.work import BackgroundWork, Done, Failed, Pending
from flinkop.errors import ArtifactUnavailable


class Jobs:
    """Work that fails as often as it is told to."""

    def __init__(self, failures: int = 0, error: Exception | None = None) -> None:
        self.runs, self.failures, self.error = 0, failures, error or ArtifactUnavailable("no luck")

    async def work(self) -> str:
        self.runs += 1
        await asyncio.sleep(1)
        if self.runs <= self.failures:
            raise self.error
        return f"result {self.runs}"


def test_work_is_done_once_however_often_it_is_looked_at() -> None:
    async def scenario() -> None:
        work, jobs = BackgroundWork[str, str](LoopClock()), Jobs()
        assert [work.look("a", jobs.work) for _ in range(3)] == [Pending()] * 3
        await asyncio.sleep(2)
        found = work.look("a", jobs.work)
        assert isinstance(found, Done)
        assert (found.value, jobs.runs) == ("result 1", 1)

    run(scenario())


def test_pauses_double_up_to_five_minutes() -> None:
    async def scenario() -> None:
        clock = LoopClock()
        work, jobs = BackgroundWork[str, str](clock), Jobs(failures=9)
        pauses = []
        while not isinstance(found := work.look("a", jobs.work), Done):
            if isinstance(found, Failed):
                assert found.cause == "no luck"
                pauses.append(round((found.again_at - clock.now()).total_seconds()))
                await asyncio.sleep(pauses[-1])
                work.look("a", jobs.work)
            await asyncio.sleep(1.01)
        assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]

    run(scenario())


def test_an_error_that_nobody_expected_shows_nothing_of_its_text() -> None:
    async def scenario() -> None:
        work, jobs = BackgroundWork[str, str](LoopClock()), Jobs(failures=1, error=RuntimeError("hunter2"))
        work.look("a", jobs.work)
        await asyncio.sleep(2)
        found = work.look("a", jobs.work)
        assert isinstance(found, Failed)
        assert found.cause == "unexpected RuntimeError"

    run(scenario())


def test_whoever_waits_is_told_once() -> None:
    async def scenario() -> None:
        work, jobs = BackgroundWork[str, str](LoopClock()), Jobs(failures=1)
        told: list[Hashable] = []
        work.on_change(told.append)
        work.look("a", jobs.work, "one")
        work.look("a", jobs.work, "one")
        work.look("a", jobs.work, "two")
        await asyncio.sleep(2)
        assert sorted(told) == ["one", "two"]
        work.look("a", jobs.work, "one")
        assert len(told) == 2

    run(scenario())


def test_what_was_forgotten_begins_again() -> None:
    async def scenario() -> None:
        work, jobs = BackgroundWork[str, str](LoopClock()), Jobs()
        work.look("a", jobs.work)
        work.forget("a")
        await asyncio.sleep(2)
        assert jobs.runs == 1, "work under way is not forgotten"
        work.forget("a")
        assert work.look("a", jobs.work) == Pending()

    run(scenario())


def test_close_ends_all_work() -> None:
    async def scenario() -> None:
        work, jobs = BackgroundWork[str, str](LoopClock()), Jobs()
        work.look("a", jobs.work)
        await asyncio.sleep(0.5)
        await work.close()
        assert len(asyncio.all_tasks()) == 1

    run(scenario())
