"""What is wanted: the accepted spec with its effective configuration, boiled down to what decisions ask about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from flinkop.flinkconf.schedule import Schedule
from flinkop.lifecycle.specdiff import Change, Effect


class Scaling(Enum):
    """How a change of the spec that only scales is carried out without a restart; NONE where it cannot be, or nothing is to be scaled."""

    NONE = auto()
    REPLICAS = auto()
    REQUIREMENTS = auto()


@dataclass(frozen=True, slots=True)
class Settings:
    """Options and configuration of one resource. All durations are those of the documented options."""

    high_availability: bool
    savepoint_directory: str | None
    checkpoint_directory: str | None = None
    drain: bool = False
    savepoint_on_deletion: bool = False
    recovery: bool = True
    last_state_fallback: bool = True
    cancel_for_last_state: bool = False
    max_checkpoint_age: timedelta | None = None
    checkpoint_timeout: timedelta = timedelta(minutes=10)
    readiness_timeout: timedelta = timedelta(minutes=5)
    cleanup_timeout: timedelta = timedelta(minutes=5)
    cancel_timeout: timedelta = timedelta(minutes=1)
    block_on_session_jobs: bool = True
    block_on_unmanaged_jobs: bool = True
    savepoint_format: str = "CANONICAL"
    savepoint_grace: timedelta = timedelta(minutes=1)
    savepoint_schedule: Schedule | None = None
    checkpoint_type: str = "FULL"
    checkpoint_grace: timedelta = timedelta(minutes=1)
    checkpoint_schedule: Schedule | None = None
    checkpoints_on_demand: bool = True
    ignore_pending_savepoint: bool = False
    savepoint_cleanup: bool = True
    snapshot_resources: bool = True
    dispose_on_delete: bool = False
    retained_checkpoints: int = 1
    savepoint_history_count: int = 10
    savepoint_history_age: timedelta = timedelta(days=1)
    rollback: bool = False
    restart_failed: bool = False
    health_check: bool = False
    restarts_threshold: int = 64
    restarts_window: timedelta = timedelta(minutes=2)
    checkpoint_progress_window: timedelta | None = None
    shutdown_ttl: timedelta = timedelta(days=1)
    submission_timeout: timedelta = timedelta(minutes=10)
    progress_interval: timedelta = timedelta(seconds=1)
    rest_interval: timedelta = timedelta(seconds=10)
    exceptions_limit: int = 10
    exceptions_lines: int = 5


@dataclass(frozen=True, slots=True)
class Desired:
    """One resource's wish. `spec` is the newest valid one; `problems` says what is wrong with a newer one that is not.

    `standalone`: the operator makes the TaskManagers; the cluster that runs needs `taskmanagers`, also while a changed spec waits.
    `parallelism` is that of single vertices of the job. `configuration` is what is recorded with a start.

    `checkpoints_retained`: the job that runs leaves its checkpoints when it is cancelled.

    `rolled_back`: `spec` is the last stable one, in the place of the newest, which did not become stable.

    `leaves`: the session cluster of the job is about to be deployed anew, and nothing there would keep the job's state.

    `session`: a cluster without a job of its own, which others use. `ingress` is the digest of the Ingress that is wanted; None: none is.
    """

    generation: int
    spec: Mapping[str, Any]
    change: Change
    suspended: bool
    upgrade_mode: str
    settings: Settings
    deleting: bool = False
    has_finalizer: bool = True
    deployed_high_availability: bool = False
    checkpoints_retained: bool = True
    version_changed: bool = False
    initial_savepoint_path: str | None = None
    pinned_job_id: str | None = None
    problems: tuple[str, ...] = ()
    rolled_back: bool = False
    standalone: bool = False
    taskmanagers: int = 0
    scaling: Scaling = Scaling.NONE
    parallelism: Mapping[str, int] = field(default_factory=dict)
    configuration: Mapping[str, str] | None = None
    session: bool = False
    leaves: bool = False
    manages_ingress: bool = True
    ingress: str | None = None

    @property
    def stateless(self) -> bool:
        """Whether the spec gives up the state."""
        return self.upgrade_mode == "stateless"

    @property
    def wants_restart(self) -> bool:
        """Whether the cluster that runs is not the one that is wanted."""
        return self.change.effect >= Effect.UPGRADE or self.suspended

    @property
    def has_to_stop(self) -> bool:
        """Whether the job that runs cannot go on as it is: something else is wanted, or its cluster goes."""
        return self.wants_restart or self.leaves

    @property
    def redeploys_savepoint(self) -> bool:
        """Whether a start from `initialSavepointPath` was asked for."""
        return self.change.effect is Effect.SAVEPOINT_REDEPLOY and self.initial_savepoint_path is not None

    @property
    def gives_up_state(self) -> bool:
        """Whether the state of the job that runs is not wanted. Suspension keeps it: what is restored is chosen when the job is resumed."""
        return self.stateless or (self.redeploys_savepoint and not self.suspended)
