"""Every wait ends: its message names the moment and the option, does not change with the clock, and what it announces comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from tests.reasons import of_lifecycle
from tests.unit.lifecycle import test_snapshotwaits
from tests.unit.lifecycle.builder import (
    FRESH,
    JOB_ID,
    LATE,
    MILLISECONDS,
    NEW_SPEC,
    NO_METADATA,
    NOW,
    SPEC,
    a_desired,
    a_job,
    a_jobmanager,
    a_record,
    a_record_tearing_down,
    a_rejected_record,
    a_start,
    a_starting_record,
    a_stopping_record,
    an_ended_record,
    an_observed,
    an_upgrade,
    ha,
    nothing_left,
    observed_job,
)

from flinkop.api.jobstatus import TriggerType
from flinkop.flinkconf.operatoroptions import ALL
from flinkop.lifecycle.deadline import Deadline, clock
from flinkop.lifecycle.decide import decide
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired, Scaling
from flinkop.lifecycle.observed import (
    Answered,
    Bounds,
    Checkpoints,
    JobState,
    NotAsked,
    Observed,
    Referring,
    Scale,
    SnapshotInProgress,
    Unreachable,
)
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import JobRecord, Record, RestartWindow
from flinkop.lifecycle.sessionjob.decide import decide_session_job
from flinkop.lifecycle.sessionjob.seen import Cluster, ClusterState, JarReady, SessionObserved
from flinkop.lifecycle.snapshot import Snapshots, Trigger
from flinkop.lifecycle.specdiff import Change, Effect
from flinkop.lifecycle.statuswriter import Scale as ScaleStatus
from flinkop.lifecycle.statuswriter import write_status
from flinkop.lifecycle.step import (
    Cancelling,
    Rescaling,
    Step,
    Submitting,
    TakingSavepoint,
    WaitingForJobs,
    WaitingToRetry,
)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
READINESS = "kubernetes.operator.deployment.readiness.timeout"
CLEANUP = "kubernetes.operator.resource.cleanup.timeout"
CANCEL = "kubernetes.operator.flink.client.cancel.timeout"
NO_SCALE = ScaleStatus("", 0)
CHECKPOINTING = "execution.checkpointing.timeout"


@dataclass(frozen=True)
class Wait:
    """One wait. `ends` is measured from now; `after` is what a pass then makes of it: phase, reason and health, as far as they are told."""

    reason: str
    record: Record
    observed: Observed
    desired: Desired
    options: tuple[str, ...]
    ends: timedelta
    after: str
    decider: Callable[[Record, Any, Desired, Fresh], Decision] = decide

    def at(self, now: datetime, record: Record | None = None) -> Decision:
        """The decision of a pass at that time."""
        return self.decider(record or self.record, self.observed, self.desired, replace(FRESH, now=now))


def _session(**changes: object) -> Desired:
    spec = {**SPEC, "job": None}
    return a_desired(spec=spec, session=True, deleting=True, **changes)


def _rescaled() -> Desired:
    conf = {"pipeline.jobvertex-parallelism-overrides": "map:4"}
    change = Change(Effect.SCALE, ("flinkConfiguration.pipeline.jobvertex-parallelism-overrides",))
    spec = {**SPEC, "flinkConfiguration": conf}
    return a_desired(generation=2, spec=spec, change=change, scaling=Scaling.REQUIREMENTS, parallelism={"map": 4})


STARTING = an_observed(jobmanager=a_jobmanager(available=False), rest=NotAsked(), job=None)
TERMINATING = an_observed(jobmanager=a_jobmanager(terminating=True, available=False), rest=NotAsked(), job=None)
SILENT = an_observed(rest=Unreachable("no answer"), job=None)
TAKING = a_stopping_record()
SAVEPOINT_TAKES = an_observed(savepoint=SnapshotInProgress())
PENDING = Snapshots(trigger=Trigger("t", MILLISECONDS, TriggerType.MANUAL, "CANONICAL"))
RETRY = WaitingToRetry(NOW - 30 * SECOND, generation=2, attempt=1, not_before=NOW + 30 * SECOND)
POD_LEFT = nothing_left(jobmanager_pods=1)
ACCEPTED = Scale({"map": Bounds(1, 4)}, {"map": 2})
NOT_ACCEPTED = Scale({"map": Bounds(1, 2)}, {"map": 2})
FAILED_AGAIN = an_ended_record(start=a_start(since=NOW - MINUTE, attempt=1))
UNWELL = a_record(start=a_start(since=NOW - 5 * SECOND, attempt=1), restart_window=RestartWindow(0, NOW - 5 * SECOND))


def _job(state: JobState) -> tuple[Wait, Wait]:
    """A job that does not run: while it is started, and later on."""
    reason = f"Job{state.capitalize()}"
    before = JobRecord(JOB_ID, "job", JobState.RUNNING, 1, 1)
    seen = observed_job(state, job=a_job(state, update_time=MILLISECONDS))
    starting = a_starting_record(reason=reason, job=before, was_ready=True)
    return (
        Wait(reason, starting, seen, a_desired(), (READINESS,), 290 * SECOND, f"Deploying {reason} Stalled"),
        Wait(reason, a_record(job=before), seen, a_desired(), (READINESS,), 5 * MINUTE, f"Running {reason} Stalled"),
    )


CHANGED_SESSION = replace(an_upgrade(deployed_high_availability=False), session=True)
WAITS = [
    # a start
    Wait("ClusterStarting", a_starting_record(), STARTING, a_desired(), (READINESS,), 290 * SECOND, "Deploying JobManagerStarting Stalled"),
    Wait(
        "JobManagerStarting",
        a_starting_record(reason="JobManagerStarting"),
        STARTING,
        a_desired(),
        (READINESS,),
        290 * SECOND,
        "Deploying JobManagerStarting Stalled",
    ),
    Wait(
        "JobStarting",
        a_starting_record(),
        observed_job(JobState.CREATED),
        a_desired(),
        (READINESS,),
        290 * SECOND,
        "Deploying JobStarting Stalled",
    ),
    Wait(
        "JobStarting",
        a_starting_record(reason="JobStarting"),
        an_observed(job=None),
        a_desired(),
        (READINESS,),
        290 * SECOND,
        "Failed JobNotFound",
    ),
    Wait(
        "JobNotFound",
        a_starting_record(reason="JobNotFound"),
        an_observed(job=None),
        a_desired(),
        (READINESS,),
        290 * SECOND,
        "Failed JobNotFound",
    ),
    Wait(
        "JobManagerNotAnswering",
        a_starting_record(reason="JobManagerNotAnswering"),
        SILENT,
        a_desired(),
        (READINESS,),
        290 * SECOND,
        "Deploying JobManagerNotAnswering Stalled",
    ),
    Wait(
        "JobManagerTerminating",
        a_starting_record(),
        TERMINATING,
        a_desired(),
        (READINESS,),
        290 * SECOND,
        "Deploying JobManagerTerminating Stalled",
    ),
    Wait("StoppingCluster", Record(), POD_LEFT, a_desired(), (CLEANUP,), 5 * MINUTE, "Created OldClusterStuck Stalled"),
    # a job that ran
    Wait("JobManagerNotAnswering", a_record(), SILENT, a_desired(), (READINESS,), 5 * MINUTE, "Deploying JobManagerNotAnswering Stalled"),
    Wait("JobManagerNotReady", a_record(), STARTING, a_desired(), (READINESS,), 5 * MINUTE, "Deploying JobManagerStarting Stalled"),
    Wait("JobNotFound", a_record(), an_observed(job=None), a_desired(), (READINESS,), 5 * MINUTE, "Failed JobNotFound"),
    Wait("JobManagerMissing", a_record(), POD_LEFT, a_desired(), (CLEANUP,), 5 * MINUTE, "Deploying OldClusterStuck Stalled"),
    Wait("JobManagerMissing", a_starting_record(), POD_LEFT, a_desired(), (CLEANUP,), 5 * MINUTE, "Deploying OldClusterStuck Stalled"),
    *(
        wait
        for name in ("INITIALIZING", "CREATED", "FAILING", "RESTARTING", "CANCELLING", "SUSPENDED", "RECONCILING")
        for wait in _job(JobState(name))
    ),
    Wait(
        "ReadingLastCheckpoint",
        a_record(),
        an_observed(job=a_job(JobState.FAILED, update_time=MILLISECONDS)),
        a_desired(),
        (READINESS,),
        5 * MINUTE,
        "Running ReadingLastCheckpoint Stalled",
    ),
    # an upgrade
    Wait("TakingSavepoint", a_record(), an_observed(), an_upgrade(), (CHECKPOINTING, CANCEL), 11 * MINUTE, "Upgrading SavepointGivenUp"),
    Wait(
        "TakingSavepoint",
        TAKING,
        SAVEPOINT_TAKES,
        an_upgrade(),
        (CHECKPOINTING, CANCEL),
        11 * MINUTE - SECOND,
        "Upgrading TakingSavepoint Stalled",
    ),
    Wait(
        "TakingSavepoint",
        TAKING,
        SAVEPOINT_TAKES,
        an_upgrade(upgrade_mode="last-state"),
        (CHECKPOINTING, CANCEL),
        11 * MINUTE - SECOND,
        "Upgrading SavepointGivenUp",
    ),
    Wait(
        "SavepointGivenUp",
        a_stopping_record(step=TakingSavepoint(NOW - 12 * MINUTE, "trigger")),
        SAVEPOINT_TAKES,
        an_upgrade(upgrade_mode="last-state"),
        (CLEANUP,),
        5 * MINUTE,
        "Upgrading OldClusterStuck Stalled",
    ),
    Wait(
        "CancellingJob",
        a_stopping_record(step=Cancelling(NOW)),
        an_observed(ha=NO_METADATA),
        an_upgrade(upgrade_mode="last-state"),
        (CANCEL,),
        MINUTE,
        "Upgrading CancellingJob Stalled",
    ),
    Wait(
        "CancellingJob",
        a_stopping_record(step=Cancelling(NOW)),
        an_observed(),
        an_upgrade(upgrade_mode="last-state"),
        (CANCEL,),
        MINUTE,
        "Upgrading CancelGivenUp",
    ),
    Wait(
        "CancelGivenUp",
        a_stopping_record(step=Cancelling(NOW - 2 * MINUTE)),
        an_observed(),
        an_upgrade(upgrade_mode="last-state"),
        (CLEANUP,),
        5 * MINUTE,
        "Upgrading OldClusterStuck Stalled",
    ),
    Wait(
        "StoppingCluster",
        a_record_tearing_down(),
        POD_LEFT,
        an_upgrade(),
        (CLEANUP,),
        5 * MINUTE - SECOND,
        "Upgrading OldClusterStuck Stalled",
    ),
    Wait(
        "StoppingCluster",
        a_record_tearing_down(reconciled=NEW_SPEC),
        nothing_left(taskmanager_pods=1, taskmanagers_overdue=True),
        an_upgrade(standalone=True),
        (CLEANUP,),
        5 * MINUTE - SECOND,
        "Deploying ClusterStarting",
    ),
    Wait(
        "CleaningMetadata",
        a_record_tearing_down(),
        nothing_left(ha=ha()),
        an_upgrade(),
        (CLEANUP,),
        5 * MINUTE - SECOND,
        "Upgrading CleaningMetadata Stalled",
    ),
    Wait(
        "CleaningMetadata",
        a_record(phase=Phase.SUSPENDED),
        nothing_left(ha=ha()),
        a_desired(),
        (CLEANUP,),
        5 * MINUTE,
        "Suspended CleaningMetadata Stalled",
    ),
    Wait(
        "UpgradeWaiting",
        a_record(),
        observed_job(JobState.RESTARTING, ha=NO_METADATA),
        an_upgrade(),
        (READINESS,),
        5 * MINUTE,
        "Running UpgradeWaiting Stalled",
    ),
    Wait(
        "UpgradeWaiting",
        a_record(),
        an_observed(ha=NO_METADATA),
        an_upgrade(upgrade_mode="last-state", checkpoints_retained=False),
        (READINESS,),
        5 * MINUTE,
        "Running UpgradeWaiting Stalled",
    ),
    Wait("UpgradeWaiting", a_record(), an_observed(untold="x"), an_upgrade(), (READINESS,), 5 * MINUTE, "Upgrading TakingSavepoint"),
    Wait(
        "SavepointPending",
        a_record(savepoints=PENDING),
        SAVEPOINT_TAKES,
        an_upgrade(),
        (CHECKPOINTING, "kubernetes.operator.savepoint.trigger.grace-period", "kubernetes.operator.job.upgrade.ignore-pending-savepoint"),
        11 * MINUTE,
        "Upgrading TakingSavepoint",
    ),
    Wait(
        "SavepointFailed",
        a_record(
            reason="SavepointFailed",
            message="Next try at 12:00:30 UTC, or at once when the spec is changed.",
            step=RETRY,
        ),
        an_observed(),
        an_upgrade(),
        ("spec",),  # no option: the pauses are fixed
        30 * SECOND,
        "Upgrading TakingSavepoint Progressing",
    ),
    Wait(
        "Rescaling",
        a_record(),
        an_observed(scale=NOT_ACCEPTED),
        _rescaled(),
        (READINESS,),
        5 * MINUTE,
        "Upgrading TakingSavepoint Progressing",
    ),
    Wait("Rescaling", a_record(), an_observed(scale=ACCEPTED), _rescaled(), (READINESS,), 5 * MINUTE, "Running JobRunning Settled"),
    Wait(
        "Rescaling",
        a_record(step=Rescaling(NOW)),
        an_observed(scale=ACCEPTED),
        a_desired(parallelism={"map": 2}),
        (READINESS,),
        5 * MINUTE,
        "Running Rescaling Stalled",
    ),
    # what the operator does by itself
    Wait(
        "RollingBack",
        a_rejected_record(start=LATE),
        STARTING,
        a_desired(generation=2, spec=NEW_SPEC, rollback=True),
        (CLEANUP,),
        5 * MINUTE,
        "RollingBack OldClusterStuck Stalled",
    ),
    Wait(
        "JobFailed",
        FAILED_AGAIN,
        observed_job(JobState.FAILED, job=a_job(JobState.FAILED, update_time=MILLISECONDS)),
        a_desired(restart_failed=True),
        ("kubernetes.operator.job.restart.failed",),
        10 * SECOND,
        "Upgrading StoppingCluster",
    ),
    Wait(
        "JobUnhealthy",
        UNWELL,
        an_observed(restarts=99, checkpoints=Checkpoints(count=1)),
        a_desired(health_check=True),
        ("kubernetes.operator.cluster.health-check.enabled",),
        5 * SECOND,
        "Upgrading StoppingCluster",
    ),
    # a deletion
    Wait(
        "TakingSavepoint",
        a_record(),
        an_observed(savepoint=SnapshotInProgress()),
        a_desired(deleting=True, savepoint_on_deletion=True),
        (CHECKPOINTING, CANCEL, "kubernetes.operator.job.savepoint-on-deletion"),
        11 * MINUTE,
        "Deleting StoppingCluster",
    ),
    Wait("StoppingCluster", a_record(), TERMINATING, a_desired(deleting=True), (CLEANUP,), 5 * MINUTE, "Deleting OldClusterStuck Stalled"),
    Wait(
        "StoppingCluster",
        a_record(),
        nothing_left(jobmanager_pods=1, pods_overdue=True),
        a_desired(deleting=True, deployed_high_availability=False),
        (CLEANUP,),
        5 * MINUTE,
        "Deleting Deleted",
    ),
    # a session cluster that is to be deployed anew
    Wait(
        "StoppingJobs",
        a_record(),
        an_observed(referring=(Referring("sj", unsettled=True),)),
        CHANGED_SESSION,
        (CHECKPOINTING, CANCEL),
        11 * MINUTE,
        "Running StoppingJobs Stalled",
    ),
    Wait(
        "StoppingJobs",
        a_record(),
        an_observed(referring=(Referring("sj", unsettled=True),), rest=Unreachable("x")),
        CHANGED_SESSION,
        (READINESS,),
        5 * MINUTE,
        "Upgrading StoppingCluster",
    ),
    Wait("JobsRunning", a_record(), an_observed(rest=Unreachable("x")), _session(), (CLEANUP,), 5 * MINUTE, "Deleting StoppingCluster"),
]


def _session_job(record: Record, desired: Desired, ends: timedelta, after: str, *options: str, **changes: object) -> Wait:
    """A wait of a job on a session cluster. Its reason is that of its first pass."""
    usual = {"rest": Answered(), "cluster": Cluster(ClusterState.READY, "", serves=True), "jar": JarReady("jar"), "ha": NO_METADATA}
    observed = SessionObserved(**{**usual, **changes})  # type: ignore[arg-type]
    reason = decide_session_job(record, observed, desired, FRESH).record.reason
    return Wait(reason, record, observed, desired, options, ends, after, decide_session_job)


SUBMITTED = a_starting_record(reason="JobSubmitting", step=Submitting(NOW - SECOND))
NO_CLUSTER = Cluster(ClusterState.NOT_READY, "The session cluster is not ready.")
LEAVING = Cluster(ClusterState.DELETING, "The session cluster is being deleted.")
DELETED = a_desired(deleting=True)
WAITS += [
    _session_job(SUBMITTED, a_desired(), 290 * SECOND, "Deploying JobSubmitting Stalled", READINESS, jar=None),
    _session_job(SUBMITTED, a_desired(), 290 * SECOND, "Deploying WaitingForCluster Stalled", READINESS, cluster=NO_CLUSTER),
    _session_job(a_record(), a_desired(), 5 * MINUTE, "Deploying WaitingForCluster Stalled", READINESS, cluster=NO_CLUSTER),
    _session_job(a_starting_record(was_ready=True), a_desired(), 290 * SECOND, "Deploying JobNotFound Stalled", READINESS, ha=ha()),
    _session_job(
        TAKING,
        an_upgrade(),
        11 * MINUTE - SECOND,
        "Upgrading TakingSavepoint Stalled",
        CHECKPOINTING,
        CANCEL,
        job=a_job(),
        savepoint=SnapshotInProgress(),
    ),
    _session_job(
        TAKING,
        an_upgrade(upgrade_mode="last-state"),
        11 * MINUTE - SECOND,
        "Upgrading CancellingJob",
        CHECKPOINTING,
        CANCEL,
        job=a_job(),
        savepoint=SnapshotInProgress(),
    ),
    _session_job(
        a_stopping_record(step=Cancelling(NOW)),
        an_upgrade(),
        MINUTE,
        "Upgrading CancellingJob Stalled",
        CANCEL,
        job=a_job(JobState.CANCELLING),
    ),
    _session_job(a_record(), DELETED, MINUTE, "Deleting CancellingJob Stalled", CANCEL, job=a_job()),
    _session_job(a_record(), DELETED, 5 * MINUTE, "Deleting WaitingForCluster Stalled", CLEANUP, cluster=NO_CLUSTER),
    _session_job(
        a_record(),
        a_desired(deleting=True, savepoint_on_deletion=True),
        11 * MINUTE,
        "Deleting CancellingJob",
        CHECKPOINTING,
        CANCEL,
        job=a_job(),
        savepoint=SnapshotInProgress(),
    ),
]

ENDLESS = {"JobsRunning": _session()}
"""Waits without an end, on purpose: a running job is not thrown away. They are Stalled at once and name their way out."""

# Reasons that are no waits.
AT_REST = {"JobRunning", "ClusterReady", "JobFinished", "JobCanceled", "Suspended", "CreatedSuspended", "RolledBack", "Deleted"}
STALLED_AT_ONCE = {
    *("OldClusterStuck", "SavepointUnknown", "RestoreFailed", "ValidationError", "IngressRefused", "IngressNotManaged"),
    "SnapshotRefused",
    *("ClusterMissing", "ClusterDeleting", "NotASessionCluster", "JarUnavailable", "SubmissionRejected"),
    *("WaitingForSlots", "NameTaken"),
}
PASSED_AT_ONCE = {"Accepted", "Adopted", "StopRevised", "RollbackRevised", "JobStopped", "JobLost", "SubmissionGivenUp"}
FETCHING = {"FetchingJar"}
"""Ends with the requests that fetch the jar: then there is one, or `JarUnavailable`."""
OF_EVENTS = {
    *("Checkpoint", "CheckpointError", "Cleanup", "CleanupFailed", "Error", "JobBeganAnew", "JobRunsAgain", "JobStatusChanged", "Missing"),
    *("RecoverDeployment", "RestartFailedJob", "RestartUnhealthyJob", "Rollback", "Savepoint", "SavepointError", "Scaling"),
    *("SpecChanged", "Submit", "UpgradeFailed", "IngressManagement", "JobException"),
}
OF_RESTORE = {
    *("FirstStart", "HaMetadata", "HighAvailabilityOff", "InitialSavepoint", "JobFinished", "NoRestorePoint", "RedeployRequested"),
    *("SameAsBefore", "SavepointUnknown", "Stateless", "StillRequested", "StopRecorded", "Adopted"),
}
OF_PODS = {"ErrImagePull", "ImagePullBackOff"}
"""Kubernetes' words for what keeps a pod from starting: they are told during the wait for the JobManager or the job, and end with it."""
OF_RUNNING = {"DeployedNotReady", "JobManagerDeploymentMissing", "JobManagerIsDeploying", "JobManagerReady", "NoJob", "Error"}


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: f"{wait.reason}, then {wait.after}")
def test_a_wait_tells_when_it_ends_by_which_option_and_what_then_comes(wait: Wait) -> None:
    first = wait.at(NOW)
    told = first.record

    assert told.reason == wait.reason
    assert clock(NOW + wait.ends, NOW) in told.message
    assert [option for option in wait.options if option not in told.message] == []

    end = wait.at(NOW + wait.ends, told)
    if (end.record.reason, end.record.health) == (told.reason, told.health):
        end = wait.at(NOW + wait.ends, end.record)  # what ended a wait is recorded first
    after = f"{end.record.phase} {end.record.reason} {end.record.health}"
    assert after.startswith(wait.after)


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: f"{wait.reason}, then {wait.after}")
def test_a_wait_writes_nothing_while_nothing_changes(wait: Wait) -> None:
    settled = wait.at(NOW + SECOND, wait.at(NOW).record).record

    assert wait.at(NOW + 2 * SECOND, settled).record == settled
    assert clock(NOW + wait.ends, NOW) in settled.message or settled.phase is not wait.at(NOW).record.phase


