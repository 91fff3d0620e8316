"""Names and labels are Flink's: the JobManager looks for objects by them."""

from __future__ import annotations

from flinkop.resources import naming


def test_names_follow_from_the_cluster_id() -> None:
    assert naming.config_map_name("app") == "flink-config-app"
    assert naming.pod_template_config_map_name("app") == "pod-template-app"
    assert naming.rest_service_name("app") == "app-rest"
    assert naming.internal_service_name("app") == "app"


def test_labels_tell_cluster_and_component() -> None:
    common = {"app": "app", "type": "flink-native-kubernetes"}
    assert naming.common_labels("app") == common
    assert naming.jobmanager_labels("app") == {**common, "component": "jobmanager"}
