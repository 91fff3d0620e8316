"""`status` is the operator's memory: what is written is what is read, and nothing is written when nothing changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FIRST_START,
    FROM_METADATA,
    FROM_SAVEPOINT,
    NEW_SPEC,
    NOW,
    REFUSED,
    SAVEPOINT,
    SPEC,
    a_record,
    a_record_tearing_down,
    a_starting_record,
    a_suspended_record,
    an_ended_record,
)

from flinkop.api.jobstatus import TriggerType
from flinkop.errors import UnreadableStatus
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record, RestartWindow, Rollback, Start
from flinkop.lifecycle.restore import Rejected, RestoreSource
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger
from flinkop.lifecycle.statusreader import read_record
from flinkop.lifecycle.statuswriter import Scale, timestamp, write_status
from flinkop.lifecycle.step import (
    Cancelling,
    HaFate,
    Rescaling,
    Step,
    TakingSavepoint,
    TearingDown,
    WaitingForJobs,
    WaitingToRetry,
    WaitingToStop,
)

SCALE = Scale("component=taskmanager,app=job", 2)
LATER = NOW + timedelta(hours=1)

# few and nasty values: the records are many
_texts = st.sampled_from(["", "plain", 'a "quote", a \\ and a\nline', "Größe … 大", "x" * 2048])
_ids = st.sampled_from(["0" * 32, "abcdef0123456789" * 2])
_times = st.sampled_from([NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=900, microseconds=123456)])
_attempts = st.integers(1, 20)
_specs = st.sampled_from([SPEC, NEW_SPEC])
_steps: st.SearchStrategy[Step | None] = st.one_of(
    st.none(),
    st.builds(TakingSavepoint, since=_times, trigger_id=_ids, attempt=_attempts),
    st.builds(Cancelling, since=_times),
    st.builds(TearingDown, since=_times, ha=st.sampled_from(HaFate)),
    st.builds(WaitingToRetry, since=_times, generation=_attempts, attempt=_attempts, not_before=_times),
    st.builds(WaitingToStop, since=_times),
    st.builds(WaitingForJobs, since=_times),
    st.builds(Rescaling, since=_times, before=st.dictionaries(st.sampled_from("ab"), st.integers(1, 9), max_size=2)),
)
_rejected = st.builds(Rejected, source=st.sampled_from(RestoreSource), reason=_texts, path=st.none() | st.just(CHECKPOINT))
_choices = st.builds(
    replace,
    st.sampled_from([FIRST_START, FROM_SAVEPOINT, FROM_METADATA, REFUSED]),
    message=_texts,
    rejected=st.lists(_rejected, max_size=3).map(tuple),
)
_moments = st.integers(1, 2**50)
_formats = st.sampled_from(["CANONICAL", "NATIVE"])
_taken = st.builds(
    Taken, _moments, st.sampled_from([SAVEPOINT, CHECKPOINT]), st.sampled_from(TriggerType), _formats, st.none() | st.integers(0, 9)
)
_savepoints = st.builds(
    Snapshots,
    trigger=st.none() | st.builds(Trigger, _ids, _moments, st.sampled_from(TriggerType), _formats),
    last=st.none() | _taken,
    history=st.lists(_taken, max_size=3).map(tuple),
    last_periodic=st.none() | _moments,
)
_checkpoint = st.builds(
    Taken, _moments, st.just(""), st.sampled_from(TriggerType), st.sampled_from(["FULL", "INCREMENTAL"]), st.none() | st.integers(0, 9)
)
_checkpoints = st.builds(
    Snapshots,
    trigger=st.none() | st.builds(Trigger, _ids, _moments, st.sampled_from(TriggerType), st.sampled_from(["FULL", "INCREMENTAL"])),
    last=st.none() | _checkpoint,
    last_periodic=st.none() | _moments,
)
_jobs = st.builds(
    JobRecord,
    job_id=st.none() | _ids,
    name=st.none() | _texts,
    state=st.none() | st.sampled_from(JobState),
    start_time=st.none() | st.integers(0, 2**60),
    update_time=st.none() | st.integers(0, 2**60),
)


def _rolled_back(rejected: dict[str, Any], stable: dict[str, Any], deployed: bool) -> tuple[Rollback, dict[str, Any], dict[str, Any]]:
    return Rollback(3, rejected, "it broke", deployed), stable if deployed else rejected, stable


# a rollback says which of two specs runs
_rollbacks = st.tuples(st.none(), st.none() | _specs, st.none() | _specs) | st.builds(_rolled_back, _specs, _specs, st.booleans())


_starts = st.builds(
    Start,
    since=_times,
    generation=_attempts,
    job_result_store_id=_ids,
    attempt=_attempts,
    configuration=st.none() | st.dictionaries(st.just("rest.port"), _texts),
    base_path=st.none() | st.just(SAVEPOINT),
    lost_at=st.none() | _times,
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Any record. Without a start nothing is known of one."""
    start = draw(st.none() | _starts)
    rollback, reconciled, stable = draw(_rollbacks)
    flags = st.booleans() if start is not None else st.just(False)
    step = draw(_steps)
    return Record(
        phase=draw(st.sampled_from(Phase)),
        reason=draw(st.sampled_from(["JobRunning", "TakingSavepoint", "Forbidden"])),
        message=draw(_texts),
        health=draw(st.sampled_from(Health)),
        step=step,
        ends_at=draw(st.none() | _times) if step is not None else None,
        start=start,
        invalid=draw(st.none() | _texts.filter(bool)),
        generation=draw(st.integers(0, 10**6)),
        job=draw(_jobs),
        jobmanager=draw(st.sampled_from(JobManagerStatus)),
        was_ready=draw(flags),
        had_no_state=draw(flags),
        savepoint_path=draw(st.none() | st.sampled_from([SAVEPOINT, CHECKPOINT])),
        restore=draw(st.none() | _choices),
        reconciled=reconciled,
        reconciled_at=draw(st.none() | st.integers(0, 2**50)),
        stable=stable,
        failure=draw(st.none() | _texts),
        savepoints=draw(_savepoints),
        checkpoints=draw(_checkpoints),
        ingress_problem=draw(st.none() | _texts.filter(bool)),
        snapshot_problem=draw(st.none() | _texts.filter(bool)),
        rollback=rollback,
        restart_window=draw(st.none() | st.builds(RestartWindow, _attempts, st.none() | _times)),
        cluster_info=draw(st.dictionaries(st.sampled_from(["flink-version", "flink-revision"]), _texts)),
    )


