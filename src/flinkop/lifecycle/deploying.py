"""Deploying: the cluster is being started, or came back and its job has to be seen running again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flinkop.lifecycle.action import Action
from flinkop.lifecycle.begin import begin_stop, keep_waiting
from flinkop.lifecycle.deadline import behind, for_readiness, readiness_words
from flinkop.lifecycle.decision import Component, Decision, Event, EventType, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.imagepull import begins_to_wait, without_turns
from flinkop.lifecycle.job import STARTING, follow_job
from flinkop.lifecycle.move import IMMEDIATELY, go, stay
from flinkop.lifecycle.observed import Answered, JobManager, NotAsked, Observed, Trouble, Unreachable
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.readiness import notice_readiness
from flinkop.lifecycle.record import Health, JobManagerStatus, Record
from flinkop.lifecycle.recovery import lost_jobmanager
from flinkop.lifecycle.restore import WAYS_OUT
from flinkop.lifecycle.rollback import roll_back
from flinkop.lifecycle.session import session_is_ready
from flinkop.lifecycle.shortage import shortage_words
from flinkop.lifecycle.start import again, starting_message
from flinkop.lifecycle.step import HaFate, TearingDown
from flinkop.lifecycle.suspended import start_or_suspend
from flinkop.lifecycle.teardown import going_words, is_gone, tear_down
from flinkop.lifecycle.unseen import ended_unseen, how_it_ended

# a JobManager that has just become ready may refuse its first connections, and has not run the job's program yet: that is no news
_FIRST = timedelta(seconds=60)
_BEFORE_READY = frozenset({"ClusterStarting", "JobManagerStarting"})


def on_deploying(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Running when the job runs, to Failed or Finished when it ended, to Upgrading when another spec is wanted."""
    if isinstance(record.step, TearingDown):
        return tear_down(record, record.step, observed, desired, fresh) or start_or_suspend(record, observed, desired, fresh)
    seen = notice_readiness(record, observed)
    if not desired.wants_restart:
        return roll_back(seen, observed, desired, fresh) or _follow(replace(seen, step=None), observed, desired, fresh)
    begun = begin_stop(seen, observed, desired, fresh)
    if isinstance(begun, Decision):
        return begun
    return keep_waiting(_follow(seen, observed, desired, fresh), seen, begun, desired, fresh)


