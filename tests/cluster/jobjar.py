"""The test job, compiled against the Flink of an image and packed as a layer of it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from tests.cluster import flinkimage, place
from tests.cluster.process import locked, run, step

SOURCES = Path(__file__).parents[1] / "e2e" / "jobs"
MAIN_CLASS = "CountingJob"


def build(version: str, sources: Path = SOURCES) -> Path:
    """A layer with `/opt/flink/usrlib/<directory>.jar`, made once per content of the Java files."""
    files = sorted(sources.glob("*.java"))
    digest = hashlib.sha256(b"".join([version.encode(), MAIN_CLASS.encode(), *(path.read_bytes() for path in files)])).hexdigest()[:16]
    layer = place.cache() / "jobs" / digest
    with locked(layer.with_suffix(".lock")):
        if not layer.exists():
            with step(f"compiling the test job for Flink {version}"):
                _compile(version, files, layer)
    return layer


def _compile(version: str, files: list[Path], layer: Path) -> None:
    scratch = layer.with_suffix(".building")
    shutil.rmtree(scratch, ignore_errors=True)
    classes, jars = scratch / "classes", scratch / "layer" / "opt/flink/usrlib"
    classes.mkdir(parents=True)
    jars.mkdir(parents=True)
    flink = next((flinkimage.distribution(version) / "opt/flink/lib").glob("flink-dist-*.jar"))
    run("javac", "--release", "11", "-nowarn", "-cp", flink, "-d", classes, *files)
    run("jar", "--create", "--file", jars / "test-job.jar", "--main-class", MAIN_CLASS, "-C", classes, ".")
    run("chown", "-R", "9999:9999", scratch / "layer" / "opt/flink/usrlib")
    (scratch / "layer").rename(layer)
    shutil.rmtree(scratch)
