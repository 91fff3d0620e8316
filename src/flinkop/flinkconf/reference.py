"""The reference of the operator's options, as Markdown, made from their table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from flinkop.flinkconf.duration import format_duration, parse_duration
from flinkop.flinkconf.operatoroptions import ALL, NAMESPACE_DEFAULTS, VERSION_DEFAULTS
from flinkop.flinkconf.option import Option, boolean, count, decimal, integer
from flinkop.flinkconf.schedule import parse_schedule

_TYPES: Mapping[Callable[[str], Any], str] = {
    parse_duration: "duration",
    parse_schedule: "duration or cron",
    boolean: "boolean",
    integer: "integer",
    count: "integer",
    decimal: "number",
}

_INTRODUCTION = f"""\
<!-- Generated from src/flinkop/flinkconf/operatoroptions.py by `make generate`; do not edit. -->

# Configuration

Options have the names and defaults of the established operator. They are set in the operator's own configuration (the
ConfigMap `flink-operator-config`, from the chart's values), and those in the first table also in `spec.flinkConfiguration`
of a resource, which wins. Any other key in the operator's configuration is a default for the Flink configuration of every
cluster.

- `{NAMESPACE_DEFAULTS}<namespace>.<key>` sets a default for the resources of one namespace,
- `{VERSION_DEFAULTS}<version>.<key>` for one Flink version (`v1_20`), or for it and all later ones (`v1_20+`).

From weakest to strongest: the operator's configuration, the defaults of the namespace, those of `version+` from old to new,
those of the exact version, `spec.flinkConfiguration`.

Durations are written as Flink writes them: `10 s`, `5 min`, `1 d`, or `PT10S`. An option that is not known, or known to the
established operator and not to this one, is named in a warning and has no effect.
"""


def render_reference() -> str:
    """The text of docs/configuration.md."""
    return "\n".join(
        (
            _INTRODUCTION,
            "## For a resource, or for all\n",
            *_table(option for option in ALL if not option.system_only),
            "\n## For the operator only\n",
            *_table(option for option in ALL if option.system_only),
            "",
        )
    )


def _table(options: Iterable[Option[Any]]) -> Iterable[str]:
    yield "| Option | Default | Type | Meaning |"
    yield "|---|---|---|---|"
    for option in options:
        yield f"| `{option.key}` | {_default(option.default)} | {_TYPES.get(option.parse, 'text')} | {_meaning(option)} |"


def _default(value: object) -> str:
    match value:
        case None | ():
            return "not set"
        case timedelta():
            return f"`{format_duration(value)}`"
        case bool():
            return f"`{str(value).lower()}`"
        case _:
            return f"`{value}`"


def _meaning(option: Option[Any]) -> str:
    old_names = ", ".join(f"`{key}`" for key in option.fallback_keys)
    return f"{option.description} Old name: {old_names}." if old_names else option.description
