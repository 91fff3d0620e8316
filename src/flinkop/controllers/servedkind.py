"""The kinds that a pass serves, as data: where their resources are, how they are read, and what their status tells besides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flinkop.api.kind import GROUP, Kind
from flinkop.controllers.finalizer import finalizer_of
from flinkop.kube.resource import Resource
from flinkop.lifecycle.observed import Observed
from flinkop.lifecycle.record import Record
from flinkop.validation.violation import Violation

Complete = Callable[[Mapping[str, Any], dict[str, Any], Record, Observed | None], dict[str, Any]]
"""Resource, its status so far, what is recorded and, if there was a look, what was seen: the whole status."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a resource is read together with: the statements in the ConfigMap that it names, or why they cannot be had."""

    statements: str | None = None
    problem: str | None = None


NOTHING_AROUND = Around()

LookAround = Callable[[Mapping[str, Any]], Awaitable[Around]]
"""Finds out what a resource is read together with."""


async def look_at_nothing(_resource: Mapping[str, Any]) -> Around:
    """For kinds that say everything themselves."""
    return NOTHING_AROUND


def as_it_is(violation: Violation) -> Violation:
    """For kinds whose rules speak of the fields that people write."""
    return violation


def nothing_more(_resource: Mapping[str, Any], status: dict[str, Any], _record: Record, _observed: Observed | None) -> dict[str, Any]:
    """For kinds whose status is the record."""
    return status


@dataclass(frozen=True, slots=True)
class ServedKind:
    """What all kinds say. `words` replaces the established words in what people are told."""

    kind: Kind
    words: tuple[tuple[str, str], ...] = ()
    tell: Callable[[Violation], Violation] = as_it_is
    complete: Complete = nothing_more

    @property
    def endpoint(self) -> Resource:
        """Where the API server has its resources."""
        return endpoint_of(self.kind)

    @property
    def finalizer(self) -> str:
        """What makes a deletion wait for the operator."""
        return finalizer_of(self.endpoint)


def endpoint_of(kind: Kind) -> Resource:
    """Where the API server has the resources of a kind."""
    return Resource(GROUP, kind.version, kind.plural, kind.name)
