"""`spec.job`: which program runs, and how its state is treated."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict

from flinkop.api.model import ApiModel


class UpgradeMode(StrEnum):
    """What happens to the job's state when its spec changes."""

    SAVEPOINT = "savepoint"
    LAST_STATE = "last-state"
    STATELESS = "stateless"


class DesiredJobState(StrEnum):
    """Whether the job should run."""

    RUNNING = "running"
    SUSPENDED = "suspended"


class JobSpec(ApiModel):
    """The Flink job to run."""

    jar_uri: str | None = None
    """Where the job's jar is: `local:///...` for a file in the image (every version), or a path of a file system that Flink
    knows (from Flink 1.19). Leave it out for Python jobs, and from Flink 2.0 when the main class is on the class path."""

    parallelism: int = 0
    """How many parallel subtasks each operator of the job gets, at least 1. `taskManager.replicas`, where set, decides
    instead: replicas times slots."""

    entry_class: str | None = None
    """The main class. The jar's manifest names it when this is not set."""

    args: list[str] = Field(default_factory=list)
    """The arguments of the main method."""

    state: Annotated[DesiredJobState, Strict(False)] = DesiredJobState.RUNNING
    """`running`, or `suspended` to stop the job, keep its state and give its resources back. Default: running."""

    upgrade_mode: Annotated[UpgradeMode, Strict(False)] = UpgradeMode.STATELESS
    """How a changed spec is rolled out, and a suspended job resumed. `savepoint`: stop with a savepoint and start from it.
    `last-state`: start from the last checkpoint. `stateless`: start empty, the state is given up. Default: stateless."""

    initial_savepoint_path: str | None = None
    """The savepoint or checkpoint from which the first start restores, and a start that `savepointRedeployNonce` asks for."""

    allow_non_restored_state: bool | None = None
    """Start even if the savepoint has state of operators that the job no longer has; that state is lost."""

    savepoint_trigger_nonce: int | None = None
    """A change of this number takes a savepoint now."""

    checkpoint_trigger_nonce: int | None = None
    """A change of this number takes a checkpoint now."""

    savepoint_redeploy_nonce: int | None = None
    """A change of this number starts the job anew from `initialSavepointPath`; newer state is left behind."""

    autoscaler_reset_nonce: int | None = None
    """A change of this number makes the autoscaler forget what it has learned."""
