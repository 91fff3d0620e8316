"""Rollback: a spec that does not become stable in time gives way to the last one that was.

Established rules: official operator, section 2.8. Two things differ: a job that has failed is rolled back at once, since nothing else will
happen to it; and what decides whether the state is safe is the one function that chooses every restore point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flinkop.lifecycle.decision import Decision, Event, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import IMMEDIATELY, go
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.readiness import notice_readiness
from flinkop.lifecycle.record import Health, Record, Rollback
from flinkop.lifecycle.restore import choose_restore
from flinkop.lifecycle.specdiff import NO_CHANGE
from flinkop.lifecycle.start import restore_facts
from flinkop.lifecycle.step import HaFate, TearingDown
from flinkop.lifecycle.suspended import start_or_suspend
from flinkop.lifecycle.teardown import delete_cluster, going_words, tear_down


def may_roll_back(record: Record, desired: Desired) -> bool:
    """Whether the spec that is deployed may give way to the last stable one."""
    stable, deployed = record.stable, record.reconciled
    if not desired.settings.rollback or record.rollback is not None or desired.wants_restart or stable is None or deployed is None:
        return False
    return stable != deployed and not _is_suspended(stable) and stable.get("flinkVersion") == deployed.get("flinkVersion")


def roll_back(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision | None:
    """Goes to RollingBack when the deployed spec had its time, or its job failed, and a safe restore point is known; else None."""
    if not may_roll_back(record, desired) or not _has_had_its_time(record, observed, desired, fresh.now):
        return None
    if not desired.session and choose_restore(restore_facts(record, observed, _as_stable(record, desired))).point is None:
        return None
    assert record.reconciled is not None
    cause = record.failure or _its_time_is_over(record, desired)
    message = f"Rolling back to the last stable spec: generation {desired.generation} did not become stable. Cause: {cause}"
    step = TearingDown(fresh.now, HaFate.KEEP)
    return go(
        record,
        Phase.ROLLING_BACK,
        "RollingBack",
        f"{message} {going_words(step, desired)}",
        *delete_cluster(observed),
        requeue_after=None if observed.jobmanager else IMMEDIATELY,
        events=(Event("Rollback", message),),
        step=step,
        rollback=Rollback(desired.generation, record.reconciled, cause),
    )


def on_rolling_back(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying with the last stable spec, or with a newer one when somebody was faster."""
    seen = notice_readiness(record, observed)
    if observed.jobmanager_is_ready and not record.was_ready and not desired.gives_up_state:
        message = "The JobManager got ready before it was removed: its job gets another chance."
        return go(seen, Phase.DEPLOYING, "RollbackRevised", message, step=None, rollback=None, requeue_after=IMMEDIATELY)
    step = record.step if isinstance(record.step, TearingDown) else TearingDown(fresh.now, HaFate.KEEP)
    return tear_down(seen, step, observed, desired, fresh) or start_or_suspend(seen, observed, desired, fresh)


def show_rollback(decision: Decision) -> Decision:
    """Where the job runs well, people want to read that it is not the spec that they wrote."""
    record = decision.record
    if record.rollback is None or record.phase is not Phase.RUNNING or record.health is not Health.SETTLED:
        return decision
    given_up = record.rollback
    message = (
        f"Generation {given_up.generation} did not become stable, so that the last stable spec runs. A changed spec is tried again. "
        f"Cause: {given_up.cause}"
    )
    return replace(decision, record=replace(record, reason="RolledBack", message=message, health=Health.STALLED))


def forget_rollback(record: Record, desired: Desired) -> Record:
    """A newer spec, whatever it says, ends a rollback."""
    is_over = record.rollback is not None and record.rollback.deployed and not desired.rolled_back and not desired.deleting
    return replace(record, rollback=None) if is_over else record


def _its_time_is_over(record: Record, desired: Desired) -> str:
    seconds = desired.settings.readiness_timeout.total_seconds()
    return f"its job did not run within {seconds:.0f} s (kubernetes.operator.deployment.readiness.timeout), last seen: {record.reason}"


def _has_had_its_time(record: Record, observed: Observed, desired: Desired, now: datetime) -> bool:
    if record.phase is Phase.FAILED:
        return record.restore is not None and record.restore.point is not None
    if observed.job_is_running or record.start is None:
        return False
    return now >= record.start.since + desired.settings.readiness_timeout


def _as_stable(record: Record, desired: Desired) -> Desired:
    """The wish that the last stable spec is, as far as the choice of a restore point asks for it."""
    assert record.stable is not None
    mode = (record.stable.get("job") or {}).get("upgradeMode") or "stateless"
    return replace(desired, spec=record.stable, change=NO_CHANGE, upgrade_mode=mode, suspended=False, rolled_back=True)


def _is_suspended(spec: Mapping[str, Any]) -> bool:
    return (spec.get("job") or {}).get("state") == "suspended"
