"""docs/logging.md and the example that it speaks of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from flinkop.resources.logconfiguration import JSON

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "logging.md").read_text()
EXAMPLE: dict[str, Any] = yaml.safe_load((ROOT / "manifests" / "examples" / "log-shipping.yaml").read_text())
COLLECTORS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
CONTAINERS = {one["name"]: one for one in EXAMPLE["spec"]["podTemplate"]["spec"]["containers"]}


def log4j() -> dict[str, str]:
    lines = EXAMPLE["spec"]["logConfiguration"]["log4j-console.properties"].splitlines()
    pairs = (line.partition(" = ") for line in lines)
    return {key: value for key, _, value in pairs}


def read_path() -> str:
    """Where the sidecar finds what Flink writes."""
    written = Path(log4j()["appender.file.fileName"])
    mounts = {name: one["volumeMounts"][0] for name, one in CONTAINERS.items()}
    assert mounts["flink-main-container"]["name"] == mounts["log-shipper"]["name"]
    assert written.parent == Path(mounts["flink-main-container"]["mountPath"])
    return f"{mounts['log-shipper']['mountPath']}/{written.name}"


def test_the_examples_line_is_that_of_the_option() -> None:
    assert f"appender.console.layout.pattern = {log4j()['property.json']}\n" in JSON["log4j-console.properties"]
    assert log4j()["appender.file.layout.pattern"] == "${json}"


def test_the_sidecar_reads_what_flink_writes() -> None:
    assert read_path() in CONTAINERS["log-shipper"]["command"][-1]


def test_the_collectors_read_what_flink_writes() -> None:
    vector, fluent_bit = COLLECTORS

    assert vector["sources"]["flink"]["include"] == [read_path()]
    assert [one["path"] for one in fluent_bit["pipeline"]["inputs"]] == [read_path()]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / "docs" / link).exists()
