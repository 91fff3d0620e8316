"""The effective configuration of manifests, from all places together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.test_kindcheck import SESSION, a_session_job, a_simple_manifest
from tests.unit.test_manifest import a_manifest

from flinkop.config import OperatorConfig, load_config
from flinkop.configreload import LiveConfig
from flinkop.effective import Effective, Request, effective_configurations
from flinkop.flinkconf import operatoroptions
from flinkop.flinkconf.layers import Given, Setting
from flinkop.redaction import HIDDEN

OPERATOR = "kubernetes.operator."
BY_NAMESPACE = f"{OPERATOR}default-configuration.namespace.team."
BY_VERSION = f"{OPERATOR}default-configuration.flink-version."

# One key for each step, set by all places up to that step, under the name of the place.
PLACES = (
    ("operator configuration", ""),
    ("default-configuration.namespace.team", BY_NAMESPACE),
    ("default-configuration.flink-version.v1_18+", f"{BY_VERSION}v1_18+."),
    ("default-configuration.flink-version.v1_20+", f"{BY_VERSION}v1_20+."),
    ("default-configuration.flink-version.v1_20", f"{BY_VERSION}v1_20."),
    ("spec.flinkConfiguration", None),
)
NO_EFFECT = (
    f"{OPERATOR}default-configuration.namespace.other.",
    f"{BY_VERSION}v2_0+.",
    f"{BY_VERSION}v1_19.",
)


def effective(*manifests: Any, config: OperatorConfig | None = None, **request: Any) -> list[Effective]:
    return list(effective_configurations(yaml.safe_dump_all(manifests), config or load_config({}), Request(**request)))


def settings(*manifests: Any, config: OperatorConfig | None = None, **request: Any) -> dict[str, Setting]:
    (found,) = effective(*manifests, config=config, **request)
    return {setting.key: setting for setting in found.settings}


def in_team(**conf: str) -> dict[str, Any]:
    return a_manifest(metadata={"name": "job", "namespace": "team"}, spec__flinkConfiguration=conf)


@pytest.mark.parametrize("steps", range(1, len(PLACES) + 1), ids=[source for source, _ in PLACES])
def test_each_place_wins_over_all_before_it(steps: int) -> None:
    operators = [(source, prefix) for source, prefix in PLACES[:steps] if prefix is not None]
    conf = {**{f"{prefix}k": "no effect" for prefix in NO_EFFECT}, **{f"{prefix}k": source for source, prefix in reversed(operators)}}
    own = {"k": "spec.flinkConfiguration"} if steps == len(PLACES) else {}
    found = settings(in_team(**own), config=load_config({}, defaults=conf))["k"]

    winner, *others = [source for source, _ in reversed(PLACES[:steps])]
    assert found == Setting("k", winner, winner, tuple(Given(source, "k", source) for source in others))


def test_a_field_of_the_resource_wins_over_all_places() -> None:
    key = "parallelism.default"
    conf = {f"{prefix}{key}": "9" for _, prefix in PLACES if prefix is not None}
    found = settings(in_team(**{key: "9"}), config=load_config({}, defaults=conf))[key]

    assert (found.value, found.source) == ("2", "spec.job.parallelism")
    assert [given.source for given in found.overridden] == [source for source, _ in reversed(PLACES)]


OLD, NEW = f"{OPERATOR}reconciler.jm-deployment-recovery.enabled", f"{OPERATOR}jm-deployment-recovery.enabled"


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [(NEW, f"{BY_NAMESPACE}{OLD}"), (f"{BY_NAMESPACE}{NEW}", f"{BY_VERSION}v1_20.{OLD}"), (f"{BY_VERSION}v1_20+.{NEW}", None)],
    ids=["namespace over all", "version over namespace", "resource over version"],
)
def test_an_option_under_its_old_name_wins_where_it_stands_nearer(weaker: str, stronger: str | None) -> None:
    conf = {weaker: "true", **({stronger: "false"} if stronger else {})}
    found = settings(in_team(**({} if stronger else {OLD: "false"})), config=load_config({}, defaults=conf))

    assert NEW not in found
    assert not operatoroptions.RECOVERY.read({key: setting.value for key, setting in found.items()})
    assert [(given.key, given.value) for given in found[OLD].overridden] == [(NEW, "true")]


def test_a_configuration_that_is_read_again_is_the_new_source(tmp_path: Path) -> None:
    def load() -> OperatorConfig:
        return load_config({"POD_NAME": "me"}, tmp_path)

    (tmp_path / "config.yaml").write_text("k: before\n")
    live = LiveConfig(load(), load)
    assert settings(in_team(), config=live.current)["k"] == Setting("k", "before", "operator configuration")

    (tmp_path / "config.yaml").write_text(f"{BY_NAMESPACE}k: after\n")
    live.refresh()

    assert settings(in_team(), config=live.current)["k"] == Setting("k", "after", "default-configuration.namespace.team")
    assert live.revision == 1


def test_secrets_are_hidden_wherever_they_stand() -> None:
    manifest = in_team(**{"s3.secret-key": "hunter2", "env.java.opts": "-Dpassword=hunter2"})
    manifest["spec"]["job"]["args"] = ["--password", "hunter2", "--token=hunter2", "--name", "x"]
    found = settings(manifest, config=load_config({}, defaults={"s3.secret-key": "hunter1", "k": "https://me:hunter1@host"}))

    assert "hunter" not in str(found)
    assert found["s3.secret-key"] == Setting(
        "s3.secret-key", HIDDEN, "spec.flinkConfiguration", (Given("operator configuration", "s3.secret-key", HIDDEN),)
    )
    assert found["$internal.application.program-args"].value == f"--password;{HIDDEN};--token={HIDDEN};--name;x"


def test_arguments_that_are_no_list_are_hidden_too() -> None:
    key = "$internal.application.program-args"

    assert settings(in_team(**{key: "'--token=hunter2"}))[key].value == f"'--token={HIDDEN}"


def test_options_that_nobody_set_are_shown_on_request() -> None:
    key, old = f"{OPERATOR}savepoint.trigger.grace-period", f"{OPERATOR}observer.savepoint.trigger.grace-period"

    assert key not in settings(in_team())
    assert settings(in_team(), with_unset=True)[key] == Setting(key, "1 min", "default of the option")
    assert settings(in_team(), with_unset=True)[f"{OPERATOR}periodic.savepoint.interval"].source == "not set"
    assert key not in settings(in_team(**{old: "2 min"}), with_unset=True)


@pytest.mark.parametrize("with_unset", [False, True])
def test_what_the_operator_reads_for_itself_is_not_shown(with_unset: bool) -> None:
    config = load_config({}, defaults={f"{OPERATOR}reconcile.interval": "15 s"})
    found = settings(in_team(**{f"{OPERATOR}reconcile.parallelism": "5"}), config=config, with_unset=with_unset)

    assert not operatoroptions.SYSTEM_KEYS & found.keys()


def test_the_namespace_asked_for_is_that_of_resources_that_name_none() -> None:
    config = load_config({}, defaults={f"{BY_NAMESPACE}k": "team's"})

    assert settings(a_manifest(), config=config, namespace="team")["k"].value == "team's"
    assert settings(a_manifest(), config=config, namespace="team")["kubernetes.namespace"].value == "team"
    assert settings(in_team(), config=config, namespace="other")["k"].value == "team's"
    assert "k" not in settings(a_manifest(), config=config)


def test_one_resource_can_be_picked_from_what_kubectl_lists() -> None:
    other = a_manifest(metadata={"name": "other"})
    listed = {"apiVersion": "v1", "kind": "List", "items": [in_team(), other, {"apiVersion": "v1", "kind": "ConfigMap"}]}

    assert [found.name for found in effective(listed)] == ["job", "other"]
    assert [found.name for found in effective(listed, name="other")] == ["other"]


def test_of_a_wrong_spec_all_is_shown_and_told() -> None:
    (found,) = effective(a_manifest(spec__job__parallelism=0))

    assert found.complete
    assert [violation.path for violation in found.document.violations or ()] == ["spec.job.parallelism"]
    assert {"parallelism.default", "taskmanager.numberOfTaskSlots"} <= {setting.key for setting in found.settings}


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        pytest.param({"spec__job__parallelism": "x"}, ["k", "taskmanager.numberOfTaskSlots"], id="a field"),
        pytest.param({"spec__flinkVersion": "v9"}, [], id="the version"),
        pytest.param({"spec__flinkConfiguration": "x"}, [], id="the configuration"),
        pytest.param({"spec": "x"}, [], id="the spec"),
        pytest.param({"metadata": "x", "spec": []}, [], id="everything"),
    ],
)
def test_of_a_spec_that_cannot_be_read_the_readable_part_is_shown(changes: dict[str, Any], keys: list[str]) -> None:
    (found,) = effective(a_manifest(**changes), config=load_config({}, defaults={"k": "x"}))

    assert not found.complete
    assert [setting.key for setting in found.settings] == keys
    assert found.document.violations


SIMPLE_CLUSTER = a_simple_manifest(
    "FlinkCluster", "shared", flinkVersion="1.20", taskManager={"replicas": 1, "slots": 3}, configuration={"k": "own", "on.disk": "yes"}
)
ON_CLUSTER = a_simple_manifest(
    "FlinkApplication", "work", flinkCluster={"name": "shared"}, configuration={"k": "job's"}, job={"jarURI": "local:///job.jar"}
)
OWN_CLUSTER = a_simple_manifest(
    "FlinkApplication", "work", flinkVersion="1.20", configuration={"k": "own"}, job={"jarURI": "local:///job.jar"}
)


@pytest.mark.parametrize(
    ("manifests", "name", "expected"),
    [
        pytest.param(
            [SESSION, a_session_job(flinkConfiguration={"k": "job's"})],
            "work",
            {"k": "spec.flinkConfiguration", "taskmanager.numberOfTaskSlots": "FlinkDeployment session: spec.flinkConfiguration"},
            id="a session job",
        ),
        pytest.param(
            [SIMPLE_CLUSTER],
            "shared",
            {"k": "spec.configuration", "taskmanager.numberOfTaskSlots": "the other fields of the spec"},
            id="a cluster of the simple style",
        ),
        pytest.param(
            [ON_CLUSTER, SIMPLE_CLUSTER],
            "work",
            {"k": "spec.configuration", "on.disk": "FlinkCluster shared: spec.configuration"},
            id="an application on it",
        ),
        pytest.param([OWN_CLUSTER], "work", {"k": "spec.configuration"}, id="an application with a cluster of its own"),
    ],
)
def test_every_kind_with_a_configuration_is_shown_with_its_sources(manifests: list[Any], name: str, expected: dict[str, str]) -> None:
    (found,) = effective(*manifests, name=name)
    assert found.complete
    assert {setting.key: setting.source for setting in found.settings if setting.key in expected} == expected


@pytest.mark.parametrize("job", [a_session_job(flinkConfiguration={"k": "job's"}), ON_CLUSTER], ids=["a session job", "an application"])
def test_of_a_job_whose_cluster_is_not_there_the_own_part_is_shown(job: dict[str, Any]) -> None:
    (found,) = effective(job)
    assert not found.complete
    assert {setting.key: setting.value for setting in found.settings}["k"] == "job's"
    assert not any(setting.source.startswith(("FlinkDeployment", "FlinkCluster")) for setting in found.settings)
