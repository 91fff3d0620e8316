"""What the status of every kind with a job is made of: what the operator knows about it. Written by the operator only.

The established fields are under their established names; other tools read them. Ours are `phase`, `reason`, `message`, `restore`,
`operation`, `start`, and the conditions beside `Running`. The API server drops what is not described here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict

from flinkop.api.jobstatus import JobStatus
from flinkop.api.model import ApiModel, OpenApi


class LifecycleState(StrEnum):
    """The established word for where the resource is in its life."""

    CREATED = "CREATED"
    SUSPENDED = "SUSPENDED"
    UPGRADING = "UPGRADING"
    DEPLOYED = "DEPLOYED"
    STABLE = "STABLE"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"
    FAILED = "FAILED"
    DELETING = "DELETING"
    DELETED = "DELETED"


class ReconciliationState(StrEnum):
    """Whether the recorded spec is deployed."""

    DEPLOYED = "DEPLOYED"
    UPGRADING = "UPGRADING"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"


class RestoreSource(StrEnum):
    """What a start restores from."""

    NONE = "none"
    SAVEPOINT = "savepoint"
    CHECKPOINT = "checkpoint"
    LAST_STATE = "last-state"


class ReconciliationStatus(ApiModel):
    """Which spec is deployed, and which was the last that worked."""

    state: Annotated[ReconciliationState | None, Strict(False)] = None
    """Whether the recorded spec is deployed, on its way, or being rolled back."""

    reconciliation_timestamp: int | None = None
    """When the recorded spec was taken up, in epoch milliseconds."""

    last_reconciled_spec: str | None = None
    """The spec that was taken up last, as JSON."""

    last_stable_spec: str | None = None
    """The last spec with which the job was seen running, as JSON."""


class Condition(ApiModel):
    """One aspect of the resource: true, false or unknown."""

    type: str | None = None
    """`Ready`, `Reconciling`, `Stalled` or `Running`."""

    status: str | None = None
    """`True`, `False` or `Unknown`."""

    reason: str | None = None
    """Why, in one word."""

    message: str | None = None
    """Why, in a sentence."""

    last_transition_time: str | None = None
    """When the status changed last."""

    observed_generation: int | None = None
    """The generation of the spec that this is said about."""


class RejectedRestorePoint(ApiModel):
    """A restore point that was considered and not used."""

    source: Annotated[RestoreSource | None, Strict(False)] = None
    """What kind of restore point it was."""

    path: str | None = None
    """Where it is."""

    reason: str | None = None
    """Why it was not used."""


class RestoreStatus(ApiModel):
    """From what the last start restored, and why."""

    source: Annotated[RestoreSource | None, Strict(False)] = None
    """`none` (empty state), `savepoint`, `checkpoint`, or `last-state` (the newest checkpoint that high availability knows)."""

    path: str | None = None
    """The savepoint or checkpoint."""

    job_id: str | None = None
    """The job whose high-availability metadata name the checkpoint."""

    reason: str | None = None
    """Why it was chosen, in one word."""

    message: str | None = None
    """Why it was chosen, in a sentence."""

    decided_at: str | None = None
    """When it was chosen."""

    rejected: list[RejectedRestorePoint] = Field(default_factory=list)
    """What else was considered."""


class OperationStatus(ApiModel):
    """What the operator is in the middle of. Recorded before it acts, so that it can go on after a crash."""

    step: str | None = None
    """`TakingSavepoint`, `Cancelling`, `TearingDown`, `WaitingToRetry`, `WaitingToStop`, `StoppingJobs`, `WaitingForJobs`, `Rescaling` or
    `Submitting`."""

    started_at: str | None = None
    """When the step began."""

    ends_at: str | None = None
    """When the step has had its time; `message` says what comes then. Not set where the step has no end of its own."""

    trigger_id: str | None = None
    """The id under which Flink was asked for a savepoint."""

    high_availability: str | None = None
    """`Keep` or `Remove`: what becomes of the high-availability metadata of the cluster that is torn down."""

    generation: int | None = None
    """The generation of the spec that the step leads to."""

    attempt: int | None = None
    """Which try this is."""

    not_before: str | None = None
    """When the next try begins."""

    parallelism: dict[str, int] = Field(default_factory=dict)
    """How parallel vertices might be, at most, before a rescaling in place told them otherwise: what it goes back to when it is undone."""


class StartStatus(ApiModel):
    """The start that the present cluster comes from. Recorded before it is made, so that a repeated start is the same start."""

    started_at: str | None = None
    """When it began."""

    generation: int | None = None
    """The generation of the spec that was started."""

    job_result_store_id: str | None = None
    """The part of Flink's job result store that belongs to this start alone."""

    ready: bool | None = None
    """Whether its JobManager was ever ready, so that its job may have made checkpoints."""

    without_state: bool | None = None
    """Whether it ended and is known to have made no checkpoint."""

    attempt: int | None = None
    """How many starts in a row nobody asked for: the job had failed, or was not well."""

    base_path: str | None = None
    """The newest savepoint that the state of the job goes back to. It is not deleted: checkpoints may still use its files."""

    lost_at: str | None = None
    """Since when the job, which ran, is waited for to run again."""

    configuration: dict[str, str] | None = None
    """Options it was made with that the operator depends on as long as it runs: its defaults may change meanwhile."""


