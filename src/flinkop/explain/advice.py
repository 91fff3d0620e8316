"""What a reason means and what to do about it: the tables of docs/troubleshooting.md, from which `make generate` makes advice.tsv."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("advice.tsv")


@dataclass(frozen=True, slots=True)
class Advice:
    """`means` says what the reason tells, `after` what happens when a wait has had its time, `do` what people can do. Each may be empty."""

    means: str
    after: str
    do: str


@cache
def all_advice() -> Mapping[str, Advice]:
    """By reason."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["reason"]: Advice(plain(row["means"]), plain(row["after"]), plain(row["do"])) for row in rows}


def advice_for(reason: str) -> Advice | None:
    """None for a reason that no table has."""
    return all_advice().get(reason)


def plain(markdown: str) -> str:
    """The text without the marks of code and links; a link into the document that it is from names that."""
    text = re.sub(r"\[([^\]]+)\]\(#[^)]+\)", r"\1 (docs/troubleshooting.md)", markdown)
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text).replace("`", "")
