"""From what a start restores. No start is from empty state where there was state, unless the spec says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.lifecycle.builder import CHECKPOINT, JOB_ID, NO_METADATA, SAVEPOINT, ha

from flinkop.lifecycle.restore import (
    EMPTY,
    WAYS_OUT,
    RestoreChoice,
    RestoreFacts,
    RestorePoint,
    RestoreSource,
    choose_restore,
    named_before,
    point_at,
)

METADATA = ha(3)
AT_SAVEPOINT = RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT)
AT_CHECKPOINT = RestorePoint(RestoreSource.CHECKPOINT, CHECKPOINT)
FROM_METADATA = RestorePoint(RestoreSource.LAST_STATE, job_id=JOB_ID)
OLD_PATH = "s3://state/savepoint-old"


def facts(**changes: Any) -> RestoreFacts:
    """A job that ran, may have state, and left nothing that is known."""
    ran = RestoreFacts(
        stateless=False,
        never_started=False,
        initial_path=None,
        redeploy_requested=False,
        recorded_path=None,
        job_id=JOB_ID,
        ha=NO_METADATA,
        previous=EMPTY,
        may_have_state=True,
    )
    return replace(ran, **changes)


@pytest.mark.parametrize(
    ("found", "point", "reason"),
    [
        pytest.param(facts(never_started=True, previous=None), EMPTY, "FirstStart", id="first start"),
        pytest.param(facts(never_started=True, initial_path=SAVEPOINT), AT_SAVEPOINT, "InitialSavepoint", id="first start, with a path"),
        pytest.param(facts(never_started=True, ha=METADATA), FROM_METADATA, "HaMetadata", id="first start, metadata left by another"),
        pytest.param(facts(initial_path=SAVEPOINT), None, "NoRestorePoint", id="the initial path is for the first start only"),
        pytest.param(facts(redeploy_requested=True, initial_path=SAVEPOINT, ha=METADATA), AT_SAVEPOINT, "RedeployRequested", id="redeploy"),
        pytest.param(facts(redeploy_requested=True, initial_path=SAVEPOINT, stateless=True), AT_SAVEPOINT, "RedeployRequested", id="both"),
        pytest.param(facts(redeploy_requested=True, ha=METADATA), FROM_METADATA, "HaMetadata", id="redeploy from nowhere"),
        pytest.param(
            facts(unmet_request=True, initial_path=SAVEPOINT, stateless=True),
            replace(AT_SAVEPOINT, job_id=JOB_ID),
            "StillRequested",
            id="a request that was not met stands, also without state to keep",
        ),
        pytest.param(
            facts(unmet_request=True, initial_path=OLD_PATH, may_have_state=False, previous=AT_SAVEPOINT),
            replace(point_at(OLD_PATH), job_id=JOB_ID),
            "StillRequested",
            id="with the path as it was corrected",
        ),
        pytest.param(facts(unmet_request=True, initial_path=SAVEPOINT, ha=METADATA), FROM_METADATA, "HaMetadata", id="unless it has state"),
        pytest.param(facts(unmet_request=True, stateless=True), EMPTY, "Stateless", id="unless it was taken back"),
        pytest.param(facts(stateless=True, ha=METADATA, recorded_path=SAVEPOINT), EMPTY, "Stateless", id="stateless"),
        pytest.param(facts(ha=METADATA), FROM_METADATA, "HaMetadata", id="metadata"),
        pytest.param(facts(ha=METADATA, recorded_path=SAVEPOINT), FROM_METADATA, "HaMetadata", id="metadata are newer than a path"),
        pytest.param(facts(recorded_path=SAVEPOINT), AT_SAVEPOINT, "StopRecorded", id="stopped with a savepoint"),
        pytest.param(facts(recorded_path=CHECKPOINT), AT_CHECKPOINT, "StopRecorded", id="left a checkpoint"),
        pytest.param(facts(recorded_path=SAVEPOINT, finished=True), AT_SAVEPOINT, "StopRecorded", id="finished by a stop"),
        pytest.param(facts(finished=True), EMPTY, "JobFinished", id="finished by itself"),
        pytest.param(
            facts(may_have_state=False, previous=AT_SAVEPOINT), replace(AT_SAVEPOINT, job_id=JOB_ID), "SameAsBefore", id="never ready"
        ),
        pytest.param(facts(may_have_state=False), replace(EMPTY, job_id=JOB_ID), "SameAsBefore", id="never ready, started empty"),
        pytest.param(facts(ha=ha(0)), replace(EMPTY, job_id=JOB_ID), "SameAsBefore", id="made no checkpoint"),
        pytest.param(facts(may_have_state=False, previous=FROM_METADATA), None, "NoRestorePoint", id="metadata that vanished"),
        pytest.param(facts(may_have_state=False, previous=None), None, "NoRestorePoint", id="refused before"),
        pytest.param(facts(), None, "NoRestorePoint", id="state, and no trace of it"),
        pytest.param(facts(ha=METADATA, high_availability=False), None, "HighAvailabilityOff", id="metadata that the new spec cannot read"),
        pytest.param(
            facts(ha=METADATA, high_availability=False, recorded_path=OLD_PATH), None, "HighAvailabilityOff", id="nor is older state used"
        ),
        pytest.param(facts(ha=METADATA, high_availability=False, stateless=True), EMPTY, "Stateless", id="but given up they may be"),
    ],
)
def test_the_first_rule_that_matches_chooses(found: RestoreFacts, point: RestorePoint | None, reason: str) -> None:
    choice = choose_restore(found)

    assert (choice.point, choice.reason) == (point, reason)
    assert choice.message.endswith(".")


def test_where_nothing_is_safe_everything_that_was_considered_is_named_and_the_ways_out() -> None:
    choice = choose_restore(facts())

    assert {rejected.source for rejected in choice.rejected} == {RestoreSource.LAST_STATE, RestoreSource.SAVEPOINT, RestoreSource.EMPTY}
    assert WAYS_OUT in choice.message


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        pytest.param({"checkpoint_directory": "s3://state/chk/"}, f"s3://state/chk/{JOB_ID}:", id="below the directory"),
        pytest.param({}, f"the folder {JOB_ID} of the job's execution.checkpointing.dir:", id="the job may have its own directory"),
    ],
)
def test_where_nothing_is_safe_the_folder_of_the_checkpoints_is_named(changes: dict[str, Any], place: str) -> None:
    message = choose_restore(facts(**changes)).message

    assert f"Checkpoints that were retained are in {place} the newest chk-N" in message
    assert "retained" not in choose_restore(facts(job_id=None, **changes)).message


def test_what_the_last_start_was_from_is_named_by_every_refusal_and_not_called_unknown() -> None:
    first = choose_restore(facts(previous=AT_SAVEPOINT))
    again = choose_restore(facts(previous=first.point, older=named_before(first), initial_path=OLD_PATH))

    assert SAVEPOINT in first.message
    assert "no savepoint is known" not in first.message
    assert again == first


@pytest.mark.parametrize("choice", [None, choose_restore(facts()), choose_restore(facts(stateless=True, recorded_path=SAVEPOINT))])
def test_other_choices_name_nothing_for_the_next(choice: RestoreChoice | None) -> None:
    assert named_before(choice) is None


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(facts(redeploy_requested=True, initial_path=OLD_PATH, ha=METADATA, recorded_path=SAVEPOINT), id="redeploy"),
        pytest.param(facts(stateless=True, ha=METADATA, recorded_path=SAVEPOINT), id="stateless"),
    ],
)
def test_state_that_is_given_up_is_named(found: RestoreFacts) -> None:
    assert {(one.source, one.path) for one in choose_restore(found).rejected} == {
        (RestoreSource.SAVEPOINT, SAVEPOINT),
        (RestoreSource.LAST_STATE, None),
    }


def test_older_state_that_is_not_used_is_named_too() -> None:
    found = facts(ha=METADATA, high_availability=False, recorded_path=OLD_PATH)

    assert (RestoreSource.SAVEPOINT, OLD_PATH) in {(one.source, one.path) for one in choose_restore(found).rejected}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("s3://a/savepoint-1-2", RestoreSource.SAVEPOINT),
        ("s3://a/chk-12", RestoreSource.CHECKPOINT),
        ("s3://a/chk-12/", RestoreSource.CHECKPOINT),
        ("s3://chk-1/named-by-hand", RestoreSource.SAVEPOINT),
    ],
)
def test_a_path_tells_what_it_is(path: str, source: RestoreSource) -> None:
    assert point_at(path) == RestorePoint(source, path)


_PATHS = st.none() | st.sampled_from([SAVEPOINT, CHECKPOINT])
_FACTS = st.builds(
    RestoreFacts,
    stateless=st.booleans(),
    never_started=st.booleans(),
    initial_path=_PATHS,
    redeploy_requested=st.booleans(),
    recorded_path=_PATHS,
    job_id=st.just(JOB_ID),
    ha=st.sampled_from([NO_METADATA, ha(0), METADATA]),
    previous=st.none() | st.sampled_from([EMPTY, AT_SAVEPOINT, FROM_METADATA]),
    may_have_state=st.booleans(),
    high_availability=st.booleans(),
    finished=st.booleans(),
    unmet_request=st.booleans(),
)


@settings(max_examples=60)
@given(_FACTS)
def test_empty_state_is_chosen_only_where_the_spec_says_so_or_nothing_was_ever_there(found: RestoreFacts) -> None:
    choice = choose_restore(found)
    if choice.point is None or choice.point.source is not RestoreSource.EMPTY or found.stateless:
        return
    assert found.ha.checkpoints == 0
    assert found.recorded_path is None
    started_empty = found.previous == EMPTY and (found.ha.exists or not found.may_have_state)
    assert found.never_started or found.finished or started_empty


@settings(max_examples=60)
@given(_FACTS)
def test_a_start_that_is_not_chosen_always_says_how_to_go_on(found: RestoreFacts) -> None:
    choice = choose_restore(found)

    assert choice.point is not None or (WAYS_OUT in choice.message and choice.rejected)


def test_what_the_last_start_restored_is_not_forgotten_where_nothing_is_safe() -> None:
    choice = choose_restore(facts(previous=AT_SAVEPOINT))

    assert choice.point is None
    assert SAVEPOINT in choice.message
    assert SAVEPOINT in [rejected.path for rejected in choice.rejected]
