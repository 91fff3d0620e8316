"""The rules of leader election, as pure functions over the record of a Lease.

Times that other processes wrote are never compared with ours: a lease has run out when *we* have not seen its record change for its
duration. Source of the rules and of how the fields are written: client-go's leaderelection and its lease lock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from flinkop.errors import InvalidConfiguration

Record = Mapping[str, Any]
"""`spec` of a coordination.k8s.io/v1 Lease."""


@dataclass(frozen=True, slots=True)
class ElectionSettings:
    """All in seconds.

    A standby takes over `lease_duration` after the leader's last sign of life. A leader that could not renew for `renew_deadline` ends,
    before that can happen. It renews every `retry_period`.
    """

    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0

    def __post_init__(self) -> None:
        if not self.lease_duration > self.renew_deadline > self.retry_period > 0:
            raise InvalidConfiguration(
                f"leader election: lease duration ({self.lease_duration:g} s) > renew deadline ({self.renew_deadline:g} s)"
                f" > retry period ({self.retry_period:g} s) > 0 does not hold"
            )


class Verdict(Enum):
    """What a record means for us."""

    OURS = auto()
    FREE = auto()
    TAKEN = auto()


def verdict(record: Record, seen_at: float, now: float, me: str, settings: ElectionSettings) -> Verdict:
    """Who holds the lease. `seen_at` is when we first saw the record in this form; both times are our own monotonic seconds."""
    holder = record.get("holderIdentity")
    if not holder:
        return Verdict.FREE
    if holder == me:
        return Verdict.OURS
    return Verdict.TAKEN if now < runs_out_at(record, seen_at, settings) else Verdict.FREE


def runs_out_at(record: Record, seen_at: float, settings: ElectionSettings) -> float:
    """When the record has not changed for as long as its holder asked to be waited for; our own duration if it asked for nothing."""
    return seen_at + float(record.get("leaseDurationSeconds") or settings.lease_duration)


def renewed(record: Record, me: str, settings: ElectionSettings, now: datetime) -> Record:
    """The record with which we take or keep the lease. A change of hands is counted, taking a lease that never had a holder is not."""
    moment, ours = micro_time(now), record.get("holderIdentity") == me
    transitions: int = record.get("leaseTransitions") or 0
    return {
        **record,
        "holderIdentity": me,
        "leaseDurationSeconds": math.ceil(settings.lease_duration),
        "acquireTime": (record.get("acquireTime") or moment) if ours else moment,
        "renewTime": moment,
        "leaseTransitions": transitions + (1 if record and not ours else 0),
    }


def released(record: Record, now: datetime) -> Record:
    """The record with which we give the lease up: nobody holds it, so whoever sees it may take it."""
    moment = micro_time(now)
    return {**record, "holderIdentity": "", "leaseDurationSeconds": 1, "acquireTime": moment, "renewTime": moment}


def micro_time(moment: datetime) -> str:
    """A `MicroTime`: RFC 3339 in UTC, always with six digits."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
