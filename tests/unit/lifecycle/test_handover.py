"""Going back: what the established operator makes of the status, wherever this one stopped. The reader is in `establishedoperator`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from tests.unit.lifecycle.builder import (
    CHECKPOINT,
    FIRST_START,
    FROM_METADATA,
    FROM_SAVEPOINT,
    JOB_ID,
    NEW_SPEC,
    NOW,
    REFUSED,
    SAVEPOINT,
    SPEC,
    a_record,
    a_record_tearing_down,
    a_start,
    a_starting_record,
    a_stopping_record,
    a_suspended_record,
    an_ended_record,
    suspended,
)
from tests.unit.lifecycle.establishedoperator import (
    EMPTY,
    FIRST,
    FOLLOWS,
    LAST_STATE,
    NOTHING,
    REFUSES,
    STOPS,
    WAITS,
    EstablishedOperator,
    World,
)
from tests.unit.lifecycle.test_status import records, written

from flinkop.lifecycle.adoption import adopt
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobManagerStatus, JobRecord, Record, Rollback
from flinkop.lifecycle.statusreader import read_record
from flinkop.lifecycle.step import Cancelling, HaFate, Rescaling, TearingDown, WaitingToRetry, WaitingToStop

FINISHED = JobRecord(JOB_ID, "job", JobState.FINISHED)
CANCELED = JobRecord(JOB_ID, "job", JobState.CANCELED)
LAST_STATE_SPEC = {**SPEC, "job": {**SPEC["job"], "upgradeMode": "last-state"}}
STATELESS_SPEC = {**SPEC, "job": {**SPEC["job"], "upgradeMode": "stateless"}}
RUNS = World(deployment=1, metadata=True, job_runs=True)
RUNS_WITHOUT_METADATA = World(deployment=1, job_runs=True)
DEPLOYED = World(deployment=1, metadata=True)
GONE = World(metadata=True)
GONE_WITHOUT_METADATA = World()
FROM_PATH = f"starts from {SAVEPOINT}"
TO_SAVEPOINT = {"savepoint_path": SAVEPOINT, "job": FINISHED, "generation": 2}
MISSING = {"jobmanager": JobManagerStatus.MISSING}
RESTORE_FAILED = an_ended_record(restore=REFUSED, savepoint_path=None, reason="RestoreFailed", **MISSING)


def theirs(record: Record) -> EstablishedOperator:
    """The established operator in front of the status of that record."""
    return EstablishedOperator(written(record))


Case = tuple[Record, dict[str, Any], World, str]
CASES: dict[str, Case] = {
    "created": (Record(), SPEC, GONE_WITHOUT_METADATA, FIRST),
    "created suspended": (Record(phase=Phase.SUSPENDED, generation=1), suspended(SPEC), GONE_WITHOUT_METADATA, NOTHING),
    "running": (a_record(), SPEC, RUNS, NOTHING),
    "running, and the spec is changed": (a_record(), NEW_SPEC, RUNS, STOPS),
    "running, an upgrade waits for its next try": (
        a_record(step=WaitingToRetry(NOW, 2, 1, NOW), generation=2),
        NEW_SPEC,
        RUNS,
        STOPS,
    ),
    "running, an upgrade has to wait": (a_record(step=WaitingToStop(NOW), generation=2), NEW_SPEC, RUNS, STOPS),
    "running, being rescaled": (a_record(step=Rescaling(NOW)), SPEC, RUNS, NOTHING),
    "running, JobManager lost": (a_record(), SPEC, GONE, LAST_STATE),
    "running, JobManager and metadata lost": (a_record(), SPEC, GONE_WITHOUT_METADATA, REFUSES),
    "rolled back": (a_record(rollback=Rollback(1, NEW_SPEC, "it broke", True)), NEW_SPEC, RUNS, NOTHING),
    "being deployed": (a_starting_record(), SPEC, DEPLOYED, NOTHING),
    "being deployed, and nothing is made yet": (a_starting_record(), SPEC, GONE_WITHOUT_METADATA, REFUSES),
    "stateless from a path, and nothing is made yet": (
        a_starting_record(reconciled=STATELESS_SPEC, restore=FROM_SAVEPOINT, savepoint_path=SAVEPOINT),
        SPEC,
        GONE_WITHOUT_METADATA,
        FROM_PATH,
    ),
    "stateless from a path, and the Deployment is there": (
        a_starting_record(reconciled=STATELESS_SPEC, restore=FROM_SAVEPOINT, savepoint_path=SAVEPOINT),
        STATELESS_SPEC,
        World(deployment=1),
        FOLLOWS,
    ),
    "being recovered": (a_starting_record(step=TearingDown(NOW, HaFate.KEEP), was_ready=True, **MISSING), SPEC, GONE, LAST_STATE),
    "the savepoint of an upgrade is taken": (a_stopping_record(generation=2), NEW_SPEC, RUNS_WITHOUT_METADATA, STOPS),
    "it is taken, and nobody has seen that yet": (a_stopping_record(generation=2), NEW_SPEC, World(deployment=1), WAITS),
    "the job is cancelled": (a_stopping_record(step=Cancelling(NOW), generation=2), NEW_SPEC, RUNS_WITHOUT_METADATA, STOPS),
    "stopped with a savepoint, the cluster is still there": (
        a_record_tearing_down(HaFate.REMOVE, **TO_SAVEPOINT),
        NEW_SPEC,
        World(deployment=1),
        FROM_PATH,
    ),
    "stopped with a savepoint, the cluster is gone": (
        a_record_tearing_down(HaFate.REMOVE, **TO_SAVEPOINT, **MISSING),
        NEW_SPEC,
        GONE_WITHOUT_METADATA,
        FROM_PATH,
    ),
    "and the mode is last-state": (
        a_record_tearing_down(HaFate.REMOVE, **TO_SAVEPOINT, **MISSING, reconciled=LAST_STATE_SPEC),
        {**NEW_SPEC, "job": {**NEW_SPEC["job"], "upgradeMode": "last-state"}},
        GONE,
        FROM_PATH,
    ),
    "stopped to be suspended": (
        a_record_tearing_down(HaFate.REMOVE, **TO_SAVEPOINT, **MISSING),
        suspended(SPEC),
        GONE_WITHOUT_METADATA,
        NOTHING,
    ),
    "torn down for its last state, the cluster still runs": (a_record_tearing_down(generation=2), NEW_SPEC, RUNS, STOPS),
    "torn down for its last state, the cluster is gone": (a_record_tearing_down(generation=2, **MISSING), NEW_SPEC, GONE, LAST_STATE),
    "and the metadata too": (a_record_tearing_down(generation=2, **MISSING), NEW_SPEC, GONE_WITHOUT_METADATA, REFUSES),
    "torn down without ever being ready, after a savepoint": (
        a_record_tearing_down(generation=2, was_ready=False, restore=FROM_SAVEPOINT, savepoint_path=SAVEPOINT, **MISSING),
        NEW_SPEC,
        GONE_WITHOUT_METADATA,
        FROM_PATH,
    ),
    "torn down without ever being ready, after the first start": (
        a_record_tearing_down(generation=2, was_ready=False, restore=FIRST_START, **MISSING),
        NEW_SPEC,
        GONE_WITHOUT_METADATA,
        EMPTY,
    ),
    "cancelled, with a checkpoint": (
        a_record_tearing_down(job=CANCELED, savepoint_path=CHECKPOINT, generation=2, **MISSING),
        NEW_SPEC,
        GONE_WITHOUT_METADATA,
        f"starts from {CHECKPOINT}",
    ),
    "cancelled before its first checkpoint, after a savepoint": (
        a_record_tearing_down(job=CANCELED, had_no_state=True, restore=FROM_SAVEPOINT, generation=2, **MISSING),
        NEW_SPEC,
        GONE_WITHOUT_METADATA,
        FROM_PATH,
    ),
    "suspended with a savepoint": (a_suspended_record(), suspended(SPEC), GONE_WITHOUT_METADATA, NOTHING),
    "suspended with a savepoint, and resumed": (a_suspended_record(), SPEC, GONE_WITHOUT_METADATA, FROM_PATH),
    "suspended with a savepoint in the mode last-state, and resumed": (
        a_suspended_record(reconciled=suspended(LAST_STATE_SPEC)),
        LAST_STATE_SPEC,
        GONE_WITHOUT_METADATA,
        FROM_PATH,
    ),
    "suspended with its metadata in the mode savepoint, and resumed": (
        a_suspended_record(savepoint_path=None, job=JobRecord(JOB_ID, "job", JobState.SUSPENDED)),
        SPEC,
        GONE,
        LAST_STATE,
    ),
    "suspended with metadata that are lost, and resumed": (
        a_suspended_record(savepoint_path=None, job=JobRecord(JOB_ID, "job", JobState.SUSPENDED), restore=FROM_METADATA),
        SPEC,
        GONE_WITHOUT_METADATA,
        REFUSES,
    ),
    "suspended, and resumed without state": (a_suspended_record(), STATELESS_SPEC, GONE_WITHOUT_METADATA, EMPTY),
    "suspended after it had finished by itself, and resumed": (a_suspended_record(savepoint_path=None), SPEC, GONE_WITHOUT_METADATA, EMPTY),
    "failed": (an_ended_record(), SPEC, DEPLOYED, NOTHING),
    "failed, and the spec is changed": (an_ended_record(), NEW_SPEC, World(deployment=1), f"starts from {CHECKPOINT}"),
    "failed, nothing known of its state, and the spec is changed": (
        an_ended_record(savepoint_path=None),
        NEW_SPEC,
        GONE_WITHOUT_METADATA,
        REFUSES,
    ),
    "failed before its first checkpoint, and the spec is changed": (
        an_ended_record(savepoint_path=None, had_no_state=True),
        NEW_SPEC,
        GONE_WITHOUT_METADATA,
        EMPTY,
    ),
    "no safe restore point": (RESTORE_FAILED, SPEC, GONE_WITHOUT_METADATA, NOTHING),
    "no safe restore point, and the spec is changed": (RESTORE_FAILED, NEW_SPEC, GONE_WITHOUT_METADATA, REFUSES),
    "no safe restore point at the end of a suspension": (
        replace(RESTORE_FAILED, job=JobRecord(JOB_ID, "job", JobState.SUSPENDED), reconciled=suspended(SPEC)),
        SPEC,
        GONE_WITHOUT_METADATA,
        REFUSES,
    ),
    "lost its job": (
        an_ended_record(job=JobRecord(JOB_ID, "job", JobState.RECONCILING), savepoint_path=None),
        NEW_SPEC,
        World(deployment=1),
        WAITS,
    ),
    "finished": (an_ended_record(JobState.FINISHED), SPEC, World(deployment=1), NOTHING),
    "finished, and the spec is changed": (an_ended_record(JobState.FINISHED), NEW_SPEC, World(deployment=1), EMPTY),
    "stopped with a savepoint by somebody, and the spec is changed": (
        an_ended_record(JobState.FINISHED, savepoint_path=SAVEPOINT),
        NEW_SPEC,
        World(deployment=1),
        FROM_PATH,
    ),
    "rolling back": (
        a_record_tearing_down(phase=Phase.ROLLING_BACK, rollback=Rollback(2, NEW_SPEC, "it broke"), reconciled=NEW_SPEC, **MISSING),
        NEW_SPEC,
        GONE,
        LAST_STATE,
    ),
    "rolling back from a savepoint": (
        a_record_tearing_down(phase=Phase.ROLLING_BACK, rollback=Rollback(2, NEW_SPEC, "it broke"), reconciled=NEW_SPEC, **MISSING),
        NEW_SPEC,
        GONE_WITHOUT_METADATA,
        REFUSES,
    ),
    "being deleted": (a_record(phase=Phase.DELETING), SPEC, RUNS, NOTHING),
}
_STARTS = (EMPTY, FIRST, LAST_STATE, FROM_PATH, f"starts from {CHECKPOINT}")
_MAY_BE_EMPTY = (
    "torn down without ever being ready, after the first start",
    "suspended, and resumed without state",
    "suspended after it had finished by itself, and resumed",
    "failed before its first checkpoint, and the spec is changed",
    "finished, and the spec is changed",
)


@pytest.mark.parametrize("name", CASES)
def test_the_established_operator_goes_on_from_every_point(name: str) -> None:
    record, wanted, world, action = CASES[name]

    assert theirs(record).next_action(wanted, world) == action
    assert read_record(written(record)) == record, "and so does this one"


def test_it_starts_empty_only_where_there_is_no_state_or_it_was_given_up() -> None:
    assert {name for name, (_, _, _, action) in CASES.items() if action == EMPTY} == set(_MAY_BE_EMPTY)


def test_it_starts_nothing_beside_a_job_that_runs() -> None:
    running = [(record, wanted, world) for record, wanted, world, _ in CASES.values() if world.job_runs]

    assert len(running) > 8
    assert not [case for case in running if theirs(case[0]).next_action(*case[1:]) in _STARTS]


def test_every_phase_is_looked_at() -> None:
    assert {record.phase for record, _, _, _ in CASES.values()} == set(Phase)


@pytest.mark.parametrize(
    ("record", "lifecycle"),
    [
        pytest.param(Record(), "CREATED", id="created"),
        pytest.param(a_record(), "STABLE", id="running"),
        pytest.param(a_record(stable=NEW_SPEC), "DEPLOYED", id="running, not yet stable"),
        pytest.param(a_record_tearing_down(job=FINISHED), "UPGRADING", id="stopped for an upgrade"),
        pytest.param(a_suspended_record(), "SUSPENDED", id="suspended"),
        pytest.param(a_suspended_record(reconciled=suspended(LAST_STATE_SPEC)), "SUSPENDED", id="suspended, last-state"),
        pytest.param(an_ended_record(), "FAILED", id="failed"),
        pytest.param(an_ended_record(JobState.FINISHED), "STABLE", id="finished"),
        pytest.param(a_record(rollback=Rollback(1, NEW_SPEC, "it broke", True)), "ROLLED_BACK", id="rolled back"),
        pytest.param(a_record(phase=Phase.DELETING), "DELETING", id="being deleted"),
    ],
)
def test_at_rest_it_derives_the_word_that_the_status_says(record: Record, lifecycle: str) -> None:
    assert theirs(record).lifecycle() == written(record)["lifecycleState"] == lifecycle


def test_a_running_job_is_recorded_as_it_records_one() -> None:
    status = written(a_record())
    reconciliation = status["reconciliationStatus"]

    assert json.loads(reconciliation["lastReconciledSpec"]) == {
        "spec": SPEC,
        "resource_metadata": {"apiVersion": "flink.apache.org/v1beta1", "firstDeployment": False},
    }
    assert (reconciliation["state"], reconciliation["lastStableSpec"]) == ("DEPLOYED", reconciliation["lastReconciledSpec"])
    assert (status["jobManagerDeploymentStatus"], status["jobStatus"]["state"], status["jobStatus"]["jobId"]) == (
        "READY",
        "RUNNING",
        JOB_ID,
    )
    assert "handover" not in status


def test_an_upgrade_that_is_stopped_says_what_it_restores_and_keeps_the_own_words_beside() -> None:
    status = written(a_record_tearing_down(HaFate.REMOVE, **TO_SAVEPOINT, reconciled=LAST_STATE_SPEC))
    job = json.loads(status["reconciliationStatus"]["lastReconciledSpec"])["spec"]["job"]

    assert (job["state"], job["upgradeMode"], status["jobStatus"]["upgradeSavepointPath"]) == ("suspended", "savepoint", SAVEPOINT)
    assert status["handover"] == {"jobState": "running", "upgradeMode": "last-state", "upgradeSavepointPath": SAVEPOINT}


@settings(max_examples=100)
@given(records())
def test_what_is_written_for_the_other_operator_can_be_taken_back_by_this_one(record: Record) -> None:
    """After a visit there, and from a status without fields of ours."""
    record = replace(record, reconciled_at=1)
    status = written(record)
    established = {key: value for key, value in status.items() if key not in {"phase", "handover", "start", "operation", "restore"}}
    back = adopt(established)

    assert read_record(status) == record
    if record.savepoint_path is not None and back.phase is Phase.UPGRADING:
        assert back.savepoint_path == record.savepoint_path


def test_a_generation_of_its_own_deployment_is_recognised() -> None:
    """Its check: the annotation of the Deployment is the generation that the status tells."""
    again = a_record_tearing_down(job=FINISHED, savepoint_path=SAVEPOINT, start=a_start(), generation=1)

    assert theirs(again).next_action(SPEC, World(deployment=1)) == FOLLOWS
