"""`decide_session_job`: the one function that a pass of a session job asks. One handler per phase that it can be in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flinkop.lifecycle.action import CancelJob
from flinkop.lifecycle.decide import ForbiddenTransition, complete, take_over_what_is_ignored
from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.health import watch_health
from flinkop.lifecycle.move import go, stay
from flinkop.lifecycle.phase import Phase, is_allowed
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.sessionjob.deleting import on_deleting
from flinkop.lifecycle.sessionjob.deploying import on_deploying
from flinkop.lifecycle.sessionjob.ended import on_ended
from flinkop.lifecycle.sessionjob.remaining import end_what_remains
from flinkop.lifecycle.sessionjob.running import on_running
from flinkop.lifecycle.sessionjob.seen import SessionObserved
from flinkop.lifecycle.sessionjob.submit import submit_when_ready
from flinkop.lifecycle.sessionjob.upgrading import on_upgrading
from flinkop.lifecycle.statistics import without_stale_statistics
from flinkop.lifecycle.suspended import accepted_spec, suspended_words
from flinkop.lifecycle.takesnapshots import take_snapshots

Handler = Callable[[Record, SessionObserved, Desired, Fresh], Decision]


def on_created(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying, or to Suspended when the resource was created so. It may name its cluster before that exists."""
    if desired.suspended:
        return go(record, Phase.SUSPENDED, *suspended_words(record, desired), health=Health.SETTLED, step=None)
    return submit_when_ready(record, observed, desired, fresh)


def on_suspended(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Deploying when the job is wanted again. A spec that changes meanwhile is the one that will be started."""
    if not desired.suspended:
        return submit_when_ready(record, observed, desired, fresh)
    remaining = end_what_remains(record, observed, desired, fresh)
    if remaining is not None:
        return remaining
    accepted = accepted_spec(record, desired) if record.start is not None else record.reconciled
    again = desired.settings.rest_interval if observed.is_silent else None
    return stay(record, *suspended_words(record, desired), health=Health.SETTLED, reconciled=accepted, failure=None, requeue_after=again)


HANDLERS: Mapping[Phase, Handler] = {
    Phase.CREATED: on_created,
    Phase.DEPLOYING: on_deploying,
    Phase.RUNNING: on_running,
    Phase.UPGRADING: on_upgrading,
    Phase.SUSPENDED: on_suspended,
    Phase.FAILED: on_ended,
    Phase.FINISHED: on_ended,
    Phase.DELETING: on_deleting,
}


def decide_session_job(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """What to record and do next. Pure: the same values give the same decision.

    Raises:
        ForbiddenTransition: a handler is wrong.
    """
    handler = on_deleting if desired.deleting else HANDLERS[record.phase]
    observed = without_stale_statistics(observed, fresh.now)
    known = _without_old_strays(take_over_what_is_ignored(record, desired))
    decision = watch_health(known, handler(known, observed, desired, fresh), observed, desired, fresh)
    decision = take_snapshots(decision, observed, desired, fresh)
    if not is_allowed(record.phase, decision.record.phase):
        raise ForbiddenTransition(f"{record.phase} to {decision.record.phase}")
    cancelled = replace(decision, actions=(*decision.actions, *(CancelJob(stray) for stray in observed.strays)))
    return complete(record, cancelled, observed, desired)


_REMEMBERED = 8


def _without_old_strays(record: Record) -> Record:
    """Ids that were given up are remembered, the newest of them: nobody knows when a late submission comes."""
    return replace(record, abandoned=record.abandoned[-_REMEMBERED:]) if len(record.abandoned) > _REMEMBERED else record
