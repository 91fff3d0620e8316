"""Pod templates: the common one and a component's become one."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from flinkop.resources.naming import MAIN_CONTAINER


def merge(base: Mapping[str, Any] | None, override: Mapping[str, Any] | None, by_name: bool) -> dict[str, Any]:
    """`override` over `base`: objects key by key, lists by position, or by name where all elements have one and `by_name` is set.

    Source: official operator, pod template merge; positional merging is its default, and its best known trap.
    """
    merged: dict[str, Any] = copy.deepcopy(dict(base or {}))
    for key, value in (override or {}).items():
        merged[key] = _merge_values(merged.get(key), value, by_name)
    return merged


def _merge_values(base: Any, override: Any, by_name: bool) -> Any:
    if isinstance(base, dict) and isinstance(override, Mapping):
        return merge(base, override, by_name)
    if isinstance(base, list) and isinstance(override, list):
        return _merge_by_name(base, override) if by_name and _all_named(base + override) else _merge_by_position(base, override)
    return copy.deepcopy(override)


def _merge_by_position(base: list[Any], override: list[Any]) -> list[Any]:
    merged = [_merge_values(old, new, False) for old, new in zip(base, override, strict=False)]
    return merged + copy.deepcopy(base[len(override) :]) + copy.deepcopy(override[len(base) :])


def _merge_by_name(base: list[Any], override: list[Any]) -> list[Any]:
    new = {element["name"]: element for element in override}
    merged = [_merge_values(element, new.pop(element["name"], {}), True) for element in base]
    return merged + [copy.deepcopy(element) for element in new.values()]


def _all_named(elements: list[Any]) -> bool:
    return all(isinstance(element, Mapping) and "name" in element for element in elements)


def split_main_container(template: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The side containers, and the container that Flink runs in: an empty one when the template has none."""
    containers = (template.get("spec") or {}).get("containers") or []
    sides = [container for container in containers if container.get("name") != MAIN_CONTAINER]
    main: dict[str, Any] = next((container for container in containers if container.get("name") == MAIN_CONTAINER), {})
    return copy.deepcopy(sides), copy.deepcopy(main)


def with_resources(template: Mapping[str, Any], requests: Mapping[str, str], limits: Mapping[str, str]) -> dict[str, Any]:
    """The template with these requests and limits added to Flink's container."""
    if not requests and not limits:
        return dict(template)
    sides, main = split_main_container(template)
    resources = main.setdefault("resources", {})
    for kind, wanted in (("requests", requests), ("limits", limits)):
        if wanted:
            resources[kind] = {**(resources.get(kind) or {}), **wanted}
    main["name"] = MAIN_CONTAINER
    return {**template, "spec": {**(template.get("spec") or {}), "containers": [*sides, main]}}
