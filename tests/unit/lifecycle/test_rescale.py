"""Rescaling in place: Flink is told how parallel the vertices may be; where it refuses, the job is restarted."""

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
    an_observed,
    kinds,
    observed_job,
    reasons,
)

from flinkop.api.jobstatus import TriggerType
from flinkop.lifecycle.action import Rescale, StopWithSavepoint
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.desired import Desired, Scaling
from flinkop.lifecycle.observed import Bounds, JobState, Observed, RescaleRefused, Scale, SnapshotFailed, SnapshotInProgress, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.question import Question, questions
from flinkop.lifecycle.record import Health
from flinkop.lifecycle.rescale import wanted_bounds
from flinkop.lifecycle.snapshot import Snapshots, Trigger
from flinkop.lifecycle.specdiff import OVERRIDES, Change, Effect
from flinkop.lifecycle.step import Rescaling, WaitingToRetry

KEY = f"flinkConfiguration.{OVERRIDES}"
AFTER = {**SPEC, "flinkConfiguration": {OVERRIDES: "map:4"}}
OLD = Scale({"source": Bounds(1, 1), "map": Bounds(1, 2)}, {"source": 1, "map": 2})
ACCEPTED = replace(OLD, bounds={"source": Bounds(1, 1), "map": Bounds(1, 4)})
DONE = replace(ACCEPTED, parallelism={"source": 1, "map": 4})
STEP = Rescaling(NOW, {"map": 2})
RESCALING = a_record(step=STEP, reason="Rescaling", message="Rescaling the running job: map to 4.", health=Health.PROGRESSING)


def a_wish(**changes: Any) -> Desired:
    """The vertex `map` shall be four times parallel."""
    scaled = Change(Effect.SCALE, (KEY,))
    return a_desired(
        **{
            "generation": 2,
            "spec": AFTER,
            "change": scaled,
            "scaling": Scaling.REQUIREMENTS,
            "parallelism": {"map": 4, "unknown": 9},
            **changes,
        }
    )


def seen(scale: Scale | RescaleRefused | None, **changes: Any) -> Observed:
    """One look at the running job."""
    return an_observed(scale=scale, **changes)


def test_flink_is_told_and_the_job_runs_on() -> None:
    decision = decide(a_record(), seen(OLD), a_wish(), FRESH)

    assert (decision.record.phase, decision.record.reason, decision.record.health) == (Phase.RUNNING, "Rescaling", Health.PROGRESSING)
    assert decision.actions == (Rescale(a_record().job.job_id or "", {"source": Bounds(1, 1), "map": Bounds(1, 4)}),)
    assert (reasons(decision), decision.record.step) == (["Scaling"], STEP)
    assert decision.record.reconciled == SPEC, "what is asked for is not done yet"


def test_it_is_told_again_until_it_knows_but_people_only_once() -> None:
    decision = decide(RESCALING, seen(OLD), a_wish(), FRESH)
    assert (kinds(decision), decision.events) == ([Rescale], ())


def test_once_it_knows_the_new_parallelism_is_waited_for() -> None:
    decision = decide(RESCALING, seen(ACCEPTED), a_wish(), FRESH)
    after = decision.record
    assert (after, decision.actions) == (replace(RESCALING, generation=2, ends_at=after.ends_at, message=after.message), ())
    assert after.message.startswith("Rescaling the running job: ")


@pytest.mark.parametrize(
    ("scale", "after"),
    [
        pytest.param(DONE, timedelta(0), id="as soon as it is reached"),
        pytest.param(ACCEPTED, timedelta(minutes=5), id="in the end also without: there may be too few slots"),
    ],
)
def test_then_the_spec_is_in_force(scale: Scale, after: timedelta) -> None:
    decision = decide(RESCALING, seen(scale), a_wish(), replace(FRESH, now=NOW + after))
    assert (decision.record.reconciled, decision.record.stable, decision.record.step) == (AFTER, AFTER, None)
    assert (decision.record.reason, decision.record.health) == ("JobRunning", Health.SETTLED)


def test_where_flink_refuses_the_job_is_restarted() -> None:
    decision = decide(a_record(), seen(RescaleRefused("not adaptive")), a_wish(), FRESH)
    assert (decision.record.phase, kinds(decision)) == (Phase.UPGRADING, [StopWithSavepoint])


def test_a_restart_that_takes_the_place_of_a_refused_rescaling_is_tried_again_after_a_pause() -> None:
    step = WaitingToRetry(NOW, 2, 1, NOW + timedelta(minutes=1))
    failed = a_record(step=step, reason="SavepointFailed", message="The savepoint failed.", health=Health.PROGRESSING)
    decision = decide(failed, seen(RescaleRefused("not adaptive")), a_wish(), FRESH)
    assert (decision.actions, decision.record) == ((), replace(failed, generation=2, ends_at=step.not_before))


def test_a_restart_that_takes_the_place_of_a_refused_rescaling_waits_for_a_savepoint_that_is_being_taken() -> None:
    pending = a_record(savepoints=Snapshots(Trigger("trigger", MILLISECONDS, TriggerType.MANUAL, "CANONICAL")))
    decision = decide(pending, seen(RescaleRefused("not adaptive"), savepoint=SnapshotInProgress()), a_wish(), FRESH)
    assert (decision.record.phase, decision.record.reason) == (Phase.RUNNING, "SavepointPending")