def written(record: Record, before: dict[str, Any] | None = None, now: datetime = NOW) -> dict[str, Any]:
    return write_status(record, before or {}, SCALE, now)


@settings(max_examples=60)
@given(records(), records())
def test_what_is_written_is_what_is_read_whatever_was_there_before(record: Record, before: Record) -> None:
    assert read_record(written(record)) == record
    assert read_record(written(record, written(before), LATER)) == record


@settings(max_examples=60)
@given(records())
def test_the_same_record_is_the_same_status_whatever_the_time_and_it_can_be_sent(record: Record) -> None:
    status = written(record)

    assert written(record, status, LATER) == status
    assert json.loads(json.dumps(status)) == status
    assert None not in status.values()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        pytest.param(a_starting_record(message="It starts."), "It starts.", id="accepted"),
        pytest.param(
            a_starting_record(message="It starts.", invalid="spec.a: wrong"),
            "It starts. The newest spec is refused: spec.a: wrong",
            id="refused while another one starts",
        ),
        pytest.param(
            a_record(message="It runs.", invalid="spec.a: wrong"), "It runs. The newest spec is refused: spec.a: wrong", id="while it runs"
        ),
        pytest.param(
            a_starting_record(message="CrashLoopBackOff: exit code 1", invalid="spec.a: wrong"),
            "CrashLoopBackOff: exit code 1; the newest spec is refused: spec.a: wrong",
            id="behind words that end without a full stop",
        ),
        pytest.param(Record(message="spec.a: wrong", invalid="spec.a: wrong"), "spec.a: wrong", id="the first one, refused"),
    ],
)
def test_a_spec_that_is_refused_is_named_in_the_message_that_people_read_first(record: Record, message: str) -> None:
    status = written(record)
    assert (status["message"], read_record(status).message) == (message, record.message)


