"""OpenAPI schemas from the models: types from the annotations, descriptions from the docstrings below the attributes.

Nothing is required and nothing has a default, as in the established schema: defaults are the models', applied on reading.
The keys of lists that are maps are the one exception; the API server takes them only as required fields.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from flinkop.api.model import ApiModel, OpenApi

Schema = dict[str, Any]

_SCALARS: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema_of(model: type[ApiModel]) -> Schema:
    """The schema of a model: an object with the model's fields under their names on the wire."""
    descriptions = _attribute_docstrings(model)
    properties = {
        str(field.alias): {
            **_schema_of_annotation(field.annotation, field.metadata),
            "description": descriptions[name],
        }
        for name, field in model.model_fields.items()
    }
    return {"type": "object", "properties": properties}


def _schema_of_annotation(annotation: Any, metadata: list[Any]) -> Schema:
    stated: Schema = {key: value for note in metadata if isinstance(note, OpenApi) for key, value in note.schema.items()}
    if _is_whole(stated):
        return stated
    schema = {**_schema_of_type(annotation), **stated}
    keys = stated.get("x-kubernetes-list-map-keys")
    return schema if keys is None else {**schema, "items": {**schema["items"], "required": keys}}


def _is_whole(stated: Schema) -> bool:
    """Whether the stated schema stands for itself; otherwise it only adds to what the type tells."""
    return any(key in stated for key in ("type", "anyOf", "x-kubernetes-preserve-unknown-fields"))


def _schema_of_type(annotation: Any) -> Schema:
    match get_origin(annotation), get_args(annotation):
        case origin, arguments if origin in (Union, UnionType):
            return _schema_of_type(next(argument for argument in arguments if argument is not NoneType))
        case origin, (inner, *notes) if origin is Annotated:
            return _schema_of_annotation(inner, notes)
        case origin, (item,) if origin is list:
            return {"type": "array", "items": _schema_of_type(item)}
        case origin, (_, item) if origin is dict:
            return {"type": "object", "additionalProperties": _schema_of_type(item)}
        case _:
            return _schema_of_class(annotation)


def _schema_of_class(kind: type) -> Schema:
    if issubclass(kind, ApiModel):
        return schema_of(kind)
    if issubclass(kind, StrEnum):
        return {"type": "string", "enum": [str(value) for value in kind]}
    return {"type": _SCALARS[kind]}


def _attribute_docstrings(model: type[ApiModel]) -> dict[str, str]:
    """The text below each attribute, in one line; also of those that the model has from others."""
    above = [parent for parent in reversed(model.__mro__) if issubclass(parent, ApiModel)]
    return {name: text for parent in above for name, text in _docstrings_in(parent)}


def _docstrings_in(model: type[ApiModel]) -> Iterator[tuple[str, str]]:
    body = ast.parse(inspect.getsource(model)).body[0]
    assert isinstance(body, ast.ClassDef)
    for statement, following in pairwise(body.body):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            yield statement.target.id, " ".join(str(following.value.value).split())
