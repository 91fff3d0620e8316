"""The established fields of `status`, derived from the record in one place. Other tools read these, so their values are not ours to choose.

Source: official operator, `CommonStatus.getLifecycleState` and `ConditionUtils`, as told in section 1.6 and 2.2 of its feature census.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.step import HaFate, TearingDown

_LIFECYCLE: Mapping[Phase, str] = {
    Phase.CREATED: "CREATED",
    Phase.DEPLOYING: "DEPLOYED",
    Phase.RUNNING: "DEPLOYED",
    Phase.UPGRADING: "UPGRADING",
    Phase.SUSPENDED: "SUSPENDED",
    Phase.FAILED: "FAILED",
    Phase.FINISHED: "STABLE",
    Phase.DELETING: "DELETING",
}


def lifecycle_state(record: Record) -> str:
    """`status.lifecycleState`."""
    if record.phase is Phase.CREATED and record.invalid:
        return "FAILED"
    if record.phase is Phase.RUNNING and record.reconciled == record.stable:
        return "STABLE"
    if record.phase is Phase.FINISHED and record.job.state is JobState.CANCELED:
        return "SUSPENDED"
    return _LIFECYCLE[record.phase]


def reconciliation_state(record: Record) -> str:
    """`status.reconciliationStatus.state`."""
    return "UPGRADING" if record.phase in {Phase.CREATED, Phase.UPGRADING} else "DEPLOYED"


def reconciled_spec(record: Record) -> Mapping[str, Any] | None:
    """The spec of `lastReconciledSpec`: while a job is stopped for an upgrade it says so, and how it was stopped."""
    if record.reconciled is None or record.phase is not Phase.UPGRADING or not isinstance(record.step, TearingDown):
        return record.reconciled
    job = {**(record.reconciled.get("job") or {}), "state": "suspended", "upgradeMode": _mode(record.step, record)}
    return {**record.reconciled, "job": job}


def _mode(step: TearingDown, record: Record) -> str:
    if step.ha is HaFate.KEEP:
        return "last-state"
    return "savepoint" if record.savepoint_path else "stateless"


def camel_case(state: JobState | None) -> str:
    """A job state as the reason of the condition `Running`: `RUNNING` becomes `Running`."""
    return state.value.capitalize() if state else "NoJob"
