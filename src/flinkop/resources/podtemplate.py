"""Pod templates: the common one and a component's become one, whose parts are then read and added to.

The definition leaves the structure of templates open, so anything may stand in them: what is read here is checked here.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from flinkop.errors import InvalidSpec
from flinkop.resources.naming import MAIN_CONTAINER
from flinkop.resources.size import Sizing

MAIN_PATH = f"podTemplate.spec.containers[{MAIN_CONTAINER}]"
"""How errors name the container that Flink runs in."""


def merge(base: Mapping[str, Any] | None, override: Mapping[str, Any] | None, by_name: bool) -> dict[str, Any]:
    """`override` over `base`: objects key by key, lists by position, or by name where all elements have one and `by_name` is set.

    A null counts as absent. Source: official operator, pod template merge; positional merging is its default, and its best
    known trap.
    """
    merged: dict[str, Any] = copy.deepcopy(dict(base or {}))
    for key, value in (override or {}).items():
        if value is not None:
            merged[key] = _merge_values(merged.get(key), value, by_name)
    return merged


def _merge_values(base: Any, override: Any, by_name: bool) -> Any:
    if isinstance(base, dict) and isinstance(override, Mapping):
        return merge(base, override, by_name)
    if isinstance(base, list) and isinstance(override, list):
        named = by_name and _has_names(base) and _has_names(override)
        return _merge_by_name(base, override) if named else _merge_by_position(base, override, by_name)
    return copy.deepcopy(override)


def _merge_by_position(base: list[Any], override: list[Any], by_name: bool) -> list[Any]:
    merged = [_merge_values(old, new, by_name) for old, new in zip(base, override, strict=False)]
    return merged + copy.deepcopy(base[len(override) :]) + copy.deepcopy(override[len(base) :])


def _merge_by_name(base: list[Any], override: list[Any]) -> list[Any]:
    new = {element["name"]: element for element in override}
    merged = [_merge_values(element, new.pop(element["name"], {}), True) for element in base]
    return merged + [copy.deepcopy(element) for element in new.values()]


def _has_names(elements: list[Any]) -> bool:
    """Whether every element has a name, of its own: two of one name could not be told apart."""
    names = [element.get("name") if isinstance(element, Mapping) else None for element in elements]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def map_in(node: Mapping[str, Any], name: str, path: str) -> dict[str, Any]:
    """The map under `name` of `node`, which stands at `path` of a template; empty when there is none. Raises InvalidSpec."""
    found = node.get(name)
    if found is not None and not isinstance(found, Mapping):
        raise InvalidSpec(f"{path}.{name}: is not a map; write its fields below it, as in a Pod")
    return dict(found or {})


def list_in(node: Mapping[str, Any], name: str, path: str) -> list[dict[str, Any]]:
    """The list of maps under `name` of `node`, which stands at `path` of a template; empty when there is none. Raises InvalidSpec."""
    found = node.get(name)
    if found is not None and not (isinstance(found, list) and all(isinstance(element, Mapping) for element in found)):
        raise InvalidSpec(f"{path}.{name}: is not a list of maps; write one - name: ... for each, as in a Pod")
    return [dict(element) for element in found or []]


def split_main_container(template: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The side containers, and the container that Flink runs in: an empty one when the template has none. Raises InvalidSpec."""
    containers = list_in(map_in(template, "spec", "podTemplate"), "containers", "podTemplate.spec")
    sides = [container for container in containers if container.get("name") != MAIN_CONTAINER]
    main: dict[str, Any] = next((container for container in containers if container.get("name") == MAIN_CONTAINER), {})
    return copy.deepcopy(sides), copy.deepcopy(main)


def with_resources(template: Mapping[str, Any], sizing: Sizing) -> dict[str, Any]:
    """The template with what the template has to say of `sizing` added to Flink's container. Raises InvalidSpec."""
    if not (sizing.requests or sizing.limits or sizing.claims):
        return dict(template)
    sides, main = split_main_container(template)
    main["name"] = MAIN_CONTAINER
    main["resources"] = _with_sizing(map_in(main, "resources", MAIN_PATH), sizing)
    return {**template, "spec": {**map_in(template, "spec", "podTemplate"), "containers": [*sides, main]}}


def _with_sizing(resources: Mapping[str, Any], sizing: Sizing) -> dict[str, Any]:
    path = f"{MAIN_PATH}.resources"
    added: dict[str, Any] = {
        "requests": {**map_in(resources, "requests", path), **sizing.requests},
        "limits": {**map_in(resources, "limits", path), **sizing.limits},
        "claims": [*list_in(resources, "claims", path), *sizing.claims],
    }
    return {**resources, **{name: value for name, value in added.items() if value}}
