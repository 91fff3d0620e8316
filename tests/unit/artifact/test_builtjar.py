"""The jars that are made here."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from flinkop.artifact.builtjar import BuiltJar, build_empty_jar, build_launching_jar, build_reference_jar, class_to_run, jar_to_build
from flinkop.artifact.program import LAUNCHER, LAUNCHER_FILE, Programs, read_programs
from flinkop.artifact.source import Http, InImage, Source
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.jar import SQL_RUNNER_CLASS, SQL_RUNNER_PATH

PROGRAMS = Programs(runner=b"PK runner", launcher=b"launcher")
MANIFEST = "META-INF/MANIFEST.MF"
WEB, JAR, RUNNER = Http("https://repo/a.jar"), InImage("/a.jar"), InImage(SQL_RUNNER_PATH)


def files_of(jar: BuiltJar) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(jar.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(jar: BuiltJar) -> str:
    return files_of(jar)[MANIFEST].decode()


def test_the_same_jar_has_the_same_digest() -> None:
    assert build_empty_jar().sha256 == build_empty_jar().sha256
    assert build_reference_jar("/a.jar").sha256 != build_reference_jar("/b.jar").sha256
    assert build_launching_jar("/a.jar", None, PROGRAMS).sha256 == build_launching_jar("/a.jar", None, PROGRAMS).sha256
    assert build_launching_jar("/a.jar", None, PROGRAMS).sha256 != build_launching_jar("/a.jar", "A", PROGRAMS).sha256


def test_an_empty_jar_has_a_manifest() -> None:
    assert manifest_of(build_empty_jar()) == "Manifest-Version: 1.0\r\n\r\n"


@pytest.mark.parametrize("path", ["/opt/flink/usrlib/a.jar", "/opt/a b.jar", "/opt/" + "long/" * 50 + "ä.jar"])
@pytest.mark.parametrize("programs", [None, PROGRAMS], ids=["from sources", "from the image"])
def test_a_jar_for_one_of_the_image_has_that_on_its_class_path(path: str, programs: Programs | None) -> None:
    jar = jar_to_build(InImage(path), "A", programs)
    assert jar is not None
    text = manifest_of(jar)
    assert all(len(line) <= 72 for line in text.encode().splitlines(keepends=True))
    (line,) = [line for line in text.replace("\r\n ", "").split("\r\n") if line.startswith("Class-Path")]
    assert " " not in line.removeprefix("Class-Path: "), "blanks separate entries"
    assert line.startswith("Class-Path: file:/opt/")


@pytest.mark.parametrize(("entry_class", "told"), [(None, b"/a ~.jar"), ("A", b"/a ~.jar\nA")])
def test_the_launcher_is_told_the_jar_and_the_class_if_there_is_one(entry_class: str | None, told: bytes) -> None:
    jar = build_launching_jar("/a ~.jar", entry_class, PROGRAMS)
    assert files_of(jar) | {MANIFEST: b""} == {MANIFEST: b"", LAUNCHER_FILE: b"launcher", "flinkop/launch.txt": told}
    assert f"\r\nMain-Class: {LAUNCHER}\r\n" in manifest_of(jar)


@pytest.mark.parametrize(
    ("source", "entry_class", "programs", "jar"),
    [
        (WEB, None, PROGRAMS, None),
        (WEB, "A", None, None),
        (None, "A", PROGRAMS, build_empty_jar()),
        (None, "A", None, build_empty_jar()),
        (JAR, None, PROGRAMS, build_launching_jar("/a.jar", None, PROGRAMS)),
        (JAR, "A", PROGRAMS, build_launching_jar("/a.jar", "A", PROGRAMS)),
        (JAR, "A", None, build_reference_jar("/a.jar")),
        (RUNNER, SQL_RUNNER_CLASS, PROGRAMS, BuiltJar(b"PK runner")),
    ],
)
def test_which_jar_stands_for_a_source(
    source: Source | None, entry_class: str | None, programs: Programs | None, jar: BuiltJar | None
) -> None:
    assert jar_to_build(source, entry_class, programs) == jar


@pytest.mark.parametrize(
    ("source", "programs", "complaint"),
    [
        (None, PROGRAMS, r"spec\.job\.entryClass: must name the class to run: there is no jarURI"),
        (JAR, None, r"spec\.job\.entryClass: must name the class to run: .*launcher"),
        (RUNNER, None, r"spec\.job\.sql: .* use the operator's image"),
    ],
)
def test_what_cannot_be_run_is_told(source: Source | None, programs: Programs | None, complaint: str) -> None:
    with pytest.raises(InvalidSpec, match=complaint):
        jar_to_build(source, None, programs)


@pytest.mark.parametrize(
    ("source", "programs", "found"),
    [
        (WEB, PROGRAMS, "A"),
        (None, PROGRAMS, "A"),
        (RUNNER, PROGRAMS, "A"),
        (JAR, None, "A"),
        (JAR, PROGRAMS, None),  # the launcher is run, and runs it
    ],
)
def test_the_class_that_flink_is_asked_to_run(source: Source | None, programs: Programs | None, found: str | None) -> None:
    assert class_to_run(source, "A", programs) == found


def test_programs_that_were_not_built_are_none(tmp_path: Path) -> None:
    assert read_programs(tmp_path / "sql-runner.jar") is None


def test_the_launcher_is_taken_out_of_the_jar(tmp_path: Path) -> None:
    path = tmp_path / "sql-runner.jar"
    with zipfile.ZipFile(path, "w") as jar:
        jar.writestr(LAUNCHER_FILE, b"launcher")
    assert read_programs(path) == Programs(path.read_bytes(), b"launcher")
