"""What a process remembers about a resource and no store shows: what was refused a moment ago."""

from __future__ import annotations

from dataclasses import dataclass

from flinkop.errors import FlinkRejected
from flinkop.lifecycle.observed import Refusal, RefusedIngress, RefusedSnapshot

_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class RefusedTrigger:
    """A JobManager refused to take this savepoint or checkpoint."""

    trigger_id: str
    cause: str


def is_refusal(error: Exception) -> bool:
    """Whether a JobManager refused a trigger. One that does not know the job may just have restarted."""
    return isinstance(error, FlinkRejected) and error.status != _NOT_FOUND


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What this process remembers about a key and no store shows. `not_submitted`: the last submission was not made: no jar.

    `untold`: why the API server has not told whether it would take what a new spec leads to.
    """

    started_uid: str | None
    refusal: Refusal | None
    refused_ingress: RefusedIngress | None = None
    refused_trigger: RefusedTrigger | None = None
    refused_rescale: str | None = None
    not_submitted: bool = False
    refused_snapshot: RefusedSnapshot | None = None
    untold: str | None = None
