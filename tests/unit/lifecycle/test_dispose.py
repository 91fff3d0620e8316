"""Old savepoints: which go, and which stay because somebody asked for them or a start may need them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    MILLISECONDS,
    NOW,
    SAVEPOINT,
    a_desired,
    a_record,
    a_start,
    an_observed,
    an_upgrade,
    kinds,
    observed_job,
)

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import DisposeSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.dispose import may_dispose
from flinkop.lifecycle.observed import Checkpoints, JobState
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.restore import RestoreChoice, RestorePoint, RestoreSource
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger

MANUAL, UPGRADE, UNKNOWN = TriggerType.MANUAL, TriggerType.UPGRADE, TriggerType.UNKNOWN
RESTORED_NOTHING = Checkpoints(count=3, path="s3://state/chk-3")


def taken(hours_ago: float, kind: TriggerType = TriggerType.PERIODIC, location: str | None = None) -> Taken:
    return Taken(MILLISECONDS - round(hours_ago * 3_600_000), location or f"s3://savepoints/{hours_ago}", kind, "CANONICAL")


def with_history(*history: Taken, **changes: Any) -> Record:
    return a_record(savepoints=Snapshots(history=history), **changes)


@pytest.mark.parametrize(
    ("history", "changes", "disposed"),
    [
        pytest.param((taken(3), taken(2), taken(1)), {"savepoint_history_count": 2}, taken(3), id="too many: the oldest"),
        pytest.param((taken(3), taken(2)), {"savepoint_history_count": 2}, None, id="as many as may be"),
        pytest.param((taken(25), taken(1)), {}, taken(25), id="too old"),
        pytest.param((taken(25, UPGRADE), taken(1)), {}, taken(25, UPGRADE), id="too old, of an upgrade"),
        pytest.param((taken(3, UPGRADE), taken(2)), {"savepoint_history_count": 1}, taken(3, UPGRADE), id="too many, of an upgrade"),
        pytest.param((taken(25),), {}, None, id="the newest stays"),
        pytest.param((taken(25), taken(24.5), taken(1)), {"savepoint_cleanup": False}, None, id="switched off"),
        pytest.param((taken(25, MANUAL), taken(1)), {}, None, id="one that somebody asked for"),
        pytest.param((taken(25, MANUAL), taken(2), taken(1)), {"savepoint_history_count": 2}, None, id="that one does not count"),
        pytest.param((taken(25, UNKNOWN), taken(1)), {}, None, id="one of unknown origin"),
    ],
)
def test_only_own_savepoints_beyond_the_limits_are_deleted(history: tuple[Taken, ...], changes: Any, disposed: Taken | None) -> None:
    before, desired = with_history(*history), a_desired(**changes)
    decision = decide(before, an_observed(checkpoints=RESTORED_NOTHING), desired, FRESH)

    assert decision.actions == ((DisposeSavepoint(disposed.location),) if disposed else ())
    assert decision.record.savepoints.history == tuple(one for one in history if one != disposed)
    assert may_dispose(before, desired, NOW) is (disposed is not None), "what the job was restored from is asked only then"


def restored_from(point: RestorePoint) -> dict[str, Any]:
    return {"restore": RestoreChoice(point, "StopRecorded", "because")}


FROM_IT = RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT)
FROM_METADATA = RestorePoint(RestoreSource.LAST_STATE)


@pytest.mark.parametrize(
    ("record", "wish", "checkpoints"),
    [
        pytest.param(restored_from(FROM_IT), {}, RESTORED_NOTHING, id="this start was restored from it"),
        pytest.param(
            {**restored_from(FROM_METADATA), "start": a_start(base_path=SAVEPOINT)},
            {},
            RESTORED_NOTHING,
            id="checkpoints may use its files",
        ),
        pytest.param({}, {"initial_savepoint_path": SAVEPOINT}, RESTORED_NOTHING, id="the spec names it"),
        pytest.param({}, {"initial_savepoint_path": f"{SAVEPOINT}/"}, RESTORED_NOTHING, id="the spec names it in another way"),
        pytest.param(
            restored_from(FROM_METADATA),
            {},
            Checkpoints(restored_path=SAVEPOINT),
            id="the metadata led to it, for want of a checkpoint",
        ),
        pytest.param(restored_from(FROM_METADATA), {}, None, id="Flink was not asked what it restored"),
        pytest.param(restored_from(FROM_METADATA), {}, Checkpoints(), id="Flink answered from before it was restored"),
    ],
)
def test_a_savepoint_that_a_start_may_need_stays(record: Any, wish: Any, checkpoints: Checkpoints | None) -> None:
    before = with_history(taken(25, UPGRADE, SAVEPOINT), taken(1), **record)

    assert DisposeSavepoint not in kinds(decide(before, an_observed(checkpoints=checkpoints), a_desired(**wish), FRESH))


def test_flink_is_not_asked_again_and_again_about_a_savepoint_that_is_known_to_be_needed() -> None:
    history = (taken(25, UPGRADE, SAVEPOINT), taken(1))
    assert not may_dispose(with_history(*history, **restored_from(FROM_IT)), a_desired(), NOW)
    assert not may_dispose(with_history(*history), a_desired(initial_savepoint_path=SAVEPOINT), NOW)
    assert may_dispose(with_history(*history), a_desired(), NOW)


def test_a_path_on_a_file_system_is_the_same_however_it_is_written() -> None:
    before = with_history(taken(25, location="file:/savepoints/1"), taken(1))
    for path in ("file:///savepoints/1", "/savepoints/1/", "file:/savepoints/1/_metadata"):
        desired = a_desired(initial_savepoint_path=path)
        assert decide(before, an_observed(checkpoints=RESTORED_NOTHING), desired, FRESH).actions == ()


def test_nothing_is_deleted_while_the_job_does_not_run_or_something_else_is_under_way() -> None:
    before = with_history(taken(25), taken(1))
    restarting = observed_job(JobState.RESTARTING, checkpoints=RESTORED_NOTHING)
    assert DisposeSavepoint not in kinds(decide(before, restarting, a_desired(), FRESH))
    assert DisposeSavepoint not in kinds(decide(before, an_observed(checkpoints=RESTORED_NOTHING), an_upgrade(), FRESH))

    trigger = Trigger("t" * 32, MILLISECONDS, MANUAL, "CANONICAL")
    pending = replace(before, savepoints=replace(before.savepoints, trigger=trigger))
    assert DisposeSavepoint not in kinds(decide(pending, an_observed(checkpoints=RESTORED_NOTHING), a_desired(), FRESH))


def test_nothing_is_deleted_while_a_newer_spec_is_refused_which_may_name_one() -> None:
    refused = a_desired(problems=("spec.job.parallelism: is 0",))
    before = with_history(taken(25), taken(1))
    assert DisposeSavepoint not in kinds(decide(before, an_observed(checkpoints=RESTORED_NOTHING), refused, FRESH))
    assert not may_dispose(before, refused, NOW)


def test_one_goes_after_the_other() -> None:
    before, desired = with_history(taken(27), taken(26), taken(25), taken(1)), a_desired()
    seen, gone, record = an_observed(checkpoints=RESTORED_NOTHING), [], before
    while may_dispose(record, desired, NOW):
        decision = decide(record, seen, desired, replace(FRESH, now=NOW + timedelta(seconds=len(gone))))
        gone += [action.location for action in decision.actions if isinstance(action, DisposeSavepoint)]
        record = decision.record
    assert gone == [taken(hours).location for hours in (27, 26, 25)]
