"""Manifests in files, checked without a cluster: the same rules as the operator's, and the fields that the API server would refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from re import sub
from typing import Any

import yaml

from flinkop.api.crd import build_crds
from flinkop.api.kind import ALL, GROUP, KINDS, Kind
from flinkop.kindcheck import Defaults, Manifest, Surroundings, broken_rules, kind_of
from flinkop.kubectlyaml import Loader
from flinkop.validation.podfield import misfits
from flinkop.validation.violation import Violation, warning

__all__ = ["Defaults", "Document", "NotYaml", "Surroundings", "check_manifest", "check_manifests", "name_in", "read_manifests"]

_QUOTES = "put quotes around a value that has ': ', ' #' or begins with one of @ * & ! %, or look at the indentation"
_WORDS = (
    (r"character '\t'", "a tab where YAML takes blanks only", "indent with blanks"),
    ("unhashable key", "a map or list is the name of a field", "is this a template that was not rendered yet? Put quotes around {{ }}"),
    ("a key is there twice", "", "remove one of them"),
)
"""Part of what PyYAML says, better words for it, and what to do."""

DEFAULT_NAMESPACE = "default"
"""Of an object that names none."""

# Parts of an object that are not described by the kind's own schema.
_OF_KUBERNETES = {"apiVersion": {}, "kind": {}, "metadata": {"x-kubernetes-preserve-unknown-fields": True}}


_TO_COME = frozenset({"FlinkBlueGreenDeployment"})

_MOST_VALUES = 200_000
"""Of one file, with aliases written out: far more than the API server takes."""


class NotYaml(ValueError):
    """The text is not YAML; the message says where."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its place (from 1), what it is, and what is wrong with it. None: it is no kind of ours."""

    place: int
    title: str
    violations: tuple[Violation, ...] | None


def check_manifests(text: str, defaults: Defaults) -> Iterator[Document]:
    """Checks every document of a YAML stream, and every item of a List; empty ones are left out. Raises NotYaml."""
    manifests = read_manifests(text)
    around = Surroundings(defaults, specs_in(raw for _, raw in manifests))
    for place, raw in manifests:
        yield check_manifest(place, raw, around)


def specs_in(objects: Iterable[object]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    """The specs of those that have one, by kind, namespace and name."""
    return {
        (str(raw.get("kind")), name_in(raw, "namespace") or DEFAULT_NAMESPACE, name_in(raw, "name")): raw["spec"]
        for raw in objects
        if isinstance(raw, Mapping) and isinstance(raw.get("spec"), Mapping)
    }


def read_manifests(text: str) -> list[tuple[int, object]]:
    """The objects of a YAML stream with the places of their documents; what `kubectl get` gives as a List, item by item. Raises NotYaml."""
    try:
        documents = list(yaml.load_all(text, Loader))
    except yaml.MarkedYAMLError as error:
        raise NotYaml(_without_its_text(error)) from None
    except yaml.YAMLError as error:
        raise NotYaml(f"has a character that YAML does not allow ({type(error).__name__})") from None
    except RecursionError:
        raise NotYaml("is nested too deeply") from None
    if _is_endless(documents):
        raise NotYaml(f"contains itself, or has more than {_MOST_VALUES} values when its aliases are written out")
    return [(place, raw) for place, document in enumerate(documents, start=1) for raw in _items(document) if raw is not None]


def _without_its_text(error: yaml.MarkedYAMLError) -> str:
    """What is wrong and where. The line itself is not shown: it may hold a secret."""
    problem, remedy = _in_words(error.problem or "cannot be understood")
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
    return f"{where}{problem}; {remedy}"


def _in_words(problem: str) -> tuple[str, str]:
    for words, told, remedy in _WORDS:
        if words in problem:
            return told or problem, remedy
    return sub(r"'[^']{2,}'", "...", problem), _QUOTES


def _is_endless(documents: list[object]) -> bool:
    left, count = list(documents), 0
    while left:
        value = left.pop()
        count += 1
        if count > _MOST_VALUES:
            return True
        if isinstance(value, Mapping):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
    return False


def _items(document: object) -> list[object]:
    if isinstance(document, Mapping) and document.get("kind") == "List" and isinstance(document.get("items"), list):
        return list(document["items"])
    return [document]


def check_manifest(place: int, raw: object, around: Surroundings) -> Document:
    """Checks one of them. Those that belong to it are looked for around it."""
    if not isinstance(raw, Mapping):
        return Document(place, "?", (Violation("document", "is not an object", "write apiVersion, kind, metadata and spec"),))
    title = f"{raw.get('kind') or '?'}/{name_in(raw, 'name') or '?'}"
    api_version = str(raw.get("apiVersion") or "")
    if api_version != GROUP and not api_version.startswith(f"{GROUP}/"):
        return Document(place, title, None)
    return Document(place, title, tuple(_violations(raw, around)))


def name_in(raw: Mapping[str, Any], field: str) -> str:
    """A field of the metadata, such as `name`; empty when it is not there."""
    metadata = raw.get("metadata")
    value = metadata.get(field) if isinstance(metadata, Mapping) else None
    return "" if value is None else str(value)


def _violations(raw: Mapping[str, Any], around: Surroundings) -> Iterator[Violation]:
    kind = kind_of(raw["apiVersion"], raw.get("kind"))
    if kind is None:
        yield _not_ours(str(raw["apiVersion"]), str(raw.get("kind")))
        return
    if kind not in KINDS:
        yield warning("kind", "is checked here, and not served by this version of the operator", "wait for a later one")
    yield from _unknown_fields("", raw, _schema(kind.name))
    yield from misfits("metadata", "ObjectMeta", raw.get("metadata"))
    manifest = Manifest(name_in(raw, "name"), name_in(raw, "namespace") or DEFAULT_NAMESPACE, raw.get("spec") or {})
    yield from broken_rules(kind, manifest, around)


def _not_ours(api_version: str, name: str) -> Violation:
    versions = {kind.name: kind.api_version for kind in ALL}
    if name in versions:
        return Violation("apiVersion", f"is {api_version}, which has no {name}", f"write {versions[name]}")
    close = get_close_matches(name, versions, n=1, cutoff=0.8)
    if close and name not in _TO_COME:
        return Violation("kind", f"is {name}, which is not known", f"did you mean {close[0]}?")
    return warning("kind", "is not served by this version of the operator", f"use one of {', '.join(map(_full_name, KINDS))}")


def _full_name(kind: Kind) -> str:
    return f"{kind.api_version} {kind.name}"


@cache
def _schema(kind: str) -> Mapping[str, Any]:
    (crd,) = (crd for crd in build_crds(ALL) if crd["spec"]["names"]["kind"] == kind)
    schema: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return {**schema, "properties": {**_OF_KUBERNETES, **schema["properties"]}}


def _unknown_fields(path: str, value: object, schema: Mapping[str, Any]) -> Iterator[Violation]:
    """Fields that are not in the schema; kubectl refuses them, and the API server drops them."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_fields(f"{path}[{index}]", item, schema.get("items", {}))
    elif isinstance(value, Mapping) and "properties" in schema:
        fields: Mapping[str, Any] = schema["properties"]
        for name, inner in value.items():
            at = f"{path}.{name}" if path else str(name)
            if name in fields:
                yield from _unknown_fields(at, inner, fields[name])
            elif not schema.get("x-kubernetes-preserve-unknown-fields"):
                yield Violation(at, "is not a field", _hint(str(name), fields))


def _hint(name: str, fields: Mapping[str, Any]) -> str:
    close = get_close_matches(name, fields, n=1)
    return f"did you mean {close[0]}?" if close else "remove it"
