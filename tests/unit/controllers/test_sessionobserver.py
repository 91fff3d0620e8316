"""What a pass of a session job sees of its job."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests import virtualtime
from tests.unit.controllers.test_flinksessionjob import SHARED, a_resource, wish_of
from tests.virtualtime import LoopClock

from flinkop.controllers.flinksessionjob import Memory
from flinkop.controllers.knowledge import Knowledge
from flinkop.controllers.sessionobserver import SessionJobObserver
from flinkop.controllers.sharedlook import SharedLook
from flinkop.errors import FlinkUnreachable
from flinkop.flink.model import JobOverview
from flinkop.flink.model import JobState as FlinkState
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobRecord, Record

JOB_ID = "d" * 32


class Flink:
    """The job ends between the first look at it and the second. It tells nothing else."""

    def __init__(self) -> None:
        self.asked = 0

    async def jobs_overview(self, _url: str) -> list[JobOverview]:
        self.asked += 1
        state = FlinkState.RUNNING if self.asked == 1 else FlinkState.FINISHED
        return [JobOverview(JOB_ID, "job", state, 1, 1, 1, 1, 0)]

    def __getattr__(self, _name: str) -> Any:
        async def tell_nothing(*_args: Any, **_kwargs: Any) -> Any:
            raise FlinkUnreachable("no answer in time")

        return tell_nothing


@pytest.mark.parametrize(("recorded", "asked"), [(JobState.RUNNING, 1), (JobState.FINISHED, 2)])
def test_a_shared_look_that_is_older_than_the_end_of_the_job_is_not_believed(recorded: JobState, asked: int) -> None:
    async def story() -> None:
        flink = Flink()
        looks = SharedLook(cast(Any, flink), LoopClock())
        nothing = cast(Any, SimpleNamespace(look=lambda *_: None))
        observer = SessionJobObserver(nothing, cast(Any, flink), looks, nothing)
        await looks.jobs(SHARED.url, 0.0)
        await asyncio.sleep(0.1)
        record = Record(Phase.UPGRADING, job=JobRecord(JOB_ID, "job", recorded))
        wish = wish_of(Memory(), a_resource())
        await observer.observe(("team", "job"), record, wish, SHARED, Knowledge(None, None), datetime(2026, 1, 1, tzinfo=UTC))
        assert flink.asked == asked

    virtualtime.run(story())
