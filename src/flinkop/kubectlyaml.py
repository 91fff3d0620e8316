"""YAML as kubectl reads it: scalars mean what they mean to Go's yaml.v2, and everything has to fit into JSON.

That is neither YAML 1.1 nor 1.2: `on`, `yes` and `y` are true, `010` and `0o10` are 8, `1e3` is 1000, `1:30` and dates are text, and `1.0`
becomes 1. Keys become text. Source: sigs.k8s.io/yaml 1.6 with go.yaml.in/yaml 2.4, resolve.go, tried out.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import yaml

_LONG = "tag:yaml.org,2002:"
_MERGE = f"{_LONG}merge"
_PLAIN = "tag:flink.apache.org,plain"
"""Of scalars without quotes and without a tag."""

_WORDS: dict[str, bool | None] = {
    **{word: True for low in ("y", "yes", "true", "on") for word in (low, low.capitalize(), low.upper())},
    **{word: False for low in ("n", "no", "false", "off") for word in (low, low.capitalize(), low.upper())},
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_BEYOND_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(0[xX](?P<hex>[0-9a-fA-F]+)|0[oO]?(?P<octal>[0-7]+)|0[bB](?P<binary>[01]+)|(?P<decimal>0|[1-9][0-9]*))"
)
_BASES = {"hex": 16, "octal": 8, "binary": 2, "decimal": 10}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_AS_FLOAT = 1e21
"""From here on JSON has floats also of whole numbers."""


class BeyondJson(ValueError):
    """The value is none that JSON has."""


def scalar_of(text: str) -> str | int | float | bool | None:
    """What a scalar without quotes means. Raises BeyondJson."""
    if text in _WORDS:
        return _WORDS[text]
    if _BEYOND_JSON.fullmatch(text):
        raise BeyondJson("is not a finite number")
    digits = text if text.startswith(".") else text.replace("_", "")
    if text[0] in "+-.0123456789":
        number = _integer(digits)
        return number if number is not None else _float(digits, text)
    return text


def _integer(digits: str) -> int | None:
    match = _INTEGER.fullmatch(digits)
    if match is None:
        return None
    base, found = next((base, match[name]) for name, base in _BASES.items() if match[name])
    number = int(match["sign"] + found, base)
    return number if -(2**63) <= number < 2**64 else None


def _float(digits: str, text: str) -> str | int | float:
    if not _FLOAT.fullmatch(digits):
        return text
    number = float(digits)
    if math.isinf(number):
        return text
    return int(Decimal(repr(number))) if number.is_integer() and abs(number) < _AS_FLOAT else number


class Loader(yaml.SafeLoader):
    """Reads documents so. Raises MarkedYAMLError also where kubectl loses something without a word: of a key that is there twice one value,
    and a tag that nobody knows.
    """

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node that says none."""
        if kind is not yaml.ScalarNode:
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        if not implicit[0]:
            return f"{_LONG}str"
        return _MERGE if value == "<<" else _PLAIN

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Keys as they stand in JSON."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                name = self._key(key)
                if name in seen:
                    raise yaml.MarkedYAMLError(problem="a key is there twice", problem_mark=key.start_mark)
                seen.add(name)
        return {_text(key): value for key, value in super().construct_mapping(node, deep).items()}

    def _key(self, node: yaml.ScalarNode) -> Any:
        value = self.construct_object(node)
        if value is None:
            raise yaml.MarkedYAMLError(problem="a key is empty", problem_mark=node.start_mark)
        return _text(value)


def _text(key: Any) -> Any:
    match key:
        case bool():
            return "true" if key else "false"
        case int() | float():
            return str(key)
        case _:
            return key


def _construct_plain(_loader: Loader, node: yaml.Node) -> Any:
    try:
        return scalar_of(node.value)
    except BeyondJson as error:
        raise yaml.MarkedYAMLError(problem=f"a value {error}", problem_mark=node.start_mark) from None


def _construct_text(_loader: Loader, node: yaml.Node) -> Any:
    return node.value


for _tag in (_PLAIN, *(f"{_LONG}{name}" for name in ("bool", "int", "float", "null"))):
    Loader.add_constructor(_tag, _construct_plain)
for _tag in (_MERGE, f"{_LONG}timestamp", f"{_LONG}str"):
    Loader.add_constructor(_tag, _construct_text)
