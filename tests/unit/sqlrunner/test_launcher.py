"""The launcher of jars that are in a session cluster's image, in the jar that the operator makes around it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.cluster import programs
from tests.cluster.process import run

from flinkop.artifact.builtjar import build_launching_jar
from flinkop.artifact.program import read_programs


@pytest.fixture(scope="module")
def jars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two jars with the same program: the manifest of one names it."""
    directory = tmp_path_factory.mktemp("jars")
    run("javac", "--release", "11", "-d", directory / "classes", Path(__file__).with_name("Program.java"))
    for name, manifest in (("named", ["--main-class", "Program"]), ("unnamed", [])):
        run("jar", "--create", "--file", directory / f"{name} ä.jar", *manifest, "-C", directory / "classes", ".")
    return directory


def launch(path: Path, entry_class: str | None, *arguments: str) -> tuple[str, str]:
    """What is printed and what is complained of."""
    found = read_programs(programs.build())
    assert found is not None
    launching = path.with_suffix(f".{entry_class}.launching")
    launching.write_bytes(build_launching_jar(str(path), entry_class, found).content)
    command = ["java", "-XX:TieredStopAtLevel=1", "-Dsun.jnu.encoding=UTF-8", "-Dfile.encoding=UTF-8", "-jar", str(launching), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return result.stdout, result.stderr


@pytest.mark.parametrize(("jar", "entry_class"), [("named", None), ("unnamed", "Program")])
def test_the_class_of_the_manifest_runs_or_the_one_that_is_named(jars: Path, jar: str, entry_class: str | None) -> None:
    assert launch(jars / f"{jar} ä.jar", entry_class, "a", "b c") == ("ran with a,b c\n", "")


def test_what_the_program_throws_is_thrown(jars: Path) -> None:
    assert "java.lang.IllegalArgumentException: of its own\n\tat Program.main" in launch(jars / "named ä.jar", None, "fail")[1]


@pytest.mark.parametrize(
    ("jar", "entry_class", "complaint"),
    [
        ("missing", None, "missing ä.jar is not in the JobManager's image, nor on its volumes; put it there, or correct spec.job.jarURI"),
        ("unnamed", None, "unnamed ä.jar names no main class; set spec.job.entryClass"),
        ("named", "Other", "the class Other is not in "),
    ],
)
def test_what_keeps_it_from_running_is_told(jars: Path, jar: str, entry_class: str | None, complaint: str) -> None:
    assert complaint in launch(jars / f"{jar} ä.jar", entry_class, "a")[1]
