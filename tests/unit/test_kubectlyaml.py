"""Manifests mean to `flinkop validate` what they mean to kubectl: each row was given to sigs.k8s.io/yaml 1.6."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flinkop.kubectlyaml import BeyondJson, Loader, scalar_of

SCALARS: list[tuple[str, Any]] = [
    *[(word, True) for word in ("y", "Y", "yes", "on", "true", "True", "TRUE")],
    *[(word, False) for word in ("n", "no", "OFF", "false")],
    *[(word, None) for word in ("", "~", "null", "Null")],
    *[(word, word) for word in ("tRUE", "1e", "0b", "0o8", "=", "<<", "1:30", "190:20:30", "2026-01-31", "1e400", "v1_20", "1.20.5")],
    *[(word, 8) for word in ("010", "0o10", "08", "+010")],
    *[("-010", -8), ("007", 7), ("0_1", 1), ("0x1F", 31), ("0X1f", 31), ("0b11", 3), ("-0b11", -3), ("1_000", 1000), ("1__0", 10)],
    *[("1e3", 1000), ("1.5e3", 1500), ("1E+2", 100), ("12e03", 12000), ("5.", 5), ("1.0", 1), ("0.0", 0), ("-0", 0), ("+5", 5)],
    *[(".5", 0.5), ("+.5", 0.5), ("1.5", 1.5), ("1_000.5", 1000.5), ("1e21", 1e21), ("9223372036854775808", 2**63)],
    *[('"on"', "on"), ("'010'", "010"), ("!!str 12", "12"), ('!!int "12"', 12), ("!!float 3", 3), ("!!timestamp 2026-01-31", "2026-01-31")],
]

DOCUMENTS: list[tuple[str, Any]] = [
    ("on: 1", {"true": 1}),
    ("1: a", {"1": "a"}),
    ("1.5: a", {"1.5": "a"}),
    ("010: a", {"8": "a"}),
    ("1e3: a", {"1000": "a"}),
    ("2026-01-31: a", {"2026-01-31": "a"}),
    ("a: {b}", {"a": {"b": None}}),
    ("<<: {a: 1}\nb: 2", {"a": 1, "b": 2}),
    ("x: &a {k: 1}\nz: {<<: *a, k: 2}", {"x": {"k": 1}, "z": {"k": 2}}),
]

REFUSED = ["~: a", "? [a]\n: b", "a: .inf", "a: .nan", "a: 1\na: 2", "on: 1\nyes: 2", "a: !mine x", 'true: a\n"true": b', "1: a\n0x1: b"]
"""The last five kubectl takes, and loses a part of."""


def read(text: str) -> Any:
    """One document."""
    return yaml.load(text, Loader)


@pytest.mark.parametrize(("text", "value"), SCALARS, ids=[repr(text) for text, _ in SCALARS])
def test_a_scalar_means_what_it_means_to_kubectl(text: str, value: Any) -> None:
    found = read(f"k: {text}\n")["k"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("text", "value"), DOCUMENTS, ids=[text for text, _ in DOCUMENTS])
def test_keys_are_those_of_the_json_that_kubectl_sends(text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize("text", REFUSED)
def test_what_does_not_fit_into_json_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError):
        read(text)


@given(st.text("0123456789abefonxy_.+-~eE", max_size=8))
def test_every_scalar_fits_into_json(text: str) -> None:
    try:
        value = scalar_of(text)
    except BeyondJson:
        return
    assert json.loads(json.dumps(value, allow_nan=False)) == value
