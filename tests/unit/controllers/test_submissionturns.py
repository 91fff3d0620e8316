"""Turns for submissions."""

from __future__ import annotations

import asyncio

from flinkop.controllers.submissionturns import SubmissionTurns


class Submissions:
    """Those that run, and all that ever began, by name."""

    def __init__(self) -> None:
        self.turns, self.running, self.began, self.tasks = SubmissionTurns(), set[str](), list[str](), dict[str, asyncio.Task[None]]()

    async def begin(self, name: str, alone: bool = False, url: str = "http://one") -> None:
        self.tasks[name] = asyncio.create_task(self._run(name, alone, url))
        await self.settle()

    async def end(self, name: str) -> None:
        self.tasks[name].cancel()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def _run(self, name: str, alone: bool, url: str) -> None:
        async with self.turns.take(url, alone):
            self.began.append(name)
            self.running.add(name)
            try:
                await asyncio.Event().wait()
            finally:
                self.running.discard(name)


async def test_two_at_once_go_to_one_jobmanager_and_others_have_turns_of_their_own() -> None:
    found = Submissions()
    for name in ("a", "b", "c"):
        await found.begin(name)
    await found.begin("elsewhere", url="http://other")
    assert found.running == {"a", "b", "elsewhere"}
    await found.end("a")
    assert found.running == {"b", "c", "elsewhere"}


async def test_one_that_has_to_be_alone_waits_for_the_others_and_they_for_it() -> None:
    found = Submissions()
    await found.begin("a")
    await found.begin("python", alone=True)
    await found.begin("b")
    assert found.running == {"a"}
    await found.end("a")
    assert found.running == {"python"}
    await found.end("python")
    assert found.running == {"b"}


async def test_two_of_them_do_not_wait_for_each_other() -> None:
    found = Submissions()
    await found.begin("one", alone=True)
    await found.begin("two", alone=True)
    assert found.running == {"one"}
    await found.end("one")
    assert found.running == {"two"}


async def test_one_that_gives_up_while_it_waits_holds_nothing() -> None:
    found = Submissions()
    await found.begin("a")
    await found.begin("python", alone=True)
    await found.end("python")
    await found.begin("b")
    assert found.running == {"a", "b"}
