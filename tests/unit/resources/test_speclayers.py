"""Where the values of a cluster's configuration come from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.resources.cluster import HA, V1_16, V1_18, V1_20, V2_3, VERSIONS, a_spec, configuration_of

from flinkop.api.flinkdeployment import FlinkDeploymentSpec
from flinkop.api.flinkversion import FlinkVersion
from flinkop.flinkconf.layers import Given, Layer, Setting
from flinkop.resources.configuration import explain_configuration

OPERATOR = "operator configuration"
OWN, DEFAULT = "spec.flinkConfiguration", "operator default"


def explained(spec: FlinkDeploymentSpec, defaults: dict[str, str] | None = None) -> dict[str, Setting]:
    settings = explain_configuration("ns", "app", spec, [Layer(OPERATOR, defaults or {})])
    return {setting.key: setting for setting in settings}


FULL: dict[str, Any] = {
    "imagePullPolicy": "Always",
    "flinkConfiguration": HA,
    "taskManager": {"resources": {"requests": {"memory": "1g"}, "limits": {"memory": "2g"}}},
    "job": {"entryClass": "Main", "args": ["x"], "allowNonRestoredState": True, "upgradeMode": "last-state"},
}
SOURCES = {
    "$internal.application.main": "spec.job.entryClass",
    "$internal.application.program-args": "spec.job.args",
    "$internal.flink.version": "spec.flinkVersion",
    "env.java.default-opts.all": DEFAULT,
    "execution.checkpointing.externalized-checkpoint-retention": DEFAULT,
    "execution.checkpointing.interval": DEFAULT,
    "execution.savepoint.ignore-unclaimed-state": "spec.job.allowNonRestoredState",
    "execution.shutdown-on-application-finish": "set by the operator",
    "execution.submit-failed-job-on-application-error": DEFAULT,
    "execution.target": "spec.job",
    "high-availability.cluster-id": "metadata.name",
    "high-availability.storageDir": OWN,
    "high-availability.type": OWN,
    "jobmanager.memory.process.size": "spec.jobManager.resource",
    "kubernetes.cluster-id": "metadata.name",
    "kubernetes.container.image.pull-policy": "spec.imagePullPolicy",
    "kubernetes.container.image.ref": "spec.image",
    "kubernetes.jobmanager.cpu.amount": "spec.jobManager.resource",
    "kubernetes.jobmanager.replicas": "spec.jobManager.replicas",
    "kubernetes.namespace": "metadata.namespace",
    "kubernetes.rest-service.exposed.type": DEFAULT,
    "kubernetes.service-account": "spec.serviceAccount",
    "kubernetes.taskmanager.memory.limit-factor": "spec.taskManager.resources",
    "parallelism.default": "spec.job.parallelism",
    "pipeline.jars": "spec.job.jarURI",
    "pipeline.name": DEFAULT,
    "taskmanager.memory.process.size": "spec.taskManager.resources",
    "web.cancel.enable": DEFAULT,
}


def test_every_value_has_the_source_that_set_it() -> None:
    assert {key: setting.source for key, setting in explained(a_spec(**FULL)).items()} == SOURCES


@pytest.mark.parametrize("key", [key for key, source in SOURCES.items() if source not in (OWN, DEFAULT)])
def test_a_field_wins_over_the_resources_configuration_and_that_over_the_operators(key: str) -> None:
    conf = {**HA, key: "mine"}
    setting = explained(a_spec(**{**FULL, "flinkConfiguration": conf}), {key: "theirs"})[key]

    assert (setting.source, setting.overridden) == (SOURCES[key], (Given(OWN, key, "mine"), Given(OPERATOR, key, "theirs")))


@pytest.mark.parametrize("key", [key for key, source in SOURCES.items() if source == DEFAULT])
def test_a_default_of_the_operator_is_what_everything_else_wins_over(key: str) -> None:
    def with_own(conf: dict[str, str], defaults: dict[str, str]) -> str:
        return explained(a_spec(**{**FULL, "flinkConfiguration": {**HA, **conf}}), defaults)[key].source

    assert with_own({key: "mine"}, {key: "theirs"}) == OWN
    assert with_own({}, {key: "theirs"}) == OPERATOR


def test_the_number_of_taskmanagers_wins_over_the_parallelism() -> None:
    spec = a_spec(taskManager={"replicas": 3}, flinkConfiguration={"taskmanager.numberOfTaskSlots": "2"})

    assert explained(spec)["parallelism.default"] == Setting(
        "parallelism.default", "6", "spec.taskManager.replicas", (Given("spec.job.parallelism", "parallelism.default", "2"),)
    )


def test_a_field_wins_over_the_new_name_of_its_option() -> None:
    new, old = "execution.state-recovery.ignore-unclaimed-state", "execution.savepoint.ignore-unclaimed-state"
    settings = explained(a_spec(job={"allowNonRestoredState": False}, flinkConfiguration={new: "true"}))

    assert new not in settings
    assert settings[old].overridden == (Given(OWN, new, "true"),)


KEYS = (
    *SOURCES,
    *("env.java.opts.all", "env.java.opts", "high-availability", "state.savepoints.dir", "execution.checkpointing.savepoint-dir"),
    *("execution.state-recovery.ignore-unclaimed-state", "taskmanager.numberOfTaskSlots", "kubernetes.operator.savepoint.format.type"),
)
confs = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(("", "1", "true", "NONE", "kubernetes")), max_size=6)
jobs = st.fixed_dictionaries(
    {},
    optional={
        "args": st.just(["a"]),
        "allowNonRestoredState": st.booleans(),
        "upgradeMode": st.sampled_from(("stateless", "last-state", "savepoint")),
    },
)
taskmanagers = st.fixed_dictionaries({}, optional={"replicas": st.integers(1, 3), "resource": st.just({"cpu": 1, "memory": "1g"})})


@given(st.sampled_from(VERSIONS), confs, confs, st.one_of(st.none(), jobs), taskmanagers)
def test_what_is_explained_is_what_is_built(
    version: FlinkVersion, own: dict[str, str], defaults: dict[str, str], job: dict[str, Any] | None, taskmanager: dict[str, Any]
) -> None:
    spec = a_spec(version, flinkConfiguration=own, job=job or None, taskManager=taskmanager)

    assert {key: setting.value for key, setting in explained(spec, defaults).items()} == configuration_of(spec, defaults)


@pytest.mark.parametrize("version", [V1_16, V1_18, V1_20, V2_3], ids=str)
def test_nothing_is_without_a_source(version: FlinkVersion) -> None:
    assert all(setting.source for setting in explained(a_spec(version, **FULL)).values())
