"""Flink's text form of lists, maps and lists of maps: `a;b`, `k:v,k:v` and `k:v,k:v;k:v`.

The rules are those of Flink's StructuredOptionsSplitter and ConfigurationUtils: a part is put in single quotes, with inner
single quotes doubled, when it contains a delimiter or a quote. Two things are stricter here than in Flink's own writer, both
so that every value survives: parts that are empty or have blanks at an end are quoted (Flink trims unquoted parts), and so
are first parts that Flink 1.19+ would take for YAML (see `_looks_like_yaml`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# What Java's String.trim takes away at both ends.
TRIMMED = "".join(map(chr, range(0x21)))


def format_list(elements: Iterable[str]) -> str:
    """`["a", "b;c"]` as `a;'b;c'`. The empty list is the empty text."""
    return ";".join(_quote(element, ";") for element in elements)


def format_map(pairs: Mapping[str, str]) -> str:
    """`{"k": "v", "l": "a:b"}` as `k:v,'l:''a:b'''`, in the map's order."""
    plain = [f"{_quote(key, ':')}:{_quote(value, ':')}" for key, value in pairs.items()]
    quoted = [_quote(pair, ",") for pair in plain]
    if quoted != plain and quoted[0] == plain[0]:
        # A later part may contain `: `, which makes YAML of the whole text unless it starts with a quote.
        quoted[0] = _in_quotes(quoted[0])
    return ",".join(quoted)


def format_list_of_maps(maps: Iterable[Mapping[str, str]]) -> str:
    """Each map as `format_map` writes it, joined as `format_list` does."""
    return format_list(format_map(pairs) for pairs in maps)


def _quote(part: str, delimiter: str) -> str:
    return _in_quotes(part) if _needs_quotes(part, delimiter) else part


def _needs_quotes(part: str, delimiter: str) -> bool:
    is_trimmed = not part or part != part.strip() or part != part.strip(TRIMMED)
    return is_trimmed or delimiter in part or "'" in part or '"' in part or _looks_like_yaml(part)


def _in_quotes(part: str) -> str:
    return "'" + part.replace("'", "''") + "'"


def _looks_like_yaml(part: str) -> bool:
    """Flink 1.19+ tries YAML first: `[a]` and `- a` would become lists, `{a: b}` a map."""
    return part[0] in "[{" or part == "-" or part.startswith(("- ", "-\t", "-\n"))
