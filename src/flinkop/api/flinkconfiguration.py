"""The field `flinkConfiguration`: flat keys or nested YAML on the way in, one flat map of texts inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from flinkop.api.delimited import format_list, format_list_of_maps
from flinkop.api.model import OpenApi


def flatten_configuration(raw: object) -> dict[str, str]:
    """Joins nested keys with dots, lists with `;`, writes scalars as Flink reads them, and drops nulls.

    Raises ValueError, which names the key and never a value, when something is not a map, a list has more in it than a list of maps, or
    one key is given twice.
    """
    if not isinstance(raw, Mapping):
        raise ValueError("must be a map of Flink options; write one key: value a line")
    flat: dict[str, str] = {}
    for key, value in _leaves("", raw):
        if flat.setdefault(key, value) != value:
            raise ValueError(f"has {key} twice, flat and nested, with different values; keep one of them")
    return flat


def _leaves(prefix: str, node: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for name, value in node.items():
        key = f"{prefix}.{name}" if prefix else str(name)
        if isinstance(value, Mapping):
            yield from _leaves(key, value)
        elif value is not None:
            yield key, _text_of_list(key, value) if isinstance(value, list) else text_of(value)


def _text_of_list(key: str, values: list[Any]) -> str:
    are_maps = bool(values) and all(isinstance(value, Mapping) for value in values)
    leaves = [leaf for value in values for leaf in value.values()] if are_maps else values
    if any(isinstance(leaf, Mapping | list) for leaf in leaves):
        raise ValueError(f"has under {key} a list that Flink cannot read; write texts and numbers in it, or maps of them")
    if are_maps:
        return format_list_of_maps({str(key): text_of(item) for key, item in value.items()} for value in values)
    return format_list(text_of(value) for value in values if value is not None)


def text_of(scalar: object) -> str:
    """A YAML or JSON scalar in the form Flink's parsers read: `true`, not `True`."""
    return str(scalar).lower() if isinstance(scalar, bool) else str(scalar)


FlinkConfiguration = Annotated[
    dict[str, str],
    BeforeValidator(flatten_configuration),
    OpenApi({"x-kubernetes-preserve-unknown-fields": True}),
]
