"""The report as people and programs read it."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.explain.sample import ASKED_AT, FAILED, STOPPING, a_deployment, a_pod, a_resource, a_snapshot, an_event
from tests.unit.lifecycle.builder import NOW, a_record
from tests.unit.lifecycle.snapshotbuilder import completed_at

from flinkop.explain.build import build_report
from flinkop.explain.facts import Facts
from flinkop.explain.report import Decided, Value
from flinkop.explain.text import ago, print_report, render_json
from flinkop.lifecycle.restore import RestoreChoice, RestorePoint, RestoreSource

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


def test_decisions_that_are_alike_are_one_line_that_says_how_many_they_were() -> None:
    looping = Decided(NOW, "Running", "Deploying", "Restarting", 12, NOW - timedelta(hours=3))
    once = Decided(NOW, "Created", "Deploying", "FirstStart")

    text = text_of(replace(REPORT, decisions=(looping, once)))

    assert "Running → Deploying  Restarting ×12, first 3h 10m ago" in text
    assert re.search(r"Created → Deploying  FirstStart +\n", text)


def test_what_is_not_known_has_no_heading() -> None:
    text = text_of(build_report(Facts(a_resource(FAILED))))
    assert "Events" not in text
    assert "Could not be found out" not in text
    assert text.startswith("FlinkDeployment/job in team: Stalled for 10m")


def test_state_without_a_start_is_not_told_as_restored() -> None:
    text = text_of(build_report(Facts(a_snapshot(completed_at("s3://x")))))
    assert "there is: savepoint s3://x: a job starts from it" in text
    assert "restored" not in text


POINTS = {
    "empty": (RestorePoint(RestoreSource.EMPTY, job_id="a" * 32), "started from empty state: why (decided 10m ago)"),
    "a savepoint": (RestorePoint(RestoreSource.SAVEPOINT, "s3://x"), "restored the savepoint s3://x: why (decided 10m ago)"),
    "a checkpoint": (RestorePoint(RestoreSource.CHECKPOINT, "s3://x"), "restored the checkpoint s3://x: why (decided 10m ago)"),
    "last state": (
        RestorePoint(RestoreSource.LAST_STATE, job_id="f00"),
        "restored the last state in the metadata of job f00: why (decided 10m ago)",
    ),
    "nothing safe": (None, "not started: why (decided 10m ago)"),
}


@pytest.mark.parametrize(("point", "words"), POINTS.values(), ids=POINTS)
def test_what_was_restored_is_a_sentence(point: RestorePoint | None, words: str) -> None:
    choice = RestoreChoice(point, "Reason", "why")

    assert words in text_of(build_report(Facts(a_resource(a_record(restore=choice)))))


def test_a_choice_whose_time_nobody_wrote_is_told_without() -> None:
    resource = a_resource(a_record(restore=RestoreChoice(RestorePoint(RestoreSource.SAVEPOINT, "s3://x"), "Reason", "why")))
    del resource["status"]["restore"]["decidedAt"]

    assert "restored the savepoint s3://x: why\n" in re.sub(" +\n", "\n", text_of(build_report(Facts(resource))))


def test_a_file_has_no_colours() -> None:
    assert "\x1b" not in text_of()


def test_what_others_have_written_does_not_command_the_terminal() -> None:
    events = (an_event(message="it \x1b[2J\x9bbroke\r\x07"),)
    report = build_report(Facts(a_resource(), events=events, problems=("\x1b]0;title\x07",)))

    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text_of(report))


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
