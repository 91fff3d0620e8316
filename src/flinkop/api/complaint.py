"""What is wrong with the types of a resource, in sentences that people can act on."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from flinkop.errors import InvalidSpec

# pydantic's error types, the type that the field wants, and the way to write it.
_WANTED = {
    "int_type": ("a whole number", "write it without quotes and without a fraction"),
    "float_type": ("a number", "write it without quotes"),
    "bool_type": ("true or false", "write it without quotes"),
    "string_type": ("text", "put it in quotes"),
    "list_type": ("a list", "write one - item a line"),
    "dict_type": ("a map", "write one key: value a line"),
    "model_type": ("a map of fields", "write its fields below it"),
}

_GIVEN: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number"),
    (str, "text"),
    (dict, "a map"),
    (list, "a list"),
    (type(None), "nothing"),
)


class WrongFields(InvalidSpec):
    """Fields of a resource have wrong types or are missing; `complaints` has one sentence for each."""

    def __init__(self, complaints: tuple[str, ...]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = complaints


def complaints(root: str, error: ValidationError) -> Iterator[str]:
    """One sentence for each wrong field: `spec.job.args: must be a list and is text; write one - item a line`."""
    for detail in error.errors(include_url=False):
        yield f"{_path(root, detail)}: {_problem(detail)}"


def _path(root: str, detail: ErrorDetails) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in detail["loc"])
    return root + "".join(steps)


def _problem(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind in _WANTED:
        wanted, remedy = _WANTED[kind]
        return f"must be {wanted} and is {_name_of(detail['input'])}; {remedy}"
    if kind == "missing":
        return "is missing; it must be set"
    if kind == "enum":
        return f"must be one of {detail['ctx']['expected']}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    return detail["msg"]


def _name_of(value: object) -> str:
    return next((name for kind, name in _GIVEN if isinstance(value, kind)), type(value).__name__)
