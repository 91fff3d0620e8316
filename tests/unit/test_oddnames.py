"""Resources with every legal oddity in their names: through metrics, log lines, Events, snapshots, labels and `explain`.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ (DNS subdomains), .../labels/ for values of labels.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from tests.fakes.kubeapi import FakeKubeApi
from tests.unit.controllers.resource import a_resource
from tests.unit.explain.sample import ASKED_AT
from tests.unit.explain.sample import a_resource as an_explained
from tests.virtualtime import LoopClock, run

from flinkop.api.jobstatus import TriggerType
from flinkop.api.kind import KINDS
from flinkop.controllers.eventrecorder import EventRecorder
from flinkop.explain.build import build_report
from flinkop.explain.facts import Facts
from flinkop.explain.target import NotATarget, read_target
from flinkop.explain.text import print_report, render_json
from flinkop.kube.client import KubeClient
from flinkop.kube.resource import EVENTS
from flinkop.lifecycle.decision import Event
from flinkop.lifecycle.observed import Observed, SnapshotResources
from flinkop.lifecycle.snapshotresource import name_of
from flinkop.lifecycle.statesnapshot.label import labels_of
from flinkop.log import LogFormat, LogLevel, set_up_logging
from flinkop.monitoring.collector import CacheState, Collector, Settings, Sources
from flinkop.validation.identity import check_cluster_name

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
VALUE_OF_A_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")

LEGAL = {
    "one letter": "a",
    "a digit": "0",
    "digits first": "0-job",
    "a number": "123",
    "a number with an exponent": "1e3",
    "a date": "2024-01-01",
    "a word of YAML": "null",
    "dots": "a.b.c-1.2",
    "dashes": "a--b",
    "punycode": "xn--bcher-kva",
    "a word that stands before secrets": "my-secret-token",
    "63 characters": "x" * 63,
    "64 characters": "x" * 64,
    "a dot as the 200th character": f"{'x' * 199}.{'y' * 20}",
    "a dash as the 200th character": f"{'x' * 199}-{'y' * 20}",
    "dots as far as the end": ".".join("x" * 127),
    "253 characters": "z" * 253,
}
every_name = pytest.mark.parametrize("name", LEGAL.values(), ids=LEGAL)


@pytest.mark.parametrize("name", LEGAL.values(), ids=LEGAL)
def test_these_names_are_legal(name: str) -> None:
    assert SUBDOMAIN.fullmatch(name)
    assert len(name) <= 253


def event_of(name: str) -> dict[str, Any]:
    async def main() -> dict[str, Any]:
        api = FakeKubeApi()
        recorder = EventRecorder(cast(KubeClient, api), LoopClock(), "pod-1")
        recorder.record(a_resource(name=name, uid=f"uid of {name}"), [Event("Submit", "Starting deployment.")])
        await recorder.flush(10)
        (event,) = await api.list(EVENTS, "team")
        return event

    return run(main())


@every_name
def test_an_event_has_a_name_that_the_api_server_takes_and_says_whom_it_is_about(name: str) -> None:
    event = event_of(name)
    assert SUBDOMAIN.fullmatch(event["metadata"]["name"]), "an Event of another name is refused"
    assert len(event["metadata"]["name"]) <= 253
    assert event["involvedObject"]["name"] == name


def test_events_of_names_that_begin_alike_are_two() -> None:
    assert event_of("x" * 250)["metadata"]["name"] != event_of("x" * 251)["metadata"]["name"]


@every_name
def test_metrics_have_the_name_as_it_is(name: str) -> None:
    resource = {"metadata": {"namespace": "team", "name": name}, "status": {"phase": "Running"}}
    sources = Sources(lambda: {"FlinkDeployment": [resource]}, dict, lambda: [CacheState("pods", 1, 0.0, synced=True)], Settings)
    families = {family.name: family for family in text_string_to_metric_families("".join(Collector(sources).collect()))}
    (sample,) = families["flinkop_resource_phase"].samples
    assert sample.labels == {"kind": "FlinkDeployment", "namespace": "team", "name": name, "phase": "Running"}


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logging(LogLevel.INFO, LogFormat.JSON, stream)
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@every_name
def test_log_lines_have_the_name_as_it_is(name: str, stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(kind="FlinkDeployment", namespace="team", name=name):
        structlog.get_logger().info("decision")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["name"] == name


@every_name
def test_explain_takes_the_name_and_shows_it(name: str) -> None:
    for kind in KINDS:
        target = read_target([f"{kind.name}/{name}"], "team")
        assert (target.kind, target.name) == (kind, name)
    report = build_report(Facts(an_explained(name=name)))
    assert json.loads(render_json(report))["name"] == name
    stream = io.StringIO()
    print_report(report, ASKED_AT, stream)
    assert name in stream.getvalue().replace("\n", "")


@every_name
def test_a_snapshot_of_the_operators_own_has_a_name_that_the_api_server_takes(name: str) -> None:
    found = name_of(Observed(snapshots=SnapshotResources(name, ())), "checkpoint", TriggerType.PERIODIC, 1735689600000) or ""
    assert SUBDOMAIN.fullmatch(found)
    assert len(found) <= 253
    assert found.endswith("-checkpoint-periodic-1735689600000")
    assert len(name) > 200 or found.startswith(f"{name}-checkpoint"), "which is the established one wherever it can be"


def test_snapshots_of_names_that_begin_alike_are_two() -> None:
    names = {name_of(Observed(snapshots=SnapshotResources("x" * size, ())), "savepoint", TriggerType.MANUAL, 1) for size in (250, 251)}
    assert len(names) == 2


@every_name
def test_labels_have_values_that_the_api_server_takes(name: str) -> None:
    labels = labels_of("savepoint", TriggerType.MANUAL, None, "FlinkSessionJob", name)
    assert all(VALUE_OF_A_LABEL.fullmatch(value) and len(value) <= 63 for value in labels.values())
    assert ("job-reference.name" in labels) is (len(name) <= 63)


@pytest.mark.parametrize("name", ["my job", "-job", "Job.", "jöb", "a/b", "job\n"])
def test_a_name_that_no_resource_has_is_no_label(name: str) -> None:
    """The API server would refuse the snapshot that names such a job, over and over."""
    assert "job-reference.name" not in labels_of("savepoint", TriggerType.MANUAL, None, "FlinkSessionJob", name)


# What Kubernetes takes, and Flink does not

FIT_FOR_A_CLUSTER = {"one letter", "dashes", "punycode", "a word that stands before secrets", "a word of YAML"}


@pytest.mark.parametrize("about", LEGAL)
def test_a_cluster_whose_name_flink_cannot_use_is_told_what_to_write(about: str) -> None:
    complaints = [str(violation) for violation in check_cluster_name("metadata.name", LEGAL[about])]
    assert (not complaints) is (about in FIT_FOR_A_CLUSTER)
    for complaint in complaints:
        assert complaint.startswith("metadata.name: ")
        assert "choose a shorter name" in complaint or "use lower-case letters, digits and dashes, starting with a letter" in complaint


# What nobody takes

ILLEGAL = {
    "capitals": "Job",
    "an underscore": "a_b",
    "a dot first": ".a",
    "a dash last": "a-",
    "two dots": "a..b",
    "a way up": "..",
    "a dash before a dot": "a-.b",
    "a blank": "a b",
    "an end of line": "a\n",
    "a letter of another alphabet": "jöb",
    "a digit of another alphabet": "job-\u0663",
    "a query": "a?b=c",
    "254 characters": "x" * 254,
}


@pytest.mark.parametrize("name", ILLEGAL.values(), ids=ILLEGAL)
def test_a_name_that_no_resource_can_have_is_told_with_what_to_write(name: str) -> None:
    with pytest.raises(NotATarget) as refused:
        read_target(["flinkdep", name], "team")
    assert str(refused.value).startswith(repr(name))
    assert "write at most 253 lower-case letters" in str(refused.value)


@pytest.mark.parametrize("namespace", ["", "Team", "a.b", "..", "x" * 64])
def test_so_is_that_of_a_namespace(namespace: str) -> None:
    with pytest.raises(NotATarget, match="cannot be the name of a namespace; write at most 63"):
        read_target(["flinkdep/job"], namespace)
