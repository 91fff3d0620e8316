"""What all models share: names on the wire, how they are read, and how a field states its schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

_WIRE_NAMES = {"jar_uri": "jarURI"}


def wire_name(attribute: str) -> str:
    """`upgrade_mode` as `upgradeMode`."""
    return _WIRE_NAMES.get(attribute, to_camel(attribute))


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity: type annotations must be hashable
class OpenApi:
    """The schema of a field whose Python type does not tell it."""

    schema: Mapping[str, Any]


class ApiModel(BaseModel):
    """Frozen, exact about types, and deaf to fields it does not know, as the API server is. A null counts as absent."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", alias_generator=wire_name, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, raw: object) -> object:
        return {key: value for key, value in raw.items() if value is not None} if isinstance(raw, Mapping) else raw


def _text_of_quantity(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


# A Kubernetes quantity: a number or a text on the wire, always a text inside.
Quantity = Annotated[
    str,
    BeforeValidator(_text_of_quantity),
    OpenApi({"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}),
]

# A pod template. Its structure is checked by validation: the full schema would make the definition half a megabyte.
PodTemplate = Annotated[dict[str, Any], OpenApi({"type": "object", "x-kubernetes-preserve-unknown-fields": True})]