def test_a_jobmanager_that_never_knows_what_it_was_told_is_no_endless_wait() -> None:
    late = replace(FRESH, now=NOW + timedelta(minutes=5))
    assert kinds(decide(RESCALING, seen(OLD), a_wish(), late)) == [StopWithSavepoint]


def test_what_the_restart_in_its_place_depends_on_is_asked_in_time() -> None:
    wish = a_wish(max_checkpoint_age=timedelta(minutes=1))
    assert Question.HA_METADATA | Question.CHECKPOINTS in questions(a_record(), wish, jobmanager_exists=True)


def test_the_pause_after_a_failed_restart_lasts_also_where_flink_does_not_answer_in_between() -> None:
    refused, desired = RescaleRefused("not adaptive"), a_wish()
    stopping = decide(a_record(), seen(refused), desired, FRESH).record
    failed = decide(stopping, seen(None, savepoint=SnapshotFailed("disk full")), desired, FRESH).record
    assert (failed.phase, type(failed.step)) == (Phase.RUNNING, WaitingToRetry)
    for scale in (refused, None, refused):
        waiting = decide(failed, seen(scale), desired, replace(FRESH, now=NOW + timedelta(seconds=30)))
        assert (waiting.record.phase, waiting.actions, waiting.record.step) == (Phase.RUNNING, (), failed.step)
    again = decide(failed, seen(refused), desired, replace(FRESH, now=NOW + timedelta(minutes=2)))
    assert kinds(again) == [StopWithSavepoint]


def test_a_job_is_not_restarted_because_flink_does_not_undo_a_rescaling() -> None:
    back, late = a_desired(generation=3, parallelism={"map": 2}), replace(FRESH, now=NOW + timedelta(minutes=5))
    waiting = decide(RESCALING, seen(ACCEPTED), back, late)
    assert (kinds(waiting), waiting.record.phase, waiting.record.health) == ([Rescale], Phase.RUNNING, Health.STALLED)
    assert "spec.restartNonce" in waiting.record.message


def test_a_rescaling_that_is_taken_back_while_it_is_under_way_is_undone() -> None:
    back = a_desired(generation=3, parallelism={"map": 2})
    assert Question.SCALE in questions(RESCALING, back, jobmanager_exists=True)
    undone = decide(RESCALING, seen(ACCEPTED), back, FRESH)
    assert undone.actions == (Rescale(a_record().job.job_id or "", OLD.bounds),)
    done = decide(undone.record, seen(OLD), back, FRESH)
    assert (done.record.step, done.record.reconciled, done.record.health) == (None, SPEC, Health.SETTLED)


def test_a_rescaling_whose_override_is_removed_while_it_is_under_way_goes_back_to_what_was_before() -> None:
    removed = a_desired(generation=3, parallelism={})
    undone = decide(RESCALING, seen(ACCEPTED), removed, FRESH)
    assert undone.actions == (Rescale(a_record().job.job_id or "", OLD.bounds),)
    done = decide(undone.record, seen(OLD), removed, FRESH)
    assert (done.record.step, done.record.reconciled, done.record.health) == (None, SPEC, Health.SETTLED)


def test_a_rescaling_that_is_given_up_for_that_of_another_vertex_undoes_the_first() -> None:
    other = decide(RESCALING, seen(ACCEPTED), a_wish(generation=3, parallelism={"source": 3}), FRESH)
    assert other.actions == (Rescale(a_record().job.job_id or "", {"source": Bounds(1, 3), "map": Bounds(1, 2)}),)
    assert other.record.step == Rescaling(NOW, {"map": 2, "source": 1}), "and knows what to go back to from there"


@pytest.mark.parametrize(
    "observed",
    [observed_job(JobState.RESTARTING, scale=None), seen(None, rest=Unreachable("hangs"), job=None)],
    ids=["it restarts", "nobody answers"],
)
def test_a_job_that_does_not_run_is_told_later(observed: Observed) -> None:
    decision = decide(a_record(), observed, a_wish(), FRESH)
    assert (decision.actions, decision.record.reconciled) == ((), SPEC)


def test_how_parallel_the_job_is_is_asked_only_where_it_is_to_change() -> None:
    assert Question.SCALE in questions(a_record(), a_wish(), jobmanager_exists=True)
    assert Question.SCALE not in questions(a_record(), a_desired(), jobmanager_exists=True)


_bounds = st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda pair: Bounds(*sorted(pair)))


@given(st.dictionaries(st.sampled_from("abcd"), _bounds), st.dictionaries(st.sampled_from("abcd"), st.integers(1, 9)))
def test_every_vertex_is_named_and_no_least_is_above_its_most(bounds: dict[str, Bounds], targets: dict[str, int]) -> None:
    known = {vertex: target for vertex, target in targets.items() if vertex in bounds}
    wanted = wanted_bounds(bounds, known)
    assert wanted.keys() == bounds.keys()
    assert all(1 <= bound.lower <= bound.upper for bound in wanted.values())
    assert all(wanted[vertex].upper == target for vertex, target in known.items())
    assert wanted_bounds(wanted, known) == wanted
