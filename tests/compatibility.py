"""docs/compatibility.md, made from docs/compatibility/*.tsv. Reasons that the code holds are taken from there."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flinkop.flinkconf.establishedoptions import PREFIX, reason_against
from flinkop.flinkconf.operatoroptions import ALL

DATA = Path(__file__).parents[1] / "docs" / "compatibility"
OWN_KIND = "FlinkDeployment"


class State(StrEnum):
    """How far this operator does what the established one does."""

    DONE = "done"
    BETTER = "better"
    LATER = "later"
    NO = "no"


_WORDS: Mapping[State, str] = {State.DONE: "done", State.BETTER: "better", State.LATER: "later", State.NO: "not applicable"}


@dataclass(frozen=True, slots=True)
class Row:
    """A field, option or Event of the established operator. A name that ends in `.*` stands for all fields below it."""

    name: str
    state: State
    note: str
    kinds: tuple[str, ...] = ()

    @property
    def is_built(self) -> bool:
        """Whether it works here."""
        return self.state in (State.DONE, State.BETTER)


def read_rows(file: str) -> tuple[Row, ...]:
    """The rows of one data file, in its order. Raises ValueError for a state that there is not."""
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        found = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(Row(row["name"], State(row["state"]), row["note"], tuple((row.get("kinds") or "").split(","))) for row in found)


FIELDS, OPTIONS, EVENTS = (read_rows(file) for file in ("fields.tsv", "options.tsv", "events.tsv"))
KINDS = tuple(dict.fromkeys(kind for row in FIELDS for kind in row.kinds))

_INTRODUCTION = """\
<!-- Generated from docs/compatibility/*.tsv by `make generate`; do not edit. -->

# Compatibility

With the established operator, the one in Java for `flink.apache.org/v1beta1`. Compatible means three things. Its manifests and its
configuration apply unchanged: names, types and defaults are the same. Clusters that run under it are taken over while they run, without a
restart ([how](operations.md#coming-from-the-established-operator)). And what it needs to take them back is in `status`, in the form
that it writes itself ([how](operations.md#going-back-to-the-established-operator)).

This page lists every field of its CustomResourceDefinitions, every option and every Event:

- **done**: it works here as it does there.
- **better**: so it does, or what it is for is reached in another way; the note tells what is gained.
- **later**: not built yet. Where a spec or a configuration asks for it, `flinkop validate` and the operator's log say so.
- **not applicable**: there is nothing here that it could set or tell; the note says why.
"""

_IN_FULL = "Autoscaler"

# What the names of the options begin with, without `kubernetes.operator.`; the longest that fits decides.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Passes": ("reconcile", "observer.", "flink.client.", "retry.", "rate-limiter.", "termination.", "resource."),
    "Configuration, watches, leader election, health": (
        "default-configuration.",
        "dynamic.",
        "config.",
        "watched.",
        "label.",
        "startup.",
        "leader-election.",
        "health.",
    ),
    "Clusters": ("deployment.", "jm-deployment", "cluster.", "session.", "ingress.", "pod-template."),
    "Jobs": ("job.", "user.artifacts.", "bluegreen."),
    "Savepoints and checkpoints": ("savepoint.", "observer.savepoint.", "checkpoint.", "periodic.", "snapshot."),
    "Errors, Events, metrics, plug-ins": (
        "exception.",
        "events.",
        "metrics.",
        "resource.metrics.",
        "resource.lifecycle.",
        "josdk.",
        "jvm.",
        "kubernetes.client.",
        "plugins.",
    ),
    _IN_FULL: ("job.autoscaler.", "autoscaler.", "cluster.resource-view."),
}
_GROUP_OF = {start: group for group, starts in _GROUPS.items() for start in starts}
_EFFECTLESS = {
    option.key: option.description.replace("Has no", "has no").removesuffix(".")
    for option in ALL
    if option.description.startswith("Has no effect")
}


def render_compatibility() -> str:
    """The text of docs/compatibility.md."""
    return "\n".join((_INTRODUCTION, *_summary(), *_fields(), *_options(), *_events(), ""))


def _summary() -> Iterator[str]:
    yield f"| | {' | '.join(_WORDS.values())} |"
    yield "|---|---|---|---|---|"
    for kind in KINDS:
        yield _counts(f"Fields of `{kind}`", (row for row in FIELDS if kind in row.kinds))
    yield _counts("Options", OPTIONS)
    yield _counts("Events", EVENTS)


def _counts(title: str, rows: Iterable[Row]) -> str:
    found = Counter(row.state for row in rows)
    return f"| {title} | {' | '.join(str(found[state]) for state in State)} |"


def _fields() -> Iterator[str]:
    yield "\n## Fields"
    for kind in KINDS:
        yield f"\n### {kind}\n"
        yield from _fields_of([row for row in FIELDS if kind in row.kinds])


def _fields_of(rows: list[Row]) -> Iterator[str]:
    if not any(row.is_built for row in rows):
        yield "This kind is not served yet. It comes as a whole.\n"
    folded: dict[tuple[str, State, str], list[str]] = {}
    for row in sorted(rows, key=_place):
        parent, name = _place(row)
        folded.setdefault((parent, row.state, row.note), []).append(f"`{name}`")
    yield "| in | fields | state | note |"
    yield "|---|---|---|---|"
    for (parent, state, note), names in folded.items():
        yield f"| `{parent}` | {', '.join(names)} | {_WORDS[state]} | {note} |"


def _place(row: Row) -> tuple[str, str]:
    """The field that holds the field, and its name in there."""
    parent, _, name = row.name.rpartition(".")
    return parent, name


def _options() -> Iterator[str]:
    yield f"\n## Options\n\nWithout `{PREFIX}` at their beginning, but for the autoscaler's, which are written in full. Meanings and"
    yield "defaults of those that work are in [configuration.md](configuration.md)."
    for group in _GROUPS:
        yield f"\n### {group}\n"
        omitted = "" if group == _IN_FULL else PREFIX
        yield from _table("option", (row for row in OPTIONS if group_of(row.name) == group), omitted)


def group_of(option: str) -> str:
    """The heading under which an option stands. Raises ValueError when there is none."""
    name = option.removeprefix(PREFIX)
    return _GROUP_OF[max((start for start in _GROUP_OF if name.startswith(start)), key=len)]


def _events() -> Iterator[str]:
    yield "\n## Events\n"
    yield from _table("reason", EVENTS)


def _table(title: str, rows: Iterable[Row], omitted: str = "") -> Iterator[str]:
    yield f"| {title} | state | note |"
    yield "|---|---|---|"
    for row in rows:
        yield f"| `{row.name.removeprefix(omitted)}` | {_WORDS[row.state]} | {note_of(row)} |"


def note_of(row: Row) -> str:
    """The note of an option or Event. What an option without effect is described with is the note."""
    return row.note or reason_against(row.name) or _EFFECTLESS.get(row.name, "")
