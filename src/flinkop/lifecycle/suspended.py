"""Created and Suspended: no cluster; what the next start restores from is recorded."""

from __future__ import annotations

from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import go, stay
from flinkop.lifecycle.observed import JobState, Observed
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.start import start


def on_created(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying, or to Suspended when the resource was created so."""
    if desired.suspended:
        return go(record, Phase.SUSPENDED, "CreatedSuspended", "Created with spec.job.state suspended.", health=Health.SETTLED)
    return start(record, observed, desired, fresh)


def on_suspended(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying when the job is wanted again. A spec that changes meanwhile is the one that will be started."""
    if desired.suspended:
        return stay(record, record.reason, record.message, health=Health.SETTLED, reconciled=_kept(record, desired))
    if not observed.cluster_is_gone:
        return stay(record, "StoppingCluster", "Waiting for the old cluster to go.", requeue_after=desired.settings.progress_interval)
    return start(record, observed, desired, fresh)


def suspend(record: Record, desired: Desired) -> Decision:
    """Goes to Suspended once the cluster is gone."""
    where = record.savepoint_path or "its last checkpoint"
    message = "Suspended without state." if desired.stateless else f"Suspended; the next start continues from {where}."
    return go(
        record,
        Phase.SUSPENDED,
        "Suspended",
        message,
        health=Health.SETTLED,
        step=None,
        reconciled=desired.spec,
        jobmanager=JobManagerStatus.MISSING,
        job=JobRecord(
            record.job.job_id,
            record.job.name,
            record.job.state if record.job.state is JobState.FINISHED else JobState.SUSPENDED,
        ),
        failure=None,
    )


def _kept(record: Record, desired: Desired) -> object:
    return desired.spec if record.start is not None else record.reconciled
