"""The alerts of the chart, tried with promtool: each fires and ends in its case, is silent in the nearest one, and leads to a page."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from tests.cluster import prerequisites
from tests.unit.chart.render import render

from flinkop import metrics

ROOT = Path(__file__).parents[3]
CASES = yaml.safe_load((Path(__file__).parent / "alerts.yaml").read_text())["tests"]
GROUPS = yaml.safe_load((ROOT / "charts" / "flinkop" / "alerts.yaml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = sorted({rule["alert"] for rule in RULES})
RUNBOOKS = ROOT / "docs" / "runbooks"


def run_promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [prerequisites.ensure_command("promtool"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def rendered() -> Any:
    return render({"metrics": {"rules": {"create": True, "runbookUrl": "https://example.org/runbooks/", "labels": {"release": "p"}}}})


def test_every_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": without_words()}))
    (tmp_path / "tests.yaml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yaml"], "tests": [{"interval": "1m", **case} for case in CASES]})
    )
    result = run_promtool("test", "rules", str(tmp_path / "tests.yaml"))

    assert result.returncode == 0, result.stdout + result.stderr


def without_words() -> list[dict[str, Any]]:
    """promtool would have every sentence repeated in every case; that they can be filled in is what `promtool check` tells."""
    return [{**group, "rules": [{**rule, "annotations": {}} for rule in group["rules"]]} for group in GROUPS]


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_case_in_which_it_is_silent_then_fires_and_then_ends(alert: str) -> None:
    assert any(re.search("silent.*fires.*silent", " ".join(life_of(alert, case))) for case in CASES)


def life_of(alert: str, case: dict[str, Any]) -> list[str]:
    """What a case expects of the alert, in the order of time."""
    tests = sorted(
        (int(test["eval_time"].removesuffix("m")), bool(test["exp_alerts"]))
        for test in case["alert_rule_test"]
        if test["alertname"] == alert
    )
    return ["fires" if is_firing else "silent" for _, is_firing in tests]


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_page_that_tells_what_it_means_and_what_to_do(alert: str) -> None:
    text = (RUNBOOKS / f"{alert}.md").read_text()

    assert text.startswith(f"# {alert}\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## What it means", "## What to look at", "## What to do"]


@pytest.mark.parametrize("alert", ALERTS)
def test_every_command_of_a_page_says_where(alert: str) -> None:
    """An alert is about any namespace, and who reads its page is in another one."""
    commands = re.findall(r"`((?:kubectl|flinkop) [^`]+)`", (RUNBOOKS / f"{alert}.md").read_text())

    assert [command for command in commands if not re.search(r" (-n|-A)\b", command)] == []


def test_no_page_is_left_over() -> None:
    assert sorted(page.stem for page in RUNBOOKS.glob("*.md")) == ALERTS


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_metric_of_ours_in_an_alert_exists(rule: dict[str, Any]) -> None:
    known = {sample.name for family in REGISTRY.collect() for sample in family.samples}
    known |= {family.name for family in REGISTRY.collect()} | {f"{family.name}_total" for family in REGISTRY.collect()}
    known |= {family.name for family in metrics.FAMILIES}
    ours = re.findall(r"\b((?:flinkop|workqueue|controller_runtime|rest_client|leader_election)_[a-z_]+)", rule["expr"])

    assert set(ours) <= known


def test_the_chart_makes_a_rule_object_that_prometheus_accepts(tmp_path: Path) -> None:
    found = rendered().one("PrometheusRule")
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(found["spec"]))
    result = run_promtool("check", "rules", str(tmp_path / "rules.yaml"))

    assert result.returncode == 0, result.stdout + result.stderr
    assert found["metadata"]["labels"]["release"] == "p"
    assert {rule["annotations"]["runbook_url"] for group in found["spec"]["groups"] for rule in group["rules"]} == {
        f"https://example.org/runbooks/{alert}.md" for alert in ALERTS
    }


def test_without_the_value_there_are_no_monitoring_objects() -> None:
    assert not [found for found in render().objects if "monitoring.coreos.com" in found["apiVersion"]]
    assert not [found for found in render().all("ConfigMap") if "dashboard" in found["metadata"]["name"]]
