"""docs/monitoring.md speaks of what exists, and of all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from flinkop import metrics
from flinkop.flinkconf import operatoroptions

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "monitoring.md").read_text()
OURS = ("controller_runtime_", "workqueue_", "rest_client_", "leader_election_", "flinkop_")


def test_every_metric_of_ours_is_explained_and_no_other() -> None:
    instruments = {family.name for family in REGISTRY.collect() if family.name.startswith(OURS)}
    families = {family.name for family in metrics.FAMILIES}
    explained = {name.removesuffix("_total") for name in re.findall(r"`([a-z_]{12,})`", TEXT) if name.startswith(OURS)}

    assert explained == instruments | families


def test_every_option_exists() -> None:
    known = {option.key for option in operatoroptions.ALL}

    assert set(re.findall(r"(kubernetes\.operator\.[a-z][a-z.-]+[a-z])", TEXT)) <= known


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (DOCS / link).exists()


def test_every_alert_is_named_and_no_other() -> None:
    rules = (DOCS.parent / "charts" / "flinkop" / "alerts.yaml").read_text()

    assert set(re.findall(r"\bFlink(?:op)?[A-Z]\w+(?=,| \|)", TEXT)) == set(re.findall(r"alert: (\w+)", rules))
