"""The operator's programs for Flink, built from source as its image builds them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.cluster import place
from tests.cluster.process import locked, run

SOURCES = place.REPOSITORY / "src" / "flinkop" / "sqlrunner"


def build() -> Path:
    """The jar, made once per content of the sources."""
    files = sorted(path for path in SOURCES.rglob("*") if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    jar = place.cache() / "programs" / f"{digest}.jar"
    with locked(jar.with_suffix(".lock")):
        if not jar.exists():
            partial = jar.with_suffix(".partial")
            run(SOURCES / "build.sh", partial)
            partial.rename(jar)
    return jar


def build_with(test: Path) -> str:
    """A class path with the jar and a test's own Java file, which may be of the same package."""
    jar = build()
    classes = jar.with_name(f"{jar.stem}-{hashlib.sha256(test.read_bytes()).hexdigest()[:16]}")
    with locked(classes.with_suffix(".lock")):
        if not classes.exists():
            partial = classes.with_suffix(".partial")
            run("javac", "--release", "11", "-cp", jar, "-d", partial, test)
            partial.rename(classes)
    return f"{jar}:{classes}"
