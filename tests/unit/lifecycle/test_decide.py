"""What every decision has in common, whatever the phase: problems, refusals, the finalizer, and changes that are ignored."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.lifecycle.builder import (
    FRESH,
    NEW_SPEC,
    NO_METADATA,
    REFUSED,
    SPEC,
    a_desired,
    a_record,
    a_starting_record,
    a_suspended_record,
    an_ended_record,
    an_observed,
    an_upgrade,
    nothing_left,
    observed_job,
    reasons,
)

from flinkop.lifecycle.action import AddFinalizer, StartCluster
from flinkop.lifecycle.decide import decide, never_accepted, not_observed
from flinkop.lifecycle.observed import JobState, Refusal
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.specdiff import Change, Effect

FORBIDDEN = Refusal("Forbidden", "deployments is forbidden")
WITH_MODE = {**SPEC, "job": {**SPEC["job"], "upgradeMode": "stateless"}}
ONLY_THE_MODE = Change(Effect.IGNORE, ("job.upgradeMode",))


def test_a_running_job_that_is_as_it_should_be_is_left_alone() -> None:
    decision = decide(a_record(), an_observed(), a_desired(), FRESH)

    assert decision.record == a_record()
    assert (decision.actions, decision.events) == ((), ())


def test_the_same_values_give_the_same_decision() -> None:
    assert decide(a_record(), an_observed(), an_upgrade(), FRESH) == decide(a_record(), an_observed(), an_upgrade(), FRESH)


# an invalid spec


def test_an_invalid_spec_is_reported_once_and_the_job_goes_on() -> None:
    wrong = a_desired(generation=2, problems=("spec.a: is wrong", "spec.b: too"))
    first = decide(a_record(), an_observed(), wrong, FRESH)
    second = decide(first.record, an_observed(), wrong, FRESH)

    assert first.record == replace(a_record(), invalid="spec.a: is wrong; spec.b: too", generation=2)
    assert (reasons(first), reasons(second)) == (["ValidationError"], [])


def test_a_corrected_spec_takes_the_complaint_away() -> None:
    assert decide(a_record(invalid="spec: is wrong"), an_observed(), a_desired(), FRESH).record.invalid is None


def test_a_resource_that_was_never_valid_waits_for_a_valid_spec() -> None:
    decision = never_accepted(Record(), 3, ("spec: is wrong",))

    assert (decision.record.phase, decision.record.health, decision.record.generation) == (Phase.CREATED, Health.STALLED, 3)
    assert (decision.record.reason, decision.record.invalid) == ("ValidationError", "spec: is wrong")
    assert (reasons(decision), decision.requeue_after) == (["ValidationError"], None)
    assert reasons(never_accepted(decision.record, 3, ("spec: is wrong",))) == []


@pytest.mark.parametrize(
    ("problems", "invalid"), [((), None), (("spec.a: is wrong",), "spec.a: is wrong")], ids=["the newest spec", "one before it"]
)
def test_what_may_not_be_looked_at_is_told_of_the_spec_that_was_read(problems: tuple[str, ...], invalid: str | None) -> None:
    decision = not_observed(a_record(), "Forbidden", "pods is forbidden", a_desired(generation=7, problems=problems))

    after = decision.record
    assert (after.reason, after.message, after.health) == ("Forbidden", "pods is forbidden", Health.STALLED)
    assert (after.generation, after.invalid, decision.actions) == (7, invalid, ())
    assert reasons(decision) == (["ValidationError"] if invalid else [])


def test_a_spec_that_could_not_be_acted_on_is_still_a_new_one_when_the_start_before_it_was_refused() -> None:
    refused, wish = a_record(phase=Phase.FAILED, restore=REFUSED, reason="RestoreFailed"), a_desired(generation=2)
    unseen = not_observed(refused, "Forbidden", "configmaps is forbidden", wish).record
    assert (unseen.reason, unseen.generation) == ("Forbidden", 1)
    assert decide(unseen, nothing_left(ha=NO_METADATA), wish, FRESH).record.phase is Phase.UPGRADING


# an action that was refused


def test_a_refused_action_is_what_people_read_and_it_is_tried_again() -> None:
    decision = decide(a_starting_record(), nothing_left(ha=NO_METADATA, refusal=FORBIDDEN), a_desired(), FRESH)

    assert (decision.record.reason, decision.record.message, decision.record.health) == ("Forbidden", FORBIDDEN.message, Health.STALLED)
    assert decision.record.failure == FORBIDDEN.message
    assert [type(action) for action in decision.actions] == [StartCluster]


def test_a_refusal_is_no_news_when_there_is_nothing_to_do() -> None:
    assert decide(a_record(), an_observed(refusal=FORBIDDEN), a_desired(), FRESH).record == a_record()


def test_a_refusal_does_not_hide_for_ever_why_the_job_failed() -> None:
    late = replace(FRESH, now=FRESH.now + a_desired().settings.shutdown_ttl)
    refused = decide(an_ended_record(), observed_job(JobState.FAILED, refusal=FORBIDDEN), a_desired(), late).record
    assert (refused.reason, refused.failure) == ("Forbidden", "it broke")

    after = decide(refused, nothing_left(), a_desired(), late).record
    assert (after.reason, after.message, after.health) == ("JobFailed", "it broke", Health.STALLED)


def test_what_was_said_of_an_invalid_spec_does_not_stay_in_a_suspended_resource() -> None:
    created = Record(phase=Phase.SUSPENDED, reason="ValidationError", message="spec: is wrong", health=Health.STALLED)
    after = decide(created, nothing_left(), a_desired(suspended=True), FRESH).record

    assert (after.reason, after.health) == ("CreatedSuspended", Health.SETTLED)


# the finalizer


def test_the_finalizer_comes_before_everything_that_would_have_to_be_cleaned_up() -> None:
    decision = decide(Record(), nothing_left(ha=None), a_desired(has_finalizer=False), FRESH)

    assert [type(action) for action in decision.actions] == [AddFinalizer, StartCluster]


def test_a_pass_without_actions_adds_no_finalizer() -> None:
    assert decide(a_record(), an_observed(), a_desired(has_finalizer=False), FRESH).actions == ()


# changes that do not concern the cluster


def test_a_change_that_is_ignored_is_in_force_at_once_and_restarts_nothing() -> None:
    decision = decide(a_record(), an_observed(), a_desired(spec=WITH_MODE, change=ONLY_THE_MODE, upgrade_mode="stateless"), FRESH)

    assert (decision.record.phase, decision.actions) == (Phase.RUNNING, ())
    assert decision.record.reconciled == WITH_MODE
    assert decision.record.stable == WITH_MODE


def test_an_upgrade_mode_counts_before_the_upgrade_is_made() -> None:
    """A newer spec that is invalid falls back to the recorded one: with the old mode it would give the state up."""
    both = {**NEW_SPEC, "job": {**NEW_SPEC["job"], "upgradeMode": "last-state"}}
    change = Change(Effect.UPGRADE, ("job.args", "job.upgradeMode"))
    waiting = observed_job(JobState.RESTARTING)
    decision = decide(a_record(), waiting, an_upgrade(spec=both, change=change, last_state_fallback=False), FRESH)

    assert decision.record.reconciled == {**SPEC, "job": {**SPEC["job"], "upgradeMode": "last-state"}}


def test_a_spec_that_was_not_stable_does_not_become_so_by_a_change_that_is_ignored() -> None:
    decision = decide(
        a_starting_record(stable=NEW_SPEC),
        an_observed(jobmanager=None),
        a_desired(spec=WITH_MODE, change=ONLY_THE_MODE, upgrade_mode="stateless"),
        FRESH,
    )

    assert (decision.record.reconciled, decision.record.stable) == (WITH_MODE, NEW_SPEC)


# deletion


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(Record(), id="created"),
        pytest.param(a_starting_record(), id="deploying"),
        pytest.param(a_record(), id="running"),
        pytest.param(a_suspended_record(), id="suspended"),
        pytest.param(an_ended_record(), id="failed"),
        pytest.param(an_ended_record(JobState.FINISHED), id="finished"),
    ],
)
def test_deletion_goes_before_everything_else(record: Record) -> None:
    assert decide(record, an_observed(), an_upgrade(deleting=True), FRESH).record.phase is Phase.DELETING
