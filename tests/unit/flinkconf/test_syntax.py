"""Lists and maps in Flink's text form. The rows were checked against Flink 1.20 and 2.2."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flinkop.flinkconf.syntax import (
    format_list,
    format_list_of_maps,
    format_map,
    parse_list,
    parse_list_of_maps,
    parse_map,
)

texts = st.text(st.sampled_from("ab;:,'\"#[]{}- \t\x01é😀.=\n"), max_size=6) | st.text()

PARSED_LISTS: dict[str, list[str]] = {
    "a;b": ["a", "b"],
    " a ; b ": ["a", "b"],
    "'A;B';C": ["A;B", "C"],
    "'AB''D;B';C": ["AB'D;B", "C"],
    '"A;B";C': ["A;B", "C"],
    '"AB""D";C': ['AB"D', "C"],
    "A'BD;B';C": ["A'BD", "B'", "C"],
    "'a' ; b": ["a", "b"],
    "a;;b": ["a", "", "b"],
    "a; ;b": ["a", "", "b"],
    ";a;": ["a"],
    ";;": [""],
    "''": [""],
    "": [],
    " ": [],
}


@pytest.mark.parametrize(("text", "parts"), PARSED_LISTS.items(), ids=PARSED_LISTS.keys())
def test_lists_are_split_as_flink_splits_them(text: str, parts: list[str]) -> None:
    assert parse_list(text) == parts


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["a", "b"], "a;b"),
        (["--a;b c"], "'--a;b c'"),
        (["it's"], "'it''s'"),
        ([""], "''"),
        (["a", "", "b"], "a;'';b"),
        ([" a", "b\u2003"], "' a';'b\u2003'"),
        (["[1]", "- x"], "'[1]';'- x'"),
        ([], ""),
    ],
    ids=[
        "plain",
        "delimiter",
        "quote",
        "empty part",
        "empty part between",
        "blanks at an end",
        "what YAML would take for lists",
        "nothing",
    ],
)
def test_parts_of_lists_are_quoted_where_they_must(parts: list[str], text: str) -> None:
    assert format_list(parts) == text


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ({"k1": "v", "k2": "w"}, "k1:v,k2:w"),
        ({"k1": "a,b"}, "'k1:a,b'"),
        ({"k2": "c:d"}, "'k2:''c:d'''"),
        ({"k": ""}, "'k:'''''"),
        ({"k1": "v", "k2": "c: d"}, "'k1:v','k2:''c: d'''"),
        ({}, ""),
    ],
    ids=["plain", "comma", "colon", "empty value", "a later pair that YAML would take for a map", "nothing"],
)
def test_pairs_are_quoted_where_they_must(pairs: dict[str, str], text: str) -> None:
    assert format_map(pairs) == text
    assert parse_map(text) == pairs


@pytest.mark.parametrize("text", ["'AB'D;B", "'A", "C;'", '"A', "a;'b'c"])
def test_bad_quotes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quote"):
        parse_list(text)


@pytest.mark.parametrize(("text", "problem"), [("k", "is not a map"), ("k:v:w", "is not a map"), ("k:v,k:w", "'k' twice")])
def test_bad_maps_are_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_map(text)


@given(st.lists(texts))
def test_a_list_reads_back(parts: list[str]) -> None:
    assert parse_list(format_list(parts)) == parts


@given(st.dictionaries(texts, texts))
def test_a_map_reads_back(pairs: dict[str, str]) -> None:
    assert parse_map(format_map(pairs)) == pairs


@given(st.lists(st.dictionaries(texts, texts, min_size=1), min_size=1))
def test_a_list_of_maps_reads_back(maps: list[dict[str, str]]) -> None:
    assert parse_list_of_maps(format_list_of_maps(maps)) == maps


def as_yaml(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return None


@given(st.lists(texts, min_size=1))
def test_no_list_looks_like_another_list_to_a_yaml_parser(parts: list[str]) -> None:
    assert not isinstance(as_yaml(format_list(parts)), list)


@given(st.dictionaries(texts, texts, min_size=1))
def test_no_map_looks_like_another_map_to_a_yaml_parser(pairs: dict[str, str]) -> None:
    assert not isinstance(as_yaml(format_map(pairs)), dict)
