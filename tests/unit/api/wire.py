"""Specs as they may stand in a manifest, made from the models themselves: every field now and then, of its type."""

from __future__ import annotations

from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st

from flinkop.api.flinkconfiguration import FlinkConfiguration
from flinkop.api.flinkrelease import FlinkRelease
from flinkop.api.flinkversion import KNOWN_VERSIONS, FlinkVersion
from flinkop.api.model import ApiModel

_TEXT = st.text(max_size=8)
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: _TEXT,
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
    bool: st.booleans(),
    FlinkVersion: st.sampled_from([str(version) for version in KNOWN_VERSIONS]),
    FlinkRelease: st.sampled_from(["v1.20", "1.20.1", "v2_0"]),
    Any: st.none() | st.booleans() | _TEXT | st.lists(_TEXT, max_size=2),
}
_CONFIGURATION = st.dictionaries(st.text(min_size=1, max_size=8), _TEXT | st.integers() | st.booleans(), max_size=3)


def specs_of(model: type[ApiModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Raw specs: what is required always, anything else perhaps."""
    fields = {str(field.alias): (field, _values(field.annotation, tuple(field.metadata))) for field in model.model_fields.values()}
    required = {name: values for name, (field, values) in fields.items() if field.is_required()}
    return st.fixed_dictionaries(required, optional={name: values for name, (_, values) in fields.items() if name not in required})


def _values(annotation: Any, notes: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    if set(map(id, get_args(FlinkConfiguration)[1:])) <= set(map(id, notes)):
        return _CONFIGURATION
    match get_origin(annotation), get_args(annotation):
        case origin, arguments if origin in (Union, UnionType):
            return st.one_of(*(st.none() if inner is NoneType else _values(inner) for inner in arguments))
        case origin, (inner, *inner_notes) if origin is Annotated:
            return _values(inner, tuple(inner_notes))
        case origin, (item,) if origin is list:
            return st.lists(_values(item), max_size=2)
        case origin, (_, item) if origin is dict:
            return st.dictionaries(_TEXT, _values(item), max_size=2)
        case _:
            return _of_class(annotation)


def _of_class(kind: Any) -> st.SearchStrategy[Any]:
    if kind in _SCALARS:
        return _SCALARS[kind]
    return specs_of(kind) if issubclass(kind, ApiModel) else st.sampled_from([str(value) for value in kind if isinstance(value, StrEnum)])
