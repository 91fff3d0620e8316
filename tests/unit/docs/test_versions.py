"""docs/versions.md is made from what `make e2e-versions` found, and a failure in there is called one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.versions import DATA, DOCUMENT, RELEASES, STEPS, Life, keep, read_rows, render_versions

from flinkop.api.flinkversion import SUPPORTED_VERSIONS


def a_life(release: str, java: str = "17", seconds: str = "1 s") -> Life:
    return Life(release, java=java, steps=dict.fromkeys(STEPS, seconds))


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render_versions(read_rows()), "write it anew with `make generate`"


def test_every_minor_version_that_is_supported_was_tried() -> None:
    supported = [version.dotted for version in SUPPORTED_VERSIONS]
    assert [Life(release).minor for release in RELEASES] == supported
    assert [row["flink"] for row in read_rows(DATA)] == list(RELEASES)


def test_a_step_has_its_time_or_the_first_line_of_its_failure() -> None:
    life = Life("1.20.5", clock=iter([10.0, 14.4, 20.0]).__next__)
    with life.step("deploy"):
        pass
    with pytest.raises(ValueError), life.step("count"):
        raise ValueError("not a | number\nand more")
    assert life.steps == {"deploy": "4 s", "count": "failed: not a / number"}


def test_a_run_takes_the_place_of_the_older_one_of_the_same_minor_version(tmp_path: Path) -> None:
    data, document = tmp_path / "versions.tsv", tmp_path / "versions.md"
    for life in (a_life("2.2.0"), a_life("1.20.5"), a_life("2.2.1", seconds="failed: no")):
        keep(life, data, document)
    assert [(row["flink"], row["deploy"]) for row in read_rows(data)] == [("1.20.5", "1 s"), ("2.2.1", "failed: no")]
    assert "| 2.2.1 | 17 | failed: no |" in document.read_text()


def test_a_step_that_was_not_come_to_is_not_called_good(tmp_path: Path) -> None:
    keep(Life("1.16.3", steps={"deploy": "failed: no"}), tmp_path / "versions.tsv", tmp_path / "versions.md")
    (row,) = read_rows(tmp_path / "versions.tsv")
    assert {row[name] for name in STEPS if name != "deploy"} == {"not reached"}
