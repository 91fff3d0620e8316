"""The picture of the phases in docs/architecture.md is the table of transitions."""

from pathlib import Path

from flinkop.lifecycle.phase import TRANSITIONS, Phase

ARCHITECTURE = Path(__file__).parents[3] / "docs" / "architecture.md"


def picture() -> list[str]:
    text = ARCHITECTURE.read_text()
    block = text.split("<!-- phases -->")[1].split("<!-- /phases -->")[0]
    return [line.strip() for line in block.splitlines() if "-->" in line]


def test_the_picture_of_the_phases_shows_exactly_the_allowed_changes() -> None:
    arrows = [f"{before} --> {after}" for before in Phase for after in Phase if after in TRANSITIONS[before]]
    assert picture() == ["[*] --> Created", *arrows, "Deleting --> [*]"]
