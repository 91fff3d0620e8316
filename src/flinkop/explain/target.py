"""Which resource is meant: `flinkdep/my-job`, as kubectl takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flinkop.api.kind import ALL, GROUP, Kind
from flinkop.kube.resource import Resource


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
    return Target(kind_of(parts[0]), namespace, parts[1])


def kind_of(word: str) -> Kind:
    """By any of its names, in any case. Raises NotATarget."""
    found = {name: kind for kind in ALL for name in (kind.name.lower(), kind.plural, f"{kind.plural}.{GROUP}", kind.short_name) if name}
    if word.lower() not in found:
        raise NotATarget(f"{word}: is not a kind of the operator; write one of {', '.join(kind.name.lower() for kind in ALL)}")
    return found[word.lower()]
