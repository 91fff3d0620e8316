"""The volumes of the JobManager, by version and option."""

from __future__ import annotations

import pytest
from tests.unit.resources.cluster import V1_18, V1_19, V1_20, V2_2, V2_3, a_spec

from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidSpec
from flinkop.resources.cluster import Cluster
from flinkop.resources.volume import Mounted, hadoop_config_map, volumes_of

FILES = ("log4j-console.properties",)


def volumes(version: FlinkVersion, conf: dict[str, str], has_template: bool = False) -> list[Mounted]:
    return volumes_of(Cluster("ns", "app", a_spec(version), conf), FILES, has_template)


PLACES: dict[str, tuple[FlinkVersion, dict[str, str], bool, dict[str, str]]] = {
    "Flink 1.18": (V1_18, {}, False, {"flink-config-volume": "/opt/flink/conf"}),
    "Flink 1.19": (V1_19, {}, False, {"user-artifacts-volume": "/opt/flink/artifacts", "flink-config-volume": "/opt/flink/conf"}),
    "other places": (
        V1_19,
        {"user.artifacts.base-dir": "/artifacts", "kubernetes.flink.conf.dir": "/conf"},
        False,
        {"user-artifacts-volume": "/artifacts", "flink-config-volume": "/conf"},
    ),
    "everything, in Flink's order": (
        V2_3,
        {
            "kubernetes.secrets": "s1:/etc/s1,s2:/etc/s2",
            "kubernetes.hadoop.conf.config-map.name": "hadoop",
            "kubernetes.persistent-volume-claims": "claim:/data",
        },
        True,
        {
            "user-artifacts-volume": "/opt/flink/artifacts",
            "s1-volume": "/etc/s1",
            "s2-volume": "/etc/s2",
            "hadoop-config-volume": "/opt/hadoop/conf",
            "flink-config-volume": "/opt/flink/conf",
            "pod-template-volume": "/opt/flink/pod-template",
            "claim-pvc": "/data",
        },
    ),
    "secrets from nested keys": (
        V1_18,
        {"kubernetes.secrets.s1": "/etc/s1"},
        False,
        {"s1-volume": "/etc/s1", "flink-config-volume": "/opt/flink/conf"},
    ),
    "claims before Flink 2.3": (
        V2_2,
        {"kubernetes.persistent-volume-claims": "claim:/data"},
        False,
        {"user-artifacts-volume": "/opt/flink/artifacts", "flink-config-volume": "/opt/flink/conf"},
    ),
}


@pytest.mark.parametrize(("version", "conf", "has_template", "places"), PLACES.values(), ids=PLACES.keys())
def test_volumes_are_mounted_where_flink_looks(
    version: FlinkVersion, conf: dict[str, str], has_template: bool, places: dict[str, str]
) -> None:
    found = volumes(version, conf, has_template)
    assert [(mounted.volume["name"], mounted.path) for mounted in found] == list(places.items())
    assert [mounted.mount for mounted in found] == [{"name": name, "mountPath": path} for name, path in places.items()]


def test_volumes_name_what_they_hold() -> None:
    conf = {"kubernetes.secrets": "s1:/etc/s1", "kubernetes.hadoop.conf.config-map.name": "hadoop"}
    template = "taskmanager-pod-template.yaml"
    items = [{"key": name, "path": name} for name in (*FILES, "flink-conf.yaml")]
    assert [mounted.volume for mounted in volumes(V1_20, conf, has_template=True)] == [
        {"name": "user-artifacts-volume", "emptyDir": {}},
        {"name": "s1-volume", "secret": {"secretName": "s1"}},
        {"name": "hadoop-config-volume", "configMap": {"name": "hadoop"}},
        {"name": "flink-config-volume", "configMap": {"name": "flink-config-app", "items": items}},
        {"name": "pod-template-volume", "configMap": {"name": "pod-template-app", "items": [{"key": template, "path": template}]}},
    ]


@pytest.mark.parametrize("read_only", [True, False])
def test_claims_are_mounted_under_names_that_volumes_may_have(read_only: bool) -> None:
    conf = {"kubernetes.persistent-volume-claims": "my.claim:/data", "kubernetes.persistent-volume-claim-read-only": str(read_only)}
    claim = volumes(V2_3, conf)[-1]
    assert claim.volume == {"name": "my-claim-pvc", "persistentVolumeClaim": {"claimName": "my.claim"}}
    assert claim.mount == {"name": "my-claim-pvc", "mountPath": "/data", **({"readOnly": True} if read_only else {})}


@pytest.mark.parametrize(
    "key", ["kubernetes.secrets", "kubernetes.persistent-volume-claims", "kubernetes.persistent-volume-claim-read-only"]
)
def test_an_option_that_cannot_be_read_is_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidSpec, match=f"flinkConfiguration.{key}: "):
        volumes(V2_3, {key: "a"})


def test_without_its_option_there_is_no_hadoop() -> None:
    assert hadoop_config_map(Cluster("ns", "app", a_spec(), {})) is None
