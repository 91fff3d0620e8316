"""docs/compatibility.md is made from its data, and the data say of this operator what its code says."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.compatibility import DATA, EVENTS, FIELDS, KINDS, OPTIONS, OWN_KIND, Row, State, group_of, note_of, render_compatibility

from flinkop.api.crd import build_crds
from flinkop.api.kind import KINDS as SERVED
from flinkop.api.kind import VERSION
from flinkop.flinkconf.establishedoptions import NOT_APPLICABLE, NOT_YET, NOT_YET_PREFIXES, PREFIX, reason_against
from flinkop.flinkconf.operatoroptions import ALL, NAMESPACE_DEFAULTS, VERSION_DEFAULTS, unknown_keys
from flinkop.validation import notyet

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "flinkop"
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")))
LIFECYCLE = "".join(path.read_text(encoding="utf-8") for path in sorted((SOURCE / "lifecycle").glob("*.py")))

# Options that the established operator does not have.
OWN_OPTIONS = frozenset(
    PREFIX + name
    for name in (
        *(f"user.artifacts.{name}" for name in ("headers-from", "max-size", "file-directories")),
        "flink.log.format",
        *(f"log.{name}" for name in ("level", "format", "established-lines")),
        "sql-runner.image",
        "job.metrics.prometheus.enabled",
        *(f"resource.metrics.{name}" for name in ("limit", "established-names.enabled")),
    )
)

NAMES = frozenset(name for option in ALL for name in (option.key, *option.fallback_keys))
OWN_FIELDS = {row.name: row for row in FIELDS if OWN_KIND in row.kinds}


def names_of(rows: tuple[Row, ...], *states: State) -> set[str]:
    return {row.name for row in rows if row.state in states}


def test_the_document_is_up_to_date() -> None:
    assert (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8") == render_compatibility(), "write it anew with `make generate`"


@pytest.mark.parametrize("file", ["fields.tsv", "options.tsv", "events.tsv"])
def test_every_line_of_the_data_has_all_columns(file: str) -> None:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    assert {line.count("\t") for line in lines} == {lines[0].count("\t")}


@pytest.mark.parametrize("rows", [OPTIONS, EVENTS], ids=["options", "events"])
def test_nothing_is_listed_twice(rows: tuple[Row, ...]) -> None:
    assert [name for name, times in Counter(row.name for row in rows).items() if times > 1] == []


def test_no_field_of_a_kind_is_listed_twice() -> None:
    assert [field for field, times in Counter((row.name, kind) for row in FIELDS for kind in row.kinds).items() if times > 1] == []


@pytest.mark.parametrize("row", [*FIELDS, *OPTIONS, *EVENTS], ids=lambda row: f"{row.name} {row.state}")
def test_whatever_is_not_simply_done_has_a_note(row: Row) -> None:
    note = note_of(row)
    assert note or row.state is State.DONE
    assert not note.endswith(".")
    assert "|" not in note


# Options


def test_every_option_that_is_built_is_listed_as_built_and_no_other() -> None:
    built = {name for name in names_of(OPTIONS, State.DONE, State.BETTER) if not name.startswith((NAMESPACE_DEFAULTS, VERSION_DEFAULTS))}
    assert built - NAMES == set()
    assert (NAMES - OWN_OPTIONS) - built == set()


def test_every_option_that_is_not_built_is_listed_as_such() -> None:
    assert NOT_YET - names_of(OPTIONS, State.LATER) == set()
    exact = {name for name in NOT_APPLICABLE if not name.endswith(".")}
    assert exact - names_of(OPTIONS, State.NO) == set()


@pytest.mark.parametrize("prefix", [*NOT_YET_PREFIXES, *(name for name in NOT_APPLICABLE if name.endswith("."))])
def test_every_family_of_options_that_is_not_built_has_members(prefix: str) -> None:
    assert any(row.name.startswith(prefix) and not row.is_built for row in OPTIONS)


@pytest.mark.parametrize("row", [row for row in OPTIONS if not row.is_built], ids=lambda row: row.name)
def test_every_option_that_is_not_built_is_told_with_its_state(row: Row) -> None:
    (sentence,) = unknown_keys({row.name: "x"})
    assert ("does not have yet" in sentence) is (row.state is State.LATER)
    assert ("does not apply here" in sentence) is (row.state is State.NO)


def test_an_option_that_is_not_applicable_has_its_reason_from_the_code() -> None:
    rows = [row for row in OPTIONS if row.state is State.NO]
    assert [row.name for row in rows if row.note or reason_against(row.name) is None] == []


def test_an_option_without_effect_says_so() -> None:
    effectless = {option.key for option in ALL if "no effect" in option.description}
    assert {row.name for row in OPTIONS if "no effect" in note_of(row)} == effectless


def test_every_old_name_is_told_to_be_one() -> None:
    old = {name: option.key.removeprefix(PREFIX) for option in ALL for name in option.fallback_keys}
    assert {row.name: row.note for row in OPTIONS if row.name in old} == {name: f"old name of `{key}`" for name, key in old.items()}


@pytest.mark.parametrize("row", OPTIONS, ids=lambda row: row.name)
def test_every_option_stands_under_a_heading(row: Row) -> None:
    assert group_of(row.name)


# Fields


def fields_of_the_models() -> set[str]:
    """Every path of the definition that is made from the models."""
    schema = build_crds()[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return set(paths(schema["properties"]["spec"], "spec")) | set(paths(schema["properties"]["status"], "status"))


def paths(schema: dict[str, Any], above: str) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        yield f"{above}.{name}"
        yield from paths(field, f"{above}.{name}")
        yield from paths(field.get("items", {}), f"{above}.{name}[]")


def established_fields() -> set[str]:
    with (ROOT / "tests/unit/api/flinkdeployment-fields.tsv").open(encoding="utf-8") as file:
        return {row["path"] for row in csv.DictReader(file, delimiter="\t")} - {"spec", "status"}


def test_every_established_field_of_a_flinkdeployment_is_listed_and_no_other() -> None:
    assert OWN_FIELDS.keys() == established_fields()


def test_every_field_that_is_built_exists() -> None:
    assert {name for name, row in OWN_FIELDS.items() if row.is_built} - fields_of_the_models() == set()


def test_every_field_of_the_models_is_listed_or_our_own() -> None:
    ours = {
        name
        for name in fields_of_the_models()
        if re.match(
            r"status\.(phase|reason|message|restore|rollback|restartWindow|abandonedJobs|operation|start|handover|decisions)\b", name
        )
        or re.match(r"status\.jobStatus\.\w+Info\.(?:\w+(?:\[\])?\.resource|triggerResource)$", name)
    }
    assert fields_of_the_models() - ours - OWN_FIELDS.keys() == set()


def test_what_validation_says_is_not_there_yet_is_listed_so() -> None:
    refused = {row.path for row in notyet._NOT_YET}
    assert refused == {name for name, row in OWN_FIELDS.items() if name.startswith("spec.") and not row.is_built}


@pytest.mark.parametrize("row", [row for name, row in OWN_FIELDS.items() if name.startswith("status.")], ids=lambda row: row.name)
def test_every_field_of_the_status_that_is_built_is_written_by_somebody(row: Row) -> None:
    name = row.name.rpartition(".")[2]
    assert not row.is_built or f'"{name}"' in LIFECYCLE


def test_a_kind_that_is_not_served_has_nothing_that_is_done() -> None:
    served = {kind.name for kind in SERVED if kind.version == VERSION}
    assert {kind for row in FIELDS for kind in row.kinds if row.is_built} == served
    assert served <= set(KINDS)


# Events


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row.name)
def test_every_event_that_is_done_is_one_that_the_operator_emits(row: Row) -> None:
    given = [reason for reason in row.name.split(" / ") if f'"{reason}"' in SOURCES]
    if row.state is State.DONE:
        assert given
    if not row.is_built:
        assert not given


@pytest.mark.parametrize("row", EVENTS, ids=lambda row: row.name)
def test_a_better_event_exists_itself_or_names_the_one_that_stands_for_it(row: Row) -> None:
    named = re.findall(r"`([A-Z]\w+)`", row.note)
    assert [reason for reason in named if f'"{reason}"' not in SOURCES] == []
    assert row.state is not State.BETTER or named or f'"{row.name}"' in SOURCES


# The document


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)", render_compatibility()))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / "docs" / link).is_file()
