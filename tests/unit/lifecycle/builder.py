"""A job that runs and wants nothing, as the decision core sees it. A test says only what is different."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flinkop.lifecycle.action import Action
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired, Settings
from flinkop.lifecycle.observed import Answered, Checkpoints, HaMetadata, Job, JobManager, JobState, NotAsked, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record, Start
from flinkop.lifecycle.restore import EMPTY, RestoreChoice, RestorePoint, RestoreSource
from flinkop.lifecycle.specdiff import NO_CHANGE, Change, Effect
from flinkop.lifecycle.step import HaFate, TakingSavepoint, TearingDown

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
MILLISECONDS = int(NOW.timestamp() * 1000)
JOB_ID = "a" * 32
OTHER_JOB_ID = "b" * 32
SAVEPOINT = "s3://state/savepoint-aaaaaa-0123"
CHECKPOINT = "s3://state/checkpoints/chk-7"

SPEC: dict[str, Any] = {
    "flinkVersion": "v1_20",
    "flinkConfiguration": {},
    "job": {"args": ["old"], "state": "running", "upgradeMode": "savepoint", "savepointRedeployNonce": None},
}
NEW_SPEC: dict[str, Any] = {**SPEC, "job": {**SPEC["job"], "args": ["new"]}}

FRESH = Fresh(NOW, job_id="c" * 32, trigger_id="d" * 32, job_result_store_id="e" * 32)
FIRST_START = RestoreChoice(EMPTY, "FirstStart", "First start: there is no state yet.")
FROM_SAVEPOINT = RestoreChoice(RestorePoint(RestoreSource.SAVEPOINT, SAVEPOINT), "StopRecorded", "The job was stopped at this savepoint.")
FROM_METADATA = RestoreChoice(RestorePoint(RestoreSource.LAST_STATE, job_id=JOB_ID), "HaMetadata", "The newest is restored.")
REFUSED = RestoreChoice(None, "NoRestorePoint", "Manual restore required.")


def a_start(**changes: Any) -> Start:
    """A start of a while ago."""
    return replace(Start(LONG_AGO, generation=1, job_result_store_id="f" * 32), **changes)


LATE = a_start(since=NOW - timedelta(minutes=5), generation=2)
"""A start that has had its time."""


def a_record(**changes: Any) -> Record:
    """The record of a running job."""
    running = Record(
        phase=Phase.RUNNING,
        reason="JobRunning",
        message="The job is running.",
        health=Health.SETTLED,
        start=a_start(),
        generation=1,
        job=JobRecord(JOB_ID, "job", JobState.RUNNING, 1, 1),
        jobmanager=JobManagerStatus.READY,
        was_ready=True,
        restore=FIRST_START,
        reconciled=SPEC,
        reconciled_at=1,
        stable=SPEC,
    )
    return replace(running, **changes)


def a_starting_record(**changes: Any) -> Record:
    """The record of a start of ten seconds ago, of which nothing was seen yet."""
    starting: dict[str, Any] = {
        "phase": Phase.DEPLOYING,
        "reason": "ClusterStarting",
        "message": "First start: there is no state yet.",
        "health": Health.PROGRESSING,
        "start": a_start(since=NOW - timedelta(seconds=10)),
        "job": JobRecord(JOB_ID, "job", JobState.RECONCILING),
        "jobmanager": JobManagerStatus.DEPLOYING,
        "was_ready": False,
        "stable": None,
    }
    return a_record(**{**starting, **changes})


def a_stopping_record(**changes: Any) -> Record:
    """The record of an upgrade that takes its savepoint since a second."""
    return a_record(
        **{
            "phase": Phase.UPGRADING,
            "reason": "TakingSavepoint",
            "message": "The savepoint is in progress.",
            "health": Health.PROGRESSING,
            "step": TakingSavepoint(NOW - timedelta(seconds=1), "trigger"),
            **changes,
        }
    )


def a_record_tearing_down(ha: HaFate = HaFate.KEEP, **changes: Any) -> Record:
    """The record of an upgrade that removes the old cluster since a second."""
    step = TearingDown(NOW - timedelta(seconds=1), ha)
    return a_stopping_record(**{"reason": "StoppingCluster", "message": "Stopping.", "step": step, **changes})


def an_ended_record(state: JobState = JobState.FAILED, **changes: Any) -> Record:
    """The record of a job that has just ended; one that failed has left a checkpoint."""
    failed = state is JobState.FAILED
    return a_record(
        **{
            "phase": Phase.FAILED if failed else Phase.FINISHED,
            "reason": "JobFailed" if failed else "JobFinished",
            "message": "it broke" if failed else "The job finished.",
            "health": Health.STALLED if failed else Health.SETTLED,
            "failure": "it broke" if failed else None,
            "job": JobRecord(JOB_ID, "job", state, 1, MILLISECONDS),
            "savepoint_path": CHECKPOINT if failed else None,
            **changes,
        }
    )


def a_suspended_record(**changes: Any) -> Record:
    """The record of a job that was suspended with a savepoint."""
    return a_record(
        **{
            "phase": Phase.SUSPENDED,
            "reason": "Suspended",
            "message": f"Suspended; the next start continues from {SAVEPOINT}.",
            "job": JobRecord(JOB_ID, "job", JobState.FINISHED),
            "jobmanager": JobManagerStatus.MISSING,
            "savepoint_path": SAVEPOINT,
            "reconciled": suspended(SPEC),
            **changes,
        }
    )


def a_rejected_record(**changes: Any) -> Record:
    """The record of a start, ten seconds ago, of a spec that never was stable; the one before was."""
    return a_starting_record(
        **{"reconciled": NEW_SPEC, "stable": SPEC, "restore": FROM_SAVEPOINT, "savepoint_path": SAVEPOINT, "start": LATE, **changes}
    )


def suspended(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec with `job.state: suspended`."""
    return {**spec, "job": {**spec["job"], "state": "suspended"}}


