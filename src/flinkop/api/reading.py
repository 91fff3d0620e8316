"""How the spec of a kind is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from flinkop.api.complaint import WrongFields, complaints
from flinkop.api.model import ApiModel

Model = TypeVar("Model", bound=ApiModel)


def read_model(model: type[Model], raw: Mapping[str, Any]) -> Model:
    """Reads `spec` as the API server stores it.

    Raises WrongFields, an InvalidSpec, which names every path that is wrong, what is wrong there and what to write, and no values.
    """
    try:
        return model.model_validate(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        raise WrongFields(tuple(complaints("spec", error))) from None