def test_fields_of_others_are_left_alone() -> None:
    theirs = {"theirs": 1, "jobStatus": {"theirs": 3}, "reconciliationStatus": {"theirs": 2}}
    status = written(a_record(), theirs)

    assert (status["theirs"], status["reconciliationStatus"]["theirs"]) == (1, 2)
    assert status["jobStatus"]["theirs"] == 3


def test_a_status_without_a_phase_is_a_new_resources() -> None:
    assert read_record({}) == Record()


def test_a_step_that_this_version_does_not_know_is_not_guessed_at() -> None:
    status = {**written(a_record()), "operation": {"step": "Dancing", "startedAt": "2025-01-01T00:00:00Z"}}

    with pytest.raises(UnreadableStatus, match=r"status\.operation\.step: unknown step 'Dancing'"):
        read_record(status)


def test_a_choice_keeps_its_time_until_another_one_is_made() -> None:
    first = written(a_record())
    same = written(a_record(message="else"), first, LATER)
    other = written(a_record(restore=FROM_SAVEPOINT), first, LATER)

    assert first["restore"]["decidedAt"] == same["restore"]["decidedAt"] == timestamp(NOW)
    assert other["restore"]["decidedAt"] == timestamp(LATER)


# the established fields


def test_the_spec_is_kept_in_the_established_form() -> None:
    text = written(a_record())["reconciliationStatus"]["lastReconciledSpec"]

    meta = {"apiVersion": "flink.apache.org/v1beta1", "firstDeployment": False}
    assert json.loads(text) == {"spec": SPEC, "resource_metadata": meta}


def test_while_a_job_is_stopped_for_an_upgrade_the_spec_that_ran_stays_as_it_is() -> None:
    """It is what a newer spec is compared with, and what an invalid one falls back to."""
    assert read_record(written(a_record_tearing_down(HaFate.KEEP))).reconciled == SPEC


@pytest.mark.parametrize(
    ("record", "first"),
    [
        pytest.param(a_starting_record(), True, id="the first start"),
        pytest.param(a_starting_record(restore=FROM_SAVEPOINT), False, id="a later start"),
        pytest.param(a_record(), False, id="over"),
    ],
)
def test_a_first_deployment_is_marked_while_it_lasts(record: Record, first: bool) -> None:
    text = written(record)["reconciliationStatus"]["lastReconciledSpec"]

    assert json.loads(text)["resource_metadata"]["firstDeployment"] is first


def test_times_of_the_job_are_texts() -> None:
    status = written(a_record())["jobStatus"]

    assert (status["startTime"], status["updateTime"], status["state"]) == ("1", "1", "RUNNING")


@pytest.mark.parametrize(
    ("record", "types"),
    [
        pytest.param(a_record(), None, id="none"),
        pytest.param(an_ended_record(), ["JobFailed"], id="a failure"),
        pytest.param(a_record(invalid="wrong"), ["ValidationError"], id="an invalid spec"),
        pytest.param(an_ended_record(invalid="wrong"), ["ValidationError", "JobFailed"], id="both"),
    ],
)
def test_an_error_is_json_in_the_established_form(record: Record, types: list[str] | None) -> None:
    text = written(record).get("error")
    if types is None:
        assert text is None
        return
    error = json.loads(text)  # type: ignore[arg-type]
    assert [error["type"], *(one["type"] for one in error["throwableList"])] == types


def test_a_long_error_is_cut() -> None:
    error = json.loads(written(a_record(failure="x" * 5000))["error"])

    assert len(error["message"]) == 2048


@pytest.mark.parametrize(
    ("record", "replicas"),
    [
        pytest.param(a_record(), 2, id="running"),
        pytest.param(a_starting_record(), 2, id="deploying"),
        pytest.param(a_suspended_record(), 0, id="suspended"),
        pytest.param(an_ended_record(), 0, id="failed"),
        pytest.param(a_record_tearing_down(), 0, id="upgrading"),
    ],
)
def test_the_scale_tells_of_taskmanagers_only_while_there_are_some(record: Record, replicas: int) -> None:
    scale = written(record)["taskManager"]

    assert scale == {"replicas": replicas, "labelSelector": SCALE.selector if replicas else ""}
