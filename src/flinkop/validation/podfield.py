"""What Kubernetes takes in a pod, field by field: the same fields, types and quantities as its API server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from flinkop.validation.podschema import SCHEMA
from flinkop.validation.violation import Violation, warning

_QUANTITY = re.compile(r"[+-]?(\d+|\d+\.\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?")
_LIKE = 0.75
"""How much alike a name and a field have to be for the one to be a misspelling of the other."""

# Fields with a few values, of which another one is refused. Source: k8s.io/api/core/v1, types.go.
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "Container.imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "Container.terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
    "ContainerPort.protocol": ("TCP", "UDP", "SCTP"),
    "PodSpec.dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "PodSpec.restartPolicy": ("Always", "OnFailure", "Never"),
    "Toleration.effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"),
    "Toleration.operator": ("Exists", "Equal", "Lt", "Gt"),
    "TopologySpreadConstraint.whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
}

# What the API server reads as empty or 0 where it is absent, and takes.
_MAY_BE_ABSENT = frozenset({"HTTPHeader.value", "ISCSIVolumeSource.lun", "PodSpec.containers", "Sysctl.value"})

_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
    "port": (int, str),
    "quantity": (int, float, str),
}
_WANTED = {
    "str": ("a text", "put it in quotes"),
    "int": ("a whole number", "write digits, without quotes"),
    "bool": ("true or false", "write one of them, without quotes"),
    "float": ("a number", "write one, without quotes"),
    "port": ("a number or the name of a port", "write one"),
    "quantity": ("a quantity", "write for example 500m or 2Gi"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type: what it holds, and whether it has to be there."""

    type: str
    required: bool


@cache
def _schema() -> Mapping[str, Mapping[str, Field]]:
    lines = SCHEMA.strip().replace("\n  ", " ").splitlines()
    return {name: dict(map(_field, fields.split())) for name, _, fields in (line.partition(": ") for line in lines)}


def _field(text: str) -> tuple[str, Field]:
    name, _, kind = text.partition("=")
    return name.removesuffix("!"), Field(kind, name.endswith("!"))


def misfits(path: str, kind: str, value: object) -> Iterator[Violation]:
    """What of `value`, which stands at `path`, does not fit a type of the schema. A null counts as absent."""
    if value is None or kind == "any":
        return
    if kind[0] == "[":
        yield from _of_list(path, kind[1:-1], value)
    elif kind[0] == "{":
        yield from _of_map(path, kind[1:-1], value)
    elif kind in _TYPES:
        yield from _of_scalar(path, kind, value)
    else:
        yield from _of_object(path, kind, value)


def _of_list(path: str, kind: str, value: object) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield Violation(path, f"is {_what(value)}, where Kubernetes takes a list", "write - before each of its elements")
        return
    for index, element in enumerate(value):
        if element is None and kind in _schema():
            problem, remedy = "is empty, where Kubernetes takes a map", "write its fields behind the dash, or remove that"
            yield Violation(f"{path}[{index}]", problem, remedy)
        yield from misfits(f"{path}[{index}]", kind, element)


def _of_map(path: str, kind: str, value: object) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield _no_map(path, value)
        return
    for name, inner in value.items():
        yield from misfits(f"{path}.{name}", kind, inner)


def _no_map(path: str, value: object) -> Violation:
    return Violation(path, f"is {_what(value)}, where Kubernetes takes a map", "write its fields below it, as in a Pod")


def _of_scalar(path: str, kind: str, value: object) -> Iterator[Violation]:
    wanted, remedy = _WANTED[kind]
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "bool"):
        yield Violation(path, f"is {_what(value)}, where Kubernetes takes {wanted}", remedy)
    elif kind == "quantity" and not _QUANTITY.fullmatch(str(value)):
        yield Violation(path, "is not a quantity, which is a number and perhaps a unit", f"{remedy}; bytes have Ki, Mi, Gi or k, M, G")


def _of_object(path: str, kind: str, value: object) -> Iterator[Violation]:
    if not isinstance(value, Mapping):
        yield _no_map(path, value)
        return
    fields = _schema()[kind]
    for name, inner in value.items():
        at = f"{path}.{name}"
        if name not in fields:
            yield _unknown(at, str(name), kind, fields)
            continue
        yield from misfits(at, fields[name].type, inner)
        choices = _CHOICES.get(f"{kind}.{name}", ())
        if choices and isinstance(inner, str) and inner not in choices:
            yield Violation(at, f"is not one of {', '.join(choices)}", "write one of them, with these capitals")


def _unknown(path: str, name: str, kind: str, fields: Mapping[str, Field]) -> Violation:
    close = get_close_matches(name, fields, n=1, cutoff=_LIKE)
    if close:
        return Violation(path, f"is not a field of a {kind}, and Kubernetes would drop it", f"did you mean {close[0]}?")
    return warning(path, f"is not known as a field of a {kind}, and Kubernetes drops what it does not know", "see `kubectl explain pod`")


def _what(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "a map"
        case _:
            return "a list"


def absent(path: str, kind: str, value: object, beside: object = None) -> Iterator[Violation]:
    """Fields that have to be there and are neither in `value` nor in `beside`, what is laid over it or under it by position."""
    if kind[0] == "[" and isinstance(value, list):
        others = beside if isinstance(beside, list) else []
        for index, element in enumerate(value):
            yield from absent(f"{path}[{index}]", kind[1:-1], element, others[index] if index < len(others) else None)
    elif isinstance(value, Mapping) and kind in _schema():
        other: Mapping[str, Any] = beside if isinstance(beside, Mapping) else {}
        for name, field in _schema()[kind].items():
            if value.get(name) is not None:
                yield from absent(f"{path}.{name}", field.type, value[name], other.get(name))
            elif field.required and other.get(name) is None and f"{kind}.{name}" not in _MAY_BE_ABSENT:
                yield Violation(path, f"has no {name}", "give it one")
