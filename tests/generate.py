"""Writes the documents and the table that are made from tables in the code; tests compare them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.advice import ADVICE, render_advice
from tests.compatibility import render_compatibility
from tests.dashboards.build import write_all
from tests.podschema import TABLE, render_pod_schema
from tests.versions import DOCUMENT, read_rows, render_versions

from flinkop.flinkconf.reference import render_reference
from flinkop.lifecycle.phase import TRANSITIONS, Phase
from flinkop.lifecycle.specdiff import RULES, Effect, Rule

_DOCS = Path(__file__).parents[1] / "docs"


def phases() -> str:
    """The picture of the phases in docs/architecture.md."""
    arrows = [f"{before} --> {after}" for before in Phase for after in Phase if after in TRANSITIONS[before]]
    lines = ["stateDiagram-v2", "[*] --> Created", *arrows, "Deleting --> [*]"]
    return "\n".join(("```mermaid", lines[0], *(f"  {line}" for line in lines[1:]), "```"))


def changes() -> str:
    """The table of what a change of the spec means in docs/operations.md."""
    lines = [
        "| Changed path | native | standalone |",
        "|---|---|---|",
        *(f"| {_path(rule)} | {_WORDS[rule.effect]} | {_WORDS[rule.standalone or rule.effect]} |" for rule in RULES),
    ]
    return "\n".join(lines)


_WORDS = {
    Effect.IGNORE: "nothing is restarted",
    Effect.SCALE: "scaled in place where possible",
    Effect.UPGRADE: "restarted, with its state",
    Effect.SAVEPOINT_REDEPLOY: "restarted from `initialSavepointPath`",
}


def _path(rule: Rule) -> str:
    if rule.path == "*":
        return "anything else"
    return f"`spec.{rule.path}`" + (", when it is not removed" if rule.null_ignored else "")


def _fill(name: str, file: str, text: str) -> None:
    """Puts the text between two marks of a document."""
    document = _DOCS / file
    old = document.read_text(encoding="utf-8")
    new = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda found: f"{found[1]}{text}\n{found[2]}", old, flags=re.DOTALL)
    document.write_text(new, encoding="utf-8")


def main() -> None:
    """Writes all of them."""
    write_all()
    (_DOCS / "configuration.md").write_text(render_reference(), encoding="utf-8")
    (_DOCS / "compatibility.md").write_text(render_compatibility(), encoding="utf-8")
    ADVICE.write_text(render_advice(), encoding="utf-8")
    DOCUMENT.write_text(render_versions(read_rows()), encoding="utf-8")
    TABLE.write_text(render_pod_schema(), encoding="utf-8")
    _fill("phases", "architecture.md", phases())
    _fill("changes", "operations.md", changes())


if __name__ == "__main__":
    main()
