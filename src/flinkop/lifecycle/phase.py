"""The phases of a resource and the changes of phase that are allowed. docs/architecture.md shows this table as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Phase(StrEnum):
    """Where a resource is in its life."""

    CREATED = "Created"
    DEPLOYING = "Deploying"
    RUNNING = "Running"
    UPGRADING = "Upgrading"
    SUSPENDED = "Suspended"
    ROLLING_BACK = "RollingBack"
    FAILED = "Failed"
    FINISHED = "Finished"
    DELETING = "Deleting"


TRANSITIONS: Mapping[Phase, frozenset[Phase]] = {
    Phase.CREATED: frozenset({Phase.DEPLOYING, Phase.SUSPENDED, Phase.DELETING}),
    Phase.DEPLOYING: frozenset(
        {Phase.RUNNING, Phase.UPGRADING, Phase.SUSPENDED, Phase.ROLLING_BACK, Phase.FAILED, Phase.FINISHED, Phase.DELETING}
    ),
    Phase.RUNNING: frozenset({Phase.DEPLOYING, Phase.UPGRADING, Phase.FAILED, Phase.FINISHED, Phase.DELETING}),
    Phase.UPGRADING: frozenset({Phase.DEPLOYING, Phase.RUNNING, Phase.SUSPENDED, Phase.FAILED, Phase.DELETING}),
    Phase.SUSPENDED: frozenset({Phase.DEPLOYING, Phase.UPGRADING, Phase.FAILED, Phase.DELETING}),
    Phase.ROLLING_BACK: frozenset({Phase.DEPLOYING, Phase.SUSPENDED, Phase.FAILED, Phase.DELETING}),
    Phase.FAILED: frozenset({Phase.RUNNING, Phase.UPGRADING, Phase.ROLLING_BACK, Phase.DELETING}),
    Phase.FINISHED: frozenset({Phase.UPGRADING, Phase.DELETING}),
    Phase.DELETING: frozenset(),
}

STARTED = frozenset({Phase.DEPLOYING, Phase.RUNNING})
"""Of a cluster or job that is there or on its way, and is not being stopped."""

ENDED = frozenset({Phase.FAILED, Phase.FINISHED})


def is_allowed(before: Phase, after: Phase) -> bool:
    """Whether a resource may go from `before` to `after`; staying is always allowed."""
    return before is after or after in TRANSITIONS[before]
