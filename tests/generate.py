"""Writes the documents that are made from tables in the code; tests compare them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.compatibility import render_compatibility

from flinkop.flinkconf.reference import render_reference
from flinkop.lifecycle.phase import TRANSITIONS, Phase

_DOCS = Path(__file__).parents[1] / "docs"


def phases() -> str:
    """The picture of the phases in docs/architecture.md."""
    arrows = [f"{before} --> {after}" for before in Phase for after in Phase if after in TRANSITIONS[before]]
    lines = ["stateDiagram-v2", "[*] --> Created", *arrows, "Deleting --> [*]"]
    return "\n".join(("```mermaid", lines[0], *(f"  {line}" for line in lines[1:]), "```"))


def main() -> None:
    """Writes all of them."""
    (_DOCS / "configuration.md").write_text(render_reference(), encoding="utf-8")
    (_DOCS / "compatibility.md").write_text(render_compatibility(), encoding="utf-8")
    architecture = _DOCS / "architecture.md"
    old = architecture.read_text(encoding="utf-8")
    new = re.sub(r"(<!-- phases -->\n).*?(\n<!-- /phases -->)", lambda found: found[1] + phases() + found[2], old, flags=re.DOTALL)
    architecture.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
