"""Statistics from before the end of a job do not tell what it has left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.lifecycle.builder import CHECKPOINT, FRESH, MILLISECONDS, a_desired, a_job, a_record, an_observed

from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.observed import Checkpoints, JobState
from flinkop.lifecycle.phase import Phase

JUST_ENDED = a_job(JobState.CANCELED, update_time=MILLISECONDS - 1000)


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(seconds=-2)], ids=["clocks agree", "the JobManager is ahead"])
def test_what_a_job_has_left_is_read_when_the_statistics_cannot_be_those_of_before_its_end(ahead: timedelta) -> None:
    fresh = FRESH.__class__(FRESH.now + ahead, FRESH.job_id, FRESH.trigger_id, FRESH.job_result_store_id)
    decision = decide(a_record(), an_observed(job=JUST_ENDED, checkpoints=Checkpoints()), a_desired(), fresh)
    assert (decision.record.phase, decision.record.reason) == (Phase.RUNNING, "ReadingLastCheckpoint")
    assert decision.requeue_after == a_desired().settings.progress_interval
    assert decision.record.job.state is JobState.RUNNING, "whoever reads the end without what was left would start from nothing"


@pytest.mark.parametrize("update_time", [MILLISECONDS - 4000, MILLISECONDS + 60_000], ids=["a while later", "clocks that differ much"])
def test_then_it_is_recorded(update_time: int) -> None:
    ended, left = a_job(JobState.CANCELED, update_time=update_time), Checkpoints(count=7, path=CHECKPOINT)
    record = decide(a_record(), an_observed(job=ended, checkpoints=left), a_desired(), FRESH).record
    assert (record.phase, record.savepoint_path, record.had_no_state) == (Phase.FINISHED, CHECKPOINT, False)
