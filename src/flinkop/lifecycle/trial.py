"""The trial of a new spec: before anything is stopped for it, the API server is asked whether it would take the cluster that it leads to.

A spec that is refused is treated as an invalid one: the last accepted spec stays in force. What is asked and what a missing answer
means is said here; the question itself is `controllers.trial`'s.
"""

from __future__ import annotations

from datetime import datetime

from flinkop.lifecycle.deadline import for_readiness
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import ENDED, Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.specdiff import Effect
from flinkop.lifecycle.step import WaitingToStop
from flinkop.lifecycle.stop import NotNow

_UNDER_WAY = frozenset({Phase.RUNNING, Phase.DEPLOYING, Phase.UPGRADING, *ENDED})


def is_tried(record: Record, desired: Desired) -> bool:
    """Whether a start with this spec takes the place of a cluster that would be missed.

    A spec that was refused stays on trial whatever becomes of the old cluster: when that is lost, it is the one to be brought back.
    """
    if desired.deleting or desired.suspended or desired.rolled_back or desired.change.effect < Effect.UPGRADE:
        return False
    if record.reconciled is None:
        return False  # nothing could stay in force
    serves = record.phase is Phase.RUNNING or (record.phase is Phase.DEPLOYING and record.was_ready)
    return serves or (record.invalid is not None and record.phase in _UNDER_WAY)


def not_yet_told(record: Record, observed: Observed, desired: Desired, now: datetime) -> NotNow | None:
    """Without the answer nothing is stopped that is there, for a while."""
    if observed.untold is None or observed.jobmanager is None or record.phase in ENDED or not is_tried(record, desired):
        return None
    since = record.step.since if isinstance(record.step, WaitingToStop) else now
    if for_readiness(since, desired.settings).is_over(now):
        return None
    why = f"the API server does not tell whether it would take the new cluster: {observed.untold}"
    return NotNow(why, then="the old job is stopped without its answer")
