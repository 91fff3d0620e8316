"""The command line of `explain`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from flinkop.cli import UNUSABLE, WRONG, main

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'KIND/NAME'"),
        (["job"], "write KIND/NAME, for example flinkdep/my-job"),
        (["pod/job"], "pod: is not a kind of the operator; write one of flinkdeployment"),
        (["flinkdep/job", "-o", "xml"], "'xml' is not one of 'text', 'json'"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *arguments]) == UNUSABLE
    assert message in capsys.readouterr().err


def test_without_a_cluster_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "flinkdep/job", "--kubeconfig", str(tmp_path / "none")]) == WRONG
    assert capsys.readouterr().err.startswith("FlinkDeployment/job: ")


def test_its_help_tells_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--help"]) == 0
    assert "Exit status: 0" in capsys.readouterr().out


def test_kubectl_finds_it_as_a_plugin() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts["kubectl-flink"] == scripts["flinkop"] == "flinkop.cli:main"
