"""Jars that are made here: an empty one, and one that only refers to a jar of the session cluster's image. Pure.

Flink's REST API runs nothing but jars that were uploaded. One that is empty runs classes of /opt/flink/lib. One whose manifest has
a `Class-Path` runs those of the jar that it names, on JobManager and TaskManagers, in the user code's own class loader:
tried with Flink 1.16 to 2.3. (`pipeline.classpaths` in the request does the same from 1.20 on only, and `pipeline.jars` never does.)
"""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import quote

from flinkop.artifact.source import InImage, Source
from flinkop.errors import InvalidSpec

_MANIFEST = "META-INF/MANIFEST.MF"
_LONGEST_LINE = 70  # with its line break 72 bytes, the most that a manifest may have
_ALWAYS = (1980, 1, 1, 0, 0, 0)  # the same jar has the same digest


@dataclass(frozen=True, slots=True)
class BuiltJar:
    """A jar of a few hundred bytes."""

    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """The digest of its content."""
        return hashlib.sha256(self.content).hexdigest()


def jar_to_build(source: Source | None, entry_class: str | None) -> BuiltJar | None:
    """The jar that stands for this source, None being a job without jarURI; None when it has to be fetched.

    Raises InvalidSpec when no class is named: Flink looks for it in the manifest of what was uploaded only.
    """
    if source is not None and not isinstance(source, InImage):
        return None
    if not entry_class:
        raise InvalidSpec(
            "spec.job.entryClass: must name the class to run, since the manifest of a jar in the session cluster's image is not read; "
            "set it, or give a jarURI that can be fetched"
        )
    return build_empty_jar() if source is None else build_reference_jar(source.path)


def build_empty_jar() -> BuiltJar:
    """For jobs without jarURI: their class is on the cluster's class path."""
    return _build(())


def build_reference_jar(path: str) -> BuiltJar:
    """For `local://`: refers to the jar with this absolute path in the image."""
    return _build((f"Class-Path: file:{quote(path)}",))


def _build(lines: tuple[str, ...]) -> BuiltJar:
    text = "".join(_wrapped(line) for line in ("Manifest-Version: 1.0", *lines)) + "\r\n"
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_MANIFEST, _ALWAYS), text)
    return BuiltJar(buffer.getvalue())


def _wrapped(line: str) -> str:
    """A line is continued by a blank at the begin of the next."""
    first, rest = line[:_LONGEST_LINE], line[_LONGEST_LINE:]
    width = _LONGEST_LINE - 1
    return "".join(f"{part}\r\n" for part in (first, *(f" {rest[i : i + width]}" for i in range(0, len(rest), width))))
