"""Every process of an instance is born in a cgroup of its own: that is how they are found and killed, theirs and no others."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.cluster.process import until

_ROOT = Path("/sys/fs/cgroup")
_CPUSET = ("cpuset.cpus", "cpuset.mems")


class CgroupTree:
    """The cgroups of one name, in every hierarchy (version 1) or in the one hierarchy (version 2)."""

    def __init__(self, name: str) -> None:
        unified = (_ROOT / "cgroup.controllers").exists()
        hierarchies = [_ROOT] if unified else [path for path in _ROOT.iterdir() if _is_hierarchy(path)]
        self._trees = [hierarchy / name for hierarchy in hierarchies]

    def make(self, name: str) -> list[Path]:
        """Makes the cgroup `name`; gives the files that a process enters it by."""
        for tree in self._trees:
            for directory in (tree, tree / name):
                directory.mkdir(parents=True, exist_ok=True)
                _fill_cpuset(directory)
        return [tree / name / "cgroup.procs" for tree in self._trees]

    def pids(self, prefix: str = "") -> set[int]:
        """The processes in cgroups whose names begin with `prefix`, their children's included."""
        found: set[int] = set()
        for tree in self._trees:
            for procs in tree.glob(f"{prefix}*/**/cgroup.procs"):
                found |= _read_pids(procs)
        return found

    def kill(self, prefix: str = "") -> None:
        """Kills them all at once, and waits for their end."""
        until(lambda: not _kill(self.pids(prefix)), f"end of the processes {prefix or 'of the cluster'}", 30)

    def remove(self) -> None:
        """Removes the cgroups. Their processes must have ended."""
        for tree in self._trees:
            for directory in sorted((path for path in tree.rglob("*") if path.is_dir()), reverse=True):
                directory.rmdir()
            if tree.exists():
                tree.rmdir()


def _is_hierarchy(path: Path) -> bool:
    return (path / "cgroup.procs").exists() and not path.is_symlink()


def _fill_cpuset(directory: Path) -> None:
    """A cpuset of version 1 starts empty, and admits no process until it is filled."""
    for limit in _CPUSET:
        file = directory / limit
        if file.exists() and not file.read_text().strip():
            file.write_text((directory.parent / limit).read_text())


def _read_pids(procs: Path) -> set[int]:
    try:
        return set(map(int, procs.read_text().split()))
    except OSError:
        return set()


def _kill(pids: set[int]) -> bool:
    """Whether there was anybody to kill."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return bool(pids)
