"""Renders the chart with the real Helm, for tests that look at the objects."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from tests.cluster import binaries

CHART = Path(__file__).parents[3] / "charts" / "flinkop"
RELEASE, NAMESPACE = "flinkop", "ops"

Object = Mapping[str, Any]


class ChartError(Exception):
    """Helm refused the values."""


@dataclass(frozen=True)
class Rendered:
    """The objects that a release would have."""

    objects: tuple[Object, ...]

    def all(self, kind: str) -> list[Object]:
        """The objects of a kind."""
        return [found for found in self.objects if found["kind"] == kind]

    def one(self, kind: str, name: str | None = None) -> Object:
        """The only object of a kind, or of a kind and name."""
        (found,) = [found for found in self.all(kind) if name is None or found["metadata"]["name"] == name]
        return found

    @property
    def pod(self) -> Any:
        """The operator's pod."""
        return self.one("Deployment")["spec"]["template"]

    @property
    def container(self) -> Any:
        """The operator's container."""
        return next(container for container in self.pod["spec"]["containers"] if container["name"] == "flinkop")


def render(values: Mapping[str, Any] | None = None, release: str = RELEASE, chart: Path = CHART) -> Rendered:
    """`helm template` with `values`. Raises ChartError."""
    text = _helm("template", release, str(chart), "--namespace", NAMESPACE, "--kube-version", "1.34.0", values=json.dumps(values or {}))
    return Rendered(tuple(found for found in yaml.safe_load_all(text) if found))


def notes(directory: Path, values: Mapping[str, Any] | None = None) -> str:
    """What Helm prints after an installation. `helm template` leaves it out, so a copy in `directory` has it as an object."""
    chart = Path(shutil.copytree(CHART, directory / "flinkop"))
    (chart / "templates" / "NOTES.txt").rename(chart / "notes")
    wrapper = 'kind: Notes\nmetadata: {name: notes}\ntext: |\n  {{- tpl (.Files.Get "notes") . | nindent 2 }}\n'
    (chart / "templates" / "notes.yaml").write_text(wrapper)
    text: str = render(values, chart=chart).one("Notes")["text"]
    return text


def lint(values: Mapping[str, Any] | None = None) -> str:
    """`helm lint`, strictly."""
    return _helm("lint", str(CHART), "--strict", "--kube-version", "1.34.0", values=json.dumps(values or {}))


@lru_cache
def _helm(*arguments: str, values: str) -> str:
    command = [_program(), *arguments, "--values", "-"]
    result = subprocess.run(command, input=values, capture_output=True, text=True, timeout=60, check=False)
    if result.returncode:
        raise ChartError(result.stderr + result.stdout)
    return result.stdout


@lru_cache
def _program() -> str:
    return shutil.which("helm") or str(binaries.ensure().helm)