def test_every_reason_is_a_wait_in_the_table_or_known_to_be_none() -> None:
    no_waits = AT_REST | STALLED_AT_ONCE | PASSED_AT_ONCE | FETCHING | OF_EVENTS | OF_RESTORE | OF_PODS | OF_RUNNING
    of_snapshots = test_snapshotwaits.REASONS | test_snapshotwaits.AT_REST | test_snapshotwaits.EVENTS
    known = {wait.reason for wait in WAITS} | no_waits | of_snapshots

    assert known == of_lifecycle()


def test_every_step_is_a_wait_in_the_table() -> None:
    seen = {type(step) for wait in WAITS for step in (wait.record.step, wait.at(NOW).record.step)}

    assert seen - {type(None)} == set(get_args(Step))


@pytest.mark.parametrize("reason", ENDLESS)
def test_a_wait_without_an_end_is_somebodys_business_at_once(reason: str) -> None:
    observed = an_observed(session_jobs=(observed_job(JobState.RUNNING).job,))
    decision = decide(a_record(), observed, ENDLESS[reason], FRESH)

    assert (decision.record.reason, decision.record.health) == (reason, "Stalled")
    assert "kubernetes.operator.session.deletion.block-on-unmanaged-jobs" in decision.record.message


def test_at_the_end_of_a_pending_savepoint_it_counts_as_failed() -> None:
    (wait,) = (wait for wait in WAITS if wait.reason == "SavepointPending")
    end = wait.at(NOW + wait.ends, wait.at(NOW).record)

    assert end.record.savepoints.trigger is None
    assert "kubernetes.operator.savepoint.trigger.grace-period" in end.events[-1].message
    assert wait.at(NOW + wait.ends, end.record).record.phase is Phase.UPGRADING


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: f"{wait.reason}, then {wait.after}")
def test_tools_read_the_end_of_a_step_as_a_time(wait: Wait) -> None:
    told = wait.at(NOW).record
    has_no_end = told.step is None or isinstance(told.step, WaitingForJobs | Submitting)
    status = write_status(told, {}, NO_SCALE, NOW)

    if wait.reason != "WaitingForCluster":  # the step cannot begin before its cluster answers: that wait is another one
        assert told.ends_at == (None if has_no_end else NOW + wait.ends)
    assert ("endsAt" in status.get("operation", {})) is not has_no_end


def test_an_end_on_another_day_has_its_date() -> None:
    late = datetime(2025, 3, 1, 23, 58, tzinfo=NOW.tzinfo)

    assert clock(late + MINUTE, late) == "23:59:00 UTC"
    assert clock(late + 3 * MINUTE, late) == "2025-03-02 00:01:00 UTC"
    assert "until 2025-03-02 00:03:00 UTC (a.key), then" in Deadline(late, late + 5 * MINUTE, "a.key").words(late, "x", "")


def test_the_options_that_waits_name_exist() -> None:
    named = {option for wait in WAITS for option in wait.options if option.startswith("kubernetes.")}

    assert named <= {option.key for option in ALL}