def a_jobmanager(**changes: Any) -> JobManager:
    """A JobManager that serves."""
    return replace(JobManager("uid", generation=1, available=True, terminating=False), **changes)


def a_job(state: JobState = JobState.RUNNING, **changes: Any) -> Job:
    """The job as its JobManager reports it."""
    return replace(Job(JOB_ID, "job", state, start_time=1, update_time=1), **changes)


def ha(checkpoints: int = 3, **changes: Any) -> HaMetadata:
    """High-availability metadata of the job."""
    return replace(HaMetadata(exists=True, job_id=JOB_ID, checkpoints=checkpoints, job_graphs=1, config_maps=2), **changes)


NO_METADATA = HaMetadata()


def an_observed(**changes: Any) -> Observed:
    """One look at a running job with high availability."""
    healthy = Observed(jobmanager=a_jobmanager(), jobmanager_pods=1, rest=Answered(), job=a_job(), ha=ha())
    return replace(healthy, **changes)


def observed_job(state: JobState, **changes: Any) -> Observed:
    """One look at a job in that state; at the end of one its checkpoints are known."""
    ended = state in {JobState.FAILED, JobState.CANCELED, JobState.FINISHED}
    checkpoints = Checkpoints(count=7, path=CHECKPOINT) if ended else None
    return an_observed(**{"job": a_job(state), "checkpoints": checkpoints, **changes})


def nothing_left(**changes: Any) -> Observed:
    """One look at a cluster that is gone; its metadata stay, without job graphs."""
    gone: dict[str, Any] = {"jobmanager": None, "jobmanager_pods": 0, "rest": NotAsked(), "job": None}
    return an_observed(**{**gone, "ha": ha(job_graphs=0, config_maps=1), **changes})


def settings(**changes: Any) -> Settings:
    """High availability, and the defaults."""
    return replace(Settings(high_availability=True, savepoint_directory="s3://state"), **changes)


def a_desired(**changes: Any) -> Desired:
    """The spec that runs is the one that is wanted. Fields of `Settings` may be given too."""
    options = {name: changes.pop(name) for name in tuple(changes) if name in Settings.__slots__}
    wish = Desired(
        generation=1,
        spec=SPEC,
        change=NO_CHANGE,
        suspended=False,
        upgrade_mode="savepoint",
        settings=settings(**options),
        deployed_high_availability=True,
    )
    return replace(wish, **changes)


def an_upgrade(**changes: Any) -> Desired:
    """Another spec is wanted than the one that runs."""
    return a_desired(**{"generation": 2, "spec": NEW_SPEC, "change": Change(Effect.UPGRADE, ("job.args",)), **changes})


def a_suspension(**changes: Any) -> Desired:
    """The job is to be suspended."""
    change = Change(Effect.UPGRADE, ("job.state",))
    return a_desired(**{"generation": 2, "spec": suspended(SPEC), "change": change, "suspended": True, **changes})


def a_redeployment(**changes: Any) -> Desired:
    """A start from `initialSavepointPath` is wanted."""
    spec = {**SPEC, "job": {**SPEC["job"], "savepointRedeployNonce": 1}}
    change = Change(Effect.SAVEPOINT_REDEPLOY, ("job.savepointRedeployNonce",))
    return a_desired(**{"generation": 2, "spec": spec, "change": change, "initial_savepoint_path": SAVEPOINT, **changes})


def kinds(decision: Decision) -> list[type[Action]]:
    """What is to be done, in order."""
    return [type(action) for action in decision.actions]


def reasons(decision: Decision) -> list[str]:
    """What is reported, in order."""
    return [event.reason for event in decision.events]
