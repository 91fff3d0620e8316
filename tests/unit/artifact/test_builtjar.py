"""The jars that are made here."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from flinkop.artifact.builtjar import BuiltJar, build_empty_jar, build_reference_jar, jar_to_build
from flinkop.artifact.source import Http, InImage
from flinkop.errors import InvalidSpec


def manifest_of(jar: BuiltJar) -> str:
    with zipfile.ZipFile(BytesIO(jar.content)) as archive:
        (name,) = archive.namelist()
        assert name == "META-INF/MANIFEST.MF"
        return archive.read(name).decode()


def test_the_same_jar_has_the_same_digest() -> None:
    assert build_empty_jar().sha256 == build_empty_jar().sha256
    assert build_reference_jar("/a.jar").sha256 != build_reference_jar("/b.jar").sha256


def test_an_empty_jar_has_a_manifest() -> None:
    assert manifest_of(build_empty_jar()) == "Manifest-Version: 1.0\r\n\r\n"


@pytest.mark.parametrize("path", ["/opt/flink/usrlib/a.jar", "/opt/a b.jar", "/opt/" + "long/" * 50 + "ä.jar"])
def test_a_reference_names_the_jar_of_the_image(path: str) -> None:
    text = manifest_of(build_reference_jar(path))
    assert all(len(line) <= 72 for line in text.encode().splitlines(keepends=True))
    (line,) = [line for line in text.replace("\r\n ", "").split("\r\n") if line.startswith("Class-Path")]
    assert " " not in line.removeprefix("Class-Path: "), "blanks separate entries"
    assert line.startswith("Class-Path: file:/opt/")


def test_what_has_to_be_fetched_is_not_built() -> None:
    assert jar_to_build(Http("https://repo/a.jar"), None) is None


def test_a_job_without_a_jar_and_one_of_the_image_get_one() -> None:
    assert jar_to_build(None, "A") == build_empty_jar()
    assert jar_to_build(InImage("/a.jar"), "A") == build_reference_jar("/a.jar")


@pytest.mark.parametrize("source", [None, InImage("/a.jar")])
def test_they_need_the_name_of_a_class(source: InImage | None) -> None:
    with pytest.raises(InvalidSpec, match=r"spec\.job\.entryClass: must name the class to run"):
        jar_to_build(source, None)
