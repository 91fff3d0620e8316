"""Flink's metrics for Prometheus: switched on by one option, found by port and annotations, in the way of nothing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.unit.resources.cluster import a_plan, a_spec, configuration_of, objects_of

from flinkop.errors import InvalidSpec
from flinkop.resources.application import ClusterObjects, build_application
from flinkop.resources.configuration import with_deployment

ENABLED = "kubernetes.operator.job.metrics.prometheus.enabled"
PORT = "metrics.reporter.flinkop.port"
FACTORY = "metrics.reporter.flinkop.factory.class"


def built(*, mode: str = "native", template: dict[str, Any] | None = None, **options: str) -> ClusterObjects:
    conf = {ENABLED: "true", **{key.replace("__", "."): value for key, value in options.items()}}
    return objects_of(a_spec(mode=mode, flinkConfiguration=conf, podTemplate=template))


def pod_of(deployment: Any) -> Any:
    return deployment["spec"]["template"]


def main_of(pod: Any) -> Any:
    return next(container for container in pod["spec"]["containers"] if container["name"] == "flink-main-container")


def template_of(objects: ClusterObjects) -> Any:
    """What a native JobManager makes its TaskManagers from."""
    (text,) = [text for one in objects.dependents for name, text in one.get("data", {}).items() if "pod-template" in name]
    return yaml.safe_load(text)


def pods(mode: str) -> list[Any]:
    objects = built(mode=mode)
    other = pod_of(objects.taskmanagers) if mode == "standalone" else template_of(objects)
    return [pod_of(objects.deployment), other]


@pytest.mark.parametrize("mode", ["native", "standalone"])
def test_jobmanager_and_taskmanagers_get_the_port_and_the_annotations(mode: str) -> None:
    for pod in pods(mode):
        assert {"name": "metrics", "containerPort": 9249} in main_of(pod)["ports"]
        assert pod["metadata"]["annotations"]["prometheus.io/scrape"] == "true"
        assert pod["metadata"]["annotations"]["prometheus.io/port"] == "9249"


def test_the_reporter_is_switched_on() -> None:
    conf = configuration_of(a_spec(flinkConfiguration={ENABLED: "true"}))

    assert conf[FACTORY] == "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
    assert conf[PORT] == "9249"


def test_a_default_of_the_operator_does_it_too_and_a_resource_may_refuse() -> None:
    assert FACTORY in configuration_of(a_spec(), {ENABLED: "true"})
    assert FACTORY not in configuration_of(a_spec(flinkConfiguration={ENABLED: "false"}), {ENABLED: "true"})
    assert FACTORY not in configuration_of(a_spec())


def test_another_port_may_be_chosen() -> None:
    pod = pod_of(built(**{"metrics__reporter__flinkop__port": "9300"}).deployment)

    assert {"name": "metrics", "containerPort": 9300} in main_of(pod)["ports"]
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == "9300"


def test_a_range_of_ports_is_refused_by_name() -> None:
    with pytest.raises(InvalidSpec, match=r"metrics\.reporter\.flinkop\.port: .* no range"):
        built(**{"metrics__reporter__flinkop__port": "9249-9260"})


def test_what_the_pod_template_says_stays() -> None:
    main = {"name": "flink-main-container", "ports": [{"name": "metrics", "containerPort": 9400}]}
    template = {
        "metadata": {"annotations": {"prometheus.io/scrape": "false", "team": "a"}},
        "spec": {"containers": [main, {"name": "side", "image": "x"}]},
    }
    pod = pod_of(built(template=template).deployment)

    assert pod["metadata"]["annotations"]["prometheus.io/scrape"] == "false"
    assert pod["metadata"]["annotations"]["team"] == "a"
    assert [port["containerPort"] for port in main_of(pod)["ports"] if port["name"] == "metrics"] == [9400]
    assert len(pod["spec"]["containers"]) == 2


def test_a_port_of_another_name_is_not_named_twice() -> None:
    main = {"name": "flink-main-container", "ports": [{"name": "prom", "containerPort": 9249}]}
    pod = pod_of(built(template={"spec": {"containers": [main]}}).deployment)

    assert [port["name"] for port in main_of(pod)["ports"] if port["containerPort"] == 9249] == ["prom"]


def test_a_cluster_that_was_started_without_it_is_rebuilt_without_it_whatever_the_default_is_now() -> None:
    spec = a_spec(mode="standalone", taskManager={"replicas": 2, "resource": {"memory": "1728m", "cpu": 1}})
    started = with_deployment(configuration_of(spec), a_plan())

    assert build_application("ns", "app", spec, started).taskmanagers == objects_of(spec).taskmanagers
    assert "prometheus.io/scrape" not in (pod_of(objects_of(spec).taskmanagers)["metadata"].get("annotations") or {})
