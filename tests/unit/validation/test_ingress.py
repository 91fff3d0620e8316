"""Rules about the ingress."""

from __future__ import annotations

import pytest
from tests.unit.validation.deployment import a_spec, sentences_of

EXAMPLE = "write for example {{name}}.{{namespace}}.flink.example.com"

TEMPLATES: dict[str, tuple[str | None, str | None]] = {
    "a host": ("{{name}}.{{namespace}}.example.com", None),
    "a host and a path": ("flink.example.com/{{namespace}}/{{name}}(/|$)(.*)", None),
    "only a path": ("/{{namespace}}/{{name}}(/|$)(.*)", None),
    "a URL": ("https://flink.example.com/x", None),
    "nothing": (None, "is not set"),
    "an unknown placeholder": ("{{cluster}}.example.com", "does not give a host, and a path after it"),
    "a blank": ("flink example.com", "does not give a host, and a path after it"),
    "a bad port": ("flink.example.com:port", "does not give a host, and a path after it"),
    "a bad host": ("-flink-.example.com", "does not give a host, and a path after it"),
}


@pytest.mark.parametrize(("template", "problem"), TEMPLATES.values(), ids=TEMPLATES.keys())
def test_the_template_gives_a_host_and_perhaps_a_path(template: str | None, problem: str | None) -> None:
    found = sentences_of(a_spec(ingress={"template": template}))
    errors = [sentence for sentence in found if not sentence.startswith("warning")]
    assert errors == ([] if problem is None else [f"spec.ingress.template: {problem}; {EXAMPLE}"])
