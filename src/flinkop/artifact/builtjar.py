"""Jars that are not fetched: an empty one, the runner of SQL, and one that launches a jar of the session cluster's image. Pure.

Flink's REST API runs nothing but jars that were uploaded. One that is empty runs classes of /opt/flink/lib. One whose manifest has
a `Class-Path` runs those of the jar that it names, on JobManager and TaskManagers, in the user code's own class loader:
tried with Flink 1.16 to 2.3. (`pipeline.classpaths` in the request does the same from 1.20 on only, and `pipeline.jars` never does.)
The launcher in it finds the main class in the manifest of that jar, and tells when the jar is not there.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import quote

from flinkop.artifact.program import LAUNCHER, LAUNCHER_FILE, Programs
from flinkop.artifact.source import InImage, Source
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.jar import SQL_RUNNER_PATH

_MANIFEST = "META-INF/MANIFEST.MF"
_LAUNCH_FILE = "flinkop/launch.txt"
_LONGEST_LINE = 70  # with its line break 72 bytes, the most that a manifest may have
_ALWAYS = (1980, 1, 1, 0, 0, 0)  # the same jar has the same digest


@dataclass(frozen=True, slots=True)
class BuiltJar:
    """A jar of a few thousand bytes."""

    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """The digest of its content."""
        return hashlib.sha256(self.content).hexdigest()


def jar_to_build(source: Source | None, entry_class: str | None, programs: Programs | None) -> BuiltJar | None:
    """The jar that stands for this source, None being a job without jarURI; None when it has to be fetched.

    Raises InvalidSpec when Flink would not find a class to run, or `programs`, the operator's own, are needed and not there.
    """
    match source:
        case InImage(path) if path == SQL_RUNNER_PATH:
            return _runner(programs)
        case InImage(path) if programs is not None:
            return build_launching_jar(path, entry_class, programs)
        case InImage() | None if not entry_class:
            raise InvalidSpec(
                "spec.job.entryClass: must name the class to run: "
                + ("there is no jarURI; set one of the two" if source is None else "this operator was not built with its launcher")
            )
        case InImage(path):
            return build_reference_jar(path)
        case None:
            return build_empty_jar()
        case _:
            return None


def class_to_run(source: Source | None, entry_class: str | None, programs: Programs | None) -> str | None:
    """`entryClass` of the request that runs the jar. A launching jar knows it already."""
    is_launched = isinstance(source, InImage) and source.path != SQL_RUNNER_PATH and programs is not None
    return None if is_launched else entry_class


def build_empty_jar() -> BuiltJar:
    """For jobs without jarURI: their class is on the cluster's class path."""
    return _build((), {})


def build_reference_jar(path: str) -> BuiltJar:
    """For `local://`: refers to the jar with this absolute path in the image."""
    return _build((_class_path(path),), {})


def build_launching_jar(path: str, entry_class: str | None, programs: Programs) -> BuiltJar:
    """For `local://`: runs `entry_class`, or the main class, of the jar with this absolute path in the image."""
    launch = "\n".join((path, entry_class) if entry_class else (path,))
    return _build((f"Main-Class: {LAUNCHER}", _class_path(path)), {LAUNCHER_FILE: programs.launcher, _LAUNCH_FILE: launch.encode()})


def _runner(programs: Programs | None) -> BuiltJar:
    if programs is None:
        raise InvalidSpec("spec.job.sql: cannot be run, since this operator was not built with its SQL runner; use the operator's image")
    return BuiltJar(programs.runner)


def _class_path(path: str) -> str:
    return f"Class-Path: file:{quote(path)}"


def _build(lines: Iterable[str], files: Mapping[str, bytes]) -> BuiltJar:
    text = "".join(_wrapped(line) for line in ("Manifest-Version: 1.0", *lines)) + "\r\n"
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {_MANIFEST: text.encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _ALWAYS), content)
    return BuiltJar(buffer.getvalue())


def _wrapped(line: str) -> str:
    """A line is continued by a blank at the begin of the next."""
    first, rest = line[:_LONGEST_LINE], line[_LONGEST_LINE:]
    width = _LONGEST_LINE - 1
    return "".join(f"{part}\r\n" for part in (first, *(f" {rest[i : i + width]}" for i in range(0, len(rest), width))))
