"""Exceptions of a job after which it goes on: each told once, with its causes, and never more than so many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.lifecycle.builder import FRESH, JOB_ID, OTHER_JOB_ID, a_desired, a_job, a_record, an_observed

from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Event
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.jobexception import may_have_failed
from flinkop.lifecycle.observed import Job, JobException, JobState, Observed
from flinkop.lifecycle.record import JobRecord, Record

LAST_LOOK = 1000
SEEN = a_record(job=JobRecord(JOB_ID, "job", JobState.RUNNING, 1, LAST_LOOK))
RESTARTED = replace(a_job(), update_time=2000)


def an_exception(at: int, cause: str = "java.lang.Error: boom", **fields: Any) -> JobException:
    return JobException(at, (cause,), **fields)


def seen(*exceptions: JobException, job: Job = RESTARTED) -> Observed:
    return replace(an_observed(), job=job, exceptions=exceptions)


def told(record: Record, observed: Observed, desired: Desired | None = None) -> list[Event]:
    decision = decide(record, observed, desired or a_desired(), FRESH)
    return [event for event in decision.events if event.reason == "JobException"]


def test_what_came_since_the_last_look_is_told_the_oldest_first() -> None:
    events = told(SEEN, seen(an_exception(1800, "c"), an_exception(1500, "b"), an_exception(900, "a")))
    assert [event.message for event in events] == ["b", "c"]
    assert {(event.type.value, event.component.value) for event in events} == {("Warning", "Job")}


def test_nothing_is_told_twice() -> None:
    observed = seen(an_exception(1500))
    once = decide(SEEN, observed, a_desired(), FRESH).record
    assert told(once, observed) == []


def test_at_rest_nothing_is_asked() -> None:
    assert not may_have_failed(SEEN, replace(a_job(), update_time=LAST_LOOK))
    assert may_have_failed(SEEN, RESTARTED)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.FINISHED, JobState.CANCELED])
def test_a_job_that_has_ended_is_not_asked(state: JobState) -> None:
    assert not may_have_failed(SEEN, replace(a_job(state), update_time=2000))


def test_a_start_that_is_not_written_down_is_not_asked() -> None:
    starting = a_record(job=JobRecord(JOB_ID, "job", JobState.RECONCILING))
    assert not may_have_failed(starting, a_job(JobState.CREATED))
    assert may_have_failed(starting, a_job(JobState.RESTARTING))


def test_of_a_job_that_is_new_all_since_its_start_are_told() -> None:
    before = a_record(job=JobRecord(OTHER_JOB_ID, "job", JobState.RUNNING, 1, 10**15))
    assert may_have_failed(before, RESTARTED)
    record = a_record(job=JobRecord(JOB_ID, "job", JobState.RECONCILING))
    events = told(record, seen(an_exception(49), an_exception(50), job=replace(RESTARTED, start_time=50)))
    assert len(events) == 1


@pytest.mark.parametrize(("limit", "expected"), [(10, ["0", "1", "2"]), (2, ["1", "2"]), (0, []), (-1, [])])
def test_of_many_the_newest_are_told(limit: int, expected: list[str]) -> None:
    desired = replace(a_desired(), settings=replace(a_desired().settings, exceptions_limit=limit))
    events = told(SEEN, seen(*(an_exception(1500 + n, str(n)) for n in range(3))), desired)
    assert [event.message for event in events] == expected


def test_the_message_has_the_task_the_causes_and_the_first_places() -> None:
    exception = JobException(1500, ("a: 1", "b: 2", "c: 3"), tuple(f"at x{n}" for n in range(9)), "map (1/2)")
    (event,) = told(SEEN, seen(exception))
    assert event.message.splitlines() == [
        "map (1/2): a: 1; caused by: b: 2; caused by: c: 3",
        *(f"at x{n}" for n in range(5)),
    ]


def test_a_look_that_is_not_recorded_tells_nothing_for_it_would_be_told_again() -> None:
    desired = a_desired(deleting=True)
    decision = decide(SEEN, seen(an_exception(1500)), desired, FRESH)
    remembered = decision.record.job.update_time == RESTARTED.update_time
    assert any(event.reason == "JobException" for event in decision.events) is remembered
