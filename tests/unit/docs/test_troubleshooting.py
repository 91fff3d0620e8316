"""docs/troubleshooting.md explains every reason, Event and wait that there is, and no other."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.reasons import of_controllers, of_events, of_lifecycle
from tests.unit.lifecycle import test_snapshotwaits
from tests.unit.lifecycle.test_waits import AT_REST, FETCHING, OF_RESTORE, WAITS

from flinkop.controllers.eventrecorder import EVER_AGAIN
from flinkop.controllers.view import FINALIZER
from flinkop.flinkconf import flinkoptions, operatoroptions
from flinkop.lifecycle.decision import Component

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
PREFIX = "kubernetes.operator."
OPTIONS = {option.key: option for option in (*operatoroptions.ALL, *flinkoptions.ALL)}
UNITS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "day": timedelta(days=1)}
TABLES = ("Waits", "Reasons", "Restore points", "The condition Running", "Events")


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def explained(title: str) -> list[str]:
    """The words of the first column of the section's table."""
    rows = [line.split("|")[1] for line in section(title).splitlines() if line.startswith("| `")]
    return [word for row in rows for word in re.findall(r"`(\w+)`", row)]


def short_options(text: str) -> set[str]:
    """What looks like an option in its short form."""
    found = set(re.findall(r"`([a-z][a-z-]*(?:\.[a-z][a-z-]*)+)(?:: \w+)?`", text))
    return {name for name in found if not name.startswith(("status.", "spec."))}


def test_every_reason_is_explained_and_no_other() -> None:
    assert {word for title in TABLES for word in explained(title)} == of_lifecycle() | of_controllers()


def test_every_event_is_explained_and_no_other() -> None:
    assert set(explained("Events")) == of_events()


def test_every_wait_is_explained_and_no_other() -> None:
    assert set(explained("Waits")) == {wait.reason for wait in WAITS} | {"OldClusterStuck", *FETCHING} | test_snapshotwaits.REASONS


def test_a_reason_is_either_a_wait_or_none() -> None:
    assert set(explained("Waits")) & set(explained("Reasons")) == set()
    assert set(explained("Reasons")) >= AT_REST
    assert set(explained("Restore points")) == OF_RESTORE


@pytest.mark.parametrize("title", TABLES)
def test_nothing_is_explained_twice(title: str) -> None:
    words = explained(title)

    assert sorted(words) == sorted(set(words))


def test_what_to_do_speaks_of_reasons_that_exist() -> None:
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", section("What to do when"))) - {
        "Ready",
        "Reconciling",
        "Stalled",
        "IngressReady",
        "SnapshotsReady",
    }

    assert len(named) > 8
    assert named <= of_lifecycle() | of_controllers()


def test_every_option_exists() -> None:
    named = {f"{PREFIX}{name}" for name in re.findall(r"kubernetes\.operator\.([a-z][a-z.-]+[a-z])", TEXT)}
    short = {name if name in OPTIONS else f"{PREFIX}{name}" for name in short_options(section("Waits"))}

    assert len(short) > 8
    assert named | short <= OPTIONS.keys()


def test_every_default_is_the_real_one() -> None:
    told = re.findall(r"`([a-z.-]+)` \((\d+) (s|min|day)\)", section("Waits"))

    assert len(told) > 8
    for name, number, unit in told:
        option = OPTIONS[name if name in OPTIONS else f"{PREFIX}{name}"]
        assert option.default == int(number) * UNITS[unit], name


def test_each_wait_names_its_options() -> None:
    rows = {word: line for line in section("Waits").splitlines() for word in re.findall(r"`(\w+)`", line.partition(" | ")[0])}
    above = {"the same": "deployment.readiness.timeout", "the same, from then on": "deployment.readiness.timeout"}
    for wait in WAITS:
        line = rows[wait.reason]
        options = line.split("|")[3].strip()
        for option in (option for option in wait.options if "." in option):
            name = option.removeprefix(PREFIX)
            assert name in line or name == above.get(options), (wait.reason, option)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(#([^)]+)\)", TEXT))))
def test_every_link_leads_to_a_heading(link: str) -> None:
    lines = [line.lstrip("# ") for line in TEXT.splitlines() if line.startswith("#")]
    headings = {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in lines}

    assert link in headings


def test_the_finalizer_is_named() -> None:
    assert f"`{FINALIZER}`" in section("Deletion")


def test_everything_that_has_an_event_limit_of_its_own_is_named() -> None:
    told = section("Events").partition("| Event |")[0]

    assert {*EVER_AGAIN, *(component.value for component in Component)} <= set(re.findall(r"`(\w+)`", told))
