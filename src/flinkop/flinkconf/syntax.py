"""Flink's text form of lists and maps, read back; and the one place where all of Flink's syntax is found.

Source: Flink's StructuredOptionsSplitter and ConfigurationUtils, the same from 1.16 to 2.3.
"""

from __future__ import annotations

import re

from flinkop.api.delimited import TRIMMED, format_list, format_list_of_maps, format_map
from flinkop.flinkconf.configfile import (
    read_config_yaml,
    read_flink_conf_yaml,
    write_config_yaml,
    write_flink_conf_yaml,
)

__all__ = [
    "format_list",
    "format_list_of_maps",
    "format_map",
    "parse_list",
    "parse_list_of_maps",
    "parse_map",
    "read_config_yaml",
    "read_flink_conf_yaml",
    "write_config_yaml",
    "write_flink_conf_yaml",
]

# A part in quotes; a doubled quote stands for one.
_QUOTED = re.compile(r"""\s*(?:'(?P<single>(?:[^']|'')*)'|"(?P<double>(?:[^"]|"")*)")\s*""", re.DOTALL)


def parse_list(text: str) -> list[str]:
    """`a;'b;c'` as `["a", "b;c"]`. Raises ValueError when quotes are not closed, or text follows a closing quote."""
    return _split(text, ";")


def parse_map(text: str) -> dict[str, str]:
    """`k:v,'l:a:b'` as pairs. Raises ValueError for bad quotes, a part that is not `key:value`, and a key given twice."""
    pairs: dict[str, str] = {}
    for item in _split(text, ","):
        pair = _split(item, ":")
        if len(pair) != 2:
            raise ValueError("is not a map; write key:value,key:value and put a pair that contains more colons or commas in quotes")
        if pair[0] in pairs:
            raise ValueError(f"has the key '{pair[0]}' twice; keep one of them")
        pairs[pair[0]] = pair[1]
    return pairs


def parse_list_of_maps(text: str) -> list[dict[str, str]]:
    """`k:v,l:w;k:x` as maps. Raises ValueError as `parse_map` does."""
    return [parse_map(item) for item in _split(text, ";")]


def _split(text: str, delimiter: str) -> list[str]:
    """Flink keeps an empty part between two delimiters (`a;;b` has three parts) and drops one at either end (`;a;` has one)."""
    parts: list[str | None] = []
    position = 0
    while position <= len(text):
        part, end = _part_at(text, position, delimiter)
        parts.append(part)
        position = end + 1
    if parts[-1] is None:
        parts.pop()
    if parts and parts[0] is None:
        parts.pop(0)
    return [part or "" for part in parts]


def _part_at(text: str, start: int, delimiter: str) -> tuple[str | None, int]:
    """The part that begins at `start`, None when nothing is there, and where its delimiter, or the end, is."""
    quoted = _QUOTED.match(text, start)
    if quoted is None:
        return _bare_part_at(text, start, delimiter)
    if quoted.end() < len(text) and text[quoted.end()] != delimiter:
        raise ValueError("has text after a closing quote; double a quote that belongs to the text")
    single, double = quoted["single"], quoted["double"]
    return single.replace("''", "'") if single is not None else double.replace('""', '"'), quoted.end()


def _bare_part_at(text: str, start: int, delimiter: str) -> tuple[str | None, int]:
    end = text.find(delimiter, start)
    end = len(text) if end < 0 else end
    part = text[start:end].strip(TRIMMED)
    if part[:1] in ("'", '"'):
        raise ValueError("has a quote that is not closed; close it, or put the text in the other kind of quotes")
    return part or None, end
