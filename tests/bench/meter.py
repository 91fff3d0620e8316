"""What the operator uses between two moments: CPU time, and requests by the API server's own account."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.bench import requestcount
from tests.bench.operatorprocess import OperatorProcess
from tests.bench.operatorundertest import AGENT
from tests.bench.requestcount import RequestCount
from tests.bench.sightings import clock
from tests.cluster import audit
from tests.cluster.process import Failed


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used in `seconds`."""

    seconds: float
    cpu_seconds: float
    count: RequestCount

    @property
    def cpu_percent(self) -> float:
        """Of one core."""
        return 100 * self.cpu_seconds / self.seconds


class Meter:
    """Measures from when it is made."""

    def __init__(self, process: OperatorProcess, audit_log: Path) -> None:
        self._process, self._log = process, audit_log
        self._inode, self._offset = _position(audit_log)
        self._began, self._cpu = clock(), process.cpu_seconds

    def read(self) -> Usage:
        """What was used until now. Raises Failed when the audit log was begun anew meanwhile."""
        seconds, cpu = clock() - self._began, self._process.cpu_seconds - self._cpu
        if _position(self._log)[0] != self._inode:
            raise Failed(f"{self._log} was rotated in the middle of a measurement")
        requests = audit.count(audit.read(self._log, self._offset), AGENT)
        return Usage(seconds, cpu, requestcount.summarize(requests))


def _position(log: Path) -> tuple[int, int]:
    found = log.stat()
    return found.st_ino, found.st_size
