"""Rules about flinkConfiguration and logConfiguration."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.validation.deployment import DIRECTORIES, HIGH_AVAILABILITY, a_spec, sentences_of

from flinkop.flinkconf import operatoroptions
from flinkop.flinkconf.option import Option

RETENTION = "execution.checkpointing.externalized-checkpoint-retention"
SHELL = "has characters that a shell acts on; put those arguments in single quotes"

ROWS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a key that the operator sets": (
        {"kubernetes.cluster-id": "x"},
        ["spec.flinkConfiguration.kubernetes.cluster-id: is set from metadata.name; leave it out"],
    ),
    "the namespace": (
        {"kubernetes": {"namespace": "x"}},
        ["spec.flinkConfiguration.kubernetes.namespace: is set from metadata.namespace; leave it out"],
    ),
    "a bad number": (
        {"taskmanager.numberOfTaskSlots": "two"},
        ["spec.flinkConfiguration.taskmanager.numberOfTaskSlots: 'two' is not a whole number; write for example 50"],
    ),
    "a bad duration": (
        {"execution.checkpointing.interval": "soon"},
        ["spec.flinkConfiguration.execution.checkpointing.interval: 'soon' is not a duration; write for example 10 s, 5 min, 1 d or PT10S"],
    ),
    "a bad map": (
        {"kubernetes.jobmanager.labels": "a"},
        [
            "spec.flinkConfiguration.kubernetes.jobmanager.labels: is not a map; "
            "write key:value,key:value and put a pair that contains more colons or commas in quotes"
        ],
    ),
    "a bad option of the operator": (
        {"kubernetes.operator.job.savepoint-on-deletion": "yes"},
        ["spec.flinkConfiguration.kubernetes.operator.job.savepoint-on-deletion: 'yes' is not a boolean; write true or false"],
    ),
    "a good option of the operator": ({"kubernetes.operator.job.savepoint-on-deletion": "true"}, []),
    "rollback with high availability": ({**HIGH_AVAILABILITY, "kubernetes.operator.deployment.rollback.enabled": "true"}, []),
    "rollback without high availability": (
        {"kubernetes.operator.deployment.rollback.enabled": "true"},
        [
            "spec.flinkConfiguration.kubernetes.operator.deployment.rollback.enabled: is true, and without high availability "
            "it may not be known what to go back to; set high-availability.type: kubernetes"
        ],
    ),
    "a health check without recovery": (
        {"kubernetes.operator.cluster.health-check.enabled": "true", "kubernetes.operator.jm-deployment-recovery.enabled": "false"},
        [
            "spec.flinkConfiguration.kubernetes.operator.cluster.health-check.enabled: is true, and "
            "kubernetes.operator.jm-deployment-recovery.enabled is false, so that nothing would be started again; "
            "set kubernetes.operator.jm-deployment-recovery.enabled to true"
        ],
    ),
    "an option of the operator that does not exist": (
        {"kubernetes.operator.xyz": "1"},
        ["warning spec.flinkConfiguration.kubernetes.operator.xyz: is not an option; remove it, or look it up in the documentation"],
    ),
    "an option that is not built yet": (
        {"job.autoscaler.enabled": True},
        [
            "warning spec.flinkConfiguration.job.autoscaler.enabled: is an option of the established operator "
            "that this one does not have yet; it has no effect"
        ],
    ),
    "an option that is not applicable": (
        {"kubernetes.operator.josdk.metrics.enabled": False},
        [
            "warning spec.flinkConfiguration.kubernetes.operator.josdk.metrics.enabled: is an option of the established operator "
            "that does not apply here: there is no Java operator framework, and passes and queues are always measured; leave it out"
        ],
    ),
    "an option for the operator only": (
        {"kubernetes.operator.reconcile.interval": "1 s"},
        [
            "warning spec.flinkConfiguration.kubernetes.operator.reconcile.interval: "
            "is read from the operator's own configuration only, and has no effect here; leave it out"
        ],
    ),
    "high availability": (HIGH_AVAILABILITY, []),
    "high availability without storage": (
        {"high-availability.type": "kubernetes"},
        [
            "spec.flinkConfiguration.high-availability.storageDir: is not set, and high availability needs it; "
            "name a directory that all JobManagers reach"
        ],
    ),
    "a path to restore from, which every later start would restore again": (
        {"execution.savepoint.path": "s3://s/1"},
        [
            "warning spec.flinkConfiguration.execution.savepoint.path: has no effect: the operator decides at each start "
            "which state is restored; write spec.job.initialSavepointPath for the first start"
        ],
    ),
    "old and new name with the same value": (
        {"state.checkpoints.dir": "s3://c", "execution.checkpointing.dir": "s3://c"},
        [],
    ),
    "old and new name with different values": (
        {"state.checkpoints.dir": "s3://c", "execution.checkpointing.dir": "s3://d"},
        [
            "warning spec.flinkConfiguration.state.checkpoints.dir: is another name for execution.checkpointing.dir, "
            "which is set to something else; keep one of the two"
        ],
    ),
    "Java options that end in a quote": (
        {"env.java.opts.all": '-Da=b -Dc="d e"'},
        [
            "spec.flinkConfiguration.env.java.opts.all: ends in a double quote, with which Flink's scripts lose all Java options; "
            "put the quoted option first, so that another one ends the line"
        ],
    ),
    "Java options with a quote inside": ({"env.java.opts.all": '-Dc="d e" -Da=b'}, []),
    "Java options for the shell": (
        {"env.java.opts.jobmanager": "-Da=$(hostname)"},
        [f"warning spec.flinkConfiguration.env.java.opts.jobmanager: {SHELL}"],
    ),
    "entry point arguments": ({"kubernetes.jobmanager.entrypoint.args": "-D a='b c'"}, []),
    "entry point arguments with an open quote": (
        {"kubernetes.taskmanager.entrypoint.args": "-D a='b"},
        [
            "spec.flinkConfiguration.kubernetes.taskmanager.entrypoint.args: has a quote that is not closed; "
            "close it: a shell reads this line"
        ],
    ),
    "entry point arguments for the shell": (
        {"kubernetes.jobmanager.entrypoint.args": "; rm -rf /"},
        [f"warning spec.flinkConfiguration.kubernetes.jobmanager.entrypoint.args: {SHELL}"],
    ),
}


@pytest.mark.parametrize(("conf", "expected"), ROWS.values(), ids=ROWS.keys())
def test_the_configuration_is_checked(conf: dict[str, Any], expected: list[str]) -> None:
    assert sentences_of(a_spec(flinkConfiguration=conf)) == expected


COMMENT = "contains '#', where Flink 1.x starts a comment; pass it in an environment variable or a file, or use Flink 2"

WRITTEN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a value with '#'": ({"flinkConfiguration": {"a": "x#y"}}, [f"spec.flinkConfiguration.a: {COMMENT}"]),
    "an argument with '#'": ({"job": {"args": ["--topic", "a#b"]}}, [f"spec.job.args: {COMMENT}"]),
    "a savepoint with '#'": (
        {"job": {"initialSavepointPath": "s3://a#b"}},
        [f"spec.job.initialSavepointPath: {COMMENT}"],
    ),
    "a value with a line break": (
        {"flinkConfiguration": {"a": "x\ny"}},
        ["spec.flinkConfiguration.a: contains a line break, which Flink 1.x cannot read; write it in one line"],
    ),
    "a key with a blank after its colon": (
        {"flinkConfiguration": {"a: b": "x"}},
        ["spec.flinkConfiguration.a: b: is not a key that Flink 1.x can read; use only letters, digits, dots and dashes"],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), WRITTEN.values(), ids=WRITTEN.keys())
def test_what_the_file_of_flink_1_cannot_express_is_refused_there_only(changes: dict[str, Any], expected: list[str]) -> None:
    assert sentences_of(a_spec(**changes)) == expected
    assert sentences_of(a_spec(flinkVersion="v2_0", **changes)) == []


def test_an_option_of_the_operator_need_not_be_written() -> None:
    spec = a_spec(flinkConfiguration={"kubernetes.operator.periodic.savepoint.interval": "0 0 * * #1"})
    assert not any("'#'" in sentence for sentence in sentences_of(spec))


def test_a_default_of_the_operator_that_cannot_be_written_is_named_as_one() -> None:
    assert sentences_of(a_spec(), defaults={"a": "x#y"}) == [f"operator configuration a: {COMMENT}"]


def test_high_availability_under_a_name_that_flink_1_16_does_not_know_is_refused() -> None:
    assert sentences_of(a_spec(flinkVersion="v1_16", flinkConfiguration=HIGH_AVAILABILITY)) == [
        "spec.flinkConfiguration.high-availability.type: is not known to Flink 1.16, which would run without it; write high-availability"
    ]


def test_a_default_under_the_old_name_does_not_make_the_new_one_known() -> None:
    spec = a_spec(flinkVersion="v1_16", flinkConfiguration=HIGH_AVAILABILITY)
    assert len(sentences_of(spec, defaults={"high-availability": "kubernetes"})) == 1


def test_high_availability_under_its_old_name_is_fine_everywhere() -> None:
    old = {"high-availability": "kubernetes", "high-availability.storageDir": "s3://ha"}
    assert sentences_of(a_spec(flinkVersion="v1_16", flinkConfiguration=old)) == []
    assert sentences_of(a_spec(flinkVersion="v2_0", flinkConfiguration=old)) == []


@pytest.mark.parametrize(
    ("job", "conf", "told"),
    [
        pytest.param({"upgradeMode": "last-state"}, {}, True, id="last-state"),
        pytest.param({"upgradeMode": "savepoint"}, {"kubernetes.operator.cluster.health-check.enabled": "true"}, True, id="health check"),
        pytest.param({"upgradeMode": "savepoint"}, {}, False, id="it is never cancelled"),
        pytest.param({"upgradeMode": "last-state"}, HIGH_AVAILABILITY, False, id="there are metadata"),
        pytest.param({"upgradeMode": "last-state"}, {RETENTION: "RETAIN_ON_CANCELLATION"}, False, id="they stay"),
    ],
)
def test_checkpoints_that_go_with_a_cancelled_job_are_told_of_where_that_matters(job: Any, conf: Any, told: bool) -> None:
    conf = {RETENTION: "DELETE_ON_CANCELLATION", **DIRECTORIES, **conf}
    sentences = sentences_of(a_spec(job=job, flinkConfiguration=conf))
    assert any(RETENTION in sentence and sentence.startswith("warning") for sentence in sentences) is told


@pytest.mark.parametrize("option", operatoroptions.TOLERATED, ids=lambda option: option.key)
def test_a_wrong_choice_about_the_operators_log_is_no_fault_of_a_resource(option: Option[Any]) -> None:
    assert sentences_of(a_spec(), defaults={option.key: "loud"}) == []


def test_a_wrong_default_that_a_job_goes_by_is_a_fault() -> None:
    (sentence,) = sentences_of(a_spec(), defaults={"taskmanager.numberOfTaskSlots": "two"})
    assert sentence.startswith("operator configuration taskmanager.numberOfTaskSlots: ")


@pytest.mark.parametrize("key", ["high-availability.type", "high-availability"])
def test_high_availability_by_default_without_a_directory_is_a_fault_of_the_operators_configuration(key: str) -> None:
    assert sentences_of(a_spec(), defaults={key: "kubernetes"}) == [
        f"operator configuration {key}: asks for high availability, and high-availability.storageDir is not set, which that needs; "
        "name a directory that all JobManagers reach, there or in spec.flinkConfiguration"
    ]


def test_only_two_log_files_are_known() -> None:
    spec = a_spec(logConfiguration={"log4j-console.properties": "x", "log4j.properties": "y"})
    assert sentences_of(spec) == [
        "spec.logConfiguration.log4j.properties: is not a file that Flink reads; use log4j-console.properties or logback-console.xml"
    ]


@pytest.mark.parametrize("key", ["s3.secret-key", "security.ssl.keystore-password", "kubernetes.container.image.pull-secrets"])
def test_no_value_of_a_sensitive_key_is_shown(key: str) -> None:
    (sentence,) = sentences_of(a_spec(flinkConfiguration={key: "'s3cr3t#"}))[:1]
    assert key in sentence
    assert "s3cr3t" not in sentence


@pytest.mark.parametrize(
    ("mode", "is_one"),
    [("kubernetes", True), ("NONE", True), ("zookeeper", True), ("org.example.MyHaServicesFactory", True), ("kubernets", False)],
)
def test_a_kind_of_high_availability_that_flink_does_not_know_is_refused(mode: str, is_one: bool) -> None:
    conf = {"high-availability.type": mode, "high-availability.storageDir": "s3://a/ha"}
    found = [sentence for sentence in sentences_of(a_spec(flinkConfiguration=conf)) if "is no kind of high availability" in sentence]
    assert (found == []) is is_one


@pytest.mark.parametrize(("text", "is_one"), [("a:2,b:1", True), ("a:x", False), ("a:0", False), ("a:-1", False)])
def test_overrides_of_vertices_are_numbers(text: str, is_one: bool) -> None:
    found = sentences_of(a_spec(flinkConfiguration={"pipeline.jobvertex-parallelism-overrides": text}))
    assert (found == []) is is_one
