"""When a pass of any kind looks again."""

from __future__ import annotations

from datetime import timedelta

from flinkop.lifecycle.desired import Settings
from flinkop.runtime.controller import Done, Outcome, RequeueAfter


def look_again(after: timedelta | None) -> Outcome:
    """After what a decision asks for; None: when something changes."""
    return Done() if after is None else RequeueAfter(after.total_seconds())


def look_at_rest(settings: Settings) -> RequeueAfter:
    """In the rhythm of rest."""
    return RequeueAfter(settings.rest_interval.total_seconds())
