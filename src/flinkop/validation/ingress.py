"""Rules about the ingress."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from flinkop.api.ingresstemplate import fill_template
from flinkop.validation.subject import Subject
from flinkop.validation.violation import Violation

_PATH = "spec.ingress.template"
_HOST = re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")


def has_a_template_that_gives_a_host(subject: Subject) -> Iterator[Violation]:
    """With the placeholders filled in, the template is a host and perhaps a path."""
    ingress = subject.spec.ingress
    if ingress is None:
        return
    example = "write for example {{name}}.{{namespace}}.flink.example.com"
    if not ingress.template:
        yield Violation(_PATH, "is not set", example)
        return
    filled = fill_template(ingress.template, subject.namespace, subject.name)
    unknown = _PLACEHOLDER.search(filled)
    if unknown:
        yield Violation(_PATH, f"has {unknown[0]}, which is no placeholder", "use {{name}} and {{namespace}}")
    elif not _is_host_and_path(filled):
        yield Violation(_PATH, "does not give a host, and a path after it", example)


def _is_host_and_path(text: str) -> bool:
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, _ = parts.hostname, parts.port  # a port that is no number raises
    except ValueError:
        return False
    return not re.search(r"[\s{}]", text) and (not host or _HOST.fullmatch(host) is not None)
