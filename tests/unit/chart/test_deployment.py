"""The operator's Deployment and what stands beside it: values in, objects out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.chart.render import ChartError, Rendered, lint, notes, render

from flinkop.cli import main
from flinkop.config import load_config
from flinkop.flinkconf.syntax import read_config_yaml, read_flink_conf_yaml

EXAMPLE = """\
kubernetes.operator.savepoint.format.type: NATIVE
taskmanager:
  numberOfTaskSlots: 2
"""


def environment(rendered: Rendered) -> dict[str, Any]:
    return {item["name"]: item.get("value") for item in rendered.container["env"]}


def defaults(rendered: Rendered) -> dict[str, str]:
    given = (argument.removeprefix("--default=") for argument in rendered.container["args"] if argument.startswith("--default="))
    return dict(pair.split("=", 1) for pair in given)


def test_the_chart_passes_lint() -> None:
    assert "0 chart(s) failed" in lint()


def test_the_pod_keeps_the_restricted_pod_security_standard() -> None:
    rendered = render()
    pod, container = rendered.pod["spec"]["securityContext"], rendered.container["securityContext"]

    assert pod["runAsNonRoot"] is True
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["allowPrivilegeEscalation"] is False
    assert container["readOnlyRootFilesystem"] is True
    assert container["capabilities"] == {"drop": ["ALL"]}
    assert {next(iter(set(volume) - {"name"})) for volume in rendered.pod["spec"]["volumes"]} == {"configMap", "emptyDir"}


def test_two_replicas_agree_on_one_that_acts() -> None:
    rendered = render()

    assert rendered.one("Deployment")["spec"]["replicas"] == 2
    assert defaults(rendered)["kubernetes.operator.leader-election.enabled"] == "true"
    assert defaults(rendered)["kubernetes.operator.leader-election.lease-name"] == "flinkop"


@pytest.mark.parametrize("configuration", [{"create": False}, {"append": False}, {"config.yaml": EXAMPLE}])
def test_leader_election_does_not_depend_on_the_configuration_file(configuration: dict[str, Any]) -> None:
    assert defaults(render({"defaultConfiguration": configuration}))["kubernetes.operator.leader-election.enabled"] == "true"


def test_the_operator_understands_every_argument_of_its_container(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = render({"metrics": {"port": 9999}}).container["args"]

    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--help"])

    assert caught.value.code == 0
    assert "usage: flinkop run" in capsys.readouterr().out


def test_the_operator_reads_what_the_chart_configures(tmp_path: Path) -> None:
    rendered = render({"defaultConfiguration": {"config.yaml": EXAMPLE}, "watchNamespaces": ["east", "west"]})
    for name, text in rendered.one("ConfigMap")["data"].items():
        (tmp_path / name).write_text(text)
    plain = {name: value for name, value in environment(rendered).items() if value is not None}

    config = load_config({**plain, "FLINK_CONF_DIR": str(tmp_path)}, defaults=defaults(rendered))

    assert config.warnings == ()
    assert config.watched_namespaces == ("east", "west")
    assert config.health_probe_port == rendered.container["ports"][0]["containerPort"]
    assert config.reconcile_interval.total_seconds() == 15
    assert config.base["taskmanager.numberOfTaskSlots"] == "2"


@pytest.mark.parametrize(
    ("configuration", "file", "read"),
    [
        pytest.param({}, "config.yaml", read_config_yaml, id="nothing"),
        pytest.param({"config.yaml": EXAMPLE}, "config.yaml", read_config_yaml, id="config.yaml"),
        pytest.param({"flink-conf.yaml": "a.b: c # d\n"}, "flink-conf.yaml", read_flink_conf_yaml, id="flink-conf.yaml"),
    ],
)
def test_the_config_map_is_the_established_one(configuration: dict[str, str], file: str, read: Callable[[str], dict[str, str]]) -> None:
    config_map = render({"defaultConfiguration": configuration}).one("ConfigMap", "flink-operator-config")

    assert list(config_map["data"]) == [file]
    assert read(config_map["data"][file]) == read(configuration.get(file, ""))


def test_log_configuration_of_jobs_is_in_the_config_map() -> None:
    config_map = render({"defaultConfiguration": {"log4j-console.properties": "rootLogger.level = WARN"}}).one("ConfigMap")

    assert config_map["data"]["log4j-console.properties"].strip() == "rootLogger.level = WARN"


def test_a_changed_configuration_restarts_the_pods() -> None:
    before, after = (
        render({"defaultConfiguration": {"config.yaml": text}}).pod["metadata"]["annotations"]["checksum/config"]
        for text in ("a: b", "a: c")
    )

    assert before != after


@pytest.mark.parametrize(
    ("values", "read", "expected"),
    [
        pytest.param({}, lambda found: found.container["image"], "localhost/flinkop:dev", id="image"),
        pytest.param(
            {"image": {"repository": "registry/x", "tag": "1"}}, lambda found: found.container["image"], "registry/x:1", id="image and tag"
        ),
        pytest.param({"image": {"tag": ""}}, lambda found: found.container["image"], "localhost/flinkop:0.1.0", id="tag of the chart"),
        pytest.param(
            {"image": {"digest": f"sha256:{'0' * 64}"}},
            lambda found: found.container["image"],
            f"localhost/flinkop@sha256:{'0' * 64}",
            id="digest wins over tag",
        ),
        pytest.param({"image": {"pullPolicy": "Never"}}, lambda found: found.container["imagePullPolicy"], "Never", id="pull policy"),
        pytest.param(
            {"imagePullSecrets": [{"name": "x"}]}, lambda found: found.pod["spec"]["imagePullSecrets"], [{"name": "x"}], id="pull secret"
        ),
        pytest.param({"watchNamespaces": ["b", "a"]}, lambda found: environment(found)["WATCH_NAMESPACES"], "b,a", id="namespaces"),
        pytest.param({}, lambda found: "WATCH_NAMESPACES" in environment(found), False, id="all namespaces"),
        pytest.param(
            {"strategy": {"type": "Recreate"}},
            lambda found: found.one("Deployment")["spec"]["strategy"],
            {"type": "Recreate"},
            id="recreate",
        ),
        pytest.param({"replicas": 1}, lambda found: found.all("PodDisruptionBudget"), [], id="no disruption budget for one replica"),
        pytest.param({}, lambda found: found.one("PodDisruptionBudget")["spec"]["maxUnavailable"], 1, id="disruption budget"),
        pytest.param({"fullnameOverride": "x"}, lambda found: found.one("Deployment")["metadata"]["name"], "x", id="full name"),
        pytest.param(
            {"nameOverride": "x"}, lambda found: found.one("Deployment")["metadata"]["labels"]["app.kubernetes.io/name"], "x", id="name"
        ),
        pytest.param({"operatorPod": {"labels": {"a": "b"}}}, lambda found: found.pod["metadata"]["labels"]["a"], "b", id="label"),
        pytest.param(
            {"operatorPod": {"annotations": {"a": "b"}}}, lambda found: found.pod["metadata"]["annotations"]["a"], "b", id="annotation"
        ),
        pytest.param(
            {"operatorPod": {"env": [{"name": "A", "value": "b"}]}}, lambda found: environment(found)["A"], "b", id="environment variable"
        ),
        pytest.param(
            {"operatorPod": {"priorityClassName": "high"}},
            lambda found: found.pod["spec"]["priorityClassName"],
            "high",
            id="priority class",
        ),
        pytest.param(
            {"operatorPod": {"nodeSelector": {"a": "b"}}}, lambda found: found.pod["spec"]["nodeSelector"], {"a": "b"}, id="node selector"
        ),
        pytest.param(
            {"operatorPod": {"topologySpreadConstraints": [{"maxSkew": 2}]}},
            lambda found: found.pod["spec"]["topologySpreadConstraints"],
            [{"maxSkew": 2}],
            id="topology spread of one's own",
        ),
        pytest.param({}, lambda found: found.container["resources"]["limits"], {"memory": "256Mi"}, id="limits"),
        pytest.param(
            {"operatorPod": {"sidecarContainers": [{"name": "s"}]}},
            lambda found: [container["name"] for container in found.pod["spec"]["containers"]],
            ["flinkop", "s"],
            id="sidecar",
        ),
        pytest.param(
            {"operatorVolumes": {"create": True, "data": [{"name": "v", "emptyDir": {}}]}},
            lambda found: found.pod["spec"]["volumes"][-1]["name"],
            "v",
            id="volume",
        ),
        pytest.param(
            {"operatorVolumes": {"create": False, "data": [{"name": "v"}]}},
            lambda found: len(found.pod["spec"]["volumes"]),
            3,
            id="no volume",
        ),
        pytest.param(
            {"operatorVolumeMounts": {"create": True, "data": [{"name": "v", "mountPath": "/v"}]}},
            lambda found: found.container["volumeMounts"][-1]["mountPath"],
            "/v",
            id="mount",
        ),
        pytest.param(
            {"postStart": {"exec": {"command": ["x"]}}},
            lambda found: found.container["lifecycle"],
            {"postStart": {"exec": {"command": ["x"]}}},
            id="hook",
        ),
        pytest.param({"logging": {"level": "debug"}}, lambda found: "--log-level=debug" in found.container["args"], True, id="log level"),
    ],
)
def test_a_value_shows_in_the_objects(values: dict[str, Any], read: Callable[[Rendered], Any], expected: Any) -> None:
    assert read(render(values)) == expected


@pytest.mark.parametrize("kind", ["Deployment", "ConfigMap", "Service", "PodDisruptionBudget", "ClusterRole", "Role"])
def test_a_release_of_another_name_has_names_of_its_own(kind: str) -> None:
    ours, theirs = ({found["metadata"]["name"] for found in render(release=release).all(kind)} for release in ("flinkop", "second"))

    shared = {"flink-operator-config", "flink"}
    assert ours & theirs <= shared


@pytest.mark.parametrize(
    ("port", "expected"), [(None, (8085, "health", ["health"])), (9999, (9999, "metrics", ["health", "metrics"]))], ids=["shared", "own"]
)
def test_metrics_are_found_by_prometheus(port: int | None, expected: tuple[int, str, list[str]]) -> None:
    rendered = render({"metrics": {"port": port}})
    service = rendered.one("Service")

    (entry,) = service["spec"]["ports"]
    assert (entry["port"], entry["targetPort"], [one["name"] for one in rendered.container["ports"]]) == expected
    assert service["metadata"]["annotations"]["prometheus.io/port"] == str(expected[0])
    assert service["spec"]["selector"].items() <= rendered.pod["metadata"]["labels"].items()
    assert (f"--metrics-port={port}" in rendered.container["args"]) is (port is not None)


def test_probes_ask_the_health_port() -> None:
    container = render({"operatorHealth": {"port": 8090, "livenessProbe": {"periodSeconds": 20}}}).container

    paths = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {
        "startupProbe": {"path": "/healthz", "port": "health"},
        "livenessProbe": {"path": "/healthz", "port": "health"},
        "readinessProbe": {"path": "/readyz", "port": "health"},
    }
    assert container["livenessProbe"]["periodSeconds"] == 20
    assert container["ports"][0] == {"name": "health", "containerPort": 8090}


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"replica": 1}, "replica"),
        ({"image": {"tags": "x"}}, "tags"),
        ({"replicas": "two"}, "replicas"),
        ({"watchNamespaces": "default"}, "watchNamespaces"),
        ({"operatorHealth": {"port": 0}}, "port"),
        ({"defaultConfiguration": {"config.yaml": {"a": "b"}}}, "config.yaml"),
        ({"defaultConfiguration": {"config.yaml": "a: b", "flink-conf.yaml": "a: b"}}, "write only one of them"),
    ],
    ids=["unknown value", "unknown inner value", "type", "not a list", "range", "map instead of text", "two files"],
)
def test_wrong_values_are_refused_by_name(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ChartError, match=complaint):
        render(values)


ESTABLISHED_VALUES = """\
image: {repository: my/operator, tag: "1.14.0"}
replicas: 1
strategy: {type: Recreate}
rbac: {create: true, nodesRule: {create: true}, operatorRole: {create: true, name: flink-operator}}
operatorPod: {env: null, webhook: {resources: {}}, priorityClassName: null, dnsPolicy: "", resources: {}}
jvmArgs: {webhook: "", operator: "-Xmx1g"}
logging: {framework: log4j2}
metrics: {port: 9999}
webhook: {create: false, keystore: {useDefaultPassword: true}}
webhookSecurityContext: {}
tls: {create: false, secretName: flink-operator-cert}
podSecurityContext: {runAsUser: 9999, runAsGroup: 9999}
operatorHealth:
  port: 8085
  livenessProbe: {periodSeconds: 10, initialDelaySeconds: 30}
  startupProbe: {failureThreshold: 30, periodSeconds: 10}
