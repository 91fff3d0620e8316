"""Which resource is meant: `flinkdep/my-job`, as kubectl takes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flinkop.api.kind import ALL, GROUP, Kind
from flinkop.kube.resource import Resource

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NAME = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_LONGEST_LABEL, _LONGEST_NAME = 63, 253
_CHARACTERS = "lower-case letters, digits, dashes within"


class NotATarget(ValueError):
    """What was written names no resource. The message says what to write."""


@dataclass(frozen=True, slots=True)
class Target:
    """A resource by its kind, namespace and name."""

    kind: Kind
    namespace: str
    name: str

    @property
    def endpoint(self) -> Resource:
        """Where the API server has it."""
        return endpoint_of(self.kind)


def endpoint_of(kind: Kind) -> Resource:
    """Where the API server has the resources of a kind."""
    return Resource(GROUP, kind.version, kind.plural, kind.name)


def read_target(words: Sequence[str], namespace: str) -> Target:
    """`KIND/NAME`, or both as words of their own. Raises NotATarget."""
    parts = words[0].split("/") if len(words) == 1 else list(words)
    if len(parts) != 2 or not all(parts):
        raise NotATarget("write KIND/NAME, for example flinkdep/my-job")
    kind, name = kind_of(parts[0]), parts[1]
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise NotATarget(f"{name!r}: cannot be the name of a resource; write at most {_LONGEST_NAME} {_CHARACTERS} and dots")
    if len(namespace) > _LONGEST_LABEL or not _LABEL.fullmatch(namespace):
        raise NotATarget(f"{namespace!r}: cannot be the name of a namespace; write at most {_LONGEST_LABEL} {_CHARACTERS}")
    return Target(kind, namespace, name)


def kind_of(word: str) -> Kind:
    """By any of its names, in any case. Raises NotATarget."""
    found = {name: kind for kind in ALL for name in (kind.name.lower(), kind.plural, f"{kind.plural}.{GROUP}", kind.short_name) if name}
    if word.lower() not in found:
        raise NotATarget(f"{word}: is not a kind of the operator; write one of {', '.join(kind.name.lower() for kind in ALL)}")
    return found[word.lower()]
