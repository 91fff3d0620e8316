"""Flink's version as people write it: `v1.20`, `1.20`, `1.20.1`, `v1_20`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from flinkop.api.flinkversion import FlinkVersion

_PATTERN = re.compile(r"v?([0-9]{1,4})[._]([0-9]{1,4})(?:[._]([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class FlinkRelease:
    """A minor version and, where one is named, its patch."""

    version: FlinkVersion
    patch: int | None = None

    @classmethod
    def parse(cls, text: str) -> FlinkRelease:
        """Reads any of the forms. Raises ValueError for what is none of them, and for versions that there are not."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise ValueError("is not a Flink version; write for example v1.20")
        major, minor, patch = match.groups()
        return cls(FlinkVersion.parse(f"v{int(major)}_{int(minor)}"), None if patch is None else int(patch))

    def __str__(self) -> str:
        """As in the names of Flink's images: `1.20`, `1.20.1`."""
        return self.version.dotted if self.patch is None else f"{self.version.dotted}.{self.patch}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Lets models hold releases, read from text and written as text."""
        return core_schema.no_info_plain_validator_function(_from_wire, serialization=core_schema.to_string_ser_schema())


def _from_wire(value: object) -> FlinkRelease:
    if isinstance(value, FlinkRelease):
        return value
    if not isinstance(value, str):
        raise ValueError("must be text, for as a number 1.20 is 1.2; put it in quotes, or write v1.20")
    return FlinkRelease.parse(value)
