"""A JobManager Deployment that is gone although its job should run."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.decision import Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.step import HaFate, TearingDown
from flinkop.lifecycle.teardown import going_words

_MISSING = Event("Missing", "Missing JobManager deployment", EventType.WARNING)
_RECOVER = Event("RecoverDeployment", "Recovering lost deployment", EventType.WARNING)


def lost_jobmanager(record: Record, desired: Desired, fresh: Fresh) -> Decision:
    """Starts the cluster again from its last state, once nothing of the old one is left; what it starts from is chosen then."""
    lost = replace(record, jobmanager=JobManagerStatus.MISSING, job=_reconciling(record.job))
    if not desired.settings.recovery:
        message = (
            "The JobManager Deployment is gone, and kubernetes.operator.jm-deployment-recovery.enabled is false. "
            "Set it to true, or raise spec.restartNonce."
        )
        return stay(lost, "JobManagerMissing", message, health=Health.STALLED, events=_once(record))
    step = TearingDown(fresh.now, HaFate.KEEP)
    return go(
        lost,
        Phase.DEPLOYING,
        "JobManagerMissing",
        f"The JobManager Deployment is gone: starting it again. {going_words(step, desired)}",
        requeue_after=IMMEDIATELY,
        events=(_MISSING, _RECOVER),
        step=step,
    )


def _once(record: Record) -> tuple[Event, ...]:
    return () if record.jobmanager is JobManagerStatus.MISSING else (_MISSING,)


def _reconciling(job: JobRecord) -> JobRecord:
    return replace(job, state=JobState.RECONCILING)
