"""The established fields of `status`, derived from the record in one place. Other tools read these, so their values are not ours to choose.

Source: official operator, `CommonStatus.getLifecycleState` and `ConditionUtils`, as told in section 1.6 and 2.2 of its feature census.
"""

from __future__ import annotations

from collections.abc import Mapping

from flinkop.lifecycle.handover import is_between
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import STARTED, Phase
from flinkop.lifecycle.record import Record

_LIFECYCLE: Mapping[Phase, str] = {
    Phase.CREATED: "CREATED",
    Phase.DEPLOYING: "DEPLOYED",
    Phase.RUNNING: "DEPLOYED",
    Phase.UPGRADING: "UPGRADING",
    Phase.SUSPENDED: "SUSPENDED",
    Phase.ROLLING_BACK: "ROLLING_BACK",
    Phase.FAILED: "FAILED",
    Phase.FINISHED: "STABLE",
    Phase.DELETING: "DELETING",
}


def lifecycle_state(record: Record) -> str:
    """`status.lifecycleState`."""
    if record.phase is Phase.CREATED and record.invalid:
        return "FAILED"
    if _is_rolled_back(record):
        return "ROLLED_BACK"
    if record.phase is Phase.RUNNING and record.reconciled == record.stable:
        return "STABLE"
    if record.phase is Phase.FINISHED and record.job.state is JobState.CANCELED:
        return "SUSPENDED"
    return _LIFECYCLE[record.phase]


def reconciliation_state(record: Record) -> str:
    """`status.reconciliationStatus.state`. UPGRADING is told only when nothing runs any more: from there the other operator would start."""
    if record.phase is Phase.ROLLING_BACK:
        return "ROLLING_BACK"
    if record.phase is Phase.CREATED or is_between(record):
        return "UPGRADING"
    return "ROLLED_BACK" if record.rollback is not None and record.phase is not Phase.SUSPENDED else "DEPLOYED"


def _is_rolled_back(record: Record) -> bool:
    return record.rollback is not None and record.rollback.deployed and record.phase in STARTED


def camel_case(state: JobState | None) -> str:
    """A job state as the reason of the condition `Running`: `RUNNING` becomes `Running`."""
    return state.value.capitalize() if state else "NoJob"
