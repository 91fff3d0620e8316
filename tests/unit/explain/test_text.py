"""The report as people and programs read it."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from tests.unit.explain.sample import ASKED_AT, FAILED, STOPPING, a_deployment, a_pod, a_resource, a_snapshot, an_event
from tests.unit.lifecycle.snapshotbuilder import completed_at

from flinkop.explain.build import build_report
from flinkop.explain.facts import Facts
from flinkop.explain.report import Value
from flinkop.explain.text import ago, print_report, render_json

REPORT = build_report(
    Facts(
        a_resource(STOPPING),
        deployments=(a_deployment(0),),
        pods=(a_pod(),),
        events=(an_event(count=2), an_event("JobException", "it [broke]")),
        configuration=(Value("a.key", "1", "spec.flinkConfiguration"),),
        problems=("pods: Forbidden",),
    )
)


def text_of(report: object = REPORT) -> str:
    stream = io.StringIO()
    print_report(report, ASKED_AT, stream)  # type: ignore[arg-type]
    return stream.getvalue()


def test_the_first_lines_say_what_is() -> None:
    assert [line.rstrip() for line in text_of().splitlines()[:4]] == [
        "FlinkDeployment/job in team: Reconciling",
        "Upgrading, StoppingCluster",
        "Stopping.",
        f"job job ({'a' * 32}) RUNNING",
    ]


def test_the_parts_come_in_the_order_of_their_use() -> None:
    titles = [line.strip() for line in text_of().splitlines() if line and not line.startswith(" ")][4:]
    assert titles == [
        "Waiting for",
        "What to do",
        "Last decisions",
        "State",
        "Children",
        "Exceptions of the job",
        "Events",
        "Conditions",
        "Effective configuration",
        "Could not be found out",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "the old cluster to go (for 10m 1s",
        "✘  Deployment/job  0 of 1 pods ready",
        "10m  Normal  JobException",
        "it [broke]",
        "×2",
        "# spec.flinkConfiguration",
    ],
)
def test_everything_that_was_found_is_there(words: str) -> None:
    assert words in text_of()


def test_what_is_not_known_has_no_heading() -> None:
    text = text_of(build_report(Facts(a_resource(FAILED))))
    assert "Events" not in text
    assert "Could not be found out" not in text
    assert text.startswith("FlinkDeployment/job in team: Stalled since 10m")


def test_state_without_a_start_is_not_told_as_restored() -> None:
    text = text_of(build_report(Facts(a_snapshot(completed_at("s3://x")))))
    assert "there is: savepoint s3://x: a job starts from it" in text
    assert "restored" not in text


def test_a_file_has_no_colours() -> None:
    assert "\x1b" not in text_of()


def test_json_has_the_same_with_times_of_rfc_3339() -> None:
    found = json.loads(render_json(REPORT))
    assert found["verdict"] == "Reconciling"
    assert found["wait"]["since"] == "2025-03-01T11:59:59+00:00"
    assert found["children"][0] == {"kind": "Deployment", "name": "job", "healthy": False, "detail": "0 of 1 pods ready"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m"), (3661, "1h 1m"), (90061, "1d 1h"), (86400, "1d"), (86401, "1d"), (-5, "0s")]
)
def test_how_long_is_told_in_two_units(seconds: int, text: str) -> None:
    assert ago(ASKED_AT - timedelta(seconds=seconds), ASKED_AT) == text
    assert ago(None, ASKED_AT) == "?"
