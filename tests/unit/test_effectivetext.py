"""Effective configurations as text."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from flinkop.api.flinkconfiguration import flatten_configuration
from flinkop.effective import Effective
from flinkop.effectivetext import render_json, render_lines, render_yaml
from flinkop.flinkconf.layers import Given, Setting
from flinkop.manifest import Document

LONG = "x" * 100


def an_effective(*settings: Setting, complete: bool = True, name: str = "job") -> Effective:
    return Effective(Document(1, f"FlinkDeployment/{name}", ()), "team", name, settings, complete)


def test_sources_stand_in_a_column_behind_the_values() -> None:
    text = render_lines([an_effective(Setting("a", "1", "x"), Setting("a.long.key", "a b", "y"), Setting("z", LONG, "z"))])

    assert text == f"# FlinkDeployment/job in the namespace team\na: 1             # x\na.long.key: a b  # y\nz: {LONG}  # z\n"


def test_what_was_won_over_stands_behind_the_source_with_its_name_if_that_differs() -> None:
    text = render_lines([an_effective(Setting("a", "3", "z", (Given("y", "a", "2"), Given("x", "old", LONG))))])

    assert text.splitlines()[1] == f"a: 3  # z (over y: 2, x: old: {LONG[:40]}…)"


def test_a_spec_that_could_not_be_read_is_told() -> None:
    assert "cannot be read" in render_lines([an_effective(complete=False)]).splitlines()[1]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("2", "2"),
        ("1.50", '"1.50"'),
        ("false", "false"),
        ("10 s", "10 s"),
        ("s3://a/b", "s3://a/b"),
        ("", '""'),
        ("yes", '"yes"'),
        ("null", '"null"'),
        ("1e3", '"1e3"'),
        ("0o17", '"0o17"'),
        ("2026-01-01", '"2026-01-01"'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("[a]", '"[a]"'),
        ("a\nb", '"a\\nb"'),
        ("\x1b[31m\x9b", '"\\u001b[31m\\u009b"'),
    ],
)
def test_values_are_in_quotes_where_yaml_would_read_something_else(value: str, written: str) -> None:
    assert render_lines([an_effective(Setting("k", value, "s"))]).splitlines()[1] == f"k: {written}  # s"


texts = st.text(st.characters(codec="utf-8"), max_size=8)
settings = st.builds(
    Setting, texts, texts, st.sampled_from("abc"), st.lists(st.builds(Given, st.just("z"), texts, texts), max_size=2).map(tuple)
)


@given(st.lists(settings, max_size=4, unique_by=lambda setting: setting.key))
@example([Setting("false", "", "a")])
@example([Setting("...", "", "a")])
@example([Setting("... a", "", "a"), Setting("--- a", "", "a")])
def test_the_lines_are_a_configuration_that_can_be_copied(found: list[Setting]) -> None:
    read = yaml.safe_load(render_lines([an_effective(*found)]))

    assert flatten_configuration(read or {}) == {setting.key: setting.value for setting in found}


def test_each_resource_is_a_document() -> None:
    text = render_lines([an_effective(Setting("k", "1", "s")), an_effective(Setting("k", "2", "s"), name="other")])

    assert list(yaml.safe_load_all(text)) == [{"k": 1}, {"k": 2}]


def test_programs_get_all_of_it_as_text() -> None:
    found = [an_effective(Setting("k", "1", "s", (Given("w", "old", "0"),)))]
    expected = [
        {
            "namespace": "team",
            "name": "job",
            "complete": True,
            "settings": [{"key": "k", "value": "1", "source": "s", "overridden": [{"source": "w", "key": "old", "value": "0"}]}],
        }
    ]

    assert json.loads(render_json(found)) == expected
    assert yaml.safe_load(render_yaml(found)) == expected
