"""Every wait of a FlinkStateSnapshot ends: its message names the moment and the option, and does not change with the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.unit.lifecycle.builder import FRESH, NOW
from tests.unit.lifecycle.snapshotbuilder import MISSING, OVER, STARTS, a_seen, a_snapshot, completed_at, in_progress

from flinkop.lifecycle.deadline import clock
from flinkop.lifecycle.observed import SnapshotFailed, SnapshotInProgress
from flinkop.lifecycle.statesnapshot.decide import decide_snapshot
from flinkop.lifecycle.statesnapshot.decision import SnapshotDecision
from flinkop.lifecycle.statesnapshot.desired import SnapshotDesired
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statesnapshot.seen import DisposalInProgress, SnapshotSeen

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
GRACE = "kubernetes.operator.savepoint.trigger.grace-period"
READINESS = "kubernetes.operator.deployment.readiness.timeout"
CLEANUP = "kubernetes.operator.resource.cleanup.timeout"
CHECKPOINTING = "execution.checkpointing.timeout"
WANTED, DELETED = a_snapshot(), a_snapshot(deleting=True)


@dataclass(frozen=True)
class SnapshotWait:
    """One wait. `ends` is measured from now; `after` is the state that a pass then gives, or None when the finalizer goes."""

    reason: str
    record: SnapshotRecord
    seen: SnapshotSeen
    options: tuple[str, ...]
    ends: timedelta
    after: str | None
    desired: SnapshotDesired = WANTED

    def at(self, moment: timedelta, record: SnapshotRecord | None = None) -> SnapshotDecision:
        """The decision of a pass so long after now."""
        return decide_snapshot(record or self.record, self.seen, self.desired, replace(FRESH, now=NOW + moment))


NEW = SnapshotRecord()
TAKING = a_seen(outcome=SnapshotInProgress())
WAITS = [
    SnapshotWait("WaitingForJob", NEW, a_seen(MISSING), (GRACE,), MINUTE, "ABANDONED"),
    SnapshotWait("WaitingForJob", NEW, a_seen(STARTS), (READINESS,), 5 * MINUTE, "ABANDONED"),
    SnapshotWait("SnapshotInProgress", in_progress(), TAKING, (CHECKPOINTING, GRACE), 11 * MINUTE, "TRIGGER_PENDING"),
    SnapshotWait("SnapshotInProgress", in_progress(), a_seen(STARTS), (CHECKPOINTING, GRACE), 11 * MINUTE, "TRIGGER_PENDING"),
    SnapshotWait("DeletionWaits", in_progress(), TAKING, (CHECKPOINTING, GRACE), 11 * MINUTE, None, DELETED),
    SnapshotWait("DisposingSavepoint", completed_at(), a_seen(), (CLEANUP,), 5 * MINUTE, None, DELETED),
    SnapshotWait("DisposingSavepoint", completed_at(), a_seen(OVER), (CLEANUP,), 5 * MINUTE, None, DELETED),
    SnapshotWait("DisposingSavepoint", completed_at(), a_seen(disposal=DisposalInProgress()), (CLEANUP,), 5 * MINUTE, None, DELETED),
]
RETRY = SnapshotWait("SnapshotRetry", in_progress(), a_seen(outcome=SnapshotFailed("no")), (), 10 * SECOND, "IN_PROGRESS")
REASONS = {wait.reason for wait in (*WAITS, RETRY)}
AT_REST = {"SnapshotCompleted", "SnapshotFailed", "SnapshotAbandoned"}
EVENTS = {"SavepointKept", "SavepointDisposed"}

every_wait = pytest.mark.parametrize("wait", WAITS, ids=lambda wait: f"{wait.reason}, then {wait.after}")


@every_wait
def test_a_wait_tells_when_it_ends_by_which_option_and_what_then_comes(wait: SnapshotWait) -> None:
    told = wait.at(timedelta()).record
    assert told.reason == wait.reason
    assert clock(NOW + wait.ends, NOW) in told.message
    assert [option for option in wait.options if option not in told.message] == []
    end = wait.at(wait.ends, told)
    assert (end.record.state == wait.after) if wait.after else any(event.reason == "CleanupFailed" for event in end.events)


@every_wait
def test_a_wait_writes_nothing_while_nothing_changes(wait: SnapshotWait) -> None:
    settled = wait.at(timedelta()).record
    assert wait.at(2 * SECOND, settled).record == settled


def test_a_next_try_comes_at_the_time_that_is_told() -> None:
    told = RETRY.at(timedelta()).record
    assert (told.reason, clock(NOW + RETRY.ends, NOW) in told.message) == (RETRY.reason, True)
    assert RETRY.at(RETRY.ends - SECOND, told).record == told
    assert RETRY.at(RETRY.ends, told).record.state == RETRY.after
