"""What the builders of one cluster share."""

from __future__ import annotations

import pytest
from tests.unit.resources.cluster import V1_16, V1_18, V1_19, V1_20, V2_0, V2_3, a_spec

from flinkop.api.flinkversion import FlinkVersion
from flinkop.resources.cluster import Cluster


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (V1_16, "flink-conf.yaml"),
        (V1_18, "flink-conf.yaml"),
        (V1_19, "flink-conf.yaml"),
        (V1_20, "flink-conf.yaml"),
        (V2_0, "config.yaml"),
        (V2_3, "config.yaml"),
    ],
    ids=str,
)
def test_each_version_has_its_configuration_file(version: FlinkVersion, name: str) -> None:
    assert Cluster("ns", "app", a_spec(version), {}).conf_file == name


def test_the_configuration_is_mounted_where_the_option_says() -> None:
    assert Cluster("ns", "app", a_spec(), {}).conf_directory == "/opt/flink/conf"
    assert Cluster("ns", "app", a_spec(), {"kubernetes.flink.conf.dir": "/conf"}).conf_directory == "/conf"
