"""The template of `spec.ingress`: a host, a path, or both, with placeholders."""

from __future__ import annotations

import re

_KNOWN = re.compile(r"\{\{(name|namespace)\}\}", re.IGNORECASE)


def fill_template(template: str, namespace: str, name: str) -> str:
    """Fills in `{{name}}` and `{{namespace}}`, in small letters or capitals, as the established operator does."""
    values = {"name": name, "namespace": namespace}
    return _KNOWN.sub(lambda found: values[found[1].lower()], template)