defaultConfiguration:
  create: true
  append: true
  flink-conf.yaml: |+
    kubernetes.operator.metrics.reporter.slf4j.interval: 5 MINUTE
    kubernetes.operator.reconcile.interval: 15 s
  log4j-operator.properties: |+
    rootLogger.level = DEBUG
"""


def test_values_of_the_established_chart_are_taken_and_those_without_effect_are_named(tmp_path: Path) -> None:
    values = yaml.safe_load(ESTABLISHED_VALUES)

    rendered, text = render(values), notes(tmp_path, values)

    assert rendered.container["image"] == "my/operator:1.14.0"
    (sentence,) = [line for line in text.splitlines() if "no effect" in line]
    ignored = sentence.partition(": ")[2].rstrip(".").split(", ")
    assert sorted(ignored) == [
        "defaultConfiguration.log4j-operator.properties",
        "jvmArgs",
        "logging.framework",
        "operatorPod.webhook",
        "rbac.nodesRule",
        "tls",
        "webhook",
        "webhookSecurityContext",
    ]


def test_the_notes_name_the_namespaces_of_jobs(tmp_path: Path) -> None:
    text = notes(tmp_path, {"watchNamespaces": ["east"]})

    assert "watches east." in text
    assert "exists in: east, ops." in text
    assert "no effect" not in text
