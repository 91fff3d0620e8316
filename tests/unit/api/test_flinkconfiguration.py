"""flinkConfiguration: nested or flat, it becomes one flat map of texts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.api.flinkconfiguration import flatten_configuration

ROWS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "flat keys stay": ({"state.backend.type": "rocksdb"}, {"state.backend.type": "rocksdb"}),
    "nested keys are joined": ({"state": {"backend": {"type": "rocksdb"}}}, {"state.backend.type": "rocksdb"}),
    "flat and nested mix": ({"a.b": {"c": "1", "d.e": "2"}}, {"a.b.c": "1", "a.b.d.e": "2"}),
    "numbers": ({"a": 2, "b": 0.5, "c": 10000000000}, {"a": "2", "b": "0.5", "c": "10000000000"}),
    "booleans are lower case": ({"a": True, "b": False}, {"a": "true", "b": "false"}),
    "nulls are dropped": ({"a": None, "b": {"c": None}}, {}),
    "lists are joined": ({"a": ["x", 1, True]}, {"a": "x;1;true"}),
    "list elements keep their delimiters": ({"a": ["x;y", "z"]}, {"a": "'x;y';z"}),
    "an empty list is empty": ({"a": []}, {"a": ""}),
    "an empty map leaves nothing": ({"a": {}}, {}),
    "lists of maps": ({"a": [{"k": "v", "n": 1}, {"k": "w"}]}, {"a": "k:v,n:1;k:w"}),
    "a key may be another's prefix": (
        {"state.backend": "rocksdb", "state.backend.incremental": True},
        {"state.backend": "rocksdb", "state.backend.incremental": "true"},
    ),
    "the same value twice is no conflict": ({"a": {"b": 1}, "a.b": "1"}, {"a.b": "1"}),
}


@pytest.mark.parametrize(("raw", "flat"), ROWS.values(), ids=ROWS.keys())
def test_configuration_is_flattened(raw: dict[str, Any], flat: dict[str, str]) -> None:
    assert flatten_configuration(raw) == flat


def test_a_key_with_two_values_is_refused_without_showing_them() -> None:
    with pytest.raises(ValueError, match=r"has a\.b twice.*keep one") as refused:
        flatten_configuration({"a": {"b": "hidden"}, "a.b": "secret"})
    assert "hidden" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("value", [[["x"]], [{"k": "v"}, "x"], [{"k": {"l": "v"}}], [{"k": ["v"]}]], ids=repr)
def test_what_flinks_text_form_of_lists_cannot_hold_is_refused_with_its_key(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^has under a\.b .*; write "):
        flatten_configuration({"a": {"b": value}})


@pytest.mark.parametrize("raw", [["a: b"], "a: b", 5], ids=["a list", "a text", "a number"])
def test_what_is_not_a_map_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match="must be a map"):
        flatten_configuration(raw)


@given(st.dictionaries(st.text(), st.text()))
def test_a_flat_map_of_texts_stays_as_it_is(conf: dict[str, str]) -> None:
    assert flatten_configuration(conf) == conf
