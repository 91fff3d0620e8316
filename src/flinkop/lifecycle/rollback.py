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
from flinkop.lifecycle.specdiff import NO_CHANGE, Effect, diff_spec, stand_in
from flinkop.lifecycle.start import restore_facts
from flinkop.lifecycle.step import HaFate, TearingDown
from flinkop.lifecycle.stop import fate_after_end
from flinkop.lifecycle.suspended import start_or_suspend
from flinkop.lifecycle.teardown import delete_cluster, going_words, tear_down


def may_roll_back(record: Record, desired: Desired) -> bool:
    """Whether the spec that is deployed may give way to the last stable one."""
    stable, deployed = record.stable, record.reconciled
    if not desired.settings.rollback or record.rollback is not None or desired.wants_restart or stable is None or deployed is None:
        return False
    if stable == deployed or _is_suspended(stable) or stable.get("flinkVersion") != deployed.get("flinkVersion"):
        return False
    return not _gave_up_state(stable, deployed) and _differs(deployed, stand_in(stable, deployed, desired.spec))


def stays_rolled_back(record: Record, newest: Mapping[str, Any]) -> bool:
    """Whether the last stable spec takes the place of `newest`: that means the same as the rejected one, and something else than it."""
    if record.rollback is None or record.stable is None or diff_spec(record.rollback.rejected, newest).effect > Effect.SCALE:
        return False
    return _differs(in_place_of(record, newest), newest)


def in_place_of(record: Record, newest: Mapping[str, Any]) -> Mapping[str, Any]:
    """The last stable spec in the place of `newest`, one that was accepted during the rollback or since."""
    assert record.stable is not None
    assert record.rollback is not None
    return stand_in(record.stable, record.rollback.rejected, newest)


def roll_back(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision | None:
    """Goes to RollingBack when the deployed spec had its time, or its job failed, and a safe restore point is known; else None."""
    if not may_roll_back(record, desired) or not _has_had_its_time(record, observed, desired, fresh.now):
        return None
    if not desired.session and choose_restore(restore_facts(record, observed, _as_stable(record, desired))).point is None:
        return None
    assert record.reconciled is not None
    assert record.start is not None
    cause = record.failure or _its_time_is_over(record, desired)
    message = f"Rolling back to the last stable spec: generation {record.start.generation} did not become stable. Cause: {cause}"
    step = TearingDown(fresh.now, fate_after_end(record) if record.phase is Phase.FAILED else HaFate.KEEP)
    return go(
        record,
        Phase.ROLLING_BACK,
        "RollingBack",
        f"{message} {going_words(step, desired)}",
        *delete_cluster(observed),
        requeue_after=None if observed.jobmanager else IMMEDIATELY,
        events=(Event("Rollback", message),),
        step=step,
        rollback=Rollback(record.start.generation, record.reconciled, cause),
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
        f"Generation {given_up.generation} did not become stable, so that the last stable spec runs. "
        f"A change that needs a restart is tried; raise spec.restartNonce to try the same again. Cause: {given_up.cause}"
    )
    return replace(decision, record=replace(record, reason="RolledBack", message=message, health=Health.STALLED))


def forget_rollback(record: Record, desired: Desired) -> Record:
    """A spec that is tried ends a rollback, but not before the rejected cluster is gone: an invalid one may come in between."""
    is_over = record.rollback is not None and record.phase is not Phase.ROLLING_BACK and not desired.rolled_back and not desired.deleting
    return replace(record, rollback=None) if is_over else record


def _its_time_is_over(record: Record, desired: Desired) -> str:
    seconds = desired.settings.readiness_timeout.total_seconds()
    return f"its job did not run within {seconds:.0f} s (kubernetes.operator.deployment.readiness.timeout), last seen: {record.reason}"


def _has_had_its_time(record: Record, observed: Observed, desired: Desired, now: datetime) -> bool:
    """A job that has come to its end is left to what records it together with the state that it left."""
    if record.start is None or record.phase is Phase.FINISHED:
        return False
    if record.phase is Phase.FAILED:
        return record.restore is not None and record.restore.point is not None
    if observed.job_is_running or observed.job_has_ended:
        return False
    return now >= record.start.since + desired.settings.readiness_timeout


def _as_stable(record: Record, desired: Desired) -> Desired:
    """The wish that the last stable spec is, as far as the choice of a restore point asks for it."""
    assert record.stable is not None
    assert record.reconciled is not None
    spec = stand_in(record.stable, record.reconciled, desired.spec)
    mode = (spec.get("job") or {}).get("upgradeMode") or "stateless"
    return replace(desired, spec=spec, change=NO_CHANGE, upgrade_mode=mode, suspended=False, rolled_back=True)


def _differs(deployed: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether to deploy one in the place of the other makes a difference."""
    return diff_spec(deployed, other).effect > Effect.IGNORE


def _gave_up_state(stable: Mapping[str, Any], deployed: Mapping[str, Any]) -> bool:
    """A start from `initialSavepointPath` that was asked for has given up what the stable spec made: there is nothing to go back to."""
    return diff_spec(stable, deployed).effect is Effect.SAVEPOINT_REDEPLOY


def _is_suspended(spec: Mapping[str, Any]) -> bool:
    return (spec.get("job") or {}).get("state") == "suspended"
