"""A report for people: what is, why, and what to do, the most important first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flinkop.explain.report import Decided, Report, Restore, RestorePoint, Told, Wait

_STYLES = {"Ready": "bold green", "Reconciling": "bold yellow", "Stalled": "bold red", "Deleting": "bold yellow"}
_WIDTH_OF_FILES = 140
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# How the kinds of restore points are told.
_RESTORED = {
    "none": "started from empty state",
    "savepoint": "restored the savepoint",
    "checkpoint": "restored the checkpoint",
    "last-state": "restored the last state",
    "no start": "not started",
}


def render_json(report: Report) -> str:
    """The report as JSON; times in RFC 3339."""
    return f"{json.dumps(asdict(report), indent=2, ensure_ascii=False, default=_of_time)}\n"


def _of_time(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_report(report: Report, now: datetime, stream: TextIO) -> None:
    """Writes the report; in colours and as wide as the terminal where it is one."""
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else _WIDTH_OF_FILES)
    console.print(Group(*_parts(report, now)))


def _parts(report: Report, now: datetime) -> Iterator[RenderableType]:
    yield _head(report, now)
    yield from _section("Waiting for", [_wait(report.wait, now)] if report.wait else [])
    yield from _section("What to do", [_text(f"• {step}") for step in report.next_steps])
    rows = [(ago(one.at, now), f"{one.before} → {one.after}", f"{one.reason}{_repeated(one, now)}") for one in report.decisions]
    yield from _section("Last decisions", _table(rows))
    yield from _section("State", list(_restore(report.restore, now)) if report.restore else [])
    yield from _section("Children", _table((_mark(one.healthy), f"{one.kind}/{one.name}", one.detail) for one in report.children))
    yield from _section("Exceptions of the job", _table(_told(one, now) for one in report.exceptions))
    yield from _section("Events", _table(_told(one, now) for one in report.events))
    conditions = [(one.type, one.status, ago(one.since, now), one.reason, one.message) for one in report.conditions]
    yield from _section("Conditions", _table(conditions))
    values = [(f"{one.key}: {one.value}", f"# {one.source}") for one in report.configuration]
    yield from _section("Effective configuration", _table(values))
    yield from _section("Could not be found out", [_text(problem) for problem in report.problems])


def _repeated(decided: Decided, now: datetime) -> str:
    return f" ×{decided.count}, first {ago(decided.first_at, now)} ago" if decided.count > 1 else ""


def _head(report: Report, now: datetime) -> RenderableType:
    line = Text.assemble(
        (f"{report.kind}/{report.name}", "bold"),
        f" in {report.namespace}: ",
        (report.verdict, _STYLES.get(report.verdict, "bold")),
        f" for {ago(report.since, now)}" if report.since and report.verdict in {"Ready", "Stalled", "Not ready"} else "",
    )
    words = [word for word in (report.phase, report.reason) if word]
    rest = [_text(", ".join(words)), _text(report.message), _text(f"job {report.job}" if report.job else "")]
    return Group(line, *(text for text in rest if text.plain))


def _text(words: str) -> Text:
    """As it can be shown: what others have written does not command the terminal."""
    return Text(_CONTROL.sub("", words))


def _section(title: str, lines: Sequence[RenderableType]) -> Iterator[RenderableType]:
    if lines:
        yield Text(f"\n{title}", style="bold cyan")
        yield Padding(Group(*lines), (0, 0, 0, 2))


def _table(rows: Iterable[Sequence[str]]) -> list[RenderableType]:
    found = list(rows)
    if not found:
        return []
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for _ in found[0]:
        table.add_column(overflow="fold")
    for row in found:
        table.add_row(*map(_text, row))
    return [table]


def _wait(wait: Wait, now: datetime) -> Text:
    """What is waited for may be whole sentences, so the times stand behind it."""
    times = [f"for {ago(wait.since, now)}"] if wait.since else []
    if wait.ends_at is not None and wait.ends_at > now:
        times.append(f"it has {ago(now, wait.ends_at)} more")
    elif wait.ends_at is not None:
        times.append(f"its time was over {ago(wait.ends_at, now)} ago")
    return _text(f"{wait.what} ({'; '.join(times)})" if times else wait.what)


def _restore(restore: Restore, now: datetime) -> Iterator[RenderableType]:
    if restore.chosen is not None:
        decided = f" (decided {ago(restore.decided_at, now)} ago)" if restore.decided_at else ""
        yield _text(f"{_point(restore.chosen, _RESTORED.get(restore.chosen.source, f'restored {restore.chosen.source}'))}{decided}")
    yield from (_text(f"{'also' if restore.chosen else 'there is'}: {_point(one, one.source)}") for one in restore.alternatives)


def _point(point: RestorePoint, what: str) -> str:
    where = f" {point.where}" if point.where else ""
    return f"{what}{where}: {point.note}" if point.note else f"{what}{where}"


def _told(one: Told, now: datetime) -> tuple[str, ...]:
    times = f"×{one.count}" if one.count > 1 else ""
    return ago(one.at, now), one.type, one.reason, times, one.message


def _mark(healthy: bool) -> str:
    return "✔" if healthy else "✘"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long it is from `moment` to `now`, in at most two units; `?` where that is not known."""
    if moment is None:
        return "?"
    seconds = max(0, int((now - moment) / timedelta(seconds=1)))
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    parts = []
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        parts.append((count, unit))
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count}{unit}" for count, unit in parts[first : first + 2] if count) or "0s"
