"""The picture of the phases in docs/architecture.md is the table of transitions."""

from pathlib import Path

from tests.generate import phases

ARCHITECTURE = Path(__file__).parents[3] / "docs" / "architecture.md"


def test_the_picture_of_the_phases_shows_exactly_the_allowed_changes() -> None:
    assert f"<!-- phases -->\n{phases()}\n<!-- /phases -->" in ARCHITECTURE.read_text(), "write it anew with `make generate`"
