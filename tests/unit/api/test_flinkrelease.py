"""Flink's version as people write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.api.flinkcluster import parse_cluster_spec
from flinkop.api.flinkrelease import FlinkRelease
from flinkop.api.flinkversion import KNOWN_VERSIONS, FlinkVersion
from flinkop.errors import InvalidSpec

FORMS = {
    "v1.20": (1, 20, None),
    "1.20": (1, 20, None),
    "1.20.1": (1, 20, 1),
    "v1.20.1": (1, 20, 1),
    "v1_20": (1, 20, None),
    "1_20": (1, 20, None),
    " v2.2 ": (2, 2, None),
    "2.0.0": (2, 0, 0),
}


@pytest.mark.parametrize(("text", "expected"), FORMS.items())
def test_the_forms_that_people_write_are_read(text: str, expected: tuple[int, int, int | None]) -> None:
    major, minor, patch = expected
    assert FlinkRelease.parse(text) == FlinkRelease(FlinkVersion(major, minor), patch)


@pytest.mark.parametrize("text", ["", "1", "latest", "1.20-java11", "v1.20.1.2", "1.99", "٢.٠", "1.20.x"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Flink version; write "):
        FlinkRelease.parse(text)


def test_a_number_is_refused_because_it_would_be_another_version() -> None:
    with pytest.raises(InvalidSpec, match=r"^spec.flinkVersion: must be text, for as a number 1.20 is 1.2; put it in quotes"):
        parse_cluster_spec({"flinkVersion": 1.20})


@given(st.sampled_from(KNOWN_VERSIONS), st.none() | st.integers(0, 9999))
def test_what_is_written_reads_back(version: FlinkVersion, patch: int | None) -> None:
    release = FlinkRelease(version, patch)
    assert FlinkRelease.parse(str(release)) == release
