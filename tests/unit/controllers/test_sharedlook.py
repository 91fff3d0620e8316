"""Jobs of one session cluster share their looks at it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from tests import virtualtime
from tests.virtualtime import LoopClock

from flinkop.controllers.sharedlook import SharedLook
from flinkop.controllers.tick import until_tick
from flinkop.errors import FlinkUnreachable
from flinkop.flink.model import JobOverview

URL = "http://shared-rest:8081"


class Flink:
    """Answers with as many jobs as it was asked before; `silent` makes it give no answer."""

    def __init__(self) -> None:
        self.asked, self.silent = 0, False

    async def jobs_overview(self, _url: str) -> list[JobOverview]:
        self.asked += 1
        await asyncio.sleep(0.1)
        if self.silent:
            raise FlinkUnreachable("no answer in time")
        return [cast(Any, self.asked)]


def looks_at(flink: Flink) -> SharedLook:
    return SharedLook(cast(Any, flink), LoopClock())


def test_five_hundred_jobs_that_look_at_the_same_moment_make_one_request() -> None:
    async def story() -> None:
        flink = Flink()
        looks = looks_at(flink)
        answers = await asyncio.gather(*(looks.jobs(URL, 0.5) for _ in range(500)))
        assert (flink.asked, answers) == (1, [[1]] * 500)

    virtualtime.run(story())


@pytest.mark.parametrize(("max_age", "asked"), [(7.5, 1), (0.5, 2)])
def test_an_answer_is_shared_as_long_as_it_is_not_too_old(max_age: float, asked: int) -> None:
    async def story() -> None:
        flink = Flink()
        looks = looks_at(flink)
        await looks.jobs(URL, max_age)
        await asyncio.sleep(5)
        await looks.jobs(URL, max_age)
        assert flink.asked == asked

    virtualtime.run(story())


def test_one_look_that_fails_is_no_news_to_those_who_have_patience() -> None:
    async def story() -> None:
        flink = Flink()
        looks = looks_at(flink)
        await looks.jobs(URL, 0)
        await asyncio.sleep(15)
        flink.silent = True
        assert await looks.jobs(URL, 7.5, patience=22.5) == [cast(Any, 1)]
        with pytest.raises(FlinkUnreachable):
            await looks.jobs(URL, 7.5)
        await asyncio.sleep(15)
        with pytest.raises(FlinkUnreachable):
            await looks.jobs(URL, 7.5, patience=22.5)

    virtualtime.run(story())


def test_the_jobs_of_a_cluster_look_together_whenever_each_of_them_began() -> None:
    cluster = ("team", "shared")
    moments = {round(now + until_tick(cluster, now, 15.0), 6) for now in (1000.0, 1003.7, 1009.9, 1014.2)}
    assert max(moments) - min(moments) in (0.0, 15.0)
    assert all(0 < until_tick(cluster, now, 15.0) <= 15.0 for now in (0.0, 3.3, 14.999, 15.0, 1e6))


def test_clusters_have_moments_of_their_own() -> None:
    waits = sorted(until_tick(("team", f"shared-{number}"), 0.0, 15.0) for number in range(100))
    assert waits[10] < 4 < 11 < waits[90]
