"""The documentation of the options."""

from __future__ import annotations

from pathlib import Path

from flinkop.flinkconf.establishedoptions import NOT_APPLICABLE
from flinkop.flinkconf.operatoroptions import ALL
from flinkop.flinkconf.reference import render_reference

DOCUMENT = Path(__file__).parents[3] / "docs/configuration.md"


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render_reference(), "write it anew with `make generate`"


def test_every_option_has_one_row() -> None:
    rows = [line for line in render_reference().splitlines() if line.startswith("| `")]
    assert sorted(row.split("`")[1] for row in rows) == sorted(option.key for option in ALL)


def test_every_option_that_is_not_applicable_is_named_once_with_its_reason() -> None:
    lines = [line for line in render_reference().splitlines() if line.startswith("- `")]
    named = {name.removesuffix("*"): line.partition(": ")[2] for line in lines for name in line.partition(": ")[0].split("`")[1::2]}
    assert {name: f"{reason}." for name, reason in NOT_APPLICABLE.items()}.items() <= named.items()
