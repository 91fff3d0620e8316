"""The operator's own savepoints and checkpoints as FlinkStateSnapshots: made once, followed, and not kept for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.lifecycle.builder import (
    FRESH,
    MILLISECONDS,
    NOW,
    SPEC,
    a_desired,
    a_record,
    a_start,
    a_stopping_record,
    an_observed,
    an_upgrade,
    reasons,
)

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.api.jobstatus import TriggerType
from flinkop.flinkconf.schedule import Every
from flinkop.lifecycle.action import CreateSnapshot, DeleteSnapshot, DisposeSavepoint, TriggerSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Observed, SnapshotCompleted, SnapshotFailed, SnapshotResource, SnapshotResources
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.snapshot import Snapshots, Taken, Trigger
from flinkop.lifecycle.snapshotkind import KINDS, SAVEPOINT, Kind
from flinkop.lifecycle.snapshotresource import find_superfluous
from flinkop.lifecycle.specdiff import diff_spec

HOUR = timedelta(hours=1)
PATH = "s3://state/savepoint-1"
State = SnapshotState
both_kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)


def seen(*found: SnapshotResource, **changes: Any) -> Observed:
    """A job that runs where snapshots are resources, and these are there."""
    return an_observed(snapshots=SnapshotResources("job", found), **changes)


def a_resource(name: str = "job-savepoint-periodic-1", **changes: Any) -> SnapshotResource:
    """A complete periodic savepoint of a moment ago."""
    there = SnapshotResource(name, f"uid-{name}", True, TriggerType.PERIODIC, State.COMPLETED, MILLISECONDS, f"s3://state/{name}")
    return replace(there, **changes)


def asks_for(kind: Kind, **settings: Any) -> Desired:
    """A nonce that was raised."""
    spec = {**SPEC, "job": {**SPEC["job"], kind.nonce: 1}}
    desired = a_desired(spec=spec, change=diff_spec(SPEC, spec))
    return replace(desired, settings=replace(desired.settings, **settings))


def recorded(kind: Kind, trigger: Trigger | None) -> Record:
    return kind.record(a_record(reconciled=SPEC, stable=SPEC), Snapshots(trigger=trigger))


def a_trigger(kind: Kind = SAVEPOINT, by: TriggerType = TriggerType.MANUAL) -> Trigger:
    name = f"job-{kind.word}-{by.lower()}-{MILLISECONDS}"
    return Trigger("t" * 32, MILLISECONDS, by, "CANONICAL", name)


def creations(decision: Decision) -> list[CreateSnapshot]:
    return [action for action in decision.actions if isinstance(action, CreateSnapshot)]


@both_kinds
def test_a_nonce_makes_a_resource_of_the_established_name(kind: Kind) -> None:
    decision = decide(recorded(kind, None), seen(), asks_for(kind), FRESH)
    (creation,) = creations(decision)
    trigger = kind.recorded(decision.record).trigger
    assert trigger is not None
    assert creation.name == trigger.resource == f"job-{kind.word}-manual-{FRESH.milliseconds}"
    assert (creation.type, creation.exists, creation.is_savepoint) == (TriggerType.MANUAL, False, kind is SAVEPOINT)


@both_kinds
def test_what_is_due_makes_a_resource(kind: Kind) -> None:
    schedule: dict[str, Any] = {"savepoint_schedule" if kind is SAVEPOINT else "checkpoint_schedule": Every(HOUR)}
    desired = a_desired()
    desired = replace(desired, settings=replace(desired.settings, **schedule))
    record = a_record(start=a_start(since=NOW - 30 * HOUR))
    (creation,) = creations(decide(record, seen(), desired, FRESH))
    assert creation.name == f"job-{kind.word}-periodic-{FRESH.milliseconds}"


@both_kinds
def test_without_the_kind_or_with_the_option_off_flink_is_asked_and_the_status_tells(kind: Kind) -> None:
    for observed, desired in ((an_observed(), asks_for(kind)), (seen(), asks_for(kind, snapshot_resources=False))):
        decision = decide(recorded(kind, None), observed, desired, FRESH)
        assert creations(decision) == []
        assert any(isinstance(action, kind.action) for action in decision.actions)


@both_kinds
def test_the_resource_is_asked_for_until_it_is_seen(kind: Kind) -> None:
    record = recorded(kind, a_trigger(kind))
    assert len(creations(decide(record, seen(), a_desired(), FRESH))) == 1
    there = a_resource(a_trigger(kind).resource or "", state=State.IN_PROGRESS, is_savepoint=kind is SAVEPOINT, type=TriggerType.MANUAL)
    decision = decide(record, seen(there), a_desired(), FRESH)
    assert creations(decision) == []
    assert kind.recorded(decision.record).trigger == a_trigger(kind)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": State.COMPLETED}, "Savepoint"),
        ({"state": State.FAILED, "error": "disk full"}, "SavepointError"),
        ({"state": State.ABANDONED}, "SavepointError"),
        ({"state": State.IN_PROGRESS, "deleting": True}, "SavepointError"),
    ],
    ids=str,
)
def test_the_end_of_the_resource_ends_the_trigger(changes: dict[str, Any], reason: str) -> None:
    there = a_resource(a_trigger().resource or "", type=TriggerType.MANUAL, **changes)
    decision = decide(recorded(SAVEPOINT, a_trigger()), seen(there), a_desired(), FRESH)
    assert decision.record.savepoints.trigger is None
    assert decision.record.savepoints.history == ()
    assert reason in reasons(decision)


FAILED = a_resource(a_trigger().resource or "", type=TriggerType.MANUAL, state=State.FAILED)


@pytest.mark.parametrize(
    ("trigger", "observed", "by_resource"),
    [
        pytest.param(a_trigger(), seen(FAILED), True, id="the resource failed"),
        pytest.param(a_trigger(), seen(replace(FAILED, state=State.IN_PROGRESS)), True, id="the resource is late"),
        pytest.param(a_trigger(), seen(), False, id="the resource could not be made"),
        pytest.param(a_trigger(), an_observed(), False, id="the kind was uninstalled"),
        pytest.param(replace(a_trigger(), resource=None), seen(savepoint=SnapshotFailed("disk full")), False, id="no resource"),
    ],
)
def test_a_failure_that_a_resource_tells_of_itself_is_told_as_its(trigger: Trigger, observed: Observed, by_resource: bool) -> None:
    decision = decide(recorded(SAVEPOINT, trigger), observed, a_desired(), replace(FRESH, now=NOW + HOUR))
    assert [event.by_resource for event in decision.events if event.reason == "SavepointError"] == [by_resource]


def test_a_resource_that_never_ends_is_not_waited_for_longer_than_a_savepoint_may_take() -> None:
    there = a_resource(a_trigger().resource or "", type=TriggerType.MANUAL, state=State.TRIGGER_PENDING)
    late = replace(FRESH, now=NOW + HOUR)
    assert decide(recorded(SAVEPOINT, a_trigger()), seen(there), a_desired(), late).record.savepoints.trigger is None


def test_where_the_kind_was_uninstalled_meanwhile_no_second_savepoint_is_taken() -> None:
    decision = decide(recorded(SAVEPOINT, a_trigger()), an_observed(), a_desired(), FRESH)
    assert not any(isinstance(action, TriggerSavepoint | CreateSnapshot) for action in decision.actions)


def test_what_was_asked_for_in_the_other_form_is_followed_in_that() -> None:
    trigger = replace(a_trigger(), resource=None)
    decision = decide(recorded(SAVEPOINT, trigger), seen(savepoint=SnapshotCompleted(PATH)), a_desired(), FRESH)
    assert [taken.location for taken in decision.record.savepoints.history] == [PATH]


def test_a_new_spec_waits_for_a_resource_that_is_being_taken() -> None:
    there = a_resource(a_trigger().resource or "", type=TriggerType.MANUAL, state=State.IN_PROGRESS)
    decision = decide(recorded(SAVEPOINT, a_trigger()), seen(there), an_upgrade(), FRESH)
    assert (decision.record.phase, decision.record.reason) == (Phase.RUNNING, "SavepointPending")


# savepoints of upgrades


def test_the_savepoint_of_an_upgrade_becomes_a_resource_that_exists() -> None:
    record = a_stopping_record()
    stopped = decide(record, seen(savepoint=SnapshotCompleted(PATH)), an_upgrade(), FRESH)
    (creation,) = creations(decide(stopped.record, seen(), an_upgrade(), FRESH)) if not creations(stopped) else creations(stopped)
    assert (creation.path, creation.exists, creation.type) == (PATH, True, TriggerType.UPGRADE)
    assert creation.name.startswith("job-savepoint-upgrade-")
    there = a_resource(creation.name, type=TriggerType.UPGRADE, path=PATH)
    after = decide(stopped.record, seen(there), an_upgrade(), FRESH)
    assert after.record.savepoints.history == ()
    assert creations(after) == []


def test_the_savepoint_of_an_upgrade_is_not_disposed_of_before_it_is_a_resource() -> None:
    old = Taken(1, "s3://state/old", TriggerType.UPGRADE, "CANONICAL", resource="job-savepoint-upgrade-1")
    newer = Taken(2, "s3://state/new", TriggerType.UPGRADE, "CANONICAL")
    record = replace(a_record(), savepoints=Snapshots(last=newer, history=(old, newer)))
    decision = decide(record, an_observed(), a_desired(), FRESH)
    assert not any(isinstance(action, DisposeSavepoint) for action in decision.actions)


# the history


def with_limit(count: int = 2, age: timedelta = 24 * HOUR, **settings: Any) -> Desired:
    desired = a_desired()
    limits: dict[str, Any] = {"savepoint_history_count": count, "savepoint_history_age": age, **settings}
    return replace(desired, settings=replace(desired.settings, **limits))


def of_age(hours: int, **changes: Any) -> SnapshotResource:
    return a_resource(f"job-savepoint-periodic-{hours}", created=MILLISECONDS - hours * 3_600_000, **changes)


def superfluous(*found: SnapshotResource, desired: Desired | None = None, record: Record | None = None) -> str | None:
    one = find_superfluous(record or a_record(), seen(*found), desired or with_limit(), NOW)
    return one.name if one else None


def test_the_oldest_beyond_the_count_goes() -> None:
    assert superfluous(of_age(1), of_age(3), of_age(2)) == "job-savepoint-periodic-3"
    assert superfluous(of_age(1), of_age(2)) is None


def test_what_is_too_old_goes() -> None:
    assert superfluous(of_age(1), of_age(30)) == "job-savepoint-periodic-30"


def test_the_newest_that_is_complete_stays_however_old_it_is() -> None:
    assert superfluous(of_age(30)) is None
    assert superfluous(of_age(30), of_age(29, state=State.FAILED)) == "job-savepoint-periodic-29"


@pytest.mark.parametrize(
    "changes",
    [{"type": TriggerType.MANUAL}, {"state": State.IN_PROGRESS}, {"state": None}, {"deleting": True}],
    ids=str,
)
def test_what_is_by_hand_not_at_its_end_or_going_already_is_left(changes: dict[str, Any]) -> None:
    assert superfluous(of_age(30, **changes), of_age(1)) is None


def test_what_a_start_may_need_stays() -> None:
    record = replace(a_record(), savepoint_path="s3://state/job-savepoint-periodic-30/")
    assert superfluous(of_age(30), of_age(1), record=record) is None


def test_checkpoints_are_kept_as_flink_keeps_them() -> None:
    found = [of_age(hours, is_savepoint=False) for hours in (1, 2, 3)]
    assert superfluous(*found, desired=with_limit(retained_checkpoints=3)) is None
    assert superfluous(*found, desired=with_limit(retained_checkpoints=2)) == "job-savepoint-periodic-3"


def test_a_history_without_limits_is_left_alone() -> None:
    assert superfluous(of_age(30), of_age(1), desired=with_limit(savepoint_cleanup=False)) is None


def test_a_running_job_deletes_one_at_a_time() -> None:
    decision = decide(a_record(), seen(of_age(3), of_age(2), of_age(1), of_age(0)), with_limit(), FRESH)
    assert [action for action in decision.actions if isinstance(action, DeleteSnapshot)] == [
        DeleteSnapshot("job-savepoint-periodic-3", "uid-job-savepoint-periodic-3")
    ]


@given(
    ages=st.lists(st.integers(0, 60), unique=True, max_size=8),
    ended=st.lists(st.sampled_from([State.COMPLETED, State.FAILED, State.ABANDONED]), min_size=8, max_size=8),
    count=st.integers(0, 4),
)
def test_deleting_comes_to_an_end_with_the_newest_complete_one_left(ages: list[int], ended: list[State], count: int) -> None:
    left = {one.name: one for one in (of_age(age, state=state) for age, state in zip(ages, ended, strict=False))}
    complete = [one for one in left.values() if one.state is State.COMPLETED]
    for _ in range(len(left) + 1):
        name = superfluous(*left.values(), desired=with_limit(count))
        if name is None:
            break
        del left[name]
    assert superfluous(*left.values(), desired=with_limit(count)) is None
    assert len(left) <= count + 1, "the newest that is complete may be older than those that failed"
    if complete:
        assert max(complete, key=lambda one: one.created).name in left
