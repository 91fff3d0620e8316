"""The two files in which Flink finds its configuration: `flink-conf.yaml` (up to 1.20) and `config.yaml` (from 2.0).

`flink-conf.yaml` is not YAML: one `key: value` a line, `#` starts a comment anywhere, nothing can be quoted or escaped.
`config.yaml` is YAML 1.2. It is written flat and double-quoted: Flink's loaders and shell scripts read that, no scalar changes
its type, and no key hides another whose name continues it (`state.backend` and `state.backend.incremental`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from flinkop.api.delimited import TRIMMED
from flinkop.api.flinkconfiguration import flatten_configuration
from flinkop.errors import InvalidSpec
from flinkop.flinkconf.option import InvalidOption

_NEW_LINE = re.compile(r"\r\n|\r|\n")

# What YAML 1.2 does not let stand unescaped in a double-quoted text, beyond what JSON escapes.
_NOT_PRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")

# The shell scripts read this key with sed, before any Java runs: no quotes around the key, nor around a simple path.
_READ_BY_SED = "env.java.home"
_SIMPLE_PATH = re.compile(r"[\w./+-]+")


def write_flink_conf_yaml(conf: Mapping[str, str]) -> str:
    """The text of `flink-conf.yaml`, sorted by key.

    Flink reads an empty value as not set and trims the others; both are done here. Raises InvalidOption, which names the key and
    not the value, for what this syntax cannot express: `#` and line breaks, and keys that contain `: `.
    """
    entries = {key: value.strip(TRIMMED) for key, value in sorted(conf.items())}
    return "".join(_legacy_line(key, value) for key, value in entries.items() if value)


def _legacy_line(key: str, value: str) -> str:
    problem = legacy_problem(key, value)
    if problem:
        raise InvalidOption(key, problem)
    return f"{key}: {value}\n"


def legacy_problem(key: str, value: str) -> str | None:
    """What Flink up to 1.20 cannot read in this pair, and the way out; None when all is well."""
    if not key or key != key.strip(TRIMMED) or ": " in key or "#" in key or _NEW_LINE.search(key):
        return "is not a key that Flink 1.x can read; use only letters, digits, dots and dashes"
    if "#" in value:
        return "contains '#', where Flink 1.x starts a comment; pass it in an environment variable or a file, or use Flink 2"
    if _NEW_LINE.search(value):
        return "contains a line break, which Flink 1.x cannot read; write it in one line"
    return None


def read_flink_conf_yaml(text: str) -> dict[str, str]:
    """What Flink reads from a `flink-conf.yaml`: it skips lines without `: ` and empty values, and the last of equal keys wins."""
    conf: dict[str, str] = {}
    for line in _NEW_LINE.split(text):
        key, _, value = line.partition("#")[0].partition(": ")
        key, value = key.strip(TRIMMED), value.strip(TRIMMED)
        if key and value:
            conf[key] = value
    return conf


def write_config_yaml(conf: Mapping[str, str]) -> str:
    """The text of `config.yaml`, sorted by key: flat, double-quoted. It can express every key and value."""
    return "".join(_yaml_line(key, value) for key, value in sorted(conf.items()))


def _yaml_line(key: str, value: str) -> str:
    if key == _READ_BY_SED:
        return f"{key}: {value if _SIMPLE_PATH.fullmatch(value) else double_quoted(value)}\n"
    return f"{double_quoted(key)}: {double_quoted(value)}\n"


def double_quoted(text: str) -> str:
    """A JSON string is a double-quoted YAML text, once the characters are escaped that only YAML refuses."""
    return _NOT_PRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


class _TextLoader(yaml.SafeLoader):
    """Leaves scalars as they are written (`yes`, `1.50`, `0777`), but knows nulls, and refuses keys that are given twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the class attribute that PyYAML reads
        first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"has the key {key} twice; keep one of them")
        return super().construct_mapping(node, deep)


def read_config_yaml(text: str) -> dict[str, str]:
    """What a `config.yaml` says: flat or nested keys, lists in Flink's text form, scalars as they are written, nulls as not set.

    Raises InvalidSpec for what is not YAML and for a key given twice.
    """
    try:
        raw = yaml.load(text, _TextLoader)
        conf = flatten_configuration({} if raw is None else raw)
    except yaml.YAMLError as error:
        raise InvalidSpec(f"config.yaml: is not YAML{_line_of(error)}; mind its blanks and quotes") from None
    except ValueError as error:
        raise InvalidSpec(f"config.yaml: {error}") from None
    return conf


def _line_of(error: yaml.YAMLError) -> str:
    """Where it is. What PyYAML says of the text there may hold a secret."""
    mark = getattr(error, "problem_mark", None)
    return f" in line {mark.line + 1}" if mark else ""
