"""Jars from the operator's own file system, and from nowhere else on it than the directories that are allowed."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from flinkop.artifact.policy import ArtifactPolicy
from flinkop.errors import ArtifactUnavailable
from flinkop.flinkconf.operatoroptions import ARTIFACT_FILE_DIRECTORIES


def open_file(path: str, policy: ArtifactPolicy) -> IO[bytes]:
    """Opens a file that `file://` names. It blocks. Raises ArtifactUnavailable.

    What was opened is judged, not its name: symbolic links lead to a place that has to be allowed too. A refusal does not tell
    whether there is such a file.
    """
    if not _is_allowed(Path(os.path.realpath(path)), policy):
        raise _refusal(path, policy)
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb")
    except OSError as error:
        raise ArtifactUnavailable(f"file://{path}: {error.strerror}") from None
    try:
        _check(file, path, policy)
    except ArtifactUnavailable:
        file.close()
        raise
    return file


def _check(file: IO[bytes], path: str, policy: ArtifactPolicy) -> None:
    if not _is_allowed(Path(f"/proc/self/fd/{file.fileno()}").readlink(), policy):
        raise _refusal(path, policy)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise ArtifactUnavailable(f"file://{path}: is not a file")


def _is_allowed(real: Path, policy: ArtifactPolicy) -> bool:
    return _is_below(real, policy.file_directories) and not _is_below(real, [policy.fetched_directory])


def _is_below(real: Path, directories: Sequence[Path]) -> bool:
    return any(Path(os.path.realpath(directory)) in real.parents for directory in directories)


def _refusal(path: str, policy: ArtifactPolicy) -> ArtifactUnavailable:
    allowed = ", ".join(map(str, policy.file_directories))
    return ArtifactUnavailable(
        f"file://{path}: is not below {allowed}; the operator's option {ARTIFACT_FILE_DIRECTORIES.key} can allow more directories"
    )
