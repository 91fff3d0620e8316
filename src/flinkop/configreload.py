"""The operator's configuration while it runs: the files are read again now and then, and a wrong one changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from flinkop.api.flinkversion import FlinkVersion
from flinkop.config import OperatorConfig
from flinkop.errors import InvalidConfiguration
from flinkop.flinkconf import operatoroptions as options

_log = structlog.get_logger(__name__)

# What is read once, at the start: clients, watches and the lease are made from it.
AT_START = (
    options.RECONCILE_PARALLELISM,
    options.FLINK_CLIENT_TIMEOUT,
    options.TERMINATION_TIMEOUT,
    options.WATCHED_NAMESPACES,
    options.LABEL_SELECTOR,
    options.MANAGE_INGRESS,
    options.LEADER_ELECTION,
    options.LEASE_NAME,
    options.LEASE_DURATION,
    options.RENEW_DEADLINE,
    options.RETRY_PERIOD,
    options.HEALTH_PROBE,
    options.HEALTH_PROBE_PORT,
)


class LiveConfig:
    """`current` is the newest configuration that could be read; `revision` grows with each one."""

    def __init__(self, first: OperatorConfig, load: Callable[[], OperatorConfig]) -> None:
        self.current, self.revision = first, 0
        self._load = load
        self._problem: str | None = None

    def defaults_for(self, namespace: str, version: FlinkVersion) -> Mapping[str, str]:
        """See `OperatorConfig.defaults_for`."""
        return self.current.defaults_for(namespace, version)

    async def run(self, on_change: Callable[[], None]) -> None:
        """Reads again every `dynamic.config.check.interval`, until cancelled; calls `on_change` after each difference."""
        while True:
            await asyncio.sleep(self._interval().total_seconds())
            if self.current.dynamic_config and self.refresh():
                on_change()

    def refresh(self) -> bool:
        """Reads the files once; gives whether anything differs. A file that cannot be used is named in the log, once."""
        try:
            found = self._load()
        except InvalidConfiguration as error:
            if str(error) != self._problem:
                _log.warning("changed configuration cannot be used, the old one stays", problem=str(error))
            self._problem = str(error)
            return False
        self._problem = None
        if found == self.current:
            return False
        self._tell(found)
        self.current, self.revision = found, self.revision + 1
        return True

    def _interval(self) -> timedelta:
        return max(self.current.dynamic_config_interval, timedelta(seconds=1))

    def _tell(self, found: OperatorConfig) -> None:
        before, after = self.current.base, found.base
        changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        _log.info("configuration changed", keys=changed)
        waiting = [option.key for option in AT_START if option.read(before) != option.read(after)]
        if waiting:
            _log.warning("this part of the configuration takes effect at the next start", keys=waiting)
        for warning in found.warnings:
            if warning not in self.current.warnings:
                _log.warning("configuration", problem=warning)
