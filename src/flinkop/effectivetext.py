"""Effective configurations as text: lines that people read, search and copy, or JSON or YAML for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import yaml

from flinkop.api.flinkconfiguration import text_of
from flinkop.effective import Effective
from flinkop.flinkconf.configfile import double_quoted
from flinkop.flinkconf.layers import Given, Setting
from flinkop.kubectlyaml import scalar_of

_WIDEST = 76
_LONGEST_OVERRIDDEN = 40


def render_lines(found: Sequence[Effective]) -> str:
    """`key: value   # source`, which is YAML: lines can be copied into a `flinkConfiguration`."""
    return "---\n".join(_lines(effective) for effective in found)


def _lines(effective: Effective) -> str:
    rows = [(f"{_key(setting.key)}: {_scalar(setting.value)}", _origin(setting)) for setting in effective.settings]
    width = max((len(pair) for pair, _ in rows if len(pair) <= _WIDEST), default=0)
    title = f"# {_scalar(effective.document.title)} in the namespace {_scalar(effective.namespace)}"
    note = "" if effective.complete else "\n# not complete: the spec cannot be read, or its cluster is not in the input"
    return "".join(f"{line}\n" for line in (f"{title}{note}", *(f"{pair:{width}}  # {origin}" for pair, origin in rows)))


def _origin(setting: Setting) -> str:
    if not setting.overridden:
        return setting.source
    return f"{setting.source} (over {', '.join(_weaker(setting.key, given) for given in setting.overridden)})"


def _weaker(key: str, given: Given) -> str:
    text = _scalar(given.value)
    value = text if len(text) <= _LONGEST_OVERRIDDEN else f"{text[:_LONGEST_OVERRIDDEN]}…"
    return f"{given.source}: {value if given.key == key else f'{_scalar(given.key)}: {value}'}"


def _key(text: str) -> str:
    """A key that YAML takes for true, false, a number or the beginning or end of a document would come back in another form."""
    return text if _is_plain(text) and _is_plain_key(text) else double_quoted(text)


def _is_plain_key(text: str) -> bool:
    try:
        return bool(yaml.safe_load(f"{text}: value") == {text: "value"})
    except yaml.YAMLError:
        return False


def _scalar(text: str) -> str:
    """Plain where every YAML reader gives the same text back, else in quotes."""
    return text if _is_plain(text) else double_quoted(text)


def _is_plain(text: str) -> bool:
    try:
        read = yaml.safe_load(f"key: {text}")["key"]
    except (yaml.YAMLError, TypeError, ValueError):
        return False
    if isinstance(read, str):
        return read == text and isinstance(scalar_of(text), str) and not _may_be_a_number(text)
    return isinstance(read, bool | int | float) and text_of(read) == text


def _may_be_a_number(text: str) -> bool:
    """Readers differ in what they take for one: `1e3`, `0o17`."""
    for read in (float, lambda number: int(number, 0)):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False


def render_json(found: Sequence[Effective]) -> str:
    """A list with one object for each resource."""
    return f"{json.dumps(_objects(found), indent=2, ensure_ascii=False)}\n"


def render_yaml(found: Sequence[Effective]) -> str:
    """The same list in YAML."""
    return yaml.safe_dump(_objects(found), sort_keys=False, allow_unicode=True, width=float("inf"))


def _objects(found: Sequence[Effective]) -> list[dict[str, Any]]:
    return [
        {
            "namespace": effective.namespace,
            "name": effective.name,
            "complete": effective.complete,
            "settings": [_object(setting) for setting in effective.settings],
        }
        for effective in found
    ]


def _object(setting: Setting) -> dict[str, Any]:
    return {**asdict(setting), "overridden": [asdict(given) for given in setting.overridden]}


FORMS: Mapping[str, Callable[[Sequence[Effective]], str]] = {"table": render_lines, "json": render_json, "yaml": render_yaml}
"""The forms of output by their names on the command line."""
