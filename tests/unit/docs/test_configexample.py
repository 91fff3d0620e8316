"""The example of `flinkop config` in docs/operations.md is what the command answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flinkop.cli import main

TEXT = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")


def example(name: str) -> str:
    (block,) = re.findall(rf"<!-- example: {re.escape(name)} -->\n```[a-z]*\n(.*?)```", TEXT, re.DOTALL)
    return str(block)


def test_the_documented_answer_is_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("FLINK_CONF_DIR", "CONF_OVERRIDE_DIR", "WATCH_NAMESPACES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    for name in ("config.yaml", "job.yaml"):
        (tmp_path / name).write_text(example(name))
    command, _, documented = example("output").partition("\n")
    assert command == "$ flinkop config --config-dir . job.yaml | grep -v ^env.java"

    assert main(["config", "--config-dir", ".", "job.yaml"]) == 0

    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if not line.startswith("env.java")] == documented.splitlines()