Conditions = Annotated[list[Condition], OpenApi({"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]})]


class DecisionStatus(ApiModel):
    """A decision that changed the phase, or the reason why the resource is in it. The phase of a FlinkStateSnapshot is its `state`."""

    at: str | None = None
    """When it was made; of several like it, the last."""

    from_phase: str | None = None
    """The phase before."""

    to_phase: str | None = None
    """The phase after."""

    reason: str | None = None
    """Why, in one word."""

    count: int | None = None
    """How often it was made, if more than once."""

    first_at: str | None = None
    """When it was made first, if more than once."""


class ReportedStatus(ApiModel):
    """How a resource fares. Every kind tells it in these words."""

    reason: str | None = None
    """Why it is where it is, in one word."""

    message: str | None = None
    """What happens, or what is wrong, in one line."""

    conditions: Conditions = Field(default_factory=list)
    """`Ready`: all is as wished. `Reconciling`: it is worked on. `Stalled`: somebody has to help. `Running`: the job, or a snapshot, is."""

    decisions: list[DecisionStatus] = Field(default_factory=list)
    """The last ten decisions, the newest last. Where there are more, those that are alike are one, with their count."""

    observed_generation: int | None = None
    """The generation of the spec that was taken up last."""


class RestartWindowStatus(ApiModel):
    """The restarts of the job that the health check counts."""

    restarts: int | None = None
    """How many there had been before."""

    started_at: str | None = None
    """When the first more was seen."""


class HandoverStatus(ApiModel):
    """What this operator has recorded, where the established fields say what another operator needs to go on with the newest state."""

    job_state: str | None = None
    """`job.state` of the spec that was taken up."""

    upgrade_mode: str | None = None
    """`job.upgradeMode` of the spec that was taken up."""

    upgrade_savepoint_path: str | None = None
    """Where the job's end left its state."""


class JobResourceStatus(ReportedStatus):
    """What the operator knows about a resource that has a job: a cluster, or a job on one."""

    phase: str | None = None
    """Created, Deploying, Running, Upgrading, Suspended, RollingBack, Failed, Finished or Deleting."""

    restore: RestoreStatus | None = None
    """From what the last start restored, why, and what else was considered."""

    operation: OperationStatus | None = None
    """What the operator is in the middle of."""

    start: StartStatus | None = None
    """The start that what runs now comes from."""

    handover: HandoverStatus | None = None
    """Own values of `lastReconciledSpec` and `upgradeSavepointPath`, where these are written for the established operator."""

    job_status: JobStatus | None = None
    """The job, as Flink reported it last."""

    abandoned_jobs: list[str] = Field(default_factory=list)
    """Ids of submissions to a session cluster that were given up; a job of one that shows up all the same is cancelled."""

    restart_window: RestartWindowStatus | None = None
    """The restarts of the job that the health check counts."""

    error: str | None = None
    """The last error, as JSON."""

    lifecycle_state: Annotated[LifecycleState | None, Strict(False)] = None
    """The established word for the phase."""

    reconciliation_status: ReconciliationStatus | None = None
    """Which spec is deployed, and which was the last that worked."""
