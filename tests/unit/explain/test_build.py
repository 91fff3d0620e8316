"""What a report says of a resource, and what it advises."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.advice import ADVICE, render_advice
from tests.reasons import of_lifecycle
from tests.unit.explain.sample import ASKED_AT, FAILED, STOPPING, WELL, a_deployment, a_pod, a_resource, a_service, a_snapshot, an_event
from tests.unit.lifecycle.builder import FROM_SAVEPOINT, NOW, SAVEPOINT, a_record
from tests.unit.lifecycle.snapshotbuilder import completed_at, in_progress
from tests.unit.lifecycle.test_status import records

from flinkop.api.flinkstatesnapshot import SnapshotState
from flinkop.explain.advice import all_advice
from flinkop.explain.build import build_report
from flinkop.explain.facts import Facts
from flinkop.explain.reading import time_of
from flinkop.explain.report import Child, Decided
from flinkop.explain.text import print_report, render_json
from flinkop.flinkconf import operatoroptions
from flinkop.lifecycle.handover import IN_METADATA
from flinkop.lifecycle.phase import Phase
from flinkop.lifecycle.record import Health, Record
from flinkop.lifecycle.sessionjob.deploying import SUBMISSION_REJECTED
from flinkop.lifecycle.statesnapshot.record import SnapshotRecord
from flinkop.lifecycle.statuswriter import Scale, write_status
from flinkop.lifecycle.step import Submitting

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5
)
STATUS_FIELDS = (
    *("phase", "state", "reason", "message", "observedGeneration", "error", "path", "triggerTimestamp", "waitingSince", "nextTryAt"),
    *("conditions", "decisions", "jobStatus", "operation", "restore"),
)
OPTIONS = {option.key for option in operatoroptions.ALL}


def about(record: Record | None = WELL, **facts: Any) -> Any:
    return build_report(Facts(a_resource(record), **facts))


@pytest.mark.parametrize(
    ("resource", "verdict"),
    [
        (a_resource(WELL), "Ready"),
        (a_resource(STOPPING), "Reconciling"),
        (a_resource(FAILED), "Stalled"),
        (a_resource(None), "Not looked at yet by an operator"),
        (a_resource(WELL, generation=2), "Not looked at since the spec changed"),
        (a_resource(WELL, deletionTimestamp="2025-03-01T12:00:00Z"), "Deleting"),
    ],
)
def test_the_verdict_is_that_of_generic_tools(resource: dict[str, Any], verdict: str) -> None:
    assert build_report(Facts(resource)).verdict == verdict


def test_who_is_well_is_not_told_what_to_do() -> None:
    report = about(WELL)
    assert (report.next_steps, report.wait) == ((), None)
    assert (report.phase, report.reason, report.since) == ("Running", "JobRunning", NOW)


def test_a_step_says_what_is_waited_for_since_when_and_how_long_it_may_take() -> None:
    ends = NOW + timedelta(minutes=5)
    wait = about(replace(STOPPING, ends_at=ends)).wait
    assert (wait.what, wait.since, wait.ends_at) == ("the old cluster to go", NOW - timedelta(seconds=1), ends)


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("JobSubmitting", "the submitted job to show up on its cluster"),
        (SUBMISSION_REJECTED, "the next try to submit the job, which the JobManager did not take"),
    ],
)
def test_who_waits_for_a_submission_is_told_whether_there_is_one(reason: str, what: str) -> None:
    wait = about(a_record(phase=Phase.DEPLOYING, step=Submitting(NOW), reason=reason)).wait
    assert wait is not None
    assert (wait.what, wait.since) == (what, NOW)


def test_what_to_do_comes_from_the_documentation() -> None:
    steps = about(FAILED).next_steps
    assert any(step.startswith("JobFailed: do: ") and "change the spec" in step for step in steps)
    assert len(steps) == len(set(steps))


def test_a_resource_without_a_status_leads_to_the_operator() -> None:
    (step,) = about(None).next_steps
    assert "get lease,pods" in step


def test_a_refused_spec_is_advised_about_although_the_job_runs() -> None:
    assert any(step.startswith("ValidationError") for step in about(replace(WELL, invalid="spec.job: is wrong")).next_steps)


def test_the_restore_point_is_shown_with_what_else_there_is() -> None:
    restore = about(replace(STOPPING, savepoint_path=SAVEPOINT)).restore
    assert (restore.chosen.source, restore.chosen.where) == ("savepoint", SAVEPOINT)
    assert [one.where for one in restore.alternatives] == [SAVEPOINT]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("s3://s/savepoint-1", ("savepoint", "s3://s/savepoint-1")),
        ("s3://c/f00/chk-7/", ("checkpoint", "s3://c/f00/chk-7/")),
        (IN_METADATA, ("last-state", "in the high-availability metadata")),
    ],
    ids=["a savepoint", "a checkpoint", "what stands for no path"],
)
def test_what_a_job_left_is_called_what_it_is(path: str, expected: tuple[str, str]) -> None:
    resource = a_resource(replace(WELL, restore=None))
    resource["status"]["jobStatus"]["upgradeSavepointPath"] = path
    (left,) = build_report(Facts(resource)).restore.alternatives  # type: ignore[union-attr]

    assert (left.source, left.where) == expected


def test_snapshots_that_are_complete_are_alternatives_the_newest_first() -> None:
    moments = [NOW + timedelta(minutes=minute) for minute in (1, 9, 3, 5, 7, 2)]
    taken = [a_snapshot(completed_at(f"s3://{number}", completed_at=at), f"n{number}") for number, at in enumerate(moments)]
    others = [a_snapshot(in_progress(), "now"), a_snapshot(completed_at(None), "forgotten", checkpoint={})]
    alternatives = about(replace(WELL, restore=FROM_SAVEPOINT), snapshots=(*taken, *others)).restore.alternatives
    assert [one.where for one in alternatives] == ["s3://1", "s3://4", "s3://3", "s3://2", "s3://5"]
    assert alternatives[0].note == "FlinkStateSnapshot/n1, complete since 2025-03-01T12:09:00Z"


def test_state_is_shown_also_where_no_start_was_recorded() -> None:
    restore = about(replace(WELL, restore=None), snapshots=(a_snapshot(completed_at("s3://x")),)).restore
    assert (restore.chosen, [one.where for one in restore.alternatives]) == (None, ["s3://x"])
    assert about(replace(WELL, restore=None)).restore is None


def test_decisions_are_remembered_in_the_status_and_told_the_newest_first() -> None:
    scale = Scale("", 0)
    status: dict[str, Any] = {}
    for minute, record in enumerate((WELL, WELL, STOPPING, FAILED)):
        status = write_status(record, status, scale, NOW + timedelta(minutes=minute))
    report = build_report(Facts({**a_resource(), "status": status}))
    assert report.decisions == (
        Decided(NOW + timedelta(minutes=3), "Upgrading", "Failed", "JobFailed"),
        Decided(NOW + timedelta(minutes=2), "Running", "Upgrading", "StoppingCluster"),
        Decided(NOW, "Created", "Running", "JobRunning"),
    )


def test_decisions_that_are_made_again_and_again_are_told_once_with_their_number() -> None:
    status: dict[str, Any] = {}
    for minute in range(60):
        for record in (WELL, STOPPING):
            status = write_status(record, status, Scale("", 0), NOW + timedelta(minutes=minute))
    decisions = build_report(Facts({**a_resource(), "status": status})).decisions
    assert decisions[0] == Decided(NOW + timedelta(minutes=59), "Running", "Upgrading", "StoppingCluster")
    assert decisions[-3:] == (
        Decided(NOW + timedelta(minutes=56), "Upgrading", "Running", "JobRunning", 56, NOW + timedelta(minutes=1)),
        Decided(NOW + timedelta(minutes=55), "Running", "Upgrading", "StoppingCluster", 56, NOW),
        Decided(NOW, "Created", "Running", "JobRunning"),
    )


def test_a_status_from_before_decisions_were_remembered_is_not_written_for_that() -> None:
    status = a_resource(WELL)["status"]
    del status["decisions"]
    assert write_status(WELL, status, Scale("", 0), ASKED_AT) == status


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (a_pod(), Child("Pod", "job-1", True, "Running, on n1")),
        (
            a_pod({"ready": False, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}, phase="Pending"),
            Child("Pod", "job-1", False, "Pending, flink-main-container ImagePullBackOff no such image, on n1"),
        ),
        (
            a_pod(
                {"ready": False, "state": {"waiting": {"reason": "PodInitializing"}}},
                phase="Pending",
                initContainerStatuses=[
                    {"name": "done", "ready": True, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
                    {"name": "fetch", "ready": False, "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}},
                ],
            ),
            Child("Pod", "job-1", False, "Pending, fetch ErrImagePull no such image, flink-main-container PodInitializing, on n1"),
        ),
        (
            a_pod({"restartCount": 3, "lastState": {"terminated": {"exitCode": 137}}}),
            Child("Pod", "job-1", True, "Running, flink-main-container restarted 3 times, last with exit code 137, on n1"),
        ),
    ],
)
def test_a_pod_says_how_it_fares(pod: dict[str, Any], expected: Child) -> None:
    assert about(pods=(pod,)).children == (expected,)


def test_a_deployment_is_well_when_its_pods_are_ready() -> None:
    assert [one.healthy for one in about(deployments=(a_deployment(), a_deployment(0), a_deployment(deletionTimestamp="x"))).children] == [
        True,
        False,
        False,
    ]


NOT_READY = a_pod({"ready": False})
TASKMANAGER = {**a_pod(), "metadata": {"name": "job-taskmanager-1", "labels": {"app": "job", "component": "taskmanager"}}}


@pytest.mark.parametrize(
    ("service", "pods", "healthy", "detail"),
    [
        pytest.param(a_service(), [a_pod(), TASKMANAGER], True, "ClusterIP, rest 8081; 1 ready pod behind it", id="well"),
        pytest.param(a_service(), [a_pod(), a_pod(), NOT_READY], True, "ClusterIP, rest 8081; 2 ready pods behind it", id="a standby"),
        pytest.param(a_service(), [NOT_READY, TASKMANAGER], False, "ClusterIP, rest 8081; no ready pod behind it", id="nobody is ready"),
        pytest.param(a_service(), [], False, "ClusterIP, rest 8081; no ready pod behind it", id="no pods"),
        pytest.param(a_service(), None, True, "ClusterIP, rest 8081", id="pods may not be read"),
        pytest.param(
            a_service(kind="LoadBalancer"),
            [a_pod()],
            False,
            "LoadBalancer, rest 8081; 1 ready pod behind it; the load balancer has no address yet",
            id="no address",
        ),
        pytest.param(
            a_service(kind="LoadBalancer", address="lb.example"),
            [a_pod()],
            True,
            "LoadBalancer, rest 8081; 1 ready pod behind it; at lb.example",
            id="an address",
        ),
        pytest.param(
            a_service(deletionTimestamp="x"), [a_pod()], False, "ClusterIP, rest 8081; 1 ready pod behind it; is being deleted", id="going"
        ),
    ],
)
def test_a_service_is_well_when_it_leads_to_a_ready_pod(
    service: dict[str, Any], pods: list[dict[str, Any]] | None, healthy: bool, detail: str
) -> None:
    children = about(services=(service,), pods=tuple(pods or ()), pods_are_known=pods is not None).children
    assert [child for child in children if child.kind == "Service"] == [Child("Service", "job-rest", healthy, detail)]


def test_a_service_of_somebody_else_may_lack_anything() -> None:
    bare = {"metadata": {"name": "job-rest"}, "spec": {}}
    assert about(services=(bare,), pods=(a_pod(),)).children[0] == Child("Service", "job-rest", False, "ClusterIP; no ready pod behind it")


def test_a_cluster_that_is_not_well_is_where_to_look_next() -> None:
    report = about(WELL, refers_to=(a_resource(FAILED),))
    assert report.next_steps == ("FlinkDeployment/job is not ready: flinkop explain flinkdeployment/job",)


def test_jobs_on_a_cluster_are_children_those_that_are_not_well_first() -> None:
    jobs = (*(a_resource(WELL, name=f"well-{number}") for number in range(30)), a_resource(FAILED, name="failed"))
    report = about(WELL, jobs=jobs)
    assert [(one.name, one.healthy) for one in report.children[:2]] == [("failed", False), ("well-0", True)]
    assert report.children[20:] == (Child("FlinkDeployment", "(11 more)", True, "11 of them ready"),)
    assert report.next_steps == (), "the cluster is well"


# Snapshots

AN_HOUR_AGO = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("record", "since", "ends"),
    [
        (SnapshotRecord(reason="WaitingForJob", message="It starts.", generation=1, waits_since=AN_HOUR_AGO), AN_HOUR_AGO, None),
        (in_progress(triggered_at=AN_HOUR_AGO, message="It is being taken."), AN_HOUR_AGO, None),
        (SnapshotRecord(reason="SnapshotRetry", message="It failed.", generation=1, not_before=ASKED_AT), NOW, ASKED_AT),
    ],
    ids=["for its job", "for Flink", "for its next try"],
)
def test_a_snapshot_says_what_it_waits_for_and_since_when(record: SnapshotRecord, since: datetime, ends: datetime | None) -> None:
    wait = build_report(Facts(a_snapshot(record))).wait
    assert wait is not None
    assert (wait.what, wait.since, wait.ends_at) == (record.message, since, ends)


@pytest.mark.parametrize(("spec", "word"), [({"savepoint": {}}, "savepoint"), ({"checkpoint": {}}, "checkpoint")])
def test_a_snapshot_that_is_complete_says_where_it_is_and_what_for(spec: dict[str, Any], word: str) -> None:
    report = build_report(Facts(a_snapshot(completed_at("s3://x", reason="SnapshotCompleted"), **spec)))
    assert (report.verdict, report.phase, report.wait, report.next_steps) == ("Ready", "COMPLETED", None, ())
    assert report.restore is not None
    assert [(one.source, one.where) for one in report.restore.alternatives] == [(word, "s3://x")]
    assert [one.after for one in report.decisions] == ["COMPLETED"]


def test_a_snapshot_that_came_to_nothing_says_what_to_do() -> None:
    abandoned = SnapshotRecord(SnapshotState.ABANDONED, "SnapshotAbandoned", "No job.", Health.STALLED, generation=1)
    assert any(step.startswith("SnapshotAbandoned: ") for step in build_report(Facts(a_snapshot(abandoned))).next_steps)


def test_events_are_sorted_counted_and_without_secrets_and_exceptions_apart() -> None:
    events = (
        an_event("Submit", at="2025-03-01T12:00:00Z"),
        an_event("JobException", "it broke: password=hunter2", at="2025-03-01T12:02:00Z", count=3),
        an_event("JobStatusChanged", at="2025-03-01T12:01:00Z"),
    )
    report = about(events=events)
    assert [one.reason for one in report.events] == ["JobStatusChanged", "Submit"]
    ((exception,), text) = (report.exceptions, render_json(report))
    assert (exception.reason, exception.count) == ("JobException", 3)
    assert "hunter2" not in text


@settings(max_examples=40)
@given(records())
def test_any_resource_can_be_explained(record: Record) -> None:
    assert render_json(about(record))


@pytest.mark.parametrize(
    "status", [{}, {"phase": "Else", "conditions": [{}], "operation": {"step": "New"}, "error": "{", "decisions": [{}]}]
)
def test_so_can_one_that_somebody_else_wrote(status: dict[str, Any]) -> None:
    assert render_json(build_report(Facts({**a_resource(), "status": status})))


ODD_TIMES = ("2025-03-01T12:00:00", "2025-03-01", "yesterday", "", 5, None, True)


@pytest.mark.parametrize("time", ODD_TIMES)
def test_so_can_one_with_times_that_are_odd(time: Any) -> None:
    status = {
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": time}],
        "operation": {"step": "TearingDown", "startedAt": time, "endsAt": time},
        "decisions": [{"at": time}],
        "restore": {"reason": "Recorded", "decidedAt": time},
        "waitingSince": time,
    }
    events = (an_event(at=time), an_event("JobException", at="2025-03-01T12:00:00Z"), an_event(at=time))
    report = build_report(Facts({**a_resource(), "status": status}, events=events))
    print_report(report, NOW, io.StringIO())

    assert render_json(report)


def test_a_time_without_a_zone_is_utc() -> None:
    assert time_of("2025-03-01T12:00:00") == time_of("2025-03-01T12:00:00Z") == NOW


@given(st.dictionaries(st.sampled_from(STATUS_FIELDS), JSON))
@settings(max_examples=200)
def test_so_can_one_with_whatever_in_its_status(status: dict[str, Any]) -> None:
    report = build_report(Facts({**a_resource(), "status": status}))
    print_report(report, NOW, io.StringIO())

    assert render_json(report)


def test_the_advice_is_that_of_the_documentation() -> None:
    assert ADVICE.read_text(encoding="utf-8") == render_advice(), "write it anew with `make generate`"


def test_what_to_do_names_options_in_full_and_each_once() -> None:
    for reason, advice in all_advice().items():
        words = re.findall(r"[a-z][\w.-]+\w", advice.do)
        short = [word for word in words if f"kubernetes.operator.{word}" in OPTIONS]
        named = [word for word in words if word in OPTIONS]
        assert (short, len(named)) == ([], len(set(named))), reason


def test_jobs_on_a_cluster_that_is_deleted_hold_it_without_an_end() -> None:
    advice = all_advice()["JobsRunning"]
    assert "nothing while jobs run" in advice.after
    assert advice.do.count("delete the FlinkSessionJobs") == 1


@pytest.mark.parametrize("reason", ["CrashLoopBackOff", "OOMKilled", "JobManagerStarting", "JobStarting"])
def test_the_log_of_a_container_that_was_restarted_is_that_of_the_one_before(reason: str) -> None:
    assert "--previous" in all_advice()[reason].do


def test_advice_stands_alone_without_the_table_that_it_is_taken_from() -> None:
    for reason, advice in all_advice().items():
        words = " ".join((advice.means, advice.after, advice.do))
        assert not re.search(r"waits for (of|with) |(next|previous) row|\]\(", words), (reason, words)
    assert "A job that came back after its stop (docs/troubleshooting.md)" in all_advice()["SavepointUnknown"].do


def test_how_long_it_has_been_stalled_is_told_and_not_how_long_it_has_not_been_ready() -> None:
    later = NOW + timedelta(minutes=9)
    status = write_status(FAILED, a_resource(STOPPING)["status"], Scale("", 0), later)
    report = build_report(Facts({**a_resource(), "status": status}))

    assert (report.verdict, report.since) == ("Stalled", later)


def test_there_is_advice_for_what_stands_in_status_reason() -> None:
    assert len(all_advice().keys() & of_lifecycle()) > 40
    assert not [reason for reason, advice in all_advice().items() if "see there" in advice.do or "`" in advice.do or not advice.means]
