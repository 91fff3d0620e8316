"""The options of one resource, as decisions ask about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf import flinkoptions as flink
from flinkop.flinkconf import operatoroptions as options
from flinkop.flinkconf.highavailability import is_kubernetes_ha
from flinkop.lifecycle.desired import Settings

Limit = TypeVar("Limit", int, timedelta)

# a start or an upgrade is over in seconds: a longer interval, as existing configurations have it, would be most of its time
_PROGRESS = timedelta(seconds=1)
_SHORTEST = timedelta(milliseconds=100)  # an interval of 0 would be a loop
_LONGEST = timedelta(days=3650)
_MANY = 1000


def settings_of(conf: Mapping[str, str], system: Mapping[str, str], version: FlinkVersion) -> Settings:
    """The options of one resource: `conf`, its own configuration over the operator's, and for its rhythms and ceilings only `system`."""
    most = _at_most(options.SAVEPOINT_HISTORY_COUNT_CEILING.read(system), options.SAVEPOINT_HISTORY_COUNT.read(conf))
    oldest = _at_most(options.SAVEPOINT_HISTORY_AGE_CEILING.read(system), options.SAVEPOINT_HISTORY_AGE.read(conf))
    return Settings(
        high_availability=is_kubernetes_ha(conf),
        savepoint_directory=flink.SAVEPOINT_DIRECTORY.read(conf),
        checkpoint_directory=flink.CHECKPOINT_DIRECTORY.read(conf),
        drain=options.DRAIN_ON_DELETION.read(conf),
        savepoint_on_deletion=options.SAVEPOINT_ON_DELETION.read(conf),
        savepoint_format=options.SAVEPOINT_FORMAT.read(conf).value,
        savepoint_grace=_bounded(options.SAVEPOINT_GRACE.read(conf)),
        savepoint_schedule=options.PERIODIC_SAVEPOINT_INTERVAL.read(conf),
        checkpoint_type=options.CHECKPOINT_TYPE.read(conf).value,
        checkpoint_grace=_bounded(options.CHECKPOINT_GRACE.read(conf)),
        checkpoint_schedule=options.PERIODIC_CHECKPOINT_INTERVAL.read(conf),
        checkpoints_on_demand=version >= flink.CHECKPOINTS_ON_DEMAND_SINCE,
        ignore_pending_savepoint=options.IGNORE_PENDING_SAVEPOINT.read(conf),
        savepoint_cleanup=options.SAVEPOINT_CLEANUP.read(conf),
        snapshot_resources=options.SNAPSHOT_RESOURCES.read(conf),
        dispose_on_delete=options.DISPOSE_ON_DELETE.read(conf),
        retained_checkpoints=max(flink.RETAINED_CHECKPOINTS.read(conf), 1),
        savepoint_history_count=most,
        savepoint_history_age=_bounded(oldest),
        block_on_session_jobs=options.BLOCK_ON_SESSION_JOBS.read(conf),
        submission_timeout=_bounded(options.JOB_SUBMISSION_TIMEOUT.read(system)),
        block_on_unmanaged_jobs=options.BLOCK_ON_UNMANAGED_JOBS.read(conf),
        rollback=options.ROLLBACK.read(conf),
        restart_failed=options.RESTART_FAILED.read(conf),
        health_check=options.HEALTH_CHECK.read(conf),
        restarts_threshold=options.RESTARTS_THRESHOLD.read(conf),
        restarts_window=_bounded(options.RESTARTS_WINDOW.read(conf)),
        checkpoint_progress_window=_checkpoint_progress_window(conf),
        recovery=options.RECOVERY.read(conf),
        last_state_fallback=options.LAST_STATE_FALLBACK.read(conf),
        cancel_for_last_state=options.LAST_STATE_BY_CANCEL.read(conf),
        max_checkpoint_age=options.MAX_CHECKPOINT_AGE.read(conf),
        checkpoint_timeout=_bounded(flink.CHECKPOINT_TIMEOUT.read(conf)),
        readiness_timeout=_bounded(options.READINESS_TIMEOUT.read(conf)),
        cleanup_timeout=_bounded(options.RESOURCE_CLEANUP_TIMEOUT.read(conf)),
        cancel_timeout=_bounded(options.CANCEL_TIMEOUT.read(conf)),
        shutdown_ttl=_bounded(options.SHUTDOWN_TTL.read(conf)),
        progress_interval=max(_SHORTEST, min(options.PROGRESS_CHECK_INTERVAL.read(system), _PROGRESS)),
        exceptions_limit=options.EXCEPTION_EVENTS_LIMIT.read(system),
        exceptions_lines=options.EXCEPTION_EVENTS_LINES.read(system),
        rest_interval=max(_SHORTEST, options.RECONCILE_INTERVAL.read(system)),
    )


def _checkpoint_progress_window(conf: Mapping[str, str]) -> timedelta | None:
    """Source: official operator, `cluster.health-check.checkpoint-progress.window`; None when there is nothing to expect."""
    interval, window = flink.CHECKPOINT_INTERVAL.read(conf), options.CHECKPOINT_PROGRESS_WINDOW.read(conf)
    if not options.CHECKPOINT_PROGRESS.read(conf) or not (interval or window):
        return None
    slowest = max(_bounded(interval or timedelta(0)), _bounded(flink.CHECKPOINT_TIMEOUT.read(conf)))
    allowed = min(max(flink.TOLERATED_CHECKPOINT_FAILURES.read(conf), 0) + 2, _MANY)
    return _bounded(max(window or timedelta(0), slowest * allowed))


def _at_most(ceiling: Limit | None, limit: Limit) -> Limit:
    return limit if ceiling is None else min(limit, ceiling)


def _bounded(wait: timedelta) -> timedelta:
    """What would end after the calendar's last year could not be added to a time."""
    return min(wait, _LONGEST)
