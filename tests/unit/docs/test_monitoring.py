"""docs/monitoring.md speaks of what exists, and of all of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY
from tests.cluster import prerequisites
from tests.unit.explain.sample import WELL, a_resource, a_snapshot
from tests.unit.lifecycle.snapshotbuilder import completed_at

from flinkop import metrics
from flinkop.flinkconf import operatoroptions
from flinkop.monitoring.reading import read
from flinkop.monitoring.resourcelines import FAMILIES, lines_of

DOCS = Path(__file__).parents[3] / "docs"
TEXT = (DOCS / "monitoring.md").read_text()
NUMBERS = {7: "seven", 12: "twelve", 15: "fifteen"}
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


def test_the_example_of_a_scrape_configuration_is_one(tmp_path: Path) -> None:
    (text,) = [block for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if "scrape_configs" in block]
    configuration = yaml.safe_load(text)
    for job in configuration["scrape_configs"]:
        assert job.pop("kubernetes_sd_configs")  # Debian's promtool is built without it
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    command = [prerequisites.ensure_command("promtool"), "check", "config", "--syntax-only", str(tmp_path / "prometheus.yaml")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_number_of_series_is_told_as_it_is() -> None:
    job, snapshot = (
        "".join(lines_of(read(found["kind"], found))).count("\n") for found in (a_resource(WELL), a_snapshot(completed_at("s3://x")))
    )
    conditions = 4  # in the one family that has more than one series of a resource
    words = f"{NUMBERS[job]} to {NUMBERS[len(FAMILIES) - 1 + conditions]} each, a FlinkStateSnapshot {NUMBERS[snapshot]}"

    assert words in " ".join(TEXT.split())
    assert words in (DOCS / "runbooks" / "FlinkResourcesWithoutSeries.md").read_text()
