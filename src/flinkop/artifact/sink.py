"""A file that is being fetched: hashed while it grows, and never larger than allowed. All of it blocks: call it in a thread."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flinkop.errors import ArtifactUnavailable
from flinkop.flinkconf.memory import format_memory
from flinkop.flinkconf.operatoroptions import ARTIFACT_DIRECTORY, ARTIFACT_MAX_SIZE

_ZIP = b"PK"


class Sink:
    """The file; `keep` gives it the name of its content."""

    def __init__(self, directory: Path, largest: int) -> None:
        self._directory, self._largest = directory, largest
        self._digest = hashlib.sha256()
        self._begin = b""
        self.size = 0
        with _writing(directory):
            directory.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(".part", dir=directory)
        self._file, self._path = os.fdopen(number, "wb"), Path(name)

    @property
    def sha256(self) -> str:
        """The digest of what was written so far."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Appends. Raises ArtifactUnavailable when it is too much, or cannot be written."""
        self.size += len(chunk)
        check_size(self.size, self._largest)
        self._begin = self._begin or chunk[: len(_ZIP)]
        self._digest.update(chunk)
        with _writing(self._directory):
            self._file.write(chunk)

    def keep(self, sha256: str | None) -> Path:
        """Checks it, closes it, and gives it its name. Raises ArtifactUnavailable when it is not what was expected."""
        if not self._begin.startswith(_ZIP):
            raise ArtifactUnavailable("what was sent is not a jar: it does not begin as a zip file does; check the address, and the log-in")
        if sha256 is not None and sha256.lower() != self.sha256:
            raise ArtifactUnavailable(f"the jar's sha256 is {self.sha256}, and {sha256.lower()} is expected")
        path = self._directory / f"{self.sha256}.jar"
        with _writing(self._directory):
            self._file.close()
            self._path.rename(path)
        return path

    def discard(self) -> None:
        """Removes what was not kept."""
        with suppress(OSError):
            self._file.close()
            self._path.unlink(missing_ok=True)


def check_size(size: int, largest: int) -> None:
    """Raises ArtifactUnavailable when a jar of that many bytes is too large."""
    if size > largest:
        raise ArtifactUnavailable(
            f"the jar is larger than {format_memory(largest)}; the operator's option {ARTIFACT_MAX_SIZE.key} can allow more"
        )


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactUnavailable(
            f"cannot write to {directory}: {error.strerror}; mount a volume there, or set the operator's option {ARTIFACT_DIRECTORY.key}"
        ) from None
