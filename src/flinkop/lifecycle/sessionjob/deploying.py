"""Deploying: the job was submitted, or its cluster came back, and it has to be seen running."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.deadline import behind, readiness_words
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import follow_job
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import JobState
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.restore import WAYS_OUT
from flinkop.lifecycle.sessionjob.forgotten import is_forgotten, rest_forgotten
from flinkop.lifecycle.sessionjob.seen import SessionObserved
from flinkop.lifecycle.sessionjob.stop import begin_stop
from flinkop.lifecycle.sessionjob.submit import obstacle, submit_again
from flinkop.lifecycle.shortage import shortage_words
from flinkop.lifecycle.step import Submitting

SUBMISSION_REJECTED = "SubmissionRejected"
"""The reason when the JobManager said that it did not take a submission: that one does not come any more."""
_LOST = Event("Missing", "Job Not Found", EventType.WARNING, Component.JOB)


def on_deploying(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Running when the job runs, to Failed or Finished when it ended, to Upgrading when another spec is wanted or it is lost."""
    if observed.has_no_cluster and desired.wants_restart:
        message = "The session cluster is gone, and its job with it."
        return go(record, Phase.UPGRADING, "ClusterMissing", message, step=None, requeue_after=IMMEDIATELY)
    if not observed.answers:
        return _wait_for_cluster(record, observed, desired, fresh)
    if observed.job is None:
        return _lost(record, observed, desired, fresh) if record.was_ready else _not_there_yet(record, observed, desired, fresh)
    if not record.was_ready:
        # from now on it may have come further than the state that it was given
        record = replace(record, was_ready=True, savepoint_path=None, step=None)
    if desired.has_to_stop:
        return begin_stop(record, observed, desired, fresh)
    decision = follow_job(record, observed, desired, observed.job)
    return _in_time(decision, record, observed, desired, fresh)


def _in_time(decision: Decision, record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    after, late = decision.record, _is_late(record, desired, fresh)
    if after.phase is not Phase.DEPLOYING or after.health is not Health.PROGRESSING:
        return decision
    message = behind(behind(after.message, shortage_words(observed) if late else ""), readiness_words(record, desired, fresh.now))
    health = Health.STALLED if late else Health.PROGRESSING
    return replace(decision, record=replace(after, message=message, health=health))


def _wait_for_cluster(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    reason, message, health = obstacle(observed)
    if health is Health.PROGRESSING:
        message = behind(message, readiness_words(record, desired, fresh.now))
    health = Health.STALLED if _is_late(record, desired, fresh) else health
    return stay(
        replace(record, job=replace(record.job, state=JobState.RECONCILING)),
        reason,
        message,
        health=health,
        requeue_after=desired.settings.progress_interval if health is Health.PROGRESSING else desired.settings.rest_interval,
    )


def _not_there_yet(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """The answer to a submission may have been lost, or its program takes long. With the same id it cannot be submitted twice."""
    if desired.has_to_stop and (record.reason == SUBMISSION_REJECTED or _has_had_time(record, desired, fresh)):
        return _give_up(record)
    # what is submitted again is what is recorded; a newer spec waits for its turn
    again = None if desired.wants_restart else submit_again(record, observed, desired, fresh)
    if again is not None:
        return again
    if observed.refusal is not None:
        told, interval = observed.refusal, desired.settings.progress_interval
        return stay(record, told.reason, told.message, health=Health.STALLED, requeue_after=interval, failure=told.message)
    health = Health.STALLED if _is_late(record, desired, fresh) else Health.PROGRESSING
    message = f"Submitted; the job has to show up. {readiness_words(record, desired, fresh.now)}"
    return stay(record, "JobSubmitting", message, health=health, requeue_after=desired.settings.progress_interval)


def _give_up(record: Record) -> Decision:
    """Should it show up after all, it is cancelled."""
    abandoned = (*record.abandoned, record.job.job_id or "")
    message = "The job did not show up: its successor is submitted."
    return go(record, Phase.UPGRADING, "SubmissionGivenUp", message, step=None, abandoned=abandoned, requeue_after=IMMEDIATELY)


def _lost(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """With high availability its JobManager brings back a job that has not ended; without, it is gone with its JobManager."""
    if not desired.wants_restart and is_forgotten(record, observed, desired):
        return rest_forgotten(record, desired)
    recovers = observed.ha is not None and observed.ha.exists and not desired.gives_up_state
    if recovers and not _is_late(record, desired, fresh):
        message = (
            "The job is not there yet: the JobManager recovers it from its high-availability metadata. "
            f"{readiness_words(record, desired, fresh.now)}"
        )
        return stay(record, "JobRecovering", message, requeue_after=desired.settings.progress_interval)
    if recovers:
        message = f"The JobManager has not recovered the job from its high-availability metadata. Look at its log. {WAYS_OUT}"
        return stay(record, "JobNotFound", message, health=Health.STALLED, requeue_after=desired.settings.rest_interval)
    message = "The session cluster does not know the job any more: submitting it again from its newest known state."
    return go(record, Phase.UPGRADING, "JobLost", message, step=None, events=(_LOST,), requeue_after=IMMEDIATELY)


def _has_had_time(record: Record, desired: Desired, fresh: Fresh) -> bool:
    """As long as a submission may take nobody knows that it will not come. What is made again may come again, from then on."""
    if record.start is None:
        return True
    since = record.step.since if isinstance(record.step, Submitting) else record.start.awaited_since
    return fresh.now >= max(since, record.start.awaited_since) + desired.settings.submission_timeout


def _is_late(record: Record, desired: Desired, fresh: Fresh) -> bool:
    return record.start is not None and fresh.now >= record.start.awaited_since + desired.settings.readiness_timeout
