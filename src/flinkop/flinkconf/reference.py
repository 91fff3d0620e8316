"""The reference of the operator's options, as Markdown, made from their table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from flinkop.flinkconf.duration import format_duration, parse_duration
from flinkop.flinkconf.establishedoptions import NOT_APPLICABLE
from flinkop.flinkconf.memory import format_memory, parse_flink_memory
from flinkop.flinkconf.operatoroptions import ALL, NAMESPACE_DEFAULTS, VERSION_DEFAULTS
from flinkop.flinkconf.option import MapOption, Option, boolean, count, decimal, integer
from flinkop.flinkconf.schedule import parse_schedule
from flinkop.flinkconf.syntax import format_list

_TYPES: Mapping[Callable[[str], Any], str] = {
    parse_duration: "duration",
    parse_schedule: "duration or cron",
    boolean: "boolean",
    integer: "integer",
    count: "integer",
    decimal: "number",
    parse_flink_memory: "size",
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

From weakest to strongest:

1. what the operator sets by default, such as `web.cancel.enable: false`,
2. the operator's configuration,
3. the defaults of the namespace,
4. those of `version+` from old to new,
5. those of the exact version,
6. `spec.flinkConfiguration`,
7. the other fields of the resource, such as `spec.image`, `spec.job.parallelism` and `spec.taskManager.resource`, and what the operator
   must set itself, such as `kubernetes.cluster-id`.

Another name of the same option counts as the same option: `state.savepoints.dir` of a resource wins over
`execution.checkpointing.savepoint-dir` in the operator's configuration. This holds for the options of the operator, and for those of Flink
whose loss would lose state: high availability, and the directories of checkpoints and savepoints.

`flinkop config FILE` shows what holds for a resource, and where each value comes from
([an example](operations.md#where-does-this-value-come-from)).

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
            "\n## Options of the established operator that have no effect here\n",
            *_not_applicable(),
            "",
        )
    )


def _table(options: Iterable[Option[Any]]) -> Iterable[str]:
    yield "| Option | Default | Type | Meaning |"
    yield "|---|---|---|---|"
    for option in options:
        yield f"| `{option.key}` | {_default(option)} | {_type(option)} | {_meaning(option)} |"


def _not_applicable() -> Iterable[str]:
    """Options that share a reason stand in one line."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in NOT_APPLICABLE.items():
        by_reason.setdefault(reason, []).append(f"`{name}*`" if name.endswith(".") else f"`{name}`")
    for reason, names in by_reason.items():
        yield f"- {', '.join(names)}: {reason}."
    yield "\nWhat else is not there yet: [compatibility.md](compatibility.md)."


def _type(option: Option[Any]) -> str:
    return "map" if isinstance(option, MapOption) else _TYPES.get(option.parse, "text")


def _default(option: Option[Any]) -> str:
    text = text_of_default(option)
    return "not set" if text is None else f"`{text}`"


def text_of_default(option: Option[Any]) -> str | None:
    """The default of an option as a user would write it; None when it has none."""
    match option.default:
        case None | ():
            return None
        case dict(pairs) if not pairs:
            return None
        case int(size) if option.parse is parse_flink_memory:
            return format_memory(size)
        case tuple(items):
            return format_list(items)
        case timedelta():
            return format_duration(option.default)
        case bool():
            return str(option.default).lower()
        case _:
            return str(option.default)


def _meaning(option: Option[Any]) -> str:
    old_names = ", ".join(f"`{key}`" for key in option.fallback_keys)
    return f"{option.description} Old name: {old_names}." if old_names else option.description
