"""docs/operations.md speaks of what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.generate import changes
from tests.unit.chart.render import render

from flinkop.flinkconf import operatoroptions

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "operations.md").read_text()


def test_the_table_of_changes_is_the_table_of_rules() -> None:
    assert f"<!-- changes -->\n{changes()}\n<!-- /changes -->" in TEXT, "write it anew with `make generate`"


def test_every_option_exists() -> None:
    known = {option.key for option in operatoroptions.ALL}
    named = {f"kubernetes.operator.{name}" for name in re.findall(r"kubernetes\.operator\.([a-z][a-z.-]+[a-z])", TEXT)}

    assert {key for key in named if ".default-configuration." not in key} <= known


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / "docs" / link).is_file()


def test_the_objects_are_named_as_the_chart_names_them() -> None:
    rendered = render()

    for kind, name in (("Deployment", "flinkop"), ("Service", "flinkop-metrics"), ("ConfigMap", "flink-operator-config")):
        assert rendered.one(kind)["metadata"]["name"] == name
        assert name in TEXT
