"""Conditions, by the rules that generic tools know.

Source: kstatus (`Reconciling` and `Stalled` are true only abnormally; `Ready` is always there), official operator for `Running`.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from tests.unit.lifecycle.builder import SPEC, a_record, a_starting_record, an_ended_record
from tests.unit.lifecycle.test_status import LATER, NOW, records, written

from flinkop.lifecycle.condition import conditions, render
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record

WELL = a_record()
BUSY = a_record(health=Health.PROGRESSING, reason="JobRestarting", message="The job is restarting.")
STUCK = a_record(health=Health.STALLED, reason="OldClusterStuck", message="Delete its pod.")


def by_type(record: Record) -> dict[str, Any]:
    return {one.type: one for one in conditions(record)}


@pytest.mark.parametrize(
    ("record", "ready", "reconciling", "stalled"),
    [
        pytest.param(WELL, True, False, False, id="well"),
        pytest.param(BUSY, False, True, False, id="busy"),
        pytest.param(STUCK, False, False, True, id="stuck"),
        pytest.param(a_record(invalid="wrong"), False, False, True, id="well, with an invalid newer spec"),
        pytest.param(a_starting_record(invalid="wrong"), False, True, True, id="busy, with an invalid newer spec"),
        pytest.param(an_ended_record(), False, False, True, id="failed"),
        pytest.param(an_ended_record(JobState.FINISHED), True, False, False, id="finished"),
    ],
)
def test_the_three_conditions_say_how_it_goes(record: Record, ready: bool, reconciling: bool, stalled: bool) -> None:
    found = by_type(record)

    assert (found["Ready"].status, found["Reconciling"].status, found["Stalled"].status) == (ready, reconciling, stalled)


def test_what_is_wrong_with_the_ingress_stands_beside_what_is_true_of_the_job() -> None:
    found = by_type(a_record(ingress_problem="the host is taken", snapshot_problem="an old definition"))

    assert by_type(WELL).keys().isdisjoint({"IngressReady", "SnapshotsReady"})
    assert (found["SnapshotsReady"].status, found["SnapshotsReady"].message) == (False, "an old definition")
    assert (found["IngressReady"].status, found["IngressReady"].message, found["Ready"].status) == (False, "the host is taken", True)


def test_who_is_stuck_or_busy_says_why() -> None:
    assert (by_type(STUCK)["Stalled"].reason, by_type(STUCK)["Stalled"].message) == ("OldClusterStuck", "Delete its pod.")
    assert by_type(BUSY)["Reconciling"].message == by_type(BUSY)["Ready"].message == "The job is restarting."


def test_an_invalid_spec_is_what_somebody_has_to_help_with_first() -> None:
    stalled = by_type(a_record(health=Health.STALLED, reason="JobFailed", invalid="spec: is wrong"))["Stalled"]

    assert (stalled.reason, stalled.message) == ("ValidationError", "spec: is wrong")


@settings(max_examples=40)
@given(records())
def test_each_of_the_four_is_always_there_and_exactly_one_of_the_three_says_how_it_goes(record: Record) -> None:
    found = conditions(record)

    assert [one.type for one in found][:4] == ["Ready", "Reconciling", "Stalled", "Running"]
    ready, reconciling, stalled = (one.status for one in found[:3])
    assert ready + reconciling + stalled == 1 or (record.invalid is not None and stalled and not ready)
    for one in written(record)["conditions"]:
        assert one["reason"].isidentifier(), "or Kubernetes does not accept it"
        assert (one["status"] in {"True", "False"}, one["observedGeneration"]) == (True, record.generation)


# Running


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [(JobState.RUNNING, True, "Running"), (JobState.RESTARTING, False, "Restarting"), (None, False, "NoJob")],
)
def test_running_tells_the_state_of_the_job(state: JobState | None, status: bool, reason: str) -> None:
    found = by_type(a_record(job=JobRecord(state=state)))["Running"]

    assert (found.status, found.reason) == (status, reason)


@pytest.mark.parametrize(
    ("jobmanager", "status", "reason"),
    [
        (JobManagerStatus.READY, True, "JobManagerReady"),
        (JobManagerStatus.DEPLOYED_NOT_READY, False, "DeployedNotReady"),
        (JobManagerStatus.DEPLOYING, False, "JobManagerIsDeploying"),
        (JobManagerStatus.MISSING, False, "JobManagerDeploymentMissing"),
        (JobManagerStatus.ERROR, False, "Error"),
    ],
)
def test_of_a_session_cluster_it_tells_the_state_of_the_jobmanager(jobmanager: JobManagerStatus, status: bool, reason: str) -> None:
    found = by_type(a_record(jobmanager=jobmanager, reconciled={**SPEC, "job": None}))["Running"]

    assert (found.status, found.reason) == (status, reason)


# times


def transitions(status: dict[str, Any]) -> dict[str, str]:
    return {one["type"]: one["lastTransitionTime"] for one in status["conditions"]}


def test_the_time_of_a_condition_moves_only_with_its_status() -> None:
    before = written(WELL)
    same = written(a_record(message="else", reason="Else"), before, LATER)
    other = written(BUSY, before, LATER)

    assert transitions(same) == transitions(before)
    moved = {kind for kind, at in transitions(other).items() if at != transitions(before)[kind]}
    assert moved == {"Ready", "Reconciling"}


def test_a_condition_that_is_new_begins_now() -> None:
    (ready, *_) = render(conditions(WELL), [], 1, "now")

    assert ready["lastTransitionTime"] == "now"


@pytest.mark.parametrize("time", [{}, {"lastTransitionTime": ""}], ids=["none", "an empty one"])
def test_a_condition_that_somebody_wrote_without_a_time_has_one_from_now_on(time: dict[str, str]) -> None:
    before = {"type": "Ready", "status": "True", **time}
    (ready, *_) = render(conditions(WELL), [before], 1, "now")

    assert ready["lastTransitionTime"] == "now"


def test_times_are_those_of_the_write() -> None:
    assert set(transitions(written(WELL)).values()) == {f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}
