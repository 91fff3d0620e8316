"""The operator's process as the kernel sees it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.process import Failed

_TICKS = os.sysconf("SC_CLK_TCK")
_KIBIBYTE, _MEGABYTE = 1024, 1_000_000
_USER_TIME, _SYSTEM_TIME, _START_TIME = 11, 12, 19  # of /proc/PID/stat, counted from the field after the command's name


@dataclass(frozen=True, slots=True)
class OperatorProcess:
    """Times are in seconds; `started_at` is since boot."""

    pid: int

    @property
    def cpu_seconds(self) -> float:
        """CPU time that it has used, in user and kernel mode, all threads."""
        fields = self._stat()
        return (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) / _TICKS

    @property
    def started_at(self) -> float:
        """When it began."""
        return int(self._stat()[_START_TIME]) / _TICKS

    @property
    def rss_megabytes(self) -> float:
        """Resident memory now."""
        return self._status("VmRSS")

    @property
    def peak_megabytes(self) -> float:
        """The most resident memory it ever had."""
        return self._status("VmHWM")

    def _stat(self) -> list[str]:
        return self._read("stat").rpartition(")")[2].split()

    def _status(self, key: str) -> float:
        line = next(line for line in self._read("status").splitlines() if line.startswith(f"{key}:"))
        return int(line.split()[1]) * _KIBIBYTE / _MEGABYTE

    def _read(self, name: str) -> str:
        try:
            return Path(f"/proc/{self.pid}/{name}").read_text()
        except OSError:
            raise Failed(f"the operator's process {self.pid} has ended: it was restarted in the middle of a measurement") from None


def find(pod_uid: str) -> OperatorProcess | None:
    """The process of a pod's one container, found by the pod's cgroup; None when it does not run yet."""
    for procs in Path("/sys/fs/cgroup").glob(f"**/pod{pod_uid}/*/cgroup.procs"):
        for pid in procs.read_text().split():
            if b"flinkop" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return OperatorProcess(int(pid))
    return None
