"""Flink versions as resources write them."""

from __future__ import annotations

import pytest

from flinkop.api.flinkversion import KNOWN_VERSIONS, FlinkVersion


@pytest.mark.parametrize("version", KNOWN_VERSIONS, ids=str)
def test_every_known_version_reads_back_from_its_own_text(version: FlinkVersion) -> None:
    assert FlinkVersion.parse(str(version)) == version


def test_versions_compare_by_number_and_not_by_text() -> None:
    assert FlinkVersion(1, 9) < FlinkVersion(1, 20) < FlinkVersion(2, 0)


def test_people_read_a_version_with_a_dot() -> None:
    assert FlinkVersion(1, 20).dotted == "1.20"


@pytest.mark.parametrize("text", ["", "1.20", "v1.20", "v1_20_5", "v1_12", "v3_0", "v3.0", "V1_20", " v1_20"])
def test_anything_else_is_refused_with_the_list_of_versions_that_are_supported(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a Flink version; write one of v1_16, .*v1_20, .*v2_3, with"):
        FlinkVersion.parse(text)
