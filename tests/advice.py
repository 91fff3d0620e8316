"""What `flinkop explain` advises, taken from the tables of docs/troubleshooting.md: one source for people who read and who ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from flinkop.flinkconf import operatoroptions

_ROOT = Path(__file__).parents[1]
ADVICE = _ROOT / "src" / "flinkop" / "explain" / "advice.tsv"
_DOCUMENT = _ROOT / "docs" / "troubleshooting.md"

_PREFIX = "kubernetes.operator."
_SHORT = {option.key.removeprefix(_PREFIX) for option in operatoroptions.ALL}

Cells = list[str]


def render_advice() -> str:
    """advice.tsv: a line for each reason."""
    found = dict(sorted(_all().items()))
    lines = ["reason\tmeans\tafter\tdo", *("\t".join((reason, *cells)) for reason, cells in found.items())]
    return "".join(f"{line}\n" for line in lines)


def _all() -> dict[str, Cells]:
    found: dict[str, Cells] = {}
    for cells in _rows("Waits"):
        for reason in _words(cells[0]):
            found[reason] = [f"waits for {cells[1]}", cells[3], cells[4]]
    for cells in _rows("Reasons"):
        for reason in _words(cells[0]):
            found[reason] = [cells[1], "", ""]
    for cells in _rows("What to do when"):
        for reason in _words(cells[0]):
            if reason in found and cells[2] not in found[reason][2]:
                found[reason][2] = "; ".join(filter(None, (found[reason][2], cells[2])))
    return {reason: _resolved(cells, found) for reason, cells in found.items()}


def _resolved(cells: Cells, found: dict[str, Cells]) -> Cells:
    """`see there` stands for what is done about the reason that comes at the end of the wait."""
    means, after, do = cells
    if not do.startswith("see there"):
        return cells
    other = next((found[word][2] for word in _words(after) if word in found and not found[word][2].startswith("see there")), "")
    return [means, after, re.sub(r"^see there(; or )?", lambda match: f"{other}{match[1] or ''}", do)]


def _rows(title: str) -> Iterator[Cells]:
    section = _DOCUMENT.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    for line in lines[1:]:
        yield [_in_full(cell.strip()) for cell in line.strip("|").split(" | ")]


def _in_full(cell: str) -> str:
    """What leaves out the prefix of options says so above its table; a line of advice stands alone, and is copied from."""
    return re.sub(r"`([a-z][\w.-]+)(?=[:`])", lambda match: f"`{_PREFIX if match[1] in _SHORT else ''}{match[1]}", cell)


def _words(cell: str) -> list[str]:
    return re.findall(r"`([A-Z]\w+)`", cell)
