"""What the operator has written down about a resource: the part of `status` that decisions are based on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.restore import ON_REQUEST, RestoreChoice
from flinkop.lifecycle.snapshot import NO_SNAPSHOTS, Snapshots
from flinkop.lifecycle.step import Step


class JobManagerStatus(StrEnum):
    """The established `status.jobManagerDeploymentStatus`."""

    READY = "READY"
    DEPLOYED_NOT_READY = "DEPLOYED_NOT_READY"
    DEPLOYING = "DEPLOYING"
    MISSING = "MISSING"
    ERROR = "ERROR"


WAS_READY = frozenset({JobManagerStatus.READY, JobManagerStatus.DEPLOYED_NOT_READY})


class Health(StrEnum):
    """What the conditions say: `Stalled` needs somebody's help, `Progressing` does not, `Settled` wants nothing."""

    PROGRESSING = "Progressing"
    SETTLED = "Settled"
    STALLED = "Stalled"


@dataclass(frozen=True, slots=True)
class JobRecord:
    """The job as it was last seen; times in epoch milliseconds."""

    job_id: str | None = None
    name: str | None = None
    state: JobState | None = None
    start_time: int | None = None
    update_time: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The start that the present cluster comes from. Its id is drawn once, so that a repeated start is the same start.

    `attempt` counts the starts in a row that nobody but the operator has asked for, because the job failed or was not well.
    `base_path` is the newest savepoint that the state of the job goes back to: its checkpoints may still use files of it.
    `lost_at`: since when the job, which ran, is to be seen running again.
    `configuration` are the options it was made with that the operator depends on as long as it runs; None: that was not recorded.
    """

    since: datetime
    generation: int
    job_result_store_id: str
    attempt: int = 0
    configuration: Mapping[str, str] | None = None
    base_path: str | None = None
    lost_at: datetime | None = None

    @property
    def awaited_since(self) -> datetime:
        """Where the deadline for the job to run begins."""
        return self.lost_at or self.since


@dataclass(frozen=True, slots=True)
class Rollback:
    """The spec of `generation` did not become stable, because of `cause`: the last stable one takes its place.

    `rejected` is the spec that was given up: with what it is compared tells whether a newer one is tried. `deployed`: the stable one
    was started. As long as that is so, `Record.stable` is what runs.
    """

    generation: int
    rejected: Mapping[str, Any]
    cause: str
    deployed: bool = False


@dataclass(frozen=True, slots=True)
class RestartWindow:
    """The restarts of the job are counted from `restarts` on. `since` is when the first more was seen; None: there was none yet."""

    restarts: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The operator's own knowledge of one resource.

    `reconciled` is the spec that the cluster runs (or last ran), `stable` the last one that was seen RUNNING, both in
    the form `model_dump(by_alias=True)` gives. `savepoint_path` is set while a stopped job waits for its next start.
    `invalid` says what is wrong with a newer spec that was refused. With a `rollback`, `reconciled` is still what the cluster runs.
    `ends_at` is when the step has had its time.
    `abandoned` are the ids of submissions to a session cluster that were given up and may still become jobs.
    `was_ready`: the JobManager of the present start was ready once, so its job may have made checkpoints; `had_no_state`: it
    ended, and is known to have made none.
    """

    phase: Phase = Phase.CREATED
    reason: str = "Accepted"
    message: str = ""
    health: Health = Health.PROGRESSING
    step: Step | None = None
    ends_at: datetime | None = None
    start: Start | None = None
    invalid: str | None = None
    generation: int = 0
    job: JobRecord = field(default_factory=JobRecord)
    jobmanager: JobManagerStatus = JobManagerStatus.MISSING
    was_ready: bool = False
    had_no_state: bool = False
    savepoint_path: str | None = None
    restore: RestoreChoice | None = None
    reconciled: Mapping[str, Any] | None = None
    reconciled_at: int | None = None
    stable: Mapping[str, Any] | None = None
    failure: str | None = None
    ingress_problem: str | None = None
    snapshot_problem: str | None = None
    savepoints: Snapshots = NO_SNAPSHOTS
    checkpoints: Snapshots = NO_SNAPSHOTS
    rollback: Rollback | None = None
    abandoned: tuple[str, ...] = ()
    restart_window: RestartWindow | None = None
    cluster_info: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_have_state(self) -> bool:
        """Whether the job of the last start may have made state of its own."""
        return self.was_ready and not self.had_no_state

    @property
    def request_is_unmet(self) -> bool:
        """Whether the last start was from `initialSavepointPath`, as somebody had asked for, and its job never ran from there."""
        asked = self.restore is not None and self.restore.reason in ON_REQUEST
        return asked and not self.may_have_state and self.stable != self.reconciled
