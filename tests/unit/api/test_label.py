"""Keys and values of labels, by the grammar of Kubernetes."""

from __future__ import annotations

import pytest

from flinkop.api.label import LONGEST, is_label_key, is_label_value


@pytest.mark.parametrize("text", ["", "a", "A.b_c-1", "7", "x" * LONGEST])
def test_values_that_kubernetes_takes(text: str) -> None:
    assert is_label_value(text)


@pytest.mark.parametrize("text", ["-a", "a-", "a b", "a/b", "é", "a\n", "x" * (LONGEST + 1)])
def test_values_that_kubernetes_refuses(text: str) -> None:
    assert not is_label_value(text)


@pytest.mark.parametrize("text", ["a", "team.example.org/a", "example/A_b.c"])
def test_keys_that_kubernetes_takes(text: str) -> None:
    assert is_label_key(text)


@pytest.mark.parametrize("text", ["", "/a", "Example/a", "a/b/c", "example/", "x" * (LONGEST + 1)])
def test_keys_that_kubernetes_refuses(text: str) -> None:
    assert not is_label_key(text)
