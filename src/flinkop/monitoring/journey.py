"""How long a change took that somebody wanted: from the pass that began it to the one that saw it done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record

# What leaving a phase begins.
_BEGINS: Mapping[Phase, str] = {
    Phase.CREATED: "submission",
    Phase.RUNNING: "upgrade",
    Phase.SUSPENDED: "resume",
    Phase.FAILED: "upgrade",
    Phase.FINISHED: "upgrade",
}
_RECOVERY = "recovery"
_ROLLBACK = "rollback"
_UNDER_WAY = frozenset({Phase.DEPLOYING, Phase.UPGRADING, Phase.ROLLING_BACK})


@dataclass(frozen=True, slots=True)
class Journey:
    """A change under way. `deployed_at`: since when its last start is waited for."""

    transition: str
    since: datetime
    deployed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A change that is done."""

    transition: str
    seconds: float


def advance(journey: Journey | None, before: Record, after: Record, now: datetime) -> tuple[Journey | None, tuple[Arrival, ...]]:
    """The journey after one recorded step, and what has arrived with it. One whose beginning nobody saw never arrives."""
    if after.phase in _UNDER_WAY:
        return _go_on(journey, before, after, now), ()
    if journey is None:
        return None, ()
    if after.phase is Phase.SUSPENDED:
        return None, (Arrival("suspend", _seconds(journey.since, now)),)
    if after.phase is not Phase.RUNNING:
        return None, ()
    if after.health is not Health.SETTLED:
        return journey, ()
    stable = () if journey.deployed_at is None else (Arrival("stabilization", _seconds(journey.deployed_at, now)),)
    return None, (Arrival(journey.transition, _seconds(journey.since, now)), *stable)


def _go_on(journey: Journey | None, before: Record, after: Record, now: datetime) -> Journey | None:
    if journey is None:
        journey = _begin(before, after, now)
    if journey is None or before.phase is after.phase:
        return journey
    if after.phase is Phase.ROLLING_BACK:
        return Journey(_ROLLBACK, now)
    return replace(journey, deployed_at=now) if after.phase is Phase.DEPLOYING else journey


def _begin(before: Record, after: Record, now: datetime) -> Journey | None:
    if before.phase is Phase.RUNNING and after.phase is Phase.DEPLOYING:
        return Journey(_RECOVERY, now)  # nobody wanted another spec: the JobManager or the job was lost
    transition = _BEGINS.get(before.phase)
    return None if transition is None else Journey(transition, now)


def _seconds(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
