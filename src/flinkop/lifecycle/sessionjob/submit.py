"""Starting a job on a session cluster: with cluster and jar there, restore point and id are recorded, then it is submitted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flinkop.lifecycle.action import SubmitJob
from flinkop.lifecycle.deadline import readiness_words
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.move import go, stay
from flinkop.lifecycle.observed import TERMINAL, JobState, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, JobManagerStatus, JobRecord, Record
from flinkop.lifecycle.restore import RestoreChoice, RestorePoint, choose_restore
from flinkop.lifecycle.sessionjob.remaining import end_what_remains
from flinkop.lifecycle.sessionjob.seen import ClusterState, JarFailed, JarPending, JarReady, Room, SessionObserved
from flinkop.lifecycle.start import base_of, begun_start, restore_facts
from flinkop.lifecycle.step import Submitting

_AGAIN = timedelta(seconds=60)
"""A program that takes long to submit its job must not be run a second time meanwhile."""

_ENDED = TERMINAL | {JobState.SUSPENDED}

_WORDS = {
    ClusterState.MISSING: ("ClusterMissing", Health.STALLED),
    ClusterState.NOT_SESSION: ("NotASessionCluster", Health.STALLED),
    ClusterState.DELETING: ("ClusterDeleting", Health.STALLED),
    ClusterState.NOT_READY: ("WaitingForCluster", Health.PROGRESSING),
}


def submit_when_ready(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Goes to Deploying with the submission, or says what it waits for, or goes to Failed when no restore point is safe."""
    remaining = end_what_remains(record, observed, desired, fresh)
    if remaining is not None:
        return remaining
    jar = _jar_at_hand(observed)
    if observed.strays or jar is None:
        return wait_to_submit(record, observed, desired)
    # the metadata of high availability belong to the id of the old job; a new one is given a path
    choice = choose_restore(restore_facts(record, replace(observed, ha=None), desired))
    if choice.point is None:  # more room would not help
        return _refuse(record, choice)
    if not observed.has_room:
        return wait_to_submit(record, observed, desired)
    return _begin(record, desired, choice, choice.point, jar, fresh)


def submit_again(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision | None:
    """The same submission once more, with the same id, when it is time; None when it is not."""
    jar, since = _jar_at_hand(observed), record.step.since if isinstance(record.step, Submitting) else None
    if jar is None or not observed.has_room or record.start is None or record.restore is None or record.restore.point is None:
        return None
    if since is not None and fresh.now < since + _AGAIN and not observed.not_submitted:
        return None
    action = SubmitJob(record.job.job_id or "", jar.jar_id, record.restore.point)
    message = f"The job did not show up yet: submitting it again. {readiness_words(record, desired, fresh.now)}"
    return stay(record, "JobSubmitting", message, action, step=Submitting(fresh.now), requeue_after=desired.settings.progress_interval)


def _jar_at_hand(observed: SessionObserved) -> JarReady | None:
    """The jar, when it is there and its JobManager takes jobs: then only room may be missing."""
    return observed.jar if observed.takes_jobs and isinstance(observed.jar, JarReady) else None


def wait_to_submit(record: Record, observed: SessionObserved, desired: Desired) -> Decision:
    """Says what is missing. Cluster and jar announce themselves; the clock is asked besides."""
    reason, message, health = obstacle(observed)
    interval = desired.settings.rest_interval if health is Health.STALLED else desired.settings.progress_interval
    news = record.reason != reason and health is Health.STALLED
    events = (Event(reason, message, EventType.WARNING, Component.JOB),) if news else ()
    return stay(record, reason, message, health=health, requeue_after=interval, events=events)


def obstacle(observed: SessionObserved) -> tuple[str, str, Health]:
    """Reason, message and health of what keeps a job from being submitted."""
    if observed.cluster.state is not ClusterState.READY:
        reason, health = _WORDS[observed.cluster.state]
        return reason, observed.cluster.message, health
    if isinstance(observed.rest, Unreachable):
        return "JobManagerNotAnswering", f"The JobManager does not answer: {observed.rest.cause}.", Health.PROGRESSING
    if observed.strays:
        return "CancellingJob", f"Cancelling a job that was given up: {', '.join(observed.strays)}.", Health.PROGRESSING
    match observed.jar:
        case JarFailed(cause):
            return "JarUnavailable", f"spec.job.jarURI: {cause}", Health.STALLED
        case JarPending(why):
            return "FetchingJar", why, Health.PROGRESSING
        case JarReady() if observed.room is not None and not observed.room.is_enough:
            return "WaitingForSlots", _room_words(observed.room), Health.STALLED
        case _:
            return "WaitingForCluster", "Waiting for the JobManager.", Health.PROGRESSING


def _room_words(room: Room) -> str:
    if room.needed > room.total > 0:
        return (
            f"The job needs {room.needed} slots, its parallelism, and the session cluster has {room.total} in all now, so that no end of "
            "other jobs is enough: give the cluster more TaskManagers or slots, or lower spec.job.parallelism."
        )
    return (
        f"The job needs {room.needed} slots, its parallelism, and {room.free} of the session cluster's {room.total} are free. It starts "
        "when there is room: end other jobs, give the cluster more TaskManagers or slots, or lower spec.job.parallelism."
    )


def _begin(record: Record, desired: Desired, choice: RestoreChoice, point: RestorePoint, jar: JarReady, fresh: Fresh) -> Decision:
    # a second submission under the id of a job that has ended would be taken for that job
    job_id = desired.pinned_job_id if desired.pinned_job_id and record.start is None else fresh.job_id
    start = begun_start(record, desired, fresh, base_of(record, point))
    return go(
        record,
        Phase.DEPLOYING,
        "JobSubmitting",
        f"{choice.message} {readiness_words(replace(record, start=start), desired, fresh.now)}",
        SubmitJob(job_id, jar.jar_id, point),
        requeue_after=desired.settings.progress_interval,
        events=(Event("Submit", f"Starting deployment. {choice.message}", component=Component.JOB),),
        step=Submitting(fresh.now),
        abandoned=(*record.abandoned, *_perhaps_alive(record)),
        start=start,
        job=JobRecord(job_id, record.job.name, JobState.RECONCILING),
        jobmanager=JobManagerStatus.READY,
        was_ready=False,
        had_no_state=False,
        restore=choice,
        savepoint_path=record.savepoint_path if point.path == record.savepoint_path else None,
        reconciled=desired.spec,
        reconciled_at=fresh.milliseconds,
        failure=None,
    )


def _perhaps_alive(record: Record) -> tuple[str, ...]:
    """The id of a job whose end was not seen. Should it come back, it is cancelled."""
    if record.job.job_id is None or record.job.job_id in record.abandoned or record.job.state in _ENDED:
        return ()
    return (record.job.job_id,)


def _refuse(record: Record, choice: RestoreChoice) -> Decision:
    return go(
        record,
        Phase.FAILED,
        "RestoreFailed",
        choice.message,
        health=Health.STALLED,
        events=(Event("RestoreFailed", choice.message, EventType.WARNING, Component.JOB),),
        step=None,
        restore=choice,
        failure=choice.message,
    )
