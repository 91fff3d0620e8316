"""Names and labels are Flink's: the JobManager looks for objects by them."""

from __future__ import annotations

from flinkop.api.flinkdeployment import DeploymentMode
from flinkop.resources import naming


def test_names_follow_from_the_cluster_id() -> None:
    assert naming.config_map_name("app") == "flink-config-app"
    assert naming.pod_template_config_map_name("app") == "pod-template-app"
    assert naming.rest_service_name("app") == "app-rest"
    assert naming.internal_service_name("app") == "app"
    assert naming.taskmanager_deployment_name("app") == "app-taskmanager"


def test_labels_tell_cluster_and_component() -> None:
    common = {"app": "app", "type": "flink-native-kubernetes"}
    assert naming.common_labels("app") == common
    assert naming.jobmanager_labels("app") == {**common, "component": "jobmanager"}
    assert naming.taskmanager_labels("app") == {**common, "component": "taskmanager"}


def test_labels_tell_the_mode() -> None:
    common = {"app": "app", "type": "flink-standalone-kubernetes"}
    assert naming.common_labels("app", DeploymentMode.STANDALONE) == common
    assert naming.jobmanager_labels("app", DeploymentMode.STANDALONE) == {**common, "component": "jobmanager"}
    assert naming.taskmanager_labels("app", DeploymentMode.STANDALONE) == {**common, "component": "taskmanager"}
