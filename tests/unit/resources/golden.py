"""The objects that Flink's own client makes, and those of the official operator, read from tests/golden; how objects are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DIRECTORY = Path(__file__).parents[2] / "golden" / "kubernetes"
VERSIONS = ("1.16.3", "1.17.2", "1.18.1", "1.19.3", "1.20.5", "2.0.2", "2.1.2", "2.2.1", "2.3.0")
POD_TEMPLATE: dict[str, Any] = yaml.safe_load((DIRECTORY / "pod-template.yaml").read_text())
ABSENT = "absent"

CONF_FILES = ("flink-conf.yaml", "config.yaml")

Objects = dict[str, dict[str, Any]]
"""Objects by kind and name: `Service my-app-rest`."""


def load(case: str, version: str, mode: str = "native") -> Objects:
    """The objects of `<mode>-<case>-<version>.txt`."""
    text = (DIRECTORY / f"{mode}-{case}-{version}.txt").read_text()
    return by_name(document for document in yaml.safe_load_all(text) if document)


def by_name(objects: Iterator[dict[str, Any]]) -> Objects:
    """Objects under the names by which they are compared; each name must come once."""
    named: Objects = {}
    for found in objects:
        name = f"{found['kind']} {found['metadata']['name']}"
        assert name not in named
        named[name] = found
    return named


def read_configuration(config_map: Mapping[str, Any]) -> dict[str, str]:
    """The options in a config map, every value as it is written."""
    (name,) = (name for name in CONF_FILES if name in config_map["data"])
    text = config_map["data"][name]
    if name == "flink-conf.yaml":
        return dict(line.split(": ", 1) for line in text.splitlines())
    return dict(_leaves("", yaml.load(text, yaml.BaseLoader)))


def _leaves(prefix: str, node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in node.items():
        if isinstance(value, Mapping):
            yield from _leaves(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


@dataclass(frozen=True)
class Difference:
    """Where two objects differ: what Flink's client writes, and what we write."""

    flinks: Any
    ours: Any


def differences(flinks: Any, ours: Any, path: str = "") -> dict[str, Difference]:
    """All differences by path. Empty maps count as absent; lists of the same length are compared element by element."""
    if isinstance(flinks, Mapping) and isinstance(ours, Mapping):
        keys = dict.fromkeys((*flinks, *ours))
        pairs = [(f"{path}.{key}".lstrip("."), _value(flinks, key), _value(ours, key)) for key in keys]
    elif isinstance(flinks, list) and isinstance(ours, list) and len(flinks) == len(ours):
        pairs = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(flinks, ours, strict=True))]
    else:
        return {} if flinks == ours else {path: Difference(flinks, ours)}
    found: dict[str, Difference] = {}
    for where, left, right in pairs:
        found.update(differences(left, right, where))
    return found


def _value(node: Mapping[str, Any], key: str) -> Any:
    value = node.get(key, ABSENT)
    return ABSENT if value == {} and key != "emptyDir" else value
