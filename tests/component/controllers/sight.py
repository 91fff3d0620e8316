"""What can be seen of an operator from outside: its passes, by the metric, and its requests, by the API server's audit log."""

from __future__ import annotations

from prometheus_client import REGISTRY
from tests.cluster import audit
from tests.component.controllers.stage import Stage
from tests.component.waiting import until

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
STATUS = ("update", "flinkdeployments/status")


def passes() -> float:
    """How many passes this process has made."""
    results = ("success", "requeue_after", "transient_error", "terminal_error", "error")
    samples = [{"controller": "flinkdeployment", "result": result} for result in results]
    return sum(REGISTRY.get_sample_value("controller_runtime_reconcile_total", sample) or 0 for sample in samples)


async def passed(count: int) -> None:
    """So many more passes have been made."""
    before = passes()
    await until(lambda: passes() >= before + count, lambda: f"{passes() - before} passes")


class Audit:
    """What operators of one user agent have asked for since this was made."""

    def __init__(self, stage: Stage, agent: str) -> None:
        self._log, self._agent = stage.plane.audit_log, agent
        self._offset = self._log.stat().st_size

    def requests(self) -> list[audit.Request]:
        return [request for request in audit.read(self._log, self._offset) if request.agent == self._agent]

    def writes(self) -> list[tuple[str, str]]:
        return [(request.verb, request.resource) for request in self.requests() if request.verb in _WRITES]
