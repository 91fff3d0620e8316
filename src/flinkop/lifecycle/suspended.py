"""Created and Suspended: no cluster; what the next start restores from is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import JobState, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.start import start
from flinkop.lifecycle.step import HaFate, TearingDown
from flinkop.lifecycle.teardown import delete_cluster, going_words, is_gone, tear_down


def on_created(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying, or to Suspended when the resource was created so."""
    if desired.suspended:
        return go(record, Phase.SUSPENDED, *suspended_words(record, desired), health=Health.SETTLED, step=None)
    if observed.jobmanager is not None:
        # not ours to delete: the start is refused, with words that say so
        return start(record, observed, desired, fresh)
    step = record.step if isinstance(record.step, TearingDown) else TearingDown(fresh.now, HaFate.KEEP)
    # pods of a resource of the same name that was here before
    waiting = None if is_gone(observed, desired) else tear_down(record, step, observed, desired, fresh)
    return replace(waiting, record=replace(waiting.record, step=step)) if waiting else start(record, observed, desired, fresh)


def on_suspended(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying when the job is wanted again. A spec that changes meanwhile is the one that will be started."""
    if record.start is not None and _is_in_the_way(observed, desired):
        return _clear(record, observed, desired, fresh)
    if not desired.suspended:
        return start(record, observed, desired, fresh)
    accepted = accepted_spec(record, desired) if record.start is not None else record.reconciled
    return stay(record, *suspended_words(record, desired), health=Health.SETTLED, step=None, reconciled=accepted, failure=None)


def start_or_suspend(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """What is wanted once nothing of the old cluster is left."""
    return suspend(record, desired) if desired.suspended else start(record, observed, desired, fresh)


def suspend(record: Record, desired: Desired) -> Decision:
    """Goes to Suspended once the cluster is gone."""
    return go(
        record,
        Phase.SUSPENDED,
        *suspended_words(record, desired),
        health=Health.SETTLED,
        step=None,
        reconciled=accepted_spec(record, desired),
        jobmanager=JobManagerStatus.MISSING,
        job=JobRecord(
            record.job.job_id,
            record.job.name,
            record.job.state if record.job.state is JobState.FINISHED else JobState.SUSPENDED,
        ),
        failure=None,
        rollback=None,
    )


def suspended_words(record: Record, desired: Desired) -> tuple[str, str]:
    """Reason and message of a job that is suspended."""
    if record.start is None:
        return "CreatedSuspended", "Created with spec.job.state suspended."
    if desired.stateless:
        return "Suspended", "Suspended; the next start is from empty state, as spec.job.upgradeMode is stateless."
    return "Suspended", f"Suspended; the next start continues from {record.savepoint_path or 'its last state'}."


def accepted_spec(record: Record, desired: Desired) -> Mapping[str, Any]:
    """The spec in force. A start from `initialSavepointPath` that was asked for stays asked for until it is made."""
    if not desired.redeploys_savepoint or record.reconciled is None:
        return desired.spec
    nonce = (record.reconciled.get("job") or {}).get("savepointRedeployNonce")
    return {**desired.spec, "job": {**desired.spec["job"], "savepointRedeployNonce": nonce}}


def _is_in_the_way(observed: Observed, desired: Desired) -> bool:
    is_there = observed.jobmanager is not None or observed.taskmanagers is not None
    return is_there or (not desired.suspended and not is_gone(observed, desired))


def _clear(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    step = TearingDown(fresh.now, HaFate.KEEP)
    message = f"What is left of the old cluster has to go first. {going_words(step, desired)}"
    return go(record, Phase.UPGRADING, "StoppingCluster", message, *delete_cluster(observed), step=step, requeue_after=IMMEDIATELY)
