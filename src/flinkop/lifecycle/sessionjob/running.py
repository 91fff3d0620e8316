"""Running: the job runs the recorded spec on its session cluster."""

from __future__ import annotations

from dataclasses import replace

from flinkop.lifecycle.decision import Decision, Fresh
from flinkop.lifecycle.desired import Desired
from flinkop.lifecycle.job import follow_job
from flinkop.lifecycle.record import Record
from flinkop.lifecycle.running import come_back, holds_back, in_time, job_missing, keep_retry_visible, wait_for_savepoint
from flinkop.lifecycle.sessionjob.seen import SessionObserved
from flinkop.lifecycle.sessionjob.stop import begin_stop
from flinkop.lifecycle.sessionjob.submit import obstacle
from flinkop.lifecycle.takesnapshots import savepoint_is_pending


def on_running(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    """Leaves to Upgrading when another spec is wanted, to Deploying when cluster or job are lost, to Failed or Finished with the job."""
    if not _is_there(observed) or not desired.has_to_stop:
        return _follow(replace(record, step=None), observed, desired, fresh)
    if savepoint_is_pending(record, observed, desired):
        return wait_for_savepoint(_follow(replace(record, step=None), observed, desired, fresh), desired, fresh)
    if holds_back(record, desired, fresh):
        return keep_retry_visible(_follow(record, observed, desired, fresh), record, fresh)
    return begin_stop(record, observed, desired, fresh)


def _is_there(observed: SessionObserved) -> bool:
    return observed.answers and observed.job is not None


def _follow(record: Record, observed: SessionObserved, desired: Desired, fresh: Fresh) -> Decision:
    if not observed.answers:
        reason, message, _ = obstacle(observed)
        return come_back(record, reason, message, desired, fresh)
    if observed.job is None:
        return job_missing(record, desired, fresh)
    return in_time(follow_job(record, observed, desired, observed.job), observed, desired, fresh)
