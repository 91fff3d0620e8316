"""Flink's StateMachineExample where the official image has it: made of the artifacts that the Flink project publishes for Maven."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from tests.cluster import place
from tests.cluster.process import locked, run, step

JAR = "opt/flink/examples/streaming/StateMachineExample.jar"
# 1.20.5 was published without its examples; the source of the events is not in Flink's distribution
_ARTIFACTS = ("flink-examples-streaming:1.20.0", "flink-connector-datagen:1.20.5")


def build() -> Path:
    """A layer with the example for Flink 1.20, made once."""
    layer = place.cache() / "jobs" / "state-machine-1.20"
    with locked(layer.with_suffix(".lock")):
        if not layer.exists():
            with step("fetching Flink's example job"):
                _make(layer)
    return layer


def _make(layer: Path) -> None:
    with tempfile.TemporaryDirectory(dir=layer.parent) as scratch:
        for artifact in _ARTIFACTS:
            run("mvn", "-q", "-B", "dependency:copy", f"-Dartifact=org.apache.flink:{artifact}", f"-DoutputDirectory={scratch}")
        jar = Path(scratch) / "layer" / JAR
        jar.parent.mkdir(parents=True)
        _merge(sorted(Path(scratch).glob("*.jar")), jar)
        for made in (jar.parent.parent, jar.parent, jar):
            shutil.chown(made, 9999, 9999)
        (Path(scratch) / "layer").rename(layer)


def _merge(jars: list[Path], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as merged:
        for jar in jars:
            with zipfile.ZipFile(jar) as content:
                for name in content.namelist():
                    if name.endswith(".class"):
                        merged.writestr(name, content.read(name))
