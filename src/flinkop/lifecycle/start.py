"""Starting a cluster: the restore point is chosen and recorded together with the ids that the start will use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flinkop.lifecycle.action import Action, DeleteHaMetadata, RemoveJobGraphs, StartCluster, StartSession
from flinkop.lifecycle.deadline import readiness_words
from flinkop.lifecycle.decision import Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import go
from flinkop.lifecycle.observed import HaMetadata, JobState, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record, Start
from flinkop.lifecycle.restore import RestoreChoice, RestoreFacts, RestorePoint, RestoreSource, choose_restore, named_before
from flinkop.lifecycle.step import HaFate, TearingDown
from flinkop.lifecycle.teardown import clean_metadata

_SESSION = "Starting the session cluster."


def start(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Goes to Deploying, or to Failed when no restore point is safe. Only when no cluster is left.

    Flink prefers what it finds in the high-availability metadata to what the start says: what does not belong there goes first.
    """
    if desired.session:
        return _begin_session(record, desired, fresh)
    choice = choose_restore(restore_facts(record, observed, desired))
    if choice.point is None:
        return _refuse(record, choice)
    leftover = _leftover(choice.point, observed.ha or HaMetadata())
    if leftover is not None:
        step = record.step if isinstance(record.step, TearingDown) else TearingDown(fresh.now, HaFate.KEEP)
        message = f"Cleaning the high-availability metadata. {choice.message}"
        return clean_metadata(record, step, message, leftover, desired, fresh.now)
    return _begin(record, desired, choice, choice.point, fresh)


def _leftover(point: RestorePoint, ha: HaMetadata) -> Action | None:
    if ha.checkpoints and point.source is not RestoreSource.LAST_STATE:
        return DeleteHaMetadata()
    return RemoveJobGraphs() if ha.job_graphs else None


def starting_message(record: Record) -> str:
    """What the start that is recorded does, without its deadline."""
    if record.restore is None or (record.reconciled is not None and record.reconciled.get("job") is None):
        return _SESSION
    return record.restore.message


def again(record: Record) -> StartCluster | StartSession | None:
    """The action of the start that is recorded: performing it twice is performing it once."""
    if record.start is not None and record.reconciled is not None and record.reconciled.get("job") is None:
        return StartSession(record.start.generation, record.start.job_result_store_id)
    if record.start is None or record.job.job_id is None or record.restore is None or record.restore.point is None:
        return None
    return StartCluster(record.start.generation, record.job.job_id, record.restore.point, record.start.job_result_store_id)


def _begin(record: Record, desired: Desired, choice: RestoreChoice, point: RestorePoint, fresh: Fresh) -> Decision:
    job_id = point.job_id or desired.pinned_job_id or fresh.job_id
    begun = begun_start(record, desired, fresh, base_of(record, point))
    return go(
        record,
        Phase.DEPLOYING,
        "ClusterStarting",
        f"{choice.message} {readiness_words(replace(record, start=begun), desired, fresh.now)}",
        StartCluster(desired.generation, job_id, point, fresh.job_result_store_id),
        requeue_after=desired.settings.readiness_timeout,
        events=(Event("Submit", f"Starting deployment. {choice.message}{_named(point, choice.message)}"),),
        step=None,
        start=begun,
        job=JobRecord(job_id, record.job.name, JobState.RECONCILING),
        jobmanager=JobManagerStatus.DEPLOYING,
        was_ready=False,
        had_no_state=False,
        restore=choice,
        # where the spec asked for another state than the recorded one, that is given up
        savepoint_path=record.savepoint_path if point.path == record.savepoint_path else None,
        reconciled=desired.spec,
        reconciled_at=fresh.milliseconds,
        failure=None,
        restart_window=None,
        **_rollback(record, desired),
    )


def base_of(record: Record, point: RestorePoint) -> str | None:
    """The newest savepoint that the state at `point` goes back to: one that is native, or claimed, shares files with checkpoints."""
    if point.source is RestoreSource.SAVEPOINT:
        return point.path
    if point.source is RestoreSource.EMPTY or record.start is None:
        return None
    before = record.restore.point if record.restore is not None else None
    is_savepoint = before is not None and before.source is RestoreSource.SAVEPOINT
    return record.start.base_path or (before.path if before is not None and is_savepoint else None)


def begun_start(record: Record, desired: Desired, fresh: Fresh, base_path: str | None = None) -> Start:
    """The record of a start that is made now. What somebody asked for is the first try again."""
    attempt = record.start.attempt if record.start is not None and record.start.generation == desired.generation else 0
    return Start(fresh.now, desired.generation, fresh.job_result_store_id, attempt, desired.configuration, base_path)


def _rollback(record: Record, desired: Desired) -> dict[str, Any]:
    """The stable spec as it is started, with what of the newest counts, is from now on the stable one."""
    if record.rollback is None or not desired.rolled_back:
        return {"rollback": None}
    return {"rollback": replace(record.rollback, deployed=True), "stable": desired.spec}


def _named(point: RestorePoint, told: str) -> str:
    return f" It is restored from {point.path}." if point.path is not None and point.path not in told else ""


def _begin_session(record: Record, desired: Desired, fresh: Fresh) -> Decision:
    """The high-availability metadata stay: from them Flink runs the jobs of the cluster that was here before."""
    begun = begun_start(record, desired, fresh)
    return go(
        record,
        Phase.DEPLOYING,
        "ClusterStarting",
        f"{_SESSION} {readiness_words(replace(record, start=begun), desired, fresh.now)}",
        StartSession(desired.generation, fresh.job_result_store_id),
        requeue_after=desired.settings.readiness_timeout,
        events=(Event("Submit", _SESSION),),
        step=None,
        start=begun,
        job=JobRecord(),
        jobmanager=JobManagerStatus.DEPLOYING,
        was_ready=False,
        reconciled=desired.spec,
        reconciled_at=fresh.milliseconds,
        failure=None,
        **_rollback(record, desired),
    )


def _refuse(record: Record, choice: RestoreChoice) -> Decision:
    return go(
        record,
        Phase.FAILED,
        "RestoreFailed",
        choice.message,
        health=Health.STALLED,
        events=(Event("RestoreFailed", choice.message, EventType.WARNING),),
        step=None,
        jobmanager=JobManagerStatus.MISSING,
        restore=choice,
        failure=choice.message,
    )


def restore_facts(record: Record, observed: Observed, desired: Desired) -> RestoreFacts:
    """All that the choice of a restore point depends on."""
    return RestoreFacts(
        stateless=desired.stateless,
        never_started=record.start is None,
        initial_path=desired.initial_savepoint_path,
        redeploy_requested=desired.redeploys_savepoint,
        recorded_path=record.savepoint_path,
        job_id=record.job.job_id,
        ha=observed.ha or HaMetadata(),
        previous=record.restore.point if record.restore else None,
        may_have_state=record.may_have_state,
        high_availability=desired.settings.high_availability,
        finished=record.job.state is JobState.FINISHED,
        unmet_request=record.request_is_unmet,
        older=named_before(record.restore),
        checkpoint_directory=desired.settings.checkpoint_directory,
    )
