"""What a container said before it ended: Kubernetes tells an exit code only, the log tells the cause."""

from __future__ import annotations

from flinkop.errors import TerminalError, TransientError
from flinkop.flink.stacktrace import find_cause
from flinkop.kube.client import KubeClient
from flinkop.lifecycle.observed import Crash

_LINES = 500  # a fatal error is written with several nested traces
_REMEMBERED = 1000


class LastWords:
    """Reads the log of each crash once."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._told: dict[tuple[str, Crash], str | None] = {}

    async def cause(self, namespace: str, crash: Crash) -> str | None:
        """The root cause that the log names in one line, without secrets; None when it names none or cannot be read."""
        key = (namespace, crash)
        if key in self._told:
            return self._told[key]
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        try:
            self._told[key] = find_cause(await self._kube.read_last_log(namespace, crash.pod, crash.container, _LINES))
        except TerminalError:  # no permission, or the pod is gone: that must not hold anything up
            self._told[key] = None
        except TransientError:
            return None
        return self._told[key]
