"""Flink's minor version as the resources write it: `v1_20`, `v2_2`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_PATTERN = re.compile(r"v(\d+)_(\d+)")


@dataclass(frozen=True, slots=True, order=True)
class FlinkVersion:
    """A version that can be compared: `FlinkVersion(1, 9) < FlinkVersion(1, 20) < FlinkVersion(2, 0)`."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> FlinkVersion:
        """Reads `v1_20`. Raises ValueError for anything that is not a version the schema lists."""
        match = _PATTERN.fullmatch(text)
        version = cls(int(match[1]), int(match[2])) if match else None
        if version not in KNOWN_VERSIONS:
            raise ValueError(f"is not a Flink version; write one of {', '.join(map(str, SUPPORTED_VERSIONS))}, with v and _")
        return version

    def __str__(self) -> str:
        """The form that resources write: `v1_20`."""
        return f"v{self.major}_{self.minor}"

    @property
    def dotted(self) -> str:
        """The form that people write: `1.20`."""
        return f"{self.major}.{self.minor}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Lets models hold versions, read from text and written as text."""
        return core_schema.no_info_plain_validator_function(_from_wire, serialization=core_schema.to_string_ser_schema())


def _from_wire(value: object) -> FlinkVersion:
    if isinstance(value, FlinkVersion):
        return value
    return FlinkVersion.parse(value if isinstance(value, str) else "")


# The values of the established schema; which of them can be run is a question for validation.
KNOWN_VERSIONS: tuple[FlinkVersion, ...] = (
    *(FlinkVersion(1, minor) for minor in range(13, 21)),
    *(FlinkVersion(2, minor) for minor in range(5)),
)

OLDEST_SUPPORTED, NEWEST_SUPPORTED = FlinkVersion(1, 16), FlinkVersion(2, 3)
"""The first and the last version that the operator was tried with."""

SUPPORTED_VERSIONS = tuple(version for version in KNOWN_VERSIONS if OLDEST_SUPPORTED <= version <= NEWEST_SUPPORTED)
