"""Reading `FlinkDeployment.spec`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.api.complaint import WrongFields
from flinkop.api.flinkdeployment import (
    DeploymentMode,
    DesiredJobState,
    FlinkDeploymentSpec,
    JobManagerSpec,
    JobSpec,
    Resource,
    TaskManagerSpec,
    UpgradeMode,
    parse_spec,
)
from flinkop.api.flinkversion import FlinkVersion
from flinkop.errors import InvalidSpec

BASIC: dict[str, Any] = {
    "image": "flink:1.20",
    "flinkVersion": "v1_20",
    "flinkConfiguration": {"taskmanager.numberOfTaskSlots": "2"},
    "serviceAccount": "flink",
    "jobManager": {"resource": {"memory": "2048m", "cpu": 1}},
    "taskManager": {"resource": {"memory": "2048m", "cpu": 1}},
    "job": {"jarURI": "local:///opt/flink/examples/streaming/StateMachineExample.jar", "parallelism": 2, "upgradeMode": "savepoint"},
}


def test_a_basic_manifest_is_read() -> None:
    assert parse_spec(BASIC) == FlinkDeploymentSpec(
        image="flink:1.20",
        flink_version=FlinkVersion(1, 20),
        flink_configuration={"taskmanager.numberOfTaskSlots": "2"},
        service_account="flink",
        job_manager=JobManagerSpec(resource=Resource(memory="2048m", cpu=1.0)),
        task_manager=TaskManagerSpec(resource=Resource(memory="2048m", cpu=1.0)),
        job=JobSpec(
            jar_uri="local:///opt/flink/examples/streaming/StateMachineExample.jar",
            parallelism=2,
            upgrade_mode=UpgradeMode.SAVEPOINT,
        ),
    )


def test_defaults_are_the_established_ones() -> None:
    spec = parse_spec({"flinkVersion": "v1_20", "job": {}})
    assert spec.mode is DeploymentMode.NATIVE
    assert spec.job_manager.replicas == 1
    assert spec.task_manager.replicas is None
    assert spec.flink_configuration == {}
    assert spec.job is not None
    assert (spec.job.parallelism, spec.job.args) == (0, [])
    assert (spec.job.state, spec.job.upgrade_mode) == (DesiredJobState.RUNNING, UpgradeMode.STATELESS)


def test_a_null_counts_as_absent() -> None:
    nulls = {"image": None, "job": {"args": None, "state": None, "jarURI": None}, "jobManager": None, "flinkConfiguration": None}
    assert parse_spec({"flinkVersion": "v1_20", **nulls}) == parse_spec({"flinkVersion": "v1_20", "job": {}})


def test_unknown_fields_and_python_names_are_ignored() -> None:
    assert parse_spec({"flinkVersion": "v1_20", "later": 1, "service_account": "x"}) == parse_spec({"flinkVersion": "v1_20"})


def test_amounts_may_be_numbers_or_texts() -> None:
    resources = {"requests": {"cpu": 1, "memory": "2Gi"}, "limits": {"cpu": "1500m"}}
    spec = parse_spec({"flinkVersion": "v1_20", "jobManager": {"resources": resources}})
    assert spec.job_manager.resources is not None
    assert spec.job_manager.resources.requests == {"cpu": "1", "memory": "2Gi"}
    assert spec.job_manager.resources.limits == {"cpu": "1500m"}


def test_pod_templates_pass_untouched() -> None:
    template = {"spec": {"containers": [{"name": "flink-main-container", "env": [{"name": "A", "value": None}]}], "any": [1, {}]}}
    assert parse_spec({"flinkVersion": "v1_20", "podTemplate": template}).pod_template == template


def test_the_wire_form_is_complete_and_reads_back() -> None:
    spec = parse_spec(BASIC)
    wire = spec.to_wire()
    assert wire["flinkVersion"] == "v1_20"
    assert wire["job"]["jarURI"] == BASIC["job"]["jarURI"]
    assert wire["job"]["state"] == "running"
    assert wire["restartNonce"] is None
    assert parse_spec(wire) == spec


@given(
    st.fixed_dictionaries(
        {"flinkVersion": st.sampled_from(["v1_16", "v1_20", "v2_3"])},
        optional={
            "flinkConfiguration": st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.booleans()),
            "restartNonce": st.integers(),
            "logConfiguration": st.dictionaries(st.text(), st.text()),
            "job": st.fixed_dictionaries(
                {},
                optional={
                    "args": st.lists(st.text()),
                    "parallelism": st.integers(),
                    "upgradeMode": st.sampled_from(["savepoint", "last-state", "stateless"]),
                },
            ),
        },
    )
)
def test_writing_and_reading_a_spec_changes_nothing(raw: dict[str, Any]) -> None:
    spec = parse_spec(raw)
    assert parse_spec(spec.to_wire()) == spec


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a text for a number": (
        {"job": {"parallelism": "2"}},
        "spec.job.parallelism: must be a whole number and is text; write it without quotes and without a fraction",
    ),
    "a fraction for a whole number": (
        {"job": {"parallelism": 2.5}},
        "spec.job.parallelism: must be a whole number and is a number; write it without quotes and without a fraction",
    ),
    "a boolean for a number": (
        {"restartNonce": True},
        "spec.restartNonce: must be a whole number and is true or false; write it without quotes and without a fraction",
    ),
    "a number for a text": ({"image": 5}, "spec.image: must be text and is a number; put it in quotes"),
    "a text for a list": ({"job": {"args": "--a"}}, "spec.job.args: must be a list and is text; write one - item a line"),
    "a number in a list": ({"job": {"args": ["--a", 5]}}, "spec.job.args[1]: must be text and is a number; put it in quotes"),
    "a list for a map": (
        {"logConfiguration": ["a"]},
        "spec.logConfiguration: must be a map and is a list; write one key: value a line",
    ),
    "a list for a section": (
        {"jobManager": []},
        "spec.jobManager: must be a map of fields and is a list; write its fields below it",
    ),
    "a list for the configuration": (
        {"flinkConfiguration": ["a: b"]},
        "spec.flinkConfiguration: must be a map of Flink options; write one key: value a line",
    ),
    "a text for a boolean": (
        {"job": {"allowNonRestoredState": "yes"}},
        "spec.job.allowNonRestoredState: must be true or false and is text; write it without quotes",
    ),
    "an unknown word": (
        {"job": {"upgradeMode": "lastState"}},
        "spec.job.upgradeMode: must be one of 'savepoint', 'last-state' or 'stateless'",
    ),
    "an unknown version": ({"flinkVersion": "1.20"}, "spec.flinkVersion: is not a Flink version; write one of v1_16, v1_17"),
    "a number for a version": ({"flinkVersion": 1.2}, "spec.flinkVersion: is not a Flink version; write one of v1_16, v1_17"),
    "no version": ({"flinkVersion": None}, "spec.flinkVersion: is missing; it must be set"),
    "a map for an amount": (
        {"taskManager": {"resources": {"requests": {"cpu": {}}}}},
        "spec.taskManager.resources.requests.cpu: must be text and is a map; put it in quotes",
    ),
    "a list for a pod template": (
        {"podTemplate": [1]},
        "spec.podTemplate: must be a map and is a list; write one key: value a line",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_type_is_named_with_path_problem_and_remedy(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse_spec({**BASIC, **change})
    assert str(refused.value).startswith(sentence)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(WrongFields) as refused:
        parse_spec({**BASIC, "image": 5, "job": {"parallelism": "2", "args": "x"}})
    paths = [sentence.partition(":")[0] for sentence in refused.value.complaints]
    assert paths == ["spec.image", "spec.job.parallelism", "spec.job.args"]


def test_the_sentence_holds_no_value() -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse_spec({**BASIC, "job": {"parallelism": "s3cr3t", "upgradeMode": "s3cr3t", "args": "s3cr3t"}, "podTemplate": ["s3cr3t"]})
    assert "s3cr3t" not in str(refused.value)