def _follow(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if observed.jobmanager is None:
        return _missing(record, observed, desired, fresh)
    return _watch(_with_trouble(record, observed), observed.jobmanager, observed, desired, fresh)


def _missing(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """A start of which nothing is to be seen is made again; one that was there and is gone has to be gone completely first."""
    action = again(record)
    if record.was_ready or action is None:
        return lost_jobmanager(record, desired, fresh)
    if not is_gone(observed, desired):
        step = TearingDown(fresh.now, HaFate.KEEP)
        message = f"The JobManager Deployment was deleted while it started: starting it again. {going_words(step, desired)}"
        return stay(record, "JobManagerMissing", message, step=step, requeue_after=IMMEDIATELY)
    return stay(record, record.reason, record.message, action, requeue_after=_until_deadline(record, desired, fresh))


def _watch(record: Record, jobmanager: JobManager, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if jobmanager.terminating:
        return _terminating(record, desired, fresh)
    if not jobmanager.available:
        return _starting(record, observed, desired, fresh)
    match observed.rest:
        case NotAsked() | Unreachable():
            return _not_answering(record, observed, desired, fresh)
        case Answered():
            return _ask_for_job(record, observed, desired, fresh)


def _terminating(record: Record, desired: Desired, fresh: Fresh) -> Decision:
    reason, message = _waiting(record, desired, fresh, "JobManagerTerminating", "The JobManager Deployment is being deleted.")
    health, deadline = _health(record, desired, fresh), _until_deadline(record, desired, fresh)
    return stay(record, reason, message, health=health, requeue_after=deadline)


def _starting(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    trouble = _trouble(record, observed)
    if trouble is not None:
        return _in_trouble(record, trouble, observed, desired, fresh)
    reason, message = _waiting(record, desired, fresh, *_starting_words(record, desired, fresh))
    return stay(
        replace(record, jobmanager=JobManagerStatus.DEPLOYING),
        reason,
        message,
        *_repeat_start(record, observed),
        health=_health(record, desired, fresh),
        requeue_after=_next_look(record, desired, fresh),
    )


def _starting_words(record: Record, desired: Desired, fresh: Fresh) -> tuple[str, str]:
    """What the start said stays for a while: a write to say that it has begun would tell nobody anything."""
    if record.reason == "ClusterStarting" and not _is_late(record, desired, fresh):
        return record.reason, starting_message(record)
    return "JobManagerStarting", "The JobManager is starting."


def _trouble(record: Record, observed: Observed) -> Trouble | None:
    """A container that ends over and over runs in between: what was told of it stays until the JobManager is ready.

    A single restart is no trouble before Kubernetes calls it so.
    """
    stays = record.jobmanager is JobManagerStatus.ERROR and not observed.jobmanager_is_ready
    trouble = (observed.crashed if stays else None) or observed.trouble
    return without_turns(trouble, record.reason) if trouble else None


def _in_trouble(record: Record, trouble: Trouble, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    told = record.failure == trouble.message and not begins_to_wait(record.reason, trouble)  # another wait may hide the reason
    news = record.reason != trouble.reason and not told
    return stay(
        replace(record, jobmanager=JobManagerStatus.ERROR),
        trouble.reason,
        trouble.message,
        *_repeat_start(record, observed),
        health=Health.STALLED,
        requeue_after=_until_deadline(record, desired, fresh),
        events=(Event(trouble.reason, trouble.message, EventType.WARNING),) if news else (),
        failure=trouble.message,
    )


def _not_answering(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    words = STARTING
    if isinstance(observed.rest, Unreachable) and not _is_young(record, desired, fresh):
        words = "JobManagerNotAnswering", f"The JobManager does not answer: {observed.rest.cause}."
    reason, message = _waiting(record, desired, fresh, *words)
    return stay(
        replace(record, jobmanager=JobManagerStatus.DEPLOYED_NOT_READY),
        reason,
        message,
        health=_health(record, desired, fresh),
        requeue_after=desired.settings.progress_interval,
    )


def _ask_for_job(record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    if desired.session:
        return session_is_ready(record, observed, desired)
    if observed.job is not None:
        decision = follow_job(record, observed, desired, observed.job)
        return _late(decision, record, observed, desired, fresh)
    if ended_unseen(record, observed, desired, fresh.now):
        return _job_not_found(record, desired, how_it_ended(observed))
    if _is_late(record, desired, fresh):
        return _job_not_found(record, desired, "it ended unseen, or its program never submitted it")
    words = STARTING if _is_young(record, desired, fresh) else ("JobNotFound", f"The JobManager does not know job {record.job.job_id} yet.")
    ready = replace(record, jobmanager=JobManagerStatus.DEPLOYED_NOT_READY)
    return stay(ready, *_waiting(record, desired, fresh, *words), requeue_after=desired.settings.progress_interval)


def _is_young(record: Record, desired: Desired, fresh: Fresh) -> bool:
    """The first minute of a start of which nothing else was told, or the first look after its JobManager became ready in time."""
    if record.reason in _BEFORE_READY:
        return not _is_late(record, desired, fresh)
    return record.reason == STARTING[0] and record.start is not None and fresh.now < record.start.awaited_since + _FIRST


def _job_not_found(record: Record, desired: Desired, cause: str) -> Decision:
    message = f"The JobManager does not know job {record.job.job_id}: {cause}. {WAYS_OUT}"
    return go(
        replace(record, jobmanager=JobManagerStatus.READY),
        Phase.FAILED,
        "JobNotFound",
        message,
        health=Health.STALLED,
        events=(Event("Missing", message, EventType.WARNING, Component.JOB),),
        requeue_after=desired.settings.rest_interval,
        step=None,
        failure=message,
    )


def _late(decision: Decision, record: Record, observed: Observed, desired: Desired, fresh: Fresh) -> Decision:
    """A job that does not get stable in time is somebody's business, although it is still tried."""
    after = decision.record
    if after.phase is not record.phase or after.health is not Health.PROGRESSING:
        return decision
    fact = behind(after.message, shortage_words(observed)) if _is_late(record, desired, fresh) else after.message
    reason, message = _waiting(record, desired, fresh, after.reason, fact)
    return replace(decision, record=replace(after, reason=reason, message=message, health=_health(record, desired, fresh)))


def _waiting(record: Record, desired: Desired, fresh: Fresh, reason: str, message: str) -> tuple[str, str]:
    return reason, behind(message, readiness_words(record, desired, fresh.now))


def _health(record: Record, desired: Desired, fresh: Fresh) -> Health:
    return Health.STALLED if _is_late(record, desired, fresh) else Health.PROGRESSING


def _is_late(record: Record, desired: Desired, fresh: Fresh) -> bool:
    return record.start is not None and for_readiness(record.start.awaited_since, desired.settings).is_over(fresh.now)


def _until_deadline(record: Record, desired: Desired, fresh: Fresh) -> timedelta | None:
    """The Deployment and its pods are watched: the clock is asked only for the deadline."""
    if record.start is None or _is_late(record, desired, fresh):
        return None
    return record.start.awaited_since + desired.settings.readiness_timeout - fresh.now


def _next_look(record: Record, desired: Desired, fresh: Fresh) -> timedelta:
    """A pod that waits for a volume is told of by Events, which are not watched."""
    deadline, rest = _until_deadline(record, desired, fresh), desired.settings.rest_interval
    return rest if deadline is None else min(deadline, rest)


def _repeat_start(record: Record, observed: Observed) -> tuple[Action, ...]:
    """After a crash in the middle of a start nobody knows whether all of it was made."""
    action = again(record)
    return (action,) if action and not observed.dependents_applied and not record.was_ready else ()


def _with_trouble(record: Record, observed: Observed) -> Record:
    is_over = record.jobmanager is JobManagerStatus.ERROR and _trouble(record, observed) is None
    return replace(record, failure=None) if is_over else record
