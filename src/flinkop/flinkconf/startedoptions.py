"""What is recorded of a cluster's effective configuration when it starts: the operator's defaults may change while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flinkop.flinkconf.flinkoptions import CHECKPOINT_RETENTION, HIGH_AVAILABILITY, REST_PORT, TASK_SLOTS
from flinkop.flinkconf.option import Option

_RECORDED: tuple[Option[Any], ...] = (HIGH_AVAILABILITY, REST_PORT, TASK_SLOTS, CHECKPOINT_RETENTION)
"""What the operator asks of a cluster that runs: whether a lost JobManager is fenced, where it answers, how many TaskManagers it needs,
what a cancelled job leaves."""
_NAMES = frozenset(name for option in _RECORDED for name in (option.key, *option.fallback_keys))


def options_of_start(conf: Mapping[str, str]) -> dict[str, str]:
    """The part of `conf` that is recorded with a start."""
    return {key: conf[key] for option in _RECORDED if (key := option.key_in(conf)) is not None}


def as_started(conf: Mapping[str, str], recorded: Mapping[str, str] | None) -> Mapping[str, str]:
    """`conf`, computed from today's defaults, as it was when the cluster started. An older version of the operator recorded nothing."""
    if recorded is None:
        return conf
    return {**{key: value for key, value in conf.items() if key not in _NAMES}, **recorded}
