"""Pod templates: merged, read and added to."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flinkop.errors import InvalidSpec
from flinkop.resources.podtemplate import list_in, map_in, merge, split_main_container, with_resources
from flinkop.resources.size import Sizing

A, B, C = {"name": "a"}, {"name": "b"}, {"name": "c"}

# Below, above, and the result by position and by name.
MERGES: dict[str, tuple[Any, Any, Any, Any]] = {
    "key by key": ({"x": 1, "y": {"p": 1, "q": 2}}, {"y": {"q": 3, "r": 4}, "z": 5}, ..., {"x": 1, "y": {"p": 1, "q": 3, "r": 4}, "z": 5}),
    "a null is absent": ({"x": {"y": 1}, "l": [A]}, {"x": None, "l": None, "n": None}, ..., {"x": {"y": 1}, "l": [A]}),
    "a null below": ({"x": None}, {"x": {"y": 1}}, ..., {"x": {"y": 1}}),
    "a list over a map": ({"x": {"y": 1}}, {"x": [1]}, ..., {"x": [1]}),
    "texts in lists": ({"x": ["a", "b"]}, {"x": ["c"]}, ..., {"x": ["c", "b"]}),
    "a longer list above": ({"l": [A]}, {"l": [A, B]}, ..., {"l": [A, B]}),
    "a shorter list above": ({"l": [A, B]}, {"l": [A]}, ..., {"l": [A, B]}),
    "an empty list above": ({"l": [A]}, {"l": []}, ..., {"l": [A]}),
    "another order": (
        {"l": [{**A, "x": 1}, {**B, "x": 2}]},
        {"l": [{**B, "y": 3}]},
        {"l": [{**B, "x": 1, "y": 3}, {**B, "x": 2}]},
        {"l": [{**A, "x": 1}, {**B, "x": 2, "y": 3}]},
    ),
    "a new name": ({"l": [A]}, {"l": [C, {**A, "y": 1}]}, {"l": [C, {**A, "y": 1}]}, {"l": [{**A, "y": 1}, C]}),
    "one without a name": ({"l": [A, B]}, {"l": [B, {"x": 1}]}, ..., {"l": [B, {**B, "x": 1}]}),
    "a name that comes twice": ({"l": [A, B]}, {"l": [B, B]}, ..., {"l": [B, B]}),
    "a name that is no text": ({"l": [A]}, {"l": [{"name": ["b"]}]}, ..., {"l": [{"name": ["b"]}]}),
    "lists in lists": (
        {"l": [{**A, "env": [A, B]}]},
        {"l": [{**A, "env": [{**B, "v": 1}]}]},
        {"l": [{**A, "env": [{**B, "v": 1}, B]}]},
        {"l": [{**A, "env": [A, {**B, "v": 1}]}]},
    ),
    "lists by name in elements without one": (
        {"l": [{"env": [A, B]}]},
        {"l": [{"env": [{**B, "v": 1}]}]},
        {"l": [{"env": [{**B, "v": 1}, B]}]},
        {"l": [{"env": [A, {**B, "v": 1}]}]},
    ),
}


@pytest.mark.parametrize(("below", "above", "by_position", "by_name"), MERGES.values(), ids=MERGES.keys())
def test_templates_are_merged(below: Any, above: Any, by_position: Any, by_name: Any) -> None:
    assert merge(below, above, by_name=True) == by_name
    assert merge(below, above, by_name=False) == (by_name if by_position is ... else by_position)


SCALARS = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from(("a", "b", "")))
KEYS = st.sampled_from(("name", "spec", "containers", "env", "value"))
TEMPLATES = st.dictionaries(
    KEYS,
    st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)), max_leaves=10),
    max_size=4,
)


@settings(max_examples=60)
@given(TEMPLATES, TEMPLATES, st.booleans())
def test_merging_changes_neither_template_and_shares_nothing_with_them(below: Any, above: Any, by_name: bool) -> None:
    before = copy.deepcopy((below, above))
    merged = merge(below, above, by_name)
    assert (below, above) == before
    _spoil(merged)
    assert (below, above) == before


def _spoil(node: Any) -> None:
    for value in list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ():
        _spoil(value)
    if isinstance(node, dict):
        node["spoiled"] = True
    if isinstance(node, list):
        node.append("spoiled")


@settings(max_examples=60)
@given(TEMPLATES, st.booleans())
def test_nothing_over_a_template_is_that_template_and_so_is_a_template_over_itself(template: Any, by_name: bool) -> None:
    assert merge(template, None, by_name) == merge(None, template, by_name) == merge(template, template, by_name) == template


@settings(max_examples=60)
@given(TEMPLATES, TEMPLATES, st.booleans())
def test_merging_the_same_once_more_changes_nothing(below: Any, above: Any, by_name: bool) -> None:
    once = merge(below, above, by_name)
    assert merge(once, above, by_name) == once


MAIN = {"name": "flink-main-container", "image": "x"}


@pytest.mark.parametrize(
    ("template", "sides", "main"),
    [
        ({}, [], {}),
        ({"spec": None}, [], {}),
        ({"spec": {"containers": None}}, [], {}),
        ({"spec": {"containers": [A, MAIN, B]}}, [A, B], MAIN),
        ({"spec": {"containers": [{"image": "nameless"}]}}, [{"image": "nameless"}], {}),
    ],
    ids=["no spec", "a null", "no containers", "between others", "a container without a name"],
)
def test_flinks_container_is_known_by_its_name(template: Any, sides: Any, main: Any) -> None:
    assert split_main_container(template) == (sides, main)


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ({"spec": 5}, "podTemplate.spec: is not a map"),
        ({"spec": {"containers": {}}}, "podTemplate.spec.containers: is not a list of maps"),
        ({"spec": {"containers": ["a"]}}, "podTemplate.spec.containers: is not a list of maps"),
    ],
)
def test_what_is_no_pod_is_refused_with_its_path(template: Any, problem: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        split_main_container(template)
    assert str(refused.value).startswith(f"{problem}; write ")


def test_parts_that_are_not_there_are_empty() -> None:
    assert map_in({"m": None}, "m", "p") == map_in({}, "m", "p") == {}
    assert list_in({"l": None}, "l", "p") == list_in({}, "l", "p") == []


def test_resources_are_added_to_flinks_container_and_win_over_the_templates() -> None:
    given_resources = {"requests": {"x/gpu": "1", "ephemeral-storage": "1Gi"}, "claims": [{"name": "own"}]}
    template = {"metadata": {"name": "t"}, "spec": {"hostPID": True, "containers": [{**MAIN, "resources": given_resources}, A]}}
    sizing = Sizing({}, {"ephemeral-storage": "5Gi"}, {"ephemeral-storage": "6Gi"}, ({"name": "more"},))
    resources = {
        "requests": {"x/gpu": "1", "ephemeral-storage": "5Gi"},
        "limits": {"ephemeral-storage": "6Gi"},
        "claims": [{"name": "own"}, {"name": "more"}],
    }
    containers = [A, {**MAIN, "resources": resources}]
    assert with_resources(template, sizing) == {"metadata": {"name": "t"}, "spec": {"hostPID": True, "containers": containers}}
    assert given_resources == {"requests": {"x/gpu": "1", "ephemeral-storage": "1Gi"}, "claims": [{"name": "own"}]}


@pytest.mark.parametrize("template", [{}, {"spec": {"containers": [{"name": "flink-main-container", "resources": None}]}}])
def test_resources_make_a_container_where_there_is_none(template: Any) -> None:
    sizing = Sizing({}, {"ephemeral-storage": "1Gi"})
    container = {"name": "flink-main-container", "resources": {"requests": {"ephemeral-storage": "1Gi"}}}
    assert with_resources(template, sizing) == {"spec": {"containers": [container]}}


def test_without_resources_a_template_stays_as_it_is() -> None:
    assert with_resources({}, Sizing({"kubernetes.jobmanager.cpu.amount": "1"})) == {}
