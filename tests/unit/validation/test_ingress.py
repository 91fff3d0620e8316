"""Rules about the ingress."""

from __future__ import annotations

import pytest
from tests.unit.validation.deployment import a_spec, sentences_of

EXAMPLE = "write for example {{name}}.{{namespace}}.flink.example.com"

TEMPLATES: dict[str, tuple[str | None, str | None]] = {
    "a host": ("{{name}}.{{namespace}}.example.com", None),
    "a host and a path": ("flink.example.com/{{namespace}}/{{name}}(/|$)(.*)", None),
    "only a path": ("/{{namespace}}/{{name}}(/|$)(.*)", None),
    "capitals": ("{{NAME}}.{{Namespace}}.example.com", None),
    "a URL": ("https://flink.example.com/x", None),
    "nothing": (None, "is not set"),
    "a blank": ("flink example.com", "does not give a host, and a path after it"),
    "a bad port": ("flink.example.com:port", "does not give a host, and a path after it"),
    "a bad host": ("-flink-.example.com", "does not give a host, and a path after it"),
}


@pytest.mark.parametrize(("template", "problem"), TEMPLATES.values(), ids=TEMPLATES.keys())
def test_the_template_gives_a_host_and_perhaps_a_path(template: str | None, problem: str | None) -> None:
    found = sentences_of(a_spec(ingress={"template": template}))
    errors = [sentence for sentence in found if not sentence.startswith("warning")]
    assert errors == ([] if problem is None else [f"spec.ingress.template: {problem}; {EXAMPLE}"])


def test_a_placeholder_that_is_not_known_is_named() -> None:
    problem = "has {{cluster}}, which is no placeholder; use {{name}} and {{namespace}}"
    assert f"spec.ingress.template: {problem}" in sentences_of(a_spec(ingress={"template": "{{name}}.{{cluster}}.example.com"}))
